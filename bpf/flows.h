// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * What a packet is of the flow between its two ends, so that an answer is known to be one. Of a Service's connection it is the end that the
 * backend sees: translated where the packet goes to it, not yet where it comes from it.
 */
#ifndef NP_FLOWS_H
#define NP_FLOWS_H

#include "connect.h"
#include "decision.h"
#include "icmp.h"
#include "policies.h"

/* Flows of one endpoint that are remembered. */
#define NP_FLOW_QUOTA 65536

/* RFC 9260 section 3.3.2: the chunk that begins an association is alone in its packet, behind the common header of 12 bytes. */
#define NP_SCTP_INIT 1

enum np_packet {
	NP_PACKET_ANY = 0,
	/* It begins a flow, whatever flow there was between its ends. */
	NP_PACKET_OPENS = 1,
	/* An ICMP error about a packet of the flow, which it neither begins nor keeps alive. */
	NP_PACKET_ERROR = 2,
	/* A later fragment whose ports are not known. */
	NP_PACKET_PORTLESS = 3,
};

/* The ends of a packet, or, of an ICMP error, of the packet it quotes as if its receiver had answered. */
struct np_ends {
	struct np_addr src;
	struct np_addr dst;
	__be16 sport;
	__be16 dport;
	__u8 proto;
	__u8 what; /* an np_packet */
	__u8 tcp;  /* flags */
	__u8 second; /* src is the second of the key's ends */
};

struct np_flow_fragment {
	struct np_addr src;
	struct np_addr dst;
	__u32 network;
	__be32 id;
	__u8 proto;
	__u8 pad[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct np_flow_fragment);
	__type(value, struct np_ports);
	__uint(max_entries, 4096);
} np_flow_fragments SEC(".maps");

/* An endpoint of this node, and what policies say to it in the packet's generation; of any other all is zero, and nobody is asked. */
struct np_asked {
	__u64 endpoint; /* struct np_interface */
	struct np_tables tables;
};

/* Where one packet's keys and copies are put together: a program's stack has no room for them. */
struct np_police_work {
	__u64 generation;
	struct np_sealed_subject subject;
	struct np_sealed_identity identity;
	struct np_asked sender;
	struct np_asked receiver;
	struct np_flow known; /* as it was found */
	struct np_flow entry;
	struct np_ends ends;
	struct np_flow_key flow;
	struct np_flow_fragment fragment;
	struct np_ports ports;
	struct np_endpoint_key address;
	struct np_identity_block_key block;
	struct np_verdict_key verdict;
	struct np_port_key port;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct np_police_work);
	__uint(max_entries, 1);
} np_police_work SEC(".maps");

/* How long the part of a transport header is that flows are known by; a first fragment has it whole, or flags could hide in the next. */
static __always_inline __u32 np_flow_header(__u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 20;
	case IPPROTO_SCTP:
		return 16;
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 8;
	default:
		return 0;
	}
}

/* Ports as flows have them. An echo's id stands at its asker's end, so that asking and answering are two directions of one flow. */
static __always_inline void np_echo_ends(__u8 type, int v4, __be16 id, struct np_ends *ends)
{
	if (type == (v4 ? NP_ICMP_ECHO : NP_ICMPV6_ECHO)) {
		ends->what = NP_PACKET_OPENS;
		ends->sport = id;
	} else if (type == (v4 ? NP_ICMP_ECHO_REPLY : NP_ICMPV6_ECHO_REPLY)) {
		ends->dport = id;
	}
}

/* The packet that an ICMP error quotes, turned round. 0 when it is one that flows are known by. */
static __always_inline int np_quoted_ends(struct __sk_buff *skb, const struct np_ip *ip, struct np_ends *ends)
{
	__u32 quoted = np_quoted_get(skb, ip, &ends->src, &ends->dst, &ends->proto);
	__u8 head[8];
	__be16 word;

	if (!quoted || quoted + sizeof(head) > ip->end || np_load(skb, quoted, head, sizeof(head)))
		return -1;
	if (ends->proto == IPPROTO_ICMP || ends->proto == IPPROTO_ICMPV6) {
		__builtin_memcpy(&word, head + 4, sizeof(word));
		np_echo_ends(head[0], np_addr_is_v4(&ip->dst), word, ends);
		word = ends->sport;
		ends->sport = ends->dport;
		ends->dport = word;
	} else if (ends->proto == IPPROTO_TCP || ends->proto == IPPROTO_UDP || ends->proto == IPPROTO_SCTP) {
		__builtin_memcpy(&ends->dport, head, sizeof(word));
		__builtin_memcpy(&ends->sport, head + 2, sizeof(word));
	}
	ends->what = NP_PACKET_ERROR;
	return 0;
}

