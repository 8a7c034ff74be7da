// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/* IPv6 neighbour discovery, RFC 4861: what a pod may say, and the answers it gets from the map. */
#ifndef NP_ND_H
#define NP_ND_H

#include "decision.h"
#include "maps.h"
#include "parse.h"

#define NP_ND_ROUTER_ADVERT 134
#define NP_ND_SOLICIT 135
#define NP_ND_ADVERT 136
#define NP_ND_REDIRECT 137

#define NP_ND_OPT_SOURCE 1
#define NP_ND_OPT_TARGET 2

/* Solicitation and advertisement share this shape; option is the first one, if any. */
struct np_nd {
	__u8 type;
	__u8 code;
	__sum16 check;
	__be32 flags;
	struct np_addr target;
};

struct np_nd_option {
	__u8 type;
	__u8 len; /* in units of 8 bytes */
	__u8 mac[ETH_ALEN];
};

#define NP_ND_FLAG_ROUTER 0x80000000
#define NP_ND_FLAG_SOLICITED 0x40000000
#define NP_ND_FLAG_OVERRIDE 0x20000000

/* fe80:: and the EUI-64 of the MAC (RFC 4291 appendix A): the link-local address a pod's kernel gives itself. */
static __always_inline struct np_addr np_link_local(const __u8 *mac)
{
	struct np_addr a = {
		.bytes = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] },
	};

	return a;
}

/* The ICMPv6 type if the packet is one that only a link's own neighbours may see acted on, else 0. */
static __always_inline __u8 np_nd_type(struct __sk_buff *skb, const struct np_ip *ip)
{
	__u8 head[2];

	if (ip->proto != IPPROTO_ICMPV6 || np_l4_head(skb, ip, head))
		return 0;
	return head[0] >= NP_ND_ROUTER_ADVERT && head[0] <= NP_ND_REDIRECT ? head[0] : 0;
}

/* True when the packet's first option is a link-layer address of the given kind that is not the interface's. */
static __always_inline int np_nd_forged_option(struct __sk_buff *skb, const struct np_ip *ip, __u8 kind, const __u8 *mac)
{
	struct np_nd_option opt;
	__u32 off = ip->l4 + sizeof(struct np_nd);

	return off + sizeof(opt) <= ip->end && !np_load(skb, off, &opt, sizeof(opt)) && opt.type == kind &&
	       !np_mac_equal(opt.mac, mac);
}

/*
 * From a pod. own: the source is the interface's address or its link-local one; unspecified: it is ::, which duplicate
 * address detection uses (RFC 4862 section 5.4.2).
 */
static __always_inline void np_decide_nd(struct __sk_buff *skb, const struct np_node *node, const struct np_interface *iface,
					 const struct np_ip *ip, __u8 type, int own, struct np_decision *d)
{
	const struct np_endpoint *endpoint;
	struct np_addr local;
	struct np_nd nd;

	if (type == NP_ND_ROUTER_ADVERT || type == NP_ND_REDIRECT || !own || !ip->plain)
		return np_decide_drop(d, NP_REASON_ND_SPOOF);
	if (ip->l4 + sizeof(nd) > ip->end || np_load(skb, ip->l4, &nd, sizeof(nd)) || ip->hops != 255 || nd.code)
		return np_decide_drop(d, NP_REASON_MALFORMED);
	if (nd.target.bytes[0] == 0xff)
		return np_decide_drop(d, NP_REASON_MALFORMED);
	if (np_addr_is_v4(&nd.target))
		return np_decide_drop(d, NP_REASON_MAPPED_ADDRESS);
	if (np_nd_forged_option(skb, ip, type == NP_ND_SOLICIT ? NP_ND_OPT_SOURCE : NP_ND_OPT_TARGET, iface->mac))
		return np_decide_drop(d, NP_REASON_ND_SPOOF);

	local = np_link_local(iface->mac);
	if (np_is_own(iface, &nd.target) || np_addr_equal(&nd.target, &local))
		return np_decide_drop(d, NP_REASON_ND_OWN);
	if (type == NP_ND_ADVERT)
		return np_decide_drop(d, NP_REASON_ND_SPOOF);

	endpoint = np_endpoint_get(iface->network, &nd.target);
	if (endpoint)
		return np_decide_reply(d, NP_REPLY_ND, endpoint->mac);
	if (np_is_next_hop(iface, &nd.target)) {
		d->router = 1;
		return np_decide_reply(d, NP_REPLY_ND, node->gateway_mac);
	}
	np_decide_drop(d, NP_REASON_ND_UNKNOWN);
}

#endif
