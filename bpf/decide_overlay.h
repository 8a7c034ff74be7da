// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/* What becomes of a packet that came out of the tunnel. Its outer header is a claim; only what the maps confirm is delivered. */
#ifndef NP_DECIDE_OVERLAY_H
#define NP_DECIDE_OVERLAY_H

#include "decide_service.h"
#include "decision.h"
#include "maps.h"
#include "nd.h"
#include "parse.h"
#include "police.h"

/*
 * By its source a packet is of the network itself, or of the cluster network on behalf of a pod of that network: then its source is in a
 * block of the node it comes from, or is that node, which forwards it.
 */
static __always_inline void np_decide_overlay_ip(struct __sk_buff *skb, const struct np_node *node, const struct ethhdr *eth,
						 const struct np_ip *ip, __u32 network, const struct np_addr *vtep, struct np_decision *d)
{
	const struct np_endpoint *source = np_endpoint_get(network, &ip->src);
	const struct np_block *block = source ? NULL : np_block_get(network, &ip->src);
	const struct np_endpoint *target;
	__u32 plane = network;
	__u8 forwarded[ETH_ALEN];
	/* In the cluster network it is nodes that are known one by one. */
	int by_node = 0;

	if (!source && !block && network != NP_CLUSTER) {
		plane = NP_CLUSTER;
		source = np_endpoint_get(NP_CLUSTER, &ip->src);
		block = source ? NULL : np_block_get(NP_CLUSTER, &ip->src);
	}
	d->plane = plane;
	if (source) {
		if (source->ifindex || np_is_this_node(source) || !np_addr_equal(&source->vtep, vtep))
			return np_decide_drop(d, NP_REASON_OVERLAY_SPOOF);
		np_mac_forwarded(forwarded, source->mac);
		if (np_mac_equal(eth->h_source, source->mac))
			by_node = network == NP_CLUSTER;
		else if (plane != NP_CLUSTER || !np_mac_equal(eth->h_source, forwarded))
			return np_decide_drop(d, NP_REASON_OVERLAY_MAC_SPOOF);
	} else {
		/* A pod of another node's block, whose MAC only that node knows, and has checked. */
		if (!block)
			return np_decide_drop(d, NP_REASON_OVERLAY_UNKNOWN_SOURCE);
		if (np_addr_is_none(&block->vtep) || !np_addr_equal(&block->vtep, vtep))
			return np_decide_drop(d, NP_REASON_OVERLAY_SPOOF);
	}
	if (ip->group)
		return np_decide_drop(d, NP_REASON_MULTICAST);
	if (ip->broadcast || eth->h_dest[0] & 1)
		return np_decide_drop(d, NP_REASON_BROADCAST);

	target = np_endpoint_get(plane, &ip->dst);
	if (!target)
		return np_decide_drop(d, NP_REASON_UNKNOWN_DESTINATION);
	if (np_is_this_node(target)) {
		d->by_node = by_node;
		return np_decide_to_host(d, node, network);
	}
	if (!target->ifindex)
		return np_decide_drop(d, NP_REASON_NOT_LOCAL);
	np_mac_copy(d->mac, target->mac);
	d->rewrite = !np_mac_equal(eth->h_dest, target->mac);
	if (plane == NP_CLUSTER)
		return np_decide_local(skb, ip, target, by_node ? target->network : network, d);
	np_decide_peer(plane, target->ifindex, d);
}

static __always_inline void np_decide_overlay_frame(struct __sk_buff *skb, const struct np_node *node, __u32 vni,
						    const struct np_addr *vtep, struct np_decision *d)
{
	struct np_ip ip = {};
	struct ethhdr eth;
	__u32 reason;

	if (skb->vlan_present)
		return np_decide_drop(d, NP_REASON_VLAN_TAG);
	if (np_load(skb, 0, &eth, sizeof(eth)))
		return np_decide_drop(d, NP_REASON_MALFORMED);

	switch (eth.h_proto) {
	case bpf_htons(ETH_P_IP):
		reason = np_parse_ipv4(skb, &ip);
		break;
	case bpf_htons(ETH_P_IPV6):
		reason = np_parse_ipv6(skb, &ip);
		if (!reason && np_nd_type(skb, &ip))
			reason = NP_REASON_OVERLAY_ND;
		break;
	case bpf_htons(ETH_P_ARP):
		reason = NP_REASON_OVERLAY_ARP;
		break;
	case bpf_htons(ETH_P_8021Q):
	case bpf_htons(ETH_P_8021AD):
		reason = NP_REASON_VLAN_TAG;
		break;
	default:
		reason = NP_REASON_ETHERTYPE;
	}
	if (reason)
		return np_decide_drop(d, reason);
	np_decide_overlay_ip(skb, node, &eth, &ip, vni, vtep, d);
	if (d->verdict != NP_VERDICT_LOCAL)
		return;
	d->receiver = d->ifindex;
	np_police(skb, &ip, d);
}

/*
 * vni and vtep are the tunnel's: the network the packet claims and the outer source. An endpoint of the network that lives behind the
 * outer source proves both, so the sets are asked only for the name of a drop: what comes from no node of the cluster, or for no
 * network here, is called that whatever else is wrong with it.
 */
static __always_inline void np_decide_from_overlay(struct __sk_buff *skb, __u32 vni, const struct np_addr *vtep,
						   struct np_decision *d)
{
	const struct np_node *node = np_node_get();

	if (!node)
		return np_decide_drop(d, NP_REASON_UNCONFIGURED);
	np_decide_overlay_frame(skb, node, vni, vtep, d);
	/* Whose source was proven is no stranger, and its network need not be here. */
	if (d->verdict != NP_VERDICT_DROP || d->what == NP_REASON_OTHER_NETWORK || d->receiver)
		return;
	if (!bpf_map_lookup_elem(&np_vteps, vtep))
		d->what = NP_REASON_UNKNOWN_VTEP;
	else if (!bpf_map_lookup_elem(&np_networks, &vni))
		d->what = NP_REASON_UNKNOWN_VNI;
}

#endif
