// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/* What becomes of a packet that the host's stack sends to a pod: the pods' addresses are routed to the VXLAN device. */
#ifndef NP_DECIDE_HOST_H
#define NP_DECIDE_HOST_H

#include "decide_pod.h"
#include "decision.h"
#include "maps.h"
#include "parse.h"
#include "police.h"

/*
 * What a pod sent may have been translated on its way through the stack: the mark alone tells whose it is. To another node it goes in the
 * sender's network, and with a source MAC that says so, for in the default network it would else be the node's own.
 */
static __always_inline void np_decide_from_host_ip(struct __sk_buff *skb, const struct np_node *node, const struct np_ip *ip,
						   struct np_decision *d)
{
	const struct np_endpoint *target = np_endpoint_get(NP_CLUSTER, &ip->dst);
	int forwarded = (skb->mark & NP_MARK_ORIGIN) != 0;
	const struct np_endpoint *source;
	const struct np_block *block;

	if (target && target->ifindex) {
		/* The pod would answer within its network. */
		if (target->network != NP_CLUSTER && np_is_in_subnet(target->network, &ip->src))
			return np_decide_drop(d, NP_REASON_MIXED_PLANES);
		np_mac_copy(d->mac, target->mac);
		return np_decide_local(skb, ip, target, forwarded ? np_mark_network(skb->mark) : target->network, d);
	}
	/* A node is reached by the underlay; routed here, its address is not. */
	if (target)
		return np_decide_drop(d, NP_REASON_HOST_TO_OVERLAY);
	block = np_block_get(NP_CLUSTER, &ip->dst);
	if (!block || np_addr_is_none(&block->vtep))
		return np_decide_drop(d, NP_REASON_UNKNOWN_DESTINATION);
	source = np_endpoint_get(NP_CLUSTER, &ip->src);
	if (!source || !np_is_this_node(source))
		return np_decide_drop(d, NP_REASON_HOST_SOURCE);
	np_mac_copy(d->mac, node->gateway_mac);
	d->forwarded = forwarded;
	np_decide_tunnel(skb, ip, node, forwarded ? np_mark_network(skb->mark) : NP_CLUSTER, &block->vtep, d);
}

/* The stack has kept to the device's MTU. by_host: the packet is one of the node's own sockets, and not one that it forwards. */
static __always_inline void np_decide_from_host(struct __sk_buff *skb, int by_host, struct np_decision *d)
{
	const struct np_endpoint *source;
	const struct np_node *node = np_node_get();
	__u32 cluster = NP_CLUSTER;
	struct np_ip ip = {};
	struct ethhdr eth;
	__u32 reason;

	if (!node)
		return np_decide_drop(d, NP_REASON_UNCONFIGURED);
	if (!bpf_map_lookup_elem(&np_networks, &cluster) || skb->vlan_present)
		return np_decide_drop(d, NP_REASON_HOST_TO_OVERLAY);
	if (np_load(skb, 0, &eth, sizeof(eth)))
		return np_decide_drop(d, NP_REASON_MALFORMED);
	if (eth.h_proto == bpf_htons(ETH_P_IP))
		reason = np_parse_ipv4(skb, &ip);
	else if (eth.h_proto == bpf_htons(ETH_P_IPV6))
		reason = np_parse_ipv6(skb, &ip);
	else
		reason = NP_REASON_ETHERTYPE;
	if (reason)
		return np_decide_drop(d, reason);
	/* Group reports and router solicitations: the host sends them by every device, and nobody listens here. */
	if (ip.group)
		return np_decide_drop(d, NP_REASON_MULTICAST);
	np_decide_from_host_ip(skb, node, &ip, d);
	if (d->verdict != NP_VERDICT_LOCAL)
		return;
	/* A pod's packet may have been sent on to another by the stack: then its own policies have seen where it went to, not where it goes. */
	source = skb->mark & NP_MARK_ORIGIN ? np_endpoint_get(NP_CLUSTER, &ip.src) : NULL;
	d->sender = source ? source->ifindex : 0;
	d->receiver = d->ifindex;
	d->by_host = by_host;
	np_police(skb, &ip, d);
}

#endif
