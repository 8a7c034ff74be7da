// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/* What becomes of a packet that a pod sent. */
#ifndef NP_DECIDE_POD_H
#define NP_DECIDE_POD_H

#include "arp.h"
#include "decide_service.h"
#include "decision.h"
#include "icmp.h"
#include "maps.h"
#include "nd.h"
#include "parse.h"
#include "police.h"

/* True for UDP that is to be for the VXLAN port; a later fragment has no port and is judged by its address alone. */
static __always_inline int np_is_vxlan(struct __sk_buff *skb, const struct np_ip *ip, const struct np_decision *d)
{
	__be16 port;

	if (ip->proto != IPPROTO_UDP)
		return 0;
	if (d->translate)
		return d->to.dport == bpf_htons(NP_VXLAN_PORT);
	return !ip->later && ip->l4 + 4 <= ip->end && !np_load(skb, ip->l4 + 2, &port, 2) && port == bpf_htons(NP_VXLAN_PORT);
}

/* The next hop, where the packet can go there without the VXLAN device: what is to be fragmented outside cannot. */
static __always_inline void np_decide_next_hop(struct __sk_buff *skb, const struct np_ip *ip, const struct np_node *node,
					  struct np_decision *d)
{
	const struct np_vtep *hop = bpf_map_lookup_elem(&np_vteps, &d->vtep);

	if (!hop || !hop->ifindex || (!ip->df && np_wire_length(skb, ip) > node->overlay_mtu))
		return;
	d->hop_ifindex = hop->ifindex;
	d->next_hop = hop->next_hop;
	d->ecn = ip->ecn;
}

/* Behind another node's VTEP: with d->mac, and not larger than the overlay carries. */
static __always_inline void np_decide_tunnel(struct __sk_buff *skb, const struct np_ip *ip, const struct np_node *node, __u32 network,
					     const struct np_addr *vtep, struct np_decision *d)
{
	if (!node->vxlan_ifindex)
		return np_decide_drop(d, NP_REASON_NO_TUNNEL);
	d->verdict = NP_VERDICT_TUNNEL;
	d->network = network;
	d->ifindex = node->vxlan_ifindex;
	d->vtep = *vtep;
	np_decide_next_hop(skb, ip, node, d);
}

/*
 * To a pod, or another node, whose place is known: behind a device of this node, or target is NULL and it is behind a VTEP. plane: the
 * network that the destination is an address of.
 */
static __always_inline void np_decide_known(struct __sk_buff *skb, const struct ethhdr *eth, const struct np_ip *ip,
					    const struct np_node *node, const struct np_interface *iface, __u32 plane,
					    const struct np_endpoint *target, const struct np_addr *vtep, const __u8 *mac,
					    struct np_decision *d)
{
	/* IPv4 that allows it is fragmented outside, by the host; everything else must fit. */
	if (ip->df && np_wire_length(skb, ip) > node->overlay_mtu)
		return np_decide_too_big(skb, ip, plane, node, d);

	np_mac_copy(d->mac, mac);
	d->rewrite = !np_mac_equal(eth->h_dest, mac);
	if (!target)
		/* Also by cluster addresses in the pod's own network: the other node knows whose pod may be reached by that. */
		return np_decide_tunnel(skb, ip, node, iface->network, vtep, d);
	if (plane == NP_CLUSTER)
		return np_decide_local(skb, ip, target, iface->network, d);
	np_decide_peer(plane, target->ifindex, d);
}

/* Addresses that mean something else to each who has them: nothing for them is routed. */
static __always_inline int np_is_unroutable(const struct np_addr *a)
{
	if (np_addr_is_v4(a))
		return !a->bytes[12] || a->bytes[12] == 127 || np_is_hairpin(a);
	return np_is_hairpin(a) || (a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80) || (!a->words[0] && !a->words[1] && !a->words[2]);
}

/*
 * To what is neither an endpoint nor in a block. The cluster network leads out to what the host can reach; else the gateway's ping is
 * answered, and the rest is dropped by the name of what it tried.
 */
static __always_inline void np_decide_unknown(struct __sk_buff *skb, const struct ethhdr *eth, const struct np_ip *ip,
					      const struct np_node *node, const struct np_interface *iface, __u32 plane,
					      struct np_decision *d)
{
	int routed = np_mac_equal(eth->h_dest, node->gateway_mac);

	/* Masqueraded, it would come out of a VTEP. */
	if (np_is_vxlan(skb, ip, d))
		return np_decide_drop(d, NP_REASON_POD_VXLAN);
	if (plane == NP_CLUSTER && routed && !np_is_unroutable(&ip->dst)) {
		/* Outside, the addresses of the pod's network are someone else's. */
		if (iface->network != NP_CLUSTER && np_is_in_subnet(iface->network, &ip->dst))
			return np_decide_drop(d, NP_REASON_MIXED_PLANES);
		return np_decide_to_host(d, node, iface->network);
	}
	if (np_is_gateway(plane, &ip->dst)) {
		__u32 reply = np_echo_reply(skb, ip);

		if (!reply)
			return np_decide_drop(d, NP_REASON_GATEWAY);
		return np_decide_reply(d, reply, node->gateway_mac);
	}
	np_decide_drop(d, routed ? NP_REASON_NO_ROUTE : NP_REASON_UNKNOWN_DESTINATION);
}

