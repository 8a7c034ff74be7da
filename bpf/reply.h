// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * Answers to a pod, made out of the packet it sent. Each is put together on the stack and stored in one go, because a
 * program that wrote to packets directly would have the kernel unshare the headers of every packet.
 * Each returns 0, or what the failing helper said.
 */
#ifndef NP_REPLY_H
#define NP_REPLY_H

#include "arp.h"
#include "decision.h"
#include "icmp.h"
#include "nd.h"
#include "parse.h"

/* A checksum after one 16-bit word under it changed (RFC 1624, equation 3). */
static __always_inline __sum16 np_refold(__sum16 check, __be16 from, __be16 to)
{
	return np_fold((__u16)~check + (__u16)~from + to);
}

/* Sends the frame back where it came from: to the pod's MAC, from the one that answers. */
static __always_inline void np_turn(struct ethhdr *eth, const __u8 *from)
{
	np_mac_copy(eth->h_dest, eth->h_source);
	np_mac_copy(eth->h_source, from);
}

static __always_inline long np_reply_arp(struct __sk_buff *skb, const struct np_decision *d)
{
	struct {
		struct ethhdr eth;
		struct np_arp arp;
	} __attribute__((packed)) f;
	__u8 asked[4];

	if (np_load(skb, 0, &f, sizeof(f)))
		return -1;
	np_turn(&f.eth, d->mac);
	f.arp.op = bpf_htons(NP_ARP_REPLY);
	__builtin_memcpy(asked, f.arp.target, 4);
	__builtin_memcpy(f.arp.target, f.arp.sender, 4);
	np_mac_copy(f.arp.target_mac, f.arp.sender_mac);
	__builtin_memcpy(f.arp.sender, asked, 4);
	np_mac_copy(f.arp.sender_mac, d->mac);
	return bpf_skb_store_bytes(skb, 0, &f, sizeof(f), 0);
}

/* Adds the pseudo header (RFC 8200 section 8.1) of an ICMPv6 message of len bytes to a sum. */
static __always_inline __u32 np_pseudo6(const struct np_ipv6 *ip, __u32 len, __u32 sum)
{
	struct {
		struct np_addr src, dst;
		__be32 len, next;
	} pseudo = { ip->src, ip->dst, bpf_htonl(len), bpf_htonl(IPPROTO_ICMPV6) };

	return bpf_csum_diff(NULL, 0, (__be32 *)&pseudo, sizeof(pseudo), sum);
}

/* A solicited advertisement; to a probe from :: an unsolicited one to all nodes (RFC 4861 section 7.2.4). */
static __always_inline long np_reply_nd(struct __sk_buff *skb, const struct np_decision *d)
{
	struct {
		struct np_nd nd;
		struct np_nd_option opt;
	} icmp = {};
	struct ethhdr eth;
	struct np_ipv6 ip;
	int probe;
	long err;

	if (np_load(skb, 0, &eth, sizeof(eth)) || np_load(skb, ETH_HLEN, &ip, sizeof(ip)) ||
	    np_load(skb, ETH_HLEN + sizeof(ip), &icmp.nd, sizeof(icmp.nd)))
		return -1;
	np_turn(&eth, d->mac);

	probe = np_addr_is_none(&ip.src);
	ip.ver_flow = bpf_htonl(0x60000000);
	ip.payload = bpf_htons(sizeof(icmp));
	ip.dst = ip.src;
	if (probe) {
		ip.dst.bytes[0] = 0xff;
		ip.dst.bytes[1] = 0x02;
		ip.dst.bytes[15] = 1;
	}
	ip.src = icmp.nd.target;

	icmp.nd.type = NP_ND_ADVERT;
	icmp.nd.check = 0;
	icmp.nd.flags = bpf_htonl(NP_ND_FLAG_OVERRIDE | (probe ? 0 : NP_ND_FLAG_SOLICITED) |
				  (d->router ? NP_ND_FLAG_ROUTER : 0));
	icmp.opt.type = NP_ND_OPT_TARGET;
	icmp.opt.len = 1;
	np_mac_copy(icmp.opt.mac, d->mac);
	icmp.nd.check = np_fold(bpf_csum_diff(NULL, 0, (__be32 *)&icmp, sizeof(icmp),
					      np_pseudo6(&ip, sizeof(icmp), 0)));

	err = bpf_skb_change_tail(skb, ETH_HLEN + sizeof(ip) + sizeof(icmp), 0);
	err = err ?: bpf_skb_store_bytes(skb, 0, &eth, sizeof(eth), 0);
	err = err ?: bpf_skb_store_bytes(skb, ETH_HLEN, &ip, sizeof(ip), 0);
	return err ?: bpf_skb_store_bytes(skb, ETH_HLEN + sizeof(ip), &icmp, sizeof(icmp), 0);
}

