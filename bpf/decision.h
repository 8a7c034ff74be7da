// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * What is to become of a packet. Deciding (decide_*.h) reads the packet and the maps and changes neither; act.h carries the
 * decision out. So the tests can hold the same decisions against a model that knows nothing of these sources.
 */
#ifndef NP_DECISION_H
#define NP_DECISION_H

#include "connections.h"
#include "maps.h"
#include "np.h"
#include "reasons.h"

enum np_verdict {
	NP_VERDICT_DROP = 0,
	NP_VERDICT_REPLY = 1,
	NP_VERDICT_LOCAL = 2,
	NP_VERDICT_TUNNEL = 3,
	NP_VERDICT_HOST = 4,
};

enum np_reply {
	NP_REPLY_ARP = 1,
	NP_REPLY_ND = 2,
	NP_REPLY_PING4 = 3,
	NP_REPLY_PING6 = 4,
	NP_REPLY_FRAG_NEEDED = 5, /* ICMPv4 type 3 code 4 */
	NP_REPLY_TOO_BIG = 6,	  /* ICMPv6 type 2 */
	NP_REPLY_REFUSED4 = 7,	  /* ICMPv4 type 3 code 3 */
	NP_REPLY_REFUSED6 = 8,	  /* ICMPv6 type 1 code 4 */
};

enum np_translation {
	NP_TRANSLATE_NOTHING = 0,
	/* Addresses and ports. */
	NP_TRANSLATE_PACKET = 1,
	/* A later fragment has no ports. */
	NP_TRANSLATE_ADDRESSES = 2,
	/* Of an ICMP error what it quotes, turned round; and where it comes from, if that is the one that the quoted packet went to. */
	NP_TRANSLATE_ERROR = 3,
};

struct np_decision {
	__u32 verdict;
	__u32 what;	/* an np_reason of a drop, an np_reply of a reply */
	__u32 ifindex;	/* local: the device to deliver behind; tunnel: the VXLAN device */
	__u32 network;	/* local: the network the destination is an address of; tunnel: the VNI; host: the network it comes from */
	__u32 hop_ifindex; /* tunnel: the device that the next hop is behind; 0: the VXLAN device finds its own */
	__be32 next_hop;   /* tunnel: the neighbour to hand the packet to */
	struct np_addr vtep; /* tunnel: where to; an ICMP error: the address it comes from */
	__u32 mtu;	     /* an ICMP error: the MTU to report, bytes */
	__u8 mac[ETH_ALEN];  /* local, tunnel: destination MAC; ARP, ND: the MAC to answer with */
	__u8 router;	     /* ND: the answer is about the gateway */
	__u8 rewrite;	     /* local, tunnel: the packet's destination MAC differs from mac */
	__u8 ecn;	     /* tunnel: the packet's ECN field (RFC 3168 section 5) */
	__u8 by_node;	     /* host: another node sent it for itself, and no pod */
	__u8 forwarded;	     /* tunnel: a pod sent it, by way of the host's stack */
	__u8 translate;	     /* what of the packet becomes as to has it: an np_translation */
	__u8 proto;	     /* translate: the transport protocol */
	__u32 l4;	     /* translate: offset of its header from the start of the frame */
	__u8 toward;	     /* translate: towards a backend, not the answer of one */
	__be16 ports[2];     /* translate: the packet's own, where it has a transport header */
	struct np_tuple to;
	__u32 plane;	     /* for policies: the network that the packet's addresses are of */
	__u32 sender;	     /* the device of the pod of this node that sent it; 0: another did */
	__u32 receiver;	     /* the device of the pod of this node that is to get it; 0: another is */
	__u8 by_host;	     /* this node itself sent it */
	__u8 direction;	     /* in which policies were last asked: an np_direction */
	__u8 pad[2];
	__u32 policy;	     /* the number of the reason by which they then decided; 0: none did */
};

/* One a processor: with all that deciding needs beside it, it is more than a program's stack has room for. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct np_decision);
	__uint(max_entries, 1);
} np_decision_work SEC(".maps");

/* Nothing is decided; NULL never, but the verifier wants the test. */
static __always_inline struct np_decision *np_decision_begin(void)
{
	__u32 zero = 0;
	struct np_decision *d = bpf_map_lookup_elem(&np_decision_work, &zero);

	if (d)
		__builtin_memset(d, 0, sizeof(*d));
	return d;
}

static __always_inline void np_decide_drop(struct np_decision *d, __u32 reason)
{
	d->verdict = NP_VERDICT_DROP;
	d->what = reason;
}

/* To the host's stack, by way of the VXLAN device: every packet between it and a pod passes that one device. network: the sender's. */
static __always_inline void np_decide_to_host(struct np_decision *d, const struct np_node *node, __u32 network)
{
	if (!node->vxlan_ifindex)
		return np_decide_drop(d, NP_REASON_NO_TUNNEL);
	d->verdict = NP_VERDICT_HOST;
	d->network = network;
	d->ifindex = node->vxlan_ifindex;
}

static __always_inline void np_decide_reply(struct np_decision *d, __u32 reply, const __u8 *mac)
{
	d->verdict = NP_VERDICT_REPLY;
	d->what = reply;
	np_mac_copy(d->mac, mac);
}

#endif