static __always_inline void np_decide_pod_ip(struct __sk_buff *skb, const struct ethhdr *eth, const struct np_node *node,
					     const struct np_interface *iface, struct np_ip *ip, struct np_decision *d)
{
	const struct np_block *block = NULL;
	const struct np_endpoint *endpoint;
	__u32 plane = iface->network;

	if (np_addr_in(&ip->src, &iface->cluster))
		plane = NP_CLUSTER;
	else if (!np_addr_in(&ip->src, &iface->addrs))
		return np_decide_drop(d, NP_REASON_ADDRESS_SPOOF);
	d->plane = plane;
	if (ip->group)
		return np_decide_drop(d, NP_REASON_MULTICAST);
	if (ip->broadcast || eth->h_dest[0] & 1)
		return np_decide_drop(d, NP_REASON_BROADCAST);
	endpoint = np_endpoint_get(plane, &ip->dst);
	if (!endpoint)
		block = np_block_get(plane, &ip->dst);
	/* What is for no pod may be for a Service. */
	if (plane == NP_CLUSTER && !block && (!endpoint || !endpoint->ifindex)) {
		if (np_decide_service(skb, node, iface, endpoint != NULL, ip, d))
			return;
		if (d->translate) {
			endpoint = np_endpoint_get(NP_CLUSTER, &ip->dst);
			block = endpoint ? NULL : np_block_get(NP_CLUSTER, &ip->dst);
		}
	}
	if (endpoint) {
		/* No VXLAN to nodes: what the cluster network has elsewhere are such, for its pods are found by their blocks. */
		if (!endpoint->ifindex && (plane == NP_CLUSTER || np_is_this_node(endpoint)) && np_is_vxlan(skb, ip, d))
			return np_decide_drop(d, NP_REASON_POD_VXLAN);
		if (np_is_this_node(endpoint))
			return np_decide_to_host(d, node, iface->network);
		return np_decide_known(skb, eth, ip, node, iface, plane, endpoint->ifindex ? endpoint : NULL, &endpoint->vtep, endpoint->mac, d);
	}
	if (!block)
		return np_decide_unknown(skb, eth, ip, node, iface, plane, d);
	/* A pod of another node, which this node need not know one by one. */
	if (np_addr_is_none(&block->vtep))
		return np_decide_drop(d, NP_REASON_UNKNOWN_DESTINATION);
	np_decide_known(skb, eth, ip, node, iface, plane, NULL, &block->vtep, node->gateway_mac, d);
}

/*
 * IPv6 differs in neighbour discovery, and in the addresses a pod's kernel speaks from before and beside its own. True when with that the
 * packet is decided.
 */
static __always_inline int np_decide_pod_ipv6(struct __sk_buff *skb, const struct np_node *node, const struct np_interface *iface,
					      const struct np_ip *ip, struct np_decision *d)
{
	struct np_addr local = np_link_local(iface->mac);
	int early = np_addr_is_none(&ip->src) || np_addr_equal(&ip->src, &local);
	__u8 type = np_nd_type(skb, ip);

	if (type) {
		np_decide_nd(skb, node, iface, ip, type, early || np_is_own(iface, &ip->src), d);
		return 1;
	}
	/* Router solicitations and group reports: every kernel sends them, and nothing here listens. */
	if (early && ip->group) {
		np_decide_drop(d, NP_REASON_MULTICAST);
		return 1;
	}
	return 0;
}

/* ifindex: the device the packet entered by. */
static __always_inline void np_decide_from_pod(struct __sk_buff *skb, __u32 ifindex, struct np_decision *d)
{
	const struct np_interface *iface = bpf_map_lookup_elem(&np_interfaces, &ifindex);
	const struct np_node *node = np_node_get();
	struct np_ip ip = {};
	struct ethhdr eth;
	__u32 reason;

	if (!node)
		return np_decide_drop(d, NP_REASON_UNCONFIGURED);
	if (!iface)
		return np_decide_drop(d, NP_REASON_UNKNOWN_INTERFACE);
	if (skb->vlan_present)
		return np_decide_drop(d, NP_REASON_VLAN_TAG);
	if (np_load(skb, 0, &eth, sizeof(eth)))
		return np_decide_drop(d, NP_REASON_MALFORMED);
	if (!np_mac_equal(eth.h_source, iface->mac))
		return np_decide_drop(d, NP_REASON_MAC_SPOOF);

	switch (eth.h_proto) {
	case bpf_htons(ETH_P_IP):
		reason = np_parse_ipv4(skb, &ip);
		break;
	case bpf_htons(ETH_P_IPV6):
		reason = np_parse_ipv6(skb, &ip);
		if (!reason && np_decide_pod_ipv6(skb, node, iface, &ip, d))
			return;
		break;
	case bpf_htons(ETH_P_ARP):
		return np_decide_arp(skb, node, iface, d);
	case bpf_htons(ETH_P_8021Q):
	case bpf_htons(ETH_P_8021AD):
		return np_decide_drop(d, NP_REASON_VLAN_TAG);
	default:
		return np_decide_drop(d, NP_REASON_ETHERTYPE);
	}
	if (reason)
		return np_decide_drop(d, reason);
	np_decide_pod_ip(skb, &eth, node, iface, &ip, d);
	d->sender = ifindex;
	d->receiver = d->verdict == NP_VERDICT_LOCAL ? d->ifindex : 0;
	np_police(skb, &ip, d);
}

#endif