/* type, code and checksum: what an echo reply changes of the ICMP message (RFC 792, RFC 4443 section 4.2). */
struct np_icmp_head {
	__u8 type;
	__u8 code;
	__sum16 check;
};

static __always_inline void np_echo_turn(struct np_icmp_head *icmp, __u8 type)
{
	__be16 from = bpf_htons(icmp->type << 8);

	icmp->type = type;
	icmp->check = np_refold(icmp->check, from, bpf_htons(type << 8));
}

static __always_inline long np_reply_ping4(struct __sk_buff *skb, const struct np_decision *d)
{
	struct {
		struct np_ipv4 ip;
		struct np_icmp_head icmp;
	} f;
	struct ethhdr eth;
	__be32 src;
	long err;

	if (np_load(skb, 0, &eth, sizeof(eth)) || np_load(skb, ETH_HLEN, &f, sizeof(f)))
		return -1;
	np_turn(&eth, d->mac);
	/* Swapped addresses leave the sum as it is; only the time to live starts anew. */
	src = f.ip.src;
	f.ip.src = f.ip.dst;
	f.ip.dst = src;
	f.ip.check = np_refold(f.ip.check, bpf_htons(f.ip.ttl << 8), bpf_htons(64 << 8));
	f.ip.ttl = 64;
	np_echo_turn(&f.icmp, NP_ICMP_ECHO_REPLY);
	err = bpf_skb_store_bytes(skb, 0, &eth, sizeof(eth), 0);
	return err ?: bpf_skb_store_bytes(skb, ETH_HLEN, &f, sizeof(f), 0);
}

static __always_inline long np_reply_ping6(struct __sk_buff *skb, const struct np_decision *d)
{
	struct {
		struct np_ipv6 ip;
		struct np_icmp_head icmp;
	} f;
	struct np_addr src;
	struct ethhdr eth;
	long err;

	if (np_load(skb, 0, &eth, sizeof(eth)) || np_load(skb, ETH_HLEN, &f, sizeof(f)))
		return -1;
	np_turn(&eth, d->mac);
	src = f.ip.src;
	f.ip.src = f.ip.dst;
	f.ip.dst = src;
	f.ip.hops = 64;
	np_echo_turn(&f.icmp, NP_ICMPV6_ECHO_REPLY);
	err = bpf_skb_store_bytes(skb, 0, &eth, sizeof(eth), 0);
	return err ?: bpf_skb_store_bytes(skb, ETH_HLEN, &f, sizeof(f), 0);
}

/* An ICMP error ahead of its quote: both families have type, code, checksum, and the MTU in the next word. */
struct np_icmp_error {
	struct np_icmp_head head;
	__be32 mtu;
};

/*
 * Cuts the packet to the quote and makes room behind the Ethernet header; sums up the quoted bytes. Not by
 * bpf_skb_change_head, after which the kernel would take all of the room for link layer and start at the quoted header.
 */
