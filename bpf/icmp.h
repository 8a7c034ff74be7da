// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/* ICMP of both families: whose ping is answered, and when a packet that is too big gets an error instead of silence. */
#ifndef NP_ICMP_H
#define NP_ICMP_H

#include "decision.h"
#include "maps.h"
#include "parse.h"

#define NP_ICMP_ECHO_REPLY 0
#define NP_ICMP_UNREACHABLE 3
#define NP_ICMP_PORT_UNREACHABLE 3
#define NP_ICMP_FRAG_NEEDED 4
#define NP_ICMP_ECHO 8

#define NP_ICMPV6_UNREACHABLE 1
#define NP_ICMPV6_PORT_UNREACHABLE 4
#define NP_ICMPV6_TOO_BIG 2
#define NP_ICMPV6_ECHO 128
#define NP_ICMPV6_ECHO_REPLY 129

/*
 * Bytes of the offending packet that an error quotes. RFC 1812 section 4.3.2.3 asks for as much as fits 576 bytes, and RFC
 * 4443 for as much as fits 1280; 512 is what one bpf_csum_diff sums up.
 */
#define NP_QUOTE 512

/* The kind of echo reply the packet gets, or 0: only a whole echo request without options is answered. */
static __always_inline __u32 np_echo_reply(struct __sk_buff *skb, const struct np_ip *ip)
{
	__u8 head[2];

	if (!ip->plain || ip->fragment || ip->l4 + 8 > ip->end || np_l4_head(skb, ip, head) || head[1])
		return 0;
	if (np_addr_is_v4(&ip->dst))
		return ip->proto == IPPROTO_ICMP && head[0] == NP_ICMP_ECHO ? NP_REPLY_PING4 : 0;
	return ip->proto == IPPROTO_ICMPV6 && head[0] == NP_ICMPV6_ECHO ? NP_REPLY_PING6 : 0;
}

/* True for an ICMP error, and for one whose type cannot be told: no error is sent about those (RFC 1122, RFC 4443). */
static __always_inline int np_is_icmp_error(struct __sk_buff *skb, const struct np_ip *ip)
{
	int v4 = np_addr_is_v4(&ip->dst);
	__u8 head[2];

	if (ip->proto != (v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) || ip->later)
		return 0;
	if (np_l4_head(skb, ip, head))
		return 1;
	if (!v4)
		return head[0] < 128;
	return head[0] == 3 || head[0] == 4 || head[0] == 5 || head[0] == 11 || head[0] == 12;
}

/*
 * Of the packet that an ICMP error quotes the ends and the protocol, turned round as if its receiver had answered. Returns where its transport
 * header is; 0 when it has none, or options before it.
 */
static __always_inline __u32 np_quoted_get(struct __sk_buff *skb, const struct np_ip *ip, struct np_addr *src, struct np_addr *dst, __u8 *proto)
{
	__u32 quoted = ip->l4 + 8;

	if (np_addr_is_v4(&ip->dst)) {
		struct np_ipv4 h;

		if (np_load(skb, quoted, &h, sizeof(h)) || h.ver_ihl != 0x45 || h.frag & bpf_htons(NP_IP_OFFSET))
			return 0;
		*src = np_addr_v4(h.dst);
		*dst = np_addr_v4(h.src);
		*proto = h.proto;
		return quoted + sizeof(h);
	}
	/* Field by field, to where they are wanted: the whole header is much for a program's stack. */
	if (np_load(skb, quoted + offsetof(struct np_ipv6, next), proto, sizeof(*proto)) ||
	    np_load(skb, quoted + offsetof(struct np_ipv6, src), dst, sizeof(*dst)) ||
	    np_load(skb, quoted + offsetof(struct np_ipv6, dst), src, sizeof(*src)))
		return 0;
	return quoted + sizeof(struct np_ipv6);
}

/* Path MTU discovery: RFC 1191 section 4 and RFC 8201. The error comes from the gateway of its family, or where there is none, the target. */
static __always_inline void np_decide_too_big(struct __sk_buff *skb, const struct np_ip *ip, __u32 network,
					      const struct np_node *node, struct np_decision *d)
{
	const struct np_network *net = bpf_map_lookup_elem(&np_networks, &network);
	int v4 = np_addr_is_v4(&ip->dst);

	/* RFC 1122 section 3.2.2: none about a later fragment. A packet shorter than the quote is no packet over any MTU. */
	if (ip->len < NP_QUOTE || (v4 && ip->later) || np_is_icmp_error(skb, ip))
		return np_decide_drop(d, NP_REASON_TOO_BIG);
	if (net)
		d->vtep = v4 ? net->gateways.v4 : net->gateways.v6;
	if (np_addr_is_none(&d->vtep))
		d->vtep = ip->dst;
	d->mtu = node->overlay_mtu;
	np_decide_reply(d, v4 ? NP_REPLY_FRAG_NEEDED : NP_REPLY_TOO_BIG, node->gateway_mac);
}

/* A frontend without endpoints, as kube-proxy refuses it: port unreachable, from the frontend's own address. */
static __always_inline void np_decide_refuse(const struct np_ip *ip, const struct np_node *node, struct np_decision *d)
{
	/* The quote is of fixed length: none about what has more than a plain header, nor about a cut one. */
	if (!ip->plain || ip->l4 + 8 > ip->end)
		return np_decide_drop(d, NP_REASON_NO_BACKEND);
	np_decide_reply(d, np_addr_is_v4(&ip->dst) ? NP_REPLY_REFUSED4 : NP_REPLY_REFUSED6, node->gateway_mac);
}

#endif
