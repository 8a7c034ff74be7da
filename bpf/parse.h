// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * Reading packets. Fixed headers are copied from the packet once; whatever lies at a variable offset is read by
 * bpf_skb_load_bytes, which also works where a packet is not linear.
 */
#ifndef NP_PARSE_H
#define NP_PARSE_H

#include "np.h"
#include "reasons.h"

/* IPv4 header without options, RFC 791 section 3.1. */
struct np_ipv4 {
	__u8 ver_ihl;
	__u8 tos;
	__be16 total;
	__be16 id;
	__be16 frag;
	__u8 ttl;
	__u8 proto;
	__sum16 check;
	__be32 src;
	__be32 dst;
};

#define NP_IP_DF 0x4000
#define NP_IP_MF 0x2000
#define NP_IP_OFFSET 0x1fff

/* The ECN field, RFC 3168 section 5. */
#define NP_ECN_MASK 3
#define NP_ECN_ECT0 2
#define NP_ECN_CE 3

/* IPv6 header, RFC 8200 section 3. */
struct np_ipv6 {
	__be32 ver_flow;
	__be16 payload;
	__u8 next;
	__u8 hops;
	struct np_addr src;
	struct np_addr dst;
};

/* What both families say about the packet behind the Ethernet header. */
struct np_ip {
	struct np_addr src;
	struct np_addr dst;
	__u32 len;	/* of the IP packet, bytes */
	__u32 l4;	/* offset of the transport header from the start of the frame */
	__u32 end;	/* offset of the IP packet's end */
	__be32 id;	/* a fragment: which datagram it is of */
	__u8 proto;
	__u8 fragment;	/* a fragment, the first or a later one */
	__u8 later;	/* a later fragment: there is no transport header */
	__u8 plain;	/* no IPv4 options and no IPv6 extension headers */
	__u8 df;	/* may not be fragmented on the way; always set for IPv6 */
	__u8 hops;
	__u8 ecn;	/* RFC 3168 section 5 */
	__u8 group;	/* the destination is a multicast address */
	__u8 broadcast; /* the destination is 255.255.255.255 */
};

/* Folds a sum of 16-bit words into an internet checksum (RFC 1071). */
static __always_inline __sum16 np_fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__sum16)~sum;
}

/* What the checksum of a header should be while its field is 0; 0 when the field is right. */
static __always_inline __sum16 np_ipv4_check(const struct np_ipv4 *h)
{
	const __u16 *words = (const __u16 *)h;
	__u32 sum = 0;
	int i;

#pragma unroll
	for (i = 0; i < (int)(sizeof(*h) / sizeof(*words)); i++)
		sum += words[i];
	return np_fold(sum);
}

/* Most IPv6 extension headers looked through: twice what RFC 8200 section 4.1 expects to occur at all. */
#define NP_MAX_EXTENSIONS 8

/* Copies n bytes from the start of the frame, linear or not. */
static __always_inline int np_load(struct __sk_buff *skb, __u32 off, void *to, __u32 n)
{
	return bpf_skb_load_bytes(skb, off, to, n);
}

/* Returns NP_REASON_NONE, or why the packet is not one that is passed on. */
static __always_inline __u32 np_parse_ipv4(struct __sk_buff *skb, struct np_ip *ip)
{
	struct np_ipv4 h;
	__u32 ihl, total;
	__u16 frag;

	if (np_load(skb, ETH_HLEN, &h, sizeof(h)))
		return NP_REASON_MALFORMED;
	ihl = (h.ver_ihl & 0x0f) * 4;
	total = bpf_ntohs(h.total);
	if (h.ver_ihl >> 4 != 4 || ihl < sizeof(h) || total < ihl || total > skb->len - ETH_HLEN)
		return NP_REASON_MALFORMED;
	frag = bpf_ntohs(h.frag);
	ip->src = np_addr_v4(h.src);
	ip->dst = np_addr_v4(h.dst);
	ip->len = total;
	ip->l4 = ETH_HLEN + ihl;
	ip->end = ETH_HLEN + total;
	ip->id = h.id;
	ip->proto = h.proto;
	ip->fragment = (frag & (NP_IP_MF | NP_IP_OFFSET)) != 0;
	ip->later = (frag & NP_IP_OFFSET) != 0;
	ip->plain = ihl == sizeof(h);
	ip->df = (frag & NP_IP_DF) != 0;
	ip->hops = h.ttl;
	ip->ecn = h.tos & NP_ECN_MASK;
	ip->group = (h.dst & bpf_htonl(0xf0000000)) == bpf_htonl(0xe0000000);
	ip->broadcast = h.dst == bpf_htonl(0xffffffff);
	return NP_REASON_NONE;
}