static __always_inline long np_quote(struct __sk_buff *skb, __u32 room, __u32 *sum)
{
	__u32 start = ETH_HLEN + room;
	void *data;
	long err;

	err = bpf_skb_change_tail(skb, ETH_HLEN + NP_QUOTE, 0);
	err = err ?: bpf_skb_adjust_room(skb, room, BPF_ADJ_ROOM_MAC, 0);
	err = err ?: bpf_skb_pull_data(skb, start + NP_QUOTE);
	if (err)
		return err;
	data = (void *)(long)skb->data;
	if (data + start + NP_QUOTE > (void *)(long)skb->data_end)
		return -1;
	*sum = bpf_csum_diff(NULL, 0, data + start, NP_QUOTE, 0);
	return 0;
}

static __always_inline long np_reply_frag_needed(struct __sk_buff *skb, const struct np_decision *d)
{
	struct {
		struct np_ipv4 ip;
		struct np_icmp_error icmp;
	} f = {};
	struct np_ipv4 from;
	struct ethhdr eth;
	__u32 sum;
	long err;

	if (np_load(skb, 0, &eth, sizeof(eth)) || np_load(skb, ETH_HLEN, &from, sizeof(from)))
		return -1;
	err = np_quote(skb, sizeof(f), &sum);
	if (err)
		return err;
	np_turn(&eth, d->mac);
	f.ip.ver_ihl = 0x45;
	f.ip.total = bpf_htons(sizeof(f) + NP_QUOTE);
	f.ip.ttl = 64;
	f.ip.proto = IPPROTO_ICMP;
	f.ip.src = d->vtep.words[3];
	f.ip.dst = from.src;
	f.ip.check = np_ipv4_check(&f.ip);
	f.icmp.head.type = NP_ICMP_UNREACHABLE;
	f.icmp.head.code = NP_ICMP_FRAG_NEEDED;
	f.icmp.mtu = bpf_htonl(d->mtu);
	f.icmp.head.check = np_fold(bpf_csum_diff(NULL, 0, (__be32 *)&f.icmp, sizeof(f.icmp), sum));
	err = bpf_skb_store_bytes(skb, 0, &eth, sizeof(eth), 0);
	return err ?: bpf_skb_store_bytes(skb, ETH_HLEN, &f, sizeof(f), 0);
}

static __always_inline long np_reply_too_big(struct __sk_buff *skb, const struct np_decision *d)
{
	struct {
		struct np_ipv6 ip;
		struct np_icmp_error icmp;
	} f = {};
	struct ethhdr eth;
	struct np_addr to;
	__u32 sum;
	long err;

	if (np_load(skb, 0, &eth, sizeof(eth)) || np_load(skb, ETH_HLEN + offsetof(struct np_ipv6, src), &to, sizeof(to)))
		return -1;
	err = np_quote(skb, sizeof(f), &sum);
	if (err)
		return err;
	np_turn(&eth, d->mac);
	f.ip.ver_flow = bpf_htonl(0x60000000);
	f.ip.payload = bpf_htons(sizeof(f.icmp) + NP_QUOTE);
	f.ip.next = IPPROTO_ICMPV6;
	f.ip.hops = 64;
	f.ip.src = d->vtep;
	f.ip.dst = to;
	f.icmp.head.type = NP_ICMPV6_TOO_BIG;
	f.icmp.mtu = bpf_htonl(d->mtu);
	sum = bpf_csum_diff(NULL, 0, (__be32 *)&f.icmp, sizeof(f.icmp), sum);
	f.icmp.head.check = np_fold(np_pseudo6(&f.ip, sizeof(f.icmp) + NP_QUOTE, sum));
	err = bpf_skb_store_bytes(skb, 0, &eth, sizeof(eth), 0);
	return err ?: bpf_skb_store_bytes(skb, ETH_HLEN, &f, sizeof(f), 0);
}

