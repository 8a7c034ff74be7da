// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/* Takes connections and flows away that are over. The daemon runs it; while it does not, connections only pile up to their pods' quotas. */
#ifndef NP_SWEEP_H
#define NP_SWEEP_H

#include "connect.h"
#include "policies.h"

/*
 * How long nothing may be heard. TCP, both there: as kube-proxy has it for conntrack, longer than RFC 5382 section 5 asks. Half-closed: the
 * same. UDP and SCTP, both there: RFC 4787 section 4.3; SCTP says something every 30 s (RFC 9260 section 16). Else the answer is all.
 */
static __always_inline __s64 np_patience(__u8 proto, __u32 flags)
{
	const __u32 both = NP_CONNECTION_FIN_CLIENT | NP_CONNECTION_FIN_BACKEND;

	if (proto != IPPROTO_TCP)
		return (flags & NP_CONNECTION_ASSURED ? 300 : 30) * (__s64)NP_SECOND;
	if (flags & NP_CONNECTION_RESET || (flags & both) == both)
		return 10 * (__s64)NP_SECOND;
	if (!(flags & NP_CONNECTION_ASSURED))
		return 60 * (__s64)NP_SECOND;
	return (flags & both ? 3600 : 86400) * (__s64)NP_SECOND;
}

/* What the daemon gets back. */
struct np_swept {
	__u64 left;
	__u64 removed;
};

struct np_sweeping {
	__u64 now;
	__u64 left;
	__u64 removed;
};

static __always_inline int np_is_over(const struct np_tuple *key, const struct np_connection *back, const struct np_connection *forward,
				      __u64 now)
{
	__s64 forward_idle = now - forward->used, back_idle = now - back->used;

	if (forward->flags & NP_CONNECTION_DEAD || !(forward->flags & NP_CONNECTION_FORWARD))
		return 1;
	/* The pod's port leads elsewhere by now. */
	if (forward->to.sport != key->dport || forward->to.dport != key->sport || !np_addr_equal(&forward->to.dst, &key->src))
		return 1;
	/* Signed: of what came while the sweep went on the idle time is below zero. */
	return (forward_idle < back_idle ? forward_idle : back_idle) > np_patience(key->proto, forward->flags);
}

/*
 * Removes the entry at hand and no other, which going through a map does not bear. So of a connection that is over the client's entry is
 * declared dead and the backend's goes; the client's goes when it comes by without the other.
 */
static long np_sweep_one(void *map, struct np_tuple *key, struct np_connection *entry, struct np_sweeping *sweep)
{
	__u64 endpoint = entry->endpoint;
	struct np_connection *other;
	struct np_quota *quota;
	struct np_tuple turned;

	np_tuple_turn(&entry->to, &turned);
	other = bpf_map_lookup_elem(&np_connections, &turned);
	if (entry->flags & NP_CONNECTION_FORWARD) {
		if (other && !(entry->flags & NP_CONNECTION_DEAD))
			return 0;
		bpf_map_delete_elem(map, key);
		return 0;
	}
	quota = bpf_map_lookup_elem(&np_quotas, &endpoint);
	if (other && quota && !np_is_over(key, entry, other, sweep->now)) {
		sweep->left++;
		return 0;
	}
	if (other && other->to.sport == key->dport && np_addr_equal(&other->to.dst, &key->src))
		np_note(&other->flags, NP_CONNECTION_DEAD);
	if (bpf_map_delete_elem(map, key))
		return 0;
	sweep->removed++;
	if (quota && quota->used)
		__sync_fetch_and_sub(&quota->used, 1);
	return 0;
}

static long np_sweep_flow(void *map, struct np_flow_key *key, struct np_flow *flow, struct np_sweeping *sweep)
{
	__u64 endpoint = np_flow_owner(flow);
	struct np_quota *quota = bpf_map_lookup_elem(&np_quotas, &endpoint);

	/* Signed, as above. What has no quota is of a pod that is gone. */
	if (quota && (__s64)(sweep->now - flow->used) <= np_patience(key->proto, flow->flags)) {
		sweep->left++;
		return 0;
	}
	if (bpf_map_delete_elem(map, key))
		return 0;
	sweep->removed++;
	if (quota && quota->flows)
		__sync_fetch_and_sub(&quota->flows, 1);
	return 0;
}

SEC("syscall")
int np_sweep(struct np_swept *swept)
{
	struct np_sweeping sweep = { .now = bpf_ktime_get_ns() };

	bpf_for_each_map_elem(&np_connections, np_sweep_one, &sweep, 0);
	swept->left = sweep.left;
	swept->removed = sweep.removed;
	return 0;
}

SEC("syscall")
int np_sweep_flows(struct np_swept *swept)
{
	struct np_sweeping sweep = { .now = bpf_ktime_get_ns() };

	bpf_for_each_map_elem(&np_flows, np_sweep_flow, &sweep, 0);
	swept->left = sweep.left;
	swept->removed = sweep.removed;
	return 0;
}

#endif
