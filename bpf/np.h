// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/* What every header here starts from: types, byte order, and the few constants that UAPI headers lack. */
#ifndef NP_H
#define NP_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/pkt_cls.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* RFC 7348 section 5. */
#define NP_VXLAN_PORT 4789

/* linux/skbuff.h, not in UAPI: this skb_shared_info.gso_size means that fragments have sizes of their own (SCTP). */
#define NP_GSO_BY_FRAGS 0xffff

/* asm-generic/errno-base.h, by number: what map updates answer. */
#define NP_EEXIST 17

/* linux/if_packet.h, which needs libc headers. */
#define NP_PACKET_HOST 0

/* linux/socket.h, not in UAPI. */
#define NP_AF_INET 2

/*
 * The cluster network: the default network's pods, the nodes themselves, and the cluster addresses of tenants' pods. It alone leads out to
 * the host's stack. No intent's network has this number, for a VNI that is posted begins at 1.
 */
#define NP_CLUSTER 0


/* Bits of the mark, clear of those that kube-proxy uses (0x4000 and 0x8000). The node's firewall rules go by the first two. */
enum np_mark {
	NP_MARK_NONE = 0,
	/* A program has judged the packet to be the host's. */
	NP_MARK_PASSED = 0x01000000,
	/* A pod sent it. */
	NP_MARK_POD = 0x02000000,
	/* np_to_overlay has judged it to be the pod's behind the device it is sent to. */
	NP_MARK_TO_POD = 0x04000000,
	/* A pod of this node or of another sent it, and its network is in the bits of NP_MARK_NETWORK. */
	NP_MARK_ORIGIN = 0x08000000,
	/* The network's number: 14 bits below kube-proxy's, 8 above them, and 2 above ours. */
	NP_MARK_NETWORK = 0x30ff3fff,
};

static __always_inline __u32 np_mark_of(__u32 network)
{
	return NP_MARK_ORIGIN | (network & 0x3fff) | (network & 0x3fc000) << 2 | (network & 0xc00000) << 6;
}

static __always_inline __u32 np_mark_network(__u32 mark)
{
	return (mark & 0x3fff) | (mark & 0x00ff0000) >> 2 | (mark & 0x30000000) >> 6;
}

/* An address as the maps hold it: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). */
struct np_addr {
	union {
		__u8 bytes[16];
		__be32 words[4];
	};
};

/* At most one address of each family: :: is none. */
struct np_addr_pair {
	struct np_addr v4;
	struct np_addr v6;
};

static __always_inline struct np_addr np_addr_v4(__be32 v4)
{
	struct np_addr a = { .words = { 0, 0, bpf_htonl(0xffff), v4 } };

	return a;
}

static __always_inline int np_addr_equal(const struct np_addr *a, const struct np_addr *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1] && a->words[2] == b->words[2] &&
	       a->words[3] == b->words[3];
}

static __always_inline int np_addr_is_v4(const struct np_addr *a)
{
	return !a->words[0] && !a->words[1] && a->words[2] == bpf_htonl(0xffff);
}

static __always_inline int np_addr_is_none(const struct np_addr *a)
{
	return !a->words[0] && !a->words[1] && !a->words[2] && !a->words[3];
}

/* True when addr begins as first does, as far as mask reaches; no mask is no prefix. */
static __always_inline int np_addr_under(const struct np_addr *a, const struct np_addr *first, const struct np_addr *mask)
{
	return !np_addr_is_none(mask) && !((a->words[0] ^ first->words[0]) & mask->words[0]) && !((a->words[1] ^ first->words[1]) & mask->words[1]) &&
	       !((a->words[2] ^ first->words[2]) & mask->words[2]) && !((a->words[3] ^ first->words[3]) & mask->words[3]);
}

static __always_inline int np_addr_in(const struct np_addr *a, const struct np_addr_pair *pair)
{
	return !np_addr_is_none(a) && (np_addr_equal(a, &pair->v4) || np_addr_equal(a, &pair->v6));
}

static __always_inline int np_mac_equal(const __u8 *a, const __u8 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3] && a[4] == b[4] && a[5] == b[5];
}

static __always_inline void np_mac_copy(__u8 *to, const __u8 *from)
{
	__builtin_memcpy(to, from, ETH_ALEN);
}

/* The source MAC of what a node sends to another for a pod that sent it to its stack: the node's own but for the last bit. */
static __always_inline void np_mac_forwarded(__u8 *to, const __u8 *node)
{
	np_mac_copy(to, node);
	to[ETH_ALEN - 1] ^= 1;
}

#endif
