// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * Carries decisions out. What a pod or a tunnel brought meets the host's stack only as the verdict HOST, which the cluster network alone
 * has; else only np_run_from_underlay lets packets go on.
 */
#ifndef NP_ACT_H
#define NP_ACT_H

#include "counters.h"
#include "decide_host.h"
#include "decide_overlay.h"
#include "decide_pod.h"
#include "decision.h"
#include "maps.h"
#include "observe.h"
#include "reply.h"
#include "translate.h"
#include "vxlan.h"

/*
 * Straight into the pod behind the device. Before Linux 6.15 the packet keeps the type it got from the MAC of the device it
 * came in by, and a pod drops what is for another host; the mark is the sender's host's affair.
 */
static __always_inline int np_enter_pod(struct __sk_buff *skb, __u32 ifindex)
{
	if (skb->pkt_type != NP_PACKET_HOST)
		bpf_skb_change_type(skb, NP_PACKET_HOST);
	skb->mark = 0;
	return bpf_redirect_peer(ifindex, 0);
}

/* Before the packet grows; a reply quotes it as the pod sent it. */
static __always_inline long np_act_translate(struct __sk_buff *skb, const struct np_decision *d)
{
	if (!d->translate || d->verdict == NP_VERDICT_DROP || d->verdict == NP_VERDICT_REPLY)
		return 0;
	return np_translate(skb, d);
}

static __always_inline int np_act_local(struct __sk_buff *skb, const struct np_decision *d, __u32 event)
{
	if (d->rewrite && bpf_skb_store_bytes(skb, 0, d->mac, ETH_ALEN, 0))
		return np_drop(skb, NP_REASON_HELPER_FAILED);
	np_count(skb, event);
	return np_enter_pod(skb, d->ifindex);
}

/* As if it had come in by the VXLAN device, whose program lets it through: so the host sees one device before all pods. */
static __always_inline int np_enter_host(struct __sk_buff *skb, __u32 ifindex, __u32 origin)
{
	np_count(skb, NP_EVENT_TO_HOST);
	skb->mark = NP_MARK_PASSED | origin;
	return bpf_redirect(ifindex, BPF_F_INGRESS);
}

/* By the VXLAN device, which finds the way itself. */
static __always_inline int np_send_by_device(struct __sk_buff *skb, const struct np_decision *d, const struct np_node *node)
{
	struct bpf_tunnel_key key = {
		.tunnel_id = d->network,
		.tunnel_ttl = NP_OUTER_TTL,
	};
	__u64 flags;

	/* The node's own VTEP goes in too: the other side judges by it, and the route's choice could be another address. */
	if (np_addr_is_v4(&d->vtep)) {
		key.remote_ipv4 = bpf_ntohl(d->vtep.words[3]);
		key.local_ipv4 = bpf_ntohl(node->vtep.words[3]);
		flags = BPF_F_ZERO_CSUM_TX;
	} else {
		/* Over IPv6 a zero checksum would be refused by the receiver (RFC 8200 section 8.1). */
		__builtin_memcpy(key.remote_ipv6, d->vtep.bytes, sizeof(key.remote_ipv6));
		__builtin_memcpy(key.local_ipv6, node->vtep.bytes, sizeof(key.local_ipv6));
		flags = BPF_F_TUNINFO_IPV6;
	}
	if (d->rewrite && bpf_skb_store_bytes(skb, 0, d->mac, ETH_ALEN, 0))
		return np_drop(skb, NP_REASON_HELPER_FAILED);
	if (bpf_skb_set_tunnel_key(skb, &key, sizeof(key), flags))
		return np_drop(skb, NP_REASON_HELPER_FAILED);
	return bpf_redirect(d->ifindex, 0);
}

/* Whichever way it goes, the bytes on the wire are the same. Counted before it grows. */
static __always_inline int np_act_tunnel(struct __sk_buff *skb, const struct np_decision *d)
{
	const struct np_node *node = np_node_get();
	struct bpf_redir_neigh neighbour = {
		.nh_family = NP_AF_INET,
		.ipv4_nh = d->next_hop,
	};

	if (!node)
		return np_drop(skb, NP_REASON_HELPER_FAILED);
	skb->mark = 0;
	np_count(skb, NP_EVENT_TUNNELLED_OUT);
	if (d->hop_ifindex && !np_encapsulate(skb, d->network, node->vtep.words[3], d->vtep.words[3], d->mac, d->ecn))
		return bpf_redirect_neigh(d->hop_ifindex, &neighbour, sizeof(neighbour), 0);
	return np_send_by_device(skb, d, node);
}