/* The header and 8 bytes behind it are what an error must quote (RFC 792), and enough for the one who sent it to know its own. */
static __always_inline long np_reply_refused4(struct __sk_buff *skb, const struct np_decision *d)
{
	struct {
		struct ethhdr eth;
		struct np_ipv4 ip;
		struct np_icmp_error icmp;
		struct np_ipv4 quoted;
		__u8 head[8];
	} __attribute__((packed, aligned(4))) f = {};
	/* Without what aligns the end. */
	__u32 len = offsetof(typeof(f), head) + sizeof(f.head);
	long err;

	if (np_load(skb, 0, &f.eth, sizeof(f.eth)) || np_load(skb, ETH_HLEN, &f.quoted, sizeof(f.quoted) + sizeof(f.head)))
		return -1;
	np_turn(&f.eth, d->mac);
	f.ip.ver_ihl = 0x45;
	f.ip.total = bpf_htons(len - ETH_HLEN);
	f.ip.ttl = 64;
	f.ip.proto = IPPROTO_ICMP;
	f.ip.src = f.quoted.dst;
	f.ip.dst = f.quoted.src;
	f.ip.check = np_ipv4_check(&f.ip);
	f.icmp.head.type = NP_ICMP_UNREACHABLE;
	f.icmp.head.code = NP_ICMP_PORT_UNREACHABLE;
	f.icmp.head.check = np_fold(bpf_csum_diff(NULL, 0, (__be32 *)&f.icmp, sizeof(f.icmp) + sizeof(f.quoted) + sizeof(f.head), 0));
	err = bpf_skb_change_tail(skb, len, 0);
	return err ?: bpf_skb_store_bytes(skb, 0, &f, len, 0);
}

static __always_inline long np_reply_refused6(struct __sk_buff *skb, const struct np_decision *d)
{
	struct {
		struct ethhdr eth;
		struct np_ipv6 ip;
		struct np_icmp_error icmp;
		struct np_ipv6 quoted;
		__u8 head[8];
	} __attribute__((packed, aligned(4))) f = {};
	__u32 len = sizeof(f.icmp) + sizeof(f.quoted) + sizeof(f.head);
	long err;

	if (np_load(skb, 0, &f.eth, sizeof(f.eth)) || np_load(skb, ETH_HLEN, &f.quoted, sizeof(f.quoted) + sizeof(f.head)))
		return -1;
	np_turn(&f.eth, d->mac);
	f.ip.ver_flow = bpf_htonl(0x60000000);
	f.ip.payload = bpf_htons(len);
	f.ip.next = IPPROTO_ICMPV6;
	f.ip.hops = 64;
	f.ip.src = f.quoted.dst;
	f.ip.dst = f.quoted.src;
	f.icmp.head.type = NP_ICMPV6_UNREACHABLE;
	f.icmp.head.code = NP_ICMPV6_PORT_UNREACHABLE;
	f.icmp.head.check = np_fold(bpf_csum_diff(NULL, 0, (__be32 *)&f.icmp, len, np_pseudo6(&f.ip, len, 0)));
	err = bpf_skb_change_tail(skb, ETH_HLEN + sizeof(f.ip) + len, 0);
	return err ?: bpf_skb_store_bytes(skb, 0, &f, ETH_HLEN + sizeof(f.ip) + len, 0);
}

static __always_inline long np_reply(struct __sk_buff *skb, const struct np_decision *d)
{
	switch (d->what) {
	case NP_REPLY_ARP:
		return np_reply_arp(skb, d);
	case NP_REPLY_ND:
		return np_reply_nd(skb, d);
	case NP_REPLY_PING4:
		return np_reply_ping4(skb, d);
	case NP_REPLY_PING6:
		return np_reply_ping6(skb, d);
	case NP_REPLY_FRAG_NEEDED:
		return np_reply_frag_needed(skb, d);
	case NP_REPLY_TOO_BIG:
		return np_reply_too_big(skb, d);
	case NP_REPLY_REFUSED4:
		return np_reply_refused4(skb, d);
	case NP_REPLY_REFUSED6:
		return np_reply_refused6(skb, d);
	default:
		return -1;
	}
}

#endif
