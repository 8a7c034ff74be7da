// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * Counters and the program array live outside of the generations: every build shares them, so an upgrade loses no count and
 * one write per slot moves the node to new programs. Their definitions are therefore frozen.
 */
#ifndef NP_COUNTERS_H
#define NP_COUNTERS_H

#include "np.h"
#include "reasons.h"

/* Room for reasons and events of later builds. */
#define NP_COUNTER_SLOTS 256

/* Slots of np_progs. */
enum np_slot {
	NP_SLOT_FROM_POD = 0,
	NP_SLOT_TO_POD = 1,
	NP_SLOT_FROM_OVERLAY = 2,
	NP_SLOT_TO_OVERLAY = 3,
	NP_SLOT_FROM_UNDERLAY = 4,
	NP_SLOTS = 16,
};

/* One CPU's share; a GSO packet counts as one. */
struct np_count {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
	__uint(max_entries, NP_SLOTS);
} np_progs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct np_count);
	__uint(max_entries, NP_COUNTER_SLOTS);
} np_drops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct np_count);
	__uint(max_entries, NP_COUNTER_SLOTS);
} np_counters SEC(".maps");

static __always_inline void np_count_in(struct __sk_buff *skb, void *counts, __u32 what)
{
	struct np_count *count = bpf_map_lookup_elem(counts, &what);

	if (count) {
		count->packets++;
		count->bytes += skb->len;
	}
}

static __always_inline void np_count(struct __sk_buff *skb, __u32 event)
{
	np_count_in(skb, &np_counters, event);
}

#endif