static __always_inline __u32 np_reply_event(__u32 reply)
{
	switch (reply) {
	case NP_REPLY_ARP:
		return NP_EVENT_ARP_ANSWERED;
	case NP_REPLY_ND:
		return NP_EVENT_ND_ANSWERED;
	case NP_REPLY_PING4:
	case NP_REPLY_PING6:
		return NP_EVENT_PING_ANSWERED;
	case NP_REPLY_REFUSED4:
	case NP_REPLY_REFUSED6:
		return NP_EVENT_SERVICE_REFUSED;
	default:
		return NP_EVENT_TOO_BIG_ANSWERED;
	}
}

/* ifindex: the device the packet entered by, behind which the asking pod is. */
static __always_inline int np_act_reply(struct __sk_buff *skb, const struct np_decision *d, __u32 ifindex)
{
	if (np_reply(skb, d))
		return np_drop(skb, NP_REASON_HELPER_FAILED);
	np_count(skb, np_reply_event(d->what));
	return np_enter_pod(skb, ifindex);
}

static __always_inline int np_run_from_pod(struct __sk_buff *skb, struct np_decision *d)
{
	np_decide_from_pod(skb, skb->ifindex, d);
	if (np_act_translate(skb, d))
		return np_drop(skb, NP_REASON_HELPER_FAILED);
	switch (d->verdict) {
	case NP_VERDICT_LOCAL:
		return np_act_local(skb, d, NP_EVENT_DELIVERED_LOCAL);
	case NP_VERDICT_TUNNEL:
		return np_act_tunnel(skb, d);
	case NP_VERDICT_HOST:
		return np_enter_host(skb, d->ifindex, NP_MARK_POD | np_mark_of(d->network));
	case NP_VERDICT_REPLY:
		return np_act_reply(skb, d, skb->ifindex);
	default:
		return np_drop_decided(skb, d->what, d);
	}
}

static __always_inline int np_run_from_overlay(struct __sk_buff *skb, __u32 vni, const struct np_addr *vtep,
					       struct np_decision *d)
{
	np_decide_from_overlay(skb, vni, vtep, d);
	if (np_act_translate(skb, d))
		return np_drop(skb, NP_REASON_HELPER_FAILED);
	if (d->verdict == NP_VERDICT_LOCAL)
		return np_act_local(skb, d, NP_EVENT_TUNNELLED_IN);
	if (d->verdict == NP_VERDICT_HOST)
		return np_enter_host(skb, d->ifindex, d->by_node ? 0 : np_mark_of(d->network));
	return np_drop_decided(skb, d->what, d);
}

/* Out of the host's stack, on the VXLAN device. The packet goes on as the gateway's, or as that of what the host forwards. */
static __always_inline int np_run_from_host(struct __sk_buff *skb, int by_host, struct np_decision *d)
{
	const struct np_node *node = np_node_get();
	__u8 mac[ETH_ALEN];

	np_decide_from_host(skb, by_host, d);
	if (d->verdict == NP_VERDICT_DROP)
		return np_drop_decided(skb, d->what, d);
	d->rewrite = 1;
	if (!node)
		return np_drop(skb, NP_REASON_HELPER_FAILED);
	if (d->forwarded)
		np_mac_forwarded(mac, node->gateway_mac);
	else
		np_mac_copy(mac, node->gateway_mac);
	if (np_act_translate(skb, d) || bpf_skb_store_bytes(skb, ETH_ALEN, mac, ETH_ALEN, 0))
		return np_drop(skb, NP_REASON_HELPER_FAILED);
	if (d->verdict == NP_VERDICT_TUNNEL)
		return np_act_tunnel(skb, d);
	if (bpf_skb_store_bytes(skb, 0, d->mac, ETH_ALEN, 0))
		return np_drop(skb, NP_REASON_HELPER_FAILED);
	np_count(skb, NP_EVENT_FROM_HOST);
	skb->mark = NP_MARK_TO_POD;
	return bpf_redirect(d->ifindex, 0);
}

static __always_inline int np_run_from_underlay(struct __sk_buff *skb, struct np_decision *d)
{
	const struct np_node *node = np_node_get();
	struct np_addr vtep;
	__u32 vni;

	if (skb->protocol != bpf_htons(ETH_P_IP) || !node || np_decapsulate(skb, node, &vni, &vtep))
		return TC_ACT_UNSPEC;
	return np_run_from_overlay(skb, vni, &vtep, d);
}

#endif
