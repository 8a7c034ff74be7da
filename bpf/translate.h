// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/* Gives a packet other addresses and ports, and the checksums that go with them. */
#ifndef NP_TRANSLATE_H
#define NP_TRANSLATE_H

#include "decision.h"
#include "parse.h"

/* Offsets of checksums in headers: RFC 791 section 3.1, RFC 9293 section 3.1, RFC 768. */
#define NP_IPV4_CHECK (ETH_HLEN + offsetof(struct np_ipv4, check))
#define NP_TCP_CHECK 16
#define NP_UDP_CHECK 6

/* By how much their sum grows when two words become others (RFC 1624 section 3). */
static __always_inline __u32 np_sum_diff(const __be32 was[2], const __be32 is[2])
{
	__u64 sum = (__u64)is[0] + is[1] + (__u32)~was[0] + (__u32)~was[1];

	sum = (sum & 0xffffffff) + (sum >> 32);
	return (sum & 0xffffffff) + (sum >> 32);
}

/* The header's own checksum takes IPv4's addresses; both families' are part of TCP's and UDP's. */
static __always_inline long np_translate_v4(struct __sk_buff *skb, const struct np_tuple *to, __u32 check, __u64 flags)
{
	__be32 was[2], is[2] = { to->src.words[3], to->dst.words[3] };
	struct np_ipv4 h;
	long err = 0;
	__u32 diff;

	if (np_load(skb, ETH_HLEN, &h, sizeof(h)))
		return -1;
	was[0] = h.src;
	was[1] = h.dst;
	diff = np_sum_diff(was, is);
	h.check = np_fold((__u16)~h.check + (diff & 0xffff) + (diff >> 16));
	h.src = is[0];
	h.dst = is[1];
	if (check)
		err = bpf_l4_csum_replace(skb, check, 0, diff, flags | BPF_F_PSEUDO_HDR);
	return err ?: bpf_skb_store_bytes(skb, ETH_HLEN, &h, sizeof(h), 0);
}

/*
 * Where the device summed up the packet, what it holds stays the sum: the kernel takes the change of the checksum off it as if the addresses
 * were covered by one more, as IPv4's are (mended in Linux 6.16 for those who ask), and storing the addresses puts it back.
 */
static __always_inline long np_translate_v6(struct __sk_buff *skb, const struct np_tuple *to, __u32 check, __u64 flags)
{
	const __u32 at = ETH_HLEN + offsetof(struct np_ipv6, src);
	struct np_addr was[2], is[2] = { to->src, to->dst };
	long err = 0, diff;

	if (np_load(skb, at, was, sizeof(was)))
		return -1;
	diff = bpf_csum_diff(was[0].words, sizeof(was), is[0].words, sizeof(is), 0);
	if (check)
		err = bpf_l4_csum_replace(skb, check, 0, diff, flags | BPF_F_PSEUDO_HDR);
	return err ?: bpf_skb_store_bytes(skb, at, is, sizeof(is), BPF_F_RECOMPUTE_CSUM);
}

/* Checksum and header of an ICMP message: RFC 792, RFC 4443 section 2.1. */
#define NP_ICMP_CHECK 2
#define NP_ICMP_QUOTE 8

/* The quoted header's checksum takes its addresses, so that the message's own only has the ports to take. */
static __always_inline long np_translate_error4(struct __sk_buff *skb, const struct np_decision *d)
{
	const __u32 at = ETH_HLEN + offsetof(struct np_ipv4, src), quote = d->l4 + NP_ICMP_QUOTE;
	__be32 is[2] = { d->to.dst.words[3], d->to.src.words[3] }, from, was[2];
	__be16 ports[2], to[2] = { d->to.dport, d->to.sport };
	long err;

	if (np_load(skb, at, &from, sizeof(from)) || np_load(skb, quote + offsetof(struct np_ipv4, src), was, sizeof(was)) ||
	    np_load(skb, quote + sizeof(struct np_ipv4), ports, sizeof(ports)))
		return -1;
	err = bpf_l3_csum_replace(skb, quote + offsetof(struct np_ipv4, check), 0, bpf_csum_diff(was, sizeof(was), is, sizeof(is), 0), 0);
	err = err ?: bpf_skb_store_bytes(skb, quote + offsetof(struct np_ipv4, src), is, sizeof(is), 0);
	err = err ?: bpf_l4_csum_replace(skb, d->l4 + NP_ICMP_CHECK, 0,
					 bpf_csum_diff((__be32 *)ports, sizeof(ports), (__be32 *)to, sizeof(to), 0), 0);
	err = err ?: bpf_skb_store_bytes(skb, quote + sizeof(struct np_ipv4), to, sizeof(to), 0);
	if (err || from != was[1])
		return err;
	err = bpf_l3_csum_replace(skb, NP_IPV4_CHECK, from, is[1], sizeof(from));
	return err ?: bpf_skb_store_bytes(skb, at, &is[1], sizeof(from), 0);
}