/* What the transport header says. */
static __always_inline void np_header_ends(struct __sk_buff *skb, const struct np_ip *ip, struct np_ends *ends)
{
	__u8 head[14];

	switch (ip->proto) {
	case IPPROTO_TCP:
		if (ip->l4 + sizeof(head) > ip->end || np_load(skb, ip->l4, head, sizeof(head)))
			return;
		ends->tcp = head[13];
		if ((head[13] & (NP_TCP_SYN | NP_TCP_ACK)) == NP_TCP_SYN)
			ends->what = NP_PACKET_OPENS;
		break;
	case IPPROTO_SCTP:
		if (ip->l4 + sizeof(head) > ip->end || np_load(skb, ip->l4, head, sizeof(head)))
			return;
		if (head[12] == NP_SCTP_INIT)
			ends->what = NP_PACKET_OPENS;
		break;
	case IPPROTO_UDP:
		if (ip->l4 + 4 > ip->end || np_load(skb, ip->l4, head, 4))
			return;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: {
		__be16 id;

		if (ip->l4 + 6 > ip->end || np_load(skb, ip->l4, head, 6))
			return;
		__builtin_memcpy(&id, head + 4, sizeof(id));
		np_echo_ends(head[0], ip->proto == IPPROTO_ICMP, id, ends);
		return;
	}
	default:
		return;
	}
	__builtin_memcpy(&ends->sport, head, sizeof(ends->sport));
	__builtin_memcpy(&ends->dport, head + 2, sizeof(ends->dport));
}

static __always_inline void np_flow_fragment_key(const struct np_ip *ip, __u32 network, struct np_flow_fragment *key)
{
	key->src = ip->src;
	key->dst = ip->dst;
	key->network = network;
	key->id = ip->id;
	key->proto = ip->proto;
}

/* A later fragment has the ports of its first. */
static __always_inline void np_fragment_ends(const struct np_ip *ip, __u32 network, struct np_police_work *work)
{
	struct np_ends *ends = &work->ends;
	const struct np_ports *ports;

	np_flow_fragment_key(ip, network, &work->fragment);
	ports = bpf_map_lookup_elem(&np_flow_fragments, &work->fragment);
	if (!ports) {
		ends->what = NP_PACKET_PORTLESS;
		return;
	}
	ends->sport = ports->sport;
	ends->dport = ports->dport;
}

/* True when a comes before b, as bytes in order. */
static __always_inline int np_is_before(const struct np_addr *a, const struct np_addr *b, __be16 aport, __be16 bport)
{
	int i;

#pragma unroll
	for (i = 0; i < 4; i++) {
		if (a->words[i] != b->words[i])
			return bpf_ntohl(a->words[i]) < bpf_ntohl(b->words[i]);
	}
	return bpf_ntohs(aport) < bpf_ntohs(bport);
}

static __always_inline void np_flow_key_make(__u32 network, struct np_police_work *work)
{
	struct np_flow_key *key = &work->flow;
	struct np_ends *ends = &work->ends;

	ends->second = np_is_before(&ends->dst, &ends->src, ends->dport, ends->sport);
	if (ends->second) {
		key->addr[0] = ends->dst;
		key->addr[1] = ends->src;
		key->port[0] = ends->dport;
		key->port[1] = ends->sport;
	} else {
		key->addr[0] = ends->src;
		key->addr[1] = ends->dst;
		key->port[0] = ends->sport;
		key->port[1] = ends->dport;
	}
	key->network = network;
	key->proto = ends->proto;
}

/* The seal of a flow that has work's key. */
static __always_inline __u32 np_flow_seal(const struct np_flow *flow, const struct np_police_work *work)
{
	struct np_seal seal = np_seal_begin(&work->flow, sizeof(work->flow));

	np_seal_add(&seal, flow->began);
	np_seal_add(&seal, flow->other);
	np_seal_add(&seal, flow->flags & NP_FLOW_BY);
	return np_seal_end(&seal);
}

/*
 * The flow of work's key, and in known what it is; NULL when there is none. By the time that the packet tells it something it may be
 * another's, that was forgotten just now: all that is written to is how long one is remembered.
 */
