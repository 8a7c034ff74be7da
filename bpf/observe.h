// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/* Drops, and what an observer is shown of packets. Counters are exact; what is shown is what the queue has room for. */
#ifndef NP_OBSERVE_H
#define NP_OBSERVE_H

#include "counters.h"
#include "decision.h"
#include "policies.h"

/* A program's stack has no room for it. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct np_flow_event);
	__uint(max_entries, 1);
} np_event_work SEC(".maps");

static __always_inline int np_is_observed(__u32 what)
{
	__u32 zero = 0;
	const __u32 *observed = bpf_map_lookup_elem(&np_observed, &zero);

	return observed && *observed & what;
}

/* d: NULL where the packet was dropped before anything was decided. */
static __always_inline void np_show(struct __sk_buff *skb, __u32 kind, __u32 reason, const struct np_decision *d)
{
	struct np_flow_event *event;
	__u32 zero = 0, len;

	event = bpf_map_lookup_elem(&np_event_work, &zero);
	if (!event)
		return;
	__builtin_memset(event, 0, sizeof(*event));
	event->time = bpf_ktime_get_ns();
	event->kind = kind;
	event->reason = reason;
	event->ifindex = skb->ifindex;
	event->len = skb->len;
	if (d) {
		event->number = d->policy;
		event->direction = d->direction;
		event->network = d->plane;
		if (d->translate && d->toward) {
			event->dst = d->to.dst;
			event->dport = d->to.dport;
		}
	}
	len = skb->len < NP_HEAD ? skb->len : NP_HEAD;
	/* Tested end by end, or the compiler makes one test of both, from which Linux 6.1 concludes nothing. */
	asm volatile("" : "+r"(len));
	if (len >= ETH_HLEN) {
		asm volatile("" : "+r"(len));
		if (len <= NP_HEAD && !bpf_skb_load_bytes(skb, 0, event->head, len))
			event->head_len = len;
	}
	bpf_map_push_elem(&np_events, event, 0);
}

static __always_inline int np_drop_decided(struct __sk_buff *skb, __u32 reason, const struct np_decision *d)
{
	np_count_in(skb, &np_drops, reason);
	if (np_is_observed(NP_OBSERVE_DROPS))
		np_show(skb, NP_SHOWN_DROP, reason, d);
	return TC_ACT_SHOT;
}

static __always_inline int np_drop(struct __sk_buff *skb, __u32 reason)
{
	return np_drop_decided(skb, reason, NULL);
}

#endif
