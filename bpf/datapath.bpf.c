// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * Entry points. The stubs are what is attached to devices, for good; the programs behind them are exchanged by writing
 * np_progs. See docs/architecture.md, "The datapath".
 */
#include "act.h"
#include "observe.h"
#include "sweep.h"

char np_license[] SEC("license") = "Dual MIT/GPL";

#define NP_STUB(name, slot)                                  \
	SEC("tc")                                            \
	int name(struct __sk_buff *skb)                      \
	{                                                    \
		bpf_tail_call(skb, &np_progs, slot);         \
		return np_drop(skb, NP_REASON_NO_PROGRAM);   \
	}

NP_STUB(np_stub_from_pod, NP_SLOT_FROM_POD)
NP_STUB(np_stub_to_pod, NP_SLOT_TO_POD)
NP_STUB(np_stub_from_overlay, NP_SLOT_FROM_OVERLAY)
NP_STUB(np_stub_to_overlay, NP_SLOT_TO_OVERLAY)

/* On the node's own uplink, where almost nothing is ours: without a program everything goes on to the host. */
SEC("tc")
int np_stub_from_underlay(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &np_progs, NP_SLOT_FROM_UNDERLAY);
	return TC_ACT_UNSPEC;
}

/* Ingress of a pod's host-side device: all that the pod sends. */
SEC("tc")
int np_from_pod(struct __sk_buff *skb)
{
	struct np_decision *d = np_decision_begin();

	return d ? np_run_from_pod(skb, d) : np_drop(skb, NP_REASON_HELPER_FAILED);
}

/*
 * Egress of a pod's host-side device. Deliveries from pods and tunnels enter the pod past it, so what comes here is the host's own, and
 * right only when np_to_overlay sent it on.
 */
SEC("tc")
int np_to_pod(struct __sk_buff *skb)
{
	if (!(skb->mark & NP_MARK_TO_POD))
		return np_drop(skb, NP_REASON_HOST_TO_POD);
	skb->mark = 0;
	return TC_ACT_OK;
}

/* Reads the metadata of the tunnel in either family; 0 when there is some. */
static __always_inline int np_tunnel_key(struct __sk_buff *skb, __u32 *vni, struct np_addr *vtep)
{
	struct bpf_tunnel_key key = {};

	if (!bpf_skb_get_tunnel_key(skb, &key, sizeof(key), 0)) {
		*vtep = np_addr_v4(bpf_htonl(key.remote_ipv4));
	} else if (!bpf_skb_get_tunnel_key(skb, &key, sizeof(key), BPF_F_TUNINFO_IPV6)) {
		__builtin_memcpy(vtep->bytes, key.remote_ipv6, sizeof(vtep->bytes));
	} else {
		return -1;
	}
	*vni = key.tunnel_id;
	return 0;
}

/* Ingress of the VXLAN device: all that VXLAN packets to this node carry, and what was judged to be the host's. */
SEC("tc")
int np_from_overlay(struct __sk_buff *skb)
{
	struct np_decision *d = np_decision_begin();
	struct np_addr vtep = {};
	__u32 vni = 0;

	if (!d)
		return np_drop(skb, NP_REASON_HELPER_FAILED);
	/* First: no mark saves what a tunnel brought from being judged. */
	if (!np_tunnel_key(skb, &vni, &vtep))
		return np_run_from_overlay(skb, vni, &vtep, d);
	if (!(skb->mark & NP_MARK_PASSED))
		return np_drop(skb, NP_REASON_NO_TUNNEL_KEY);
	if (skb->pkt_type != NP_PACKET_HOST)
		bpf_skb_change_type(skb, NP_PACKET_HOST);
	return TC_ACT_OK;
}

/*
 * Ingress of the uplink: plain VXLAN to this node is taken here and judged as np_from_overlay judges it. Everything else is the
 * host's, also what only the VXLAN device can take apart.
 */
SEC("tc")
int np_from_underlay(struct __sk_buff *skb)
{
	struct np_decision *d = np_decision_begin();

	return d ? np_run_from_underlay(skb, d) : TC_ACT_UNSPEC;
}

/*
 * Egress of the VXLAN device. A tunnel key is the proof that one of our programs sent the packet here: routing attaches none, so what has
 * none comes from the host's stack.
 */
SEC("tc")
int np_to_overlay(struct __sk_buff *skb)
{
	struct np_decision *d = np_decision_begin();
	struct np_addr vtep = {};
	__u32 vni = 0;

	if (!np_tunnel_key(skb, &vni, &vtep))
		return TC_ACT_OK;
	/* What the stack forwards has no socket: it was taken away where the packet came in. */
	return d ? np_run_from_host(skb, skb->sk != NULL, d) : np_drop(skb, NP_REASON_HELPER_FAILED);
}

#ifdef NP_TEST
#include "test_entries.h"
#endif