static __always_inline struct np_flow *np_flow_find(struct np_police_work *work)
{
	struct np_flow *flow;
	int look;

	for (look = 0; look < NP_LOOKS; look++) {
		flow = bpf_map_lookup_elem(&np_flows, &work->flow);
		if (!flow)
			return NULL;
		np_copy(&work->known, flow, sizeof(work->known));
		if (work->known.seal == np_flow_seal(&work->known, work))
			return flow;
	}
	return NULL;
}

/*
 * The flow that the packet, from work's sender to its receiver, is of, by the ends in work; NULL when there is none. Of an ICMP error it is
 * that of what it quotes; one about no flow, to who is not its end, or from a pod that is not, is a packet of its own.
 */
static __always_inline struct np_flow *np_flow_get(struct __sk_buff *skb, const struct np_ip *ip, const struct np_decision *d, struct np_police_work *work)
{
	__u64 from = work->sender.endpoint, to = work->receiver.endpoint;
	const struct np_flow *known = &work->known;
	struct np_ends *ends = &work->ends;
	const struct np_service_work *service;
	struct np_flow *flow;
	__u32 zero = 0;

	__builtin_memset(ends, 0, sizeof(*ends));
	if ((ip->proto == IPPROTO_ICMP || ip->proto == IPPROTO_ICMPV6) && np_is_icmp_error(skb, ip) && !np_quoted_ends(skb, ip, ends) &&
	    np_addr_equal(&ip->dst, &ends->dst) && (!d->sender || np_addr_equal(&ip->src, &ends->src))) {
		np_flow_key_make(d->plane, work);
		flow = np_flow_find(work);
		if (flow && ((known->began == from && known->other == to) || (known->began == to && known->other == from)))
			return flow;
	}
	__builtin_memset(ends, 0, sizeof(*ends));
	ends->src = ip->src;
	ends->dst = ip->dst;
	ends->proto = ip->proto;
	if (!ip->later)
		np_header_ends(skb, ip, ends);
	if (d->translate == NP_TRANSLATE_PACKET || d->translate == NP_TRANSLATE_ADDRESSES) {
		ends->sport = d->toward ? d->to.sport : d->ports[0];
		ends->dport = d->toward ? d->to.dport : d->ports[1];
		/* What a pod answers itself was for an address that stands for it; ip has been told already what it becomes. */
		service = bpf_map_lookup_elem(&np_service_work, &zero);
		if (!d->toward && service) {
			ends->src = service->tuple.src;
			ends->dst = service->tuple.dst;
		}
	} else if (ip->later) {
		np_fragment_ends(ip, d->plane, work);
	}
	np_flow_key_make(d->plane, work);
	return np_flow_find(work);
}

/* What the packet says about the flow it is of. */
static __always_inline void np_flow_follow(struct np_flow *flow, int answers, __u8 tcp)
{
	__u32 news = np_connection_news(tcp, answers ? NP_FLOW_FIN_OTHER : NP_FLOW_FIN_BEGAN);

	if (answers)
		news |= NP_FLOW_REPLIED;
	else if (flow->flags & NP_FLOW_REPLIED)
		news |= NP_FLOW_ASSURED;
	np_keep_alive(&flow->used);
	np_note(&flow->flags, news);
}

/* The flow of work's key begins, or begins anew: work's entry says between whom. flow: what was found. 0 when it is remembered. */
static __always_inline int np_flow_begin(struct np_flow *flow, struct np_police_work *work)
{
	const struct np_flow *known = &work->known;
	struct np_flow *entry = &work->entry;
	__u64 owner = np_flow_owner(entry), former = np_flow_owner(known);
	struct np_quota *quota;

	entry->used = bpf_ktime_get_coarse_ns();
	entry->seal = np_flow_seal(entry, work);
	if (flow && known->began == entry->began && known->other == entry->other && (known->flags & NP_FLOW_BY) == entry->flags) {
		flow->used = entry->used;
		__sync_fetch_and_and(&flow->flags, NP_FLOW_BY);
		return 0;
	}
	if (flow) {
		quota = bpf_map_lookup_elem(&np_quotas, &former);
		if (!bpf_map_delete_elem(&np_flows, &work->flow) && quota && quota->flows)
			__sync_fetch_and_sub(&quota->flows, 1);
	}
	quota = bpf_map_lookup_elem(&np_quotas, &owner);
	if (!quota || quota->flows >= NP_FLOW_QUOTA)
		return -1;
	/* Another packet of the flow may have been faster. */
	if (bpf_map_update_elem(&np_flows, &work->flow, entry, BPF_NOEXIST))
		return bpf_map_lookup_elem(&np_flows, &work->flow) ? 0 : -1;
	__sync_fetch_and_add(&quota->flows, 1);
	return 0;
}

#endif