/* The message's checksum covers all of it, and through the pseudo header where it comes from. */
static __always_inline long np_translate_error6(struct __sk_buff *skb, const struct np_decision *d)
{
	const __u32 at = ETH_HLEN + offsetof(struct np_ipv6, src), quote = d->l4 + NP_ICMP_QUOTE;
	__be16 ports[2], to[2] = { d->to.dport, d->to.sport };
	struct np_addr was[2], from;
	__wsum diff;
	long err;

	if (np_load(skb, at, &from, sizeof(from)) || np_load(skb, quote + offsetof(struct np_ipv6, src), was, sizeof(was)) ||
	    np_load(skb, quote + sizeof(struct np_ipv6), ports, sizeof(ports)))
		return -1;
	diff = bpf_csum_diff((__be32 *)ports, sizeof(ports), (__be32 *)to, sizeof(to), 0);
	diff = bpf_csum_diff(was[0].words, sizeof(was[0]), (__be32 *)d->to.dst.words, sizeof(was[0]), diff);
	diff = bpf_csum_diff(was[1].words, sizeof(was[1]), (__be32 *)d->to.src.words, sizeof(was[1]), diff);
	if (np_addr_equal(&from, &was[1])) {
		diff = bpf_csum_diff(from.words, sizeof(from), (__be32 *)d->to.src.words, sizeof(from), diff);
		if (bpf_skb_store_bytes(skb, at, &d->to.src, sizeof(from), 0))
			return -1;
	}
	err = bpf_l4_csum_replace(skb, d->l4 + NP_ICMP_CHECK, 0, diff, 0);
	err = err ?: bpf_skb_store_bytes(skb, quote + offsetof(struct np_ipv6, src), &d->to.dst, sizeof(struct np_addr), 0);
	err = err ?: bpf_skb_store_bytes(skb, quote + offsetof(struct np_ipv6, dst), &d->to.src, sizeof(struct np_addr), 0);
	return err ?: bpf_skb_store_bytes(skb, quote + sizeof(struct np_ipv6), to, sizeof(to), 0);
}

/* 0, or what the failing helper said. */
static __always_inline long np_translate(struct __sk_buff *skb, const struct np_decision *d)
{
	__u64 flags = d->proto == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
	__be16 is[2] = { d->to.sport, d->to.dport };
	int v4 = np_addr_is_v4(&d->to.dst);
	__u32 check = 0;
	long err;

	if (d->translate == NP_TRANSLATE_ERROR)
		return v4 ? np_translate_error4(skb, d) : np_translate_error6(skb, d);
	if (d->translate == NP_TRANSLATE_PACKET && d->proto == IPPROTO_TCP)
		check = d->l4 + NP_TCP_CHECK;
	else if (d->translate == NP_TRANSLATE_PACKET && d->proto == IPPROTO_UDP)
		check = d->l4 + NP_UDP_CHECK;
	err = v4 ? np_translate_v4(skb, &d->to, check, flags) : np_translate_v6(skb, &d->to, check, flags);
	if (err || d->translate != NP_TRANSLATE_PACKET)
		return err;
	/* SCTP's checksum covers no addresses, and is the device's to make where the kernel sends: ports may change under it. */
	if (check)
		err = bpf_l4_csum_replace(skb, check, 0, is[0] + is[1] + (__u16)~d->ports[0] + (__u16)~d->ports[1], flags);
	return err ?: bpf_skb_store_bytes(skb, d->l4, is, sizeof(is), 0);
}

#endif
