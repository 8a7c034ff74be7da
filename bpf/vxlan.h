// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * VXLAN over IPv4 without the VXLAN device: the outer headers are written and taken off here, in the plain case, which is nearly
 * every packet. The device costs a route lookup a packet on the way out and the host's whole receive path on the way in. What is
 * not plain (an outer fragment, IPv6 outside, a checksum) goes by the device, whose hooks decide by the same rules; both ways give
 * the same bytes on the wire.
 */
#ifndef NP_VXLAN_H
#define NP_VXLAN_H

#include "maps.h"
#include "parse.h"

/* RFC 768. */
struct np_udp {
	__be16 source;
	__be16 dest;
	__be16 len;
	__sum16 check;
};

/* RFC 7348 section 5: the I flag alone in flags; the VNI is the upper 24 bits of vni. */
struct np_vxlan {
	__be32 flags;
	__be32 vni;
};

#define NP_VXLAN_VALID bpf_htonl(0x08000000)

/* What stands between the outer Ethernet header and the inner IP packet, and that packet's first bytes: they have the protocol. */
struct np_outer {
	struct np_ipv4 ip;
	struct np_udp udp;
	struct np_vxlan vxlan;
	struct ethhdr inner;
	__u8 packet[10];
};

/* Up to the inner IP packet. */
#define NP_OUTER_LEN offsetof(struct np_outer, packet)

_Static_assert(NP_OUTER_LEN == 50 && sizeof(struct np_outer) == 60, "the headers follow each other without padding");

/* linux/bpf.h of Linux 6.3; before that the helper refuses it, and inner IPv6 goes by the device. */
#define NP_F_ADJ_ROOM_DECAP_L3_IPV6 (1ULL << 8)

/* The hop limit of the outer header, whichever way it is made. */
#define NP_OUTER_TTL 64

/* Ports that sources of flows are spread over: Linux's default of net.ipv4.ip_local_port_range, which the device uses. */
#define NP_PORT_FIRST 32768
#define NP_PORTS 28232

/*
 * Puts the outer headers on, and the destination's MAC inside. 0, or less than 0 when the kernel refuses: a packet that is a tunnel's
 * already, or GSO of another kind than TCP's or UDP's. Then the packet is as it was.
 */
static __always_inline int np_encapsulate(struct __sk_buff *skb, __u32 vni, __be32 from, __be32 to, const __u8 *mac, __u8 ecn)
{
	struct np_outer o = {
		.ip = { .ver_ihl = 0x45, .ttl = NP_OUTER_TTL, .proto = IPPROTO_UDP, .src = from, .dst = to },
		.udp = { .dest = bpf_htons(NP_VXLAN_PORT) },
		.vxlan = { .flags = NP_VXLAN_VALID, .vni = bpf_htonl(vni << 8) },
	};
	__u32 total = skb->len - ETH_HLEN + NP_OUTER_LEN;
	int result;

	if (total > 0xffff)
		return -1;
	if (np_load(skb, 0, &o.inner, sizeof(o.inner)))
		return -1;
	np_mac_copy(o.inner.h_dest, mac);
	/* RFC 6040 section 4.1, normal mode. */
	o.ip.tos = ecn == NP_ECN_CE ? NP_ECN_ECT0 : ecn;
	o.ip.total = bpf_htons(total);
	/* May be fragmented by who must: an identification of its own (RFC 6864 section 4). */
	o.ip.id = bpf_get_prandom_u32();
	o.ip.check = np_ipv4_check(&o.ip);
	o.udp.source = bpf_htons(NP_PORT_FIRST + (((__u64)bpf_get_hash_recalc(skb) * NP_PORTS) >> 32));
	o.udp.len = bpf_htons(total - sizeof(o.ip));
	result = bpf_skb_adjust_room(skb, NP_OUTER_LEN, BPF_ADJ_ROOM_MAC,
				     BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP | BPF_F_ADJ_ROOM_ENCAP_L2_ETH |
					     BPF_F_ADJ_ROOM_ENCAP_L2(ETH_HLEN) | BPF_F_ADJ_ROOM_FIXED_GSO);
	if (result)
		return result;
	/* The room was just made: this cannot fail. */
	bpf_skb_store_bytes(skb, ETH_HLEN, &o, NP_OUTER_LEN, 0);
	return 0;
}

/* True for plain VXLAN to this node: what the device would take apart, with nothing that only the device can judge. */
static __always_inline int np_is_plain(const struct __sk_buff *skb, const struct np_outer *o, const struct np_node *node)
{
	__u32 total = skb->len - ETH_HLEN;

	return o->udp.dest == bpf_htons(NP_VXLAN_PORT) && o->ip.proto == IPPROTO_UDP && o->ip.ver_ihl == 0x45 &&
	       !(o->ip.frag & bpf_htons(NP_IP_MF | NP_IP_OFFSET)) && np_addr_is_v4(&node->vtep) &&
	       o->ip.dst == node->vtep.words[3] && bpf_ntohs(o->ip.total) == total &&
	       bpf_ntohs(o->udp.len) == total - sizeof(o->ip) && !o->udp.check && o->vxlan.flags == NP_VXLAN_VALID &&
	       !(o->vxlan.vni & bpf_htonl(0xff)) && (o->ip.tos & NP_ECN_MASK) != NP_ECN_CE && !np_ipv4_check(&o->ip);
}

/*
 * Takes plain VXLAN's outer headers off. 0 with the VNI and the outer source; anything else: the packet is as it was, and the host's
 * stack or the VXLAN device behind it is to have it.
 */
static __always_inline int np_decapsulate(struct __sk_buff *skb, const struct np_node *node, __u32 *vni, struct np_addr *vtep)
{
	struct np_outer o;
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET;
	__u8 proto;

	if (skb->pkt_type != NP_PACKET_HOST || skb->vlan_present || np_load(skb, ETH_HLEN, &o, sizeof(o)) ||
	    !np_is_plain(skb, &o, node))
		return -1;
	if (o.inner.h_proto == bpf_htons(ETH_P_IP)) {
		proto = o.packet[9];
	} else if (o.inner.h_proto == bpf_htons(ETH_P_IPV6)) {
		flags |= NP_F_ADJ_ROOM_DECAP_L3_IPV6;
		proto = o.packet[6];
	} else {
		return -1;
	}
	/* The helper leaves the mark of a tunnel on GSO; a receiver that splits UDP up again would look for the tunnel. */
	if (skb->gso_size && proto != IPPROTO_TCP)
		return -1;
	if (bpf_skb_adjust_room(skb, -(__s32)NP_OUTER_LEN, BPF_ADJ_ROOM_MAC, flags))
		return -1;
	/* What this overwrites was there before. */
	bpf_skb_store_bytes(skb, 0, &o.inner, sizeof(o.inner), 0);
	*vni = bpf_ntohl(o.vxlan.vni) >> 8;
	*vtep = np_addr_v4(o.ip.src);
	return 0;
}

#endif
