// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/* ARP (RFC 826): a pod may only speak for itself, and its questions are answered from the map. */
#ifndef NP_ARP_H
#define NP_ARP_H

#include "decision.h"
#include "maps.h"
#include "parse.h"

#define NP_ARP_REQUEST 1
#define NP_ARP_REPLY 2

/* Ethernet and IPv4: the only kind there is here. */
struct np_arp {
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_len;
	__u8 protocol_len;
	__be16 op;
	__u8 sender_mac[ETH_ALEN];
	__u8 sender[4];
	__u8 target_mac[ETH_ALEN];
	__u8 target[4];
};

static __always_inline struct np_addr np_arp_addr(const __u8 *v4)
{
	__be32 word;

	__builtin_memcpy(&word, v4, sizeof(word));
	return np_addr_v4(word);
}

static __always_inline void np_decide_arp(struct __sk_buff *skb, const struct np_node *node, const struct np_interface *iface,
					  struct np_decision *d)
{
	const struct np_endpoint *endpoint;
	struct np_addr sender, target;
	struct np_arp arp;
	int probe;

	if (np_load(skb, ETH_HLEN, &arp, sizeof(arp)))
		return np_decide_drop(d, NP_REASON_MALFORMED);
	if (arp.hardware != bpf_htons(1) || arp.protocol != bpf_htons(ETH_P_IP) || arp.hardware_len != ETH_ALEN ||
	    arp.protocol_len != 4 || (arp.op != bpf_htons(NP_ARP_REQUEST) && arp.op != bpf_htons(NP_ARP_REPLY)))
		return np_decide_drop(d, NP_REASON_MALFORMED);

	sender = np_arp_addr(arp.sender);
	target = np_arp_addr(arp.target);
	/* A probe asks whether an address is free and has no sender yet (RFC 5227 section 2.1.1). */
	probe = arp.op == bpf_htons(NP_ARP_REQUEST) && !sender.words[3];
	if (!np_mac_equal(arp.sender_mac, iface->mac) || (!probe && !np_is_own(iface, &sender)))
		return np_decide_drop(d, NP_REASON_ARP_SPOOF);
	if (arp.op == bpf_htons(NP_ARP_REPLY) || np_is_own(iface, &target))
		return np_decide_drop(d, NP_REASON_ARP_OWN);

	endpoint = np_endpoint_get(iface->network, &target);
	if (endpoint)
		return np_decide_reply(d, NP_REPLY_ARP, endpoint->mac);
	if (np_is_next_hop(iface, &target))
		return np_decide_reply(d, NP_REPLY_ARP, node->gateway_mac);
	np_decide_drop(d, NP_REASON_ARP_UNKNOWN);
}

#endif