/*
 * Walks the extension headers to the transport header (RFC 8200 section 4). A first fragment must hold the whole chain
 * (RFC 7112 section 5), or neighbour discovery could hide behind it.
 */
static __always_inline __u32 np_parse_extensions(struct __sk_buff *skb, struct np_ip *ip)
{
	__u8 h[4];
	int i;

	/* Linux 6.1 refuses the shape that the compiler gives to this loop ("back-edge"), so it is unrolled. */
#pragma unroll
	for (i = 0; i <= NP_MAX_EXTENSIONS; i++) {
		switch (ip->proto) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_FRAGMENT:
		case IPPROTO_AH:
		case IPPROTO_DSTOPTS:
			break;
		case IPPROTO_ICMPV6:
			return ip->l4 + 4 > ip->end ? NP_REASON_MALFORMED : NP_REASON_NONE;
		default:
			return ip->l4 > ip->end ? NP_REASON_MALFORMED : NP_REASON_NONE;
		}
		if (i == NP_MAX_EXTENSIONS)
			return NP_REASON_EXTENSION_HEADERS;
		/* Every extension header is at least 8 bytes long. */
		if (ip->l4 + 8 > ip->end || np_load(skb, ip->l4, h, sizeof(h)))
			return NP_REASON_MALFORMED;
		ip->plain = 0;
		if (ip->proto == IPPROTO_FRAGMENT) {
			if (np_load(skb, ip->l4 + 4, &ip->id, sizeof(ip->id)))
				return NP_REASON_MALFORMED;
			ip->fragment = 1;
			ip->l4 += 8;
			ip->proto = h[0];
			/* The offset is the upper 13 bits of the second half. */
			if (h[2] || h[3] & 0xf8) {
				ip->later = 1;
				return NP_REASON_NONE;
			}
			continue;
		}
		/* RFC 4302 section 2.2 counts in words, the others in double words. */
		ip->l4 += ip->proto == IPPROTO_AH ? (h[1] + 2) * 4 : (h[1] + 1) * 8;
		ip->proto = h[0];
	}
	return NP_REASON_EXTENSION_HEADERS;
}

static __always_inline __u32 np_parse_ipv6(struct __sk_buff *skb, struct np_ip *ip)
{
	struct np_ipv6 h;
	__u32 total;

	if (np_load(skb, ETH_HLEN, &h, sizeof(h)))
		return NP_REASON_MALFORMED;
	total = sizeof(h) + bpf_ntohs(h.payload);
	if ((h.ver_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000) || total > skb->len - ETH_HLEN)
		return NP_REASON_MALFORMED;
	if (np_addr_is_v4(&h.src) || np_addr_is_v4(&h.dst))
		return NP_REASON_MAPPED_ADDRESS;
	ip->src = h.src;
	ip->dst = h.dst;
	ip->len = total;
	ip->l4 = ETH_HLEN + sizeof(h);
	ip->end = ETH_HLEN + total;
	ip->proto = h.next;
	ip->fragment = 0;
	ip->later = 0;
	ip->plain = 1;
	ip->df = 1;
	ip->hops = h.hops;
	ip->ecn = bpf_ntohl(h.ver_flow) >> 20 & NP_ECN_MASK;
	ip->group = h.dst.bytes[0] == 0xff;
	ip->broadcast = 0;
	return np_parse_extensions(skb, ip);
}

/* The first two bytes of the transport header (ICMP: type and code); -1 when there are none. */
static __always_inline int np_l4_head(struct __sk_buff *skb, const struct np_ip *ip, __u8 head[2])
{
	return ip->later || ip->l4 + 2 > ip->end ? -1 : np_load(skb, ip->l4, head, 2);
}

/* Length in bytes of the largest IP packet that this one becomes on the wire: a GSO packet is cut up later. */
static __always_inline __u32 np_wire_length(struct __sk_buff *skb, const struct np_ip *ip)
{
	__u32 headers = ip->l4 - ETH_HLEN;
	__u8 doff;

	if (!skb->gso_size)
		return ip->len;
	if (skb->gso_size == NP_GSO_BY_FRAGS)
		return 0;
	if (ip->proto == IPPROTO_TCP && !np_load(skb, ip->l4 + 12, &doff, 1))
		headers += (doff >> 4) * 4;
	else if (ip->proto == IPPROTO_UDP)
		headers += 8;
	return headers + skb->gso_size;
}

#endif
