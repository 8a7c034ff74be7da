// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * Policies. Each packet that a pod of this node sends or is to get is judged as the first of its flow would be now: an answer is let
 * through while what it answers is. So a change that forbids a flow stops it at once, and nothing has to be told to forget it.
 */
#ifndef NP_POLICE_H
#define NP_POLICE_H

#include "flows.h"
#include "observe.h"
#include "policies.h"

enum np_direction {
	NP_DIRECTION_INGRESS = 0,
	NP_DIRECTION_EGRESS = 1,
};

/* The endpoint behind a device, in the generation. 0 when it is known; there is none behind device 0. */
static __always_inline int np_subject_get(__u32 device, struct np_police_work *work, struct np_asked *asked)
{
	struct np_sealed_subject *copy = &work->subject;
	const struct np_sealed_subject *found;
	struct np_seal seal;
	int look;

	__builtin_memset(asked, 0, sizeof(*asked));
	if (!device)
		return 0;
	for (look = 0; look < NP_LOOKS; look++) {
		found = bpf_map_lookup_elem(&np_subjects, &device);
		if (!found)
			continue;
		np_copy(copy, found, sizeof(*copy));
		seal = np_seal_begin(&device, sizeof(device));
		np_seal_value(&seal, &copy->subject, sizeof(copy->subject));
		if (copy->seal != np_seal_end(&seal))
			continue;
		asked->endpoint = copy->subject.endpoint;
		asked->tables = work->generation >= copy->subject.since ? copy->subject.after : copy->subject.before;
		return 0;
	}
	return -1;
}

/* The identity that an address has by itself; NULL: none, or, unsure, it could not be read. */
static __always_inline const struct np_identity *np_own_identity(struct np_police_work *work, int *unsure)
{
	struct np_sealed_identity *copy = &work->identity;
	const struct np_sealed_identity *found;
	struct np_seal seal;
	int look;

	for (look = 0; look < NP_LOOKS; look++) {
		found = bpf_map_lookup_elem(&np_identities, &work->address);
		*unsure = !!found;
		if (!found)
			continue;
		np_copy(copy, found, sizeof(*copy));
		seal = np_seal_begin(&work->address, sizeof(work->address));
		np_seal_value(&seal, &copy->identity, sizeof(copy->identity));
		if (copy->seal == np_seal_end(&seal))
			return &copy->identity;
	}
	return NULL;
}

/* Puts the identity of an address, in the generation, to the verdict's key: nobody's is 0. Returns 0 when that is sure. */
static __always_inline int np_identity_get(const struct np_addr *addr, struct np_police_work *work)
{
	const struct np_identity *identity;
	int unsure = 0;

	work->verdict.identity = 0;
	work->address.network = work->flow.network;
	work->address.addr = *addr;
	identity = np_own_identity(work, &unsure);
	if (!identity && unsure)
		return -1;
	if (!identity && work->flow.network == NP_CLUSTER) {
		work->block.prefix_len = 128;
		work->block.addr = *addr;
		identity = bpf_map_lookup_elem(&np_identity_blocks, &work->block);
	}
	if (identity)
		work->verdict.identity = work->generation >= identity->since ? identity->after : identity->before;
	return 0;
}

/* What a table says of the other end, and of the protocol and port; NULL: nothing, so it is denied. */
static __always_inline const struct np_policy_verdict *np_verdict_get(__u32 table, const struct np_addr *peer, __be16 port, struct np_police_work *work)
{
	const struct np_policy_verdict *verdict;

	if (np_identity_get(peer, work))
		return NULL;
	work->verdict.table = table;
	verdict = bpf_map_lookup_elem(&np_verdicts, &work->verdict);
	if (!verdict && work->verdict.identity) {
		work->verdict.identity = 0;
		verdict = bpf_map_lookup_elem(&np_verdicts, &work->verdict);
	}
	if (!verdict || verdict->kind != NP_POLICY_PROGRAM)
		return verdict;
	work->port.prefix_len = NP_PORT_PREFIX;
	work->port.program = bpf_htonl(verdict->number);
	work->port.proto = work->flow.proto;
	__builtin_memcpy(work->port.port, &port, sizeof(port));
	return bpf_map_lookup_elem(&np_ports_of, &work->port);
}

/* Whether the pod behind a device lets the flow begin. peer: the other end. 0 when it does. */
static __always_inline int np_ask(__u32 table, __u8 direction, const struct np_addr *peer, __be16 port, struct np_police_work *work,
				  struct np_decision *d)
{
	const struct np_policy_verdict *verdict;

	if (table == NP_TABLE_OPEN)
		return 0;
	verdict = np_verdict_get(table, peer, port, work);
	d->policy = verdict ? verdict->number : 0;
	d->direction = direction;
	if (verdict && verdict->kind == NP_POLICY_ALLOW)
		return 0;
	np_decide_drop(d, d->policy ? NP_REASON_POLICY : NP_REASON_POLICY_UNKNOWN);
	return -1;
}

/* The policies of both ends, as far as they are pods of this node. */
static __always_inline int np_ask_both(int answers, int exempt, struct np_police_work *work, struct np_decision *d)
{
	const struct np_tables *began = answers ? &work->receiver.tables : &work->sender.tables;
	const struct np_tables *other = answers ? &work->sender.tables : &work->receiver.tables;
	const struct np_ends *ends = &work->ends;
	const struct np_addr *from = answers ? &ends->dst : &ends->src;
	const struct np_addr *to = answers ? &ends->src : &ends->dst;
	__be16 port = answers ? ends->sport : ends->dport;
	int self = d->sender == d->receiver;

	/* Of these the port is an id. */
	if (ends->proto == IPPROTO_ICMP || ends->proto == IPPROTO_ICMPV6)
		port = 0;
	if (np_ask(self ? began->self_egress : began->egress, NP_DIRECTION_EGRESS, to, port, work, d))
		return -1;
	if (exempt)
		return 0;
	return np_ask(self ? other->self_ingress : other->ingress, NP_DIRECTION_INGRESS, self ? to : from, port, work, d);
}

/* True when no policy says anything about a pod. */
static __always_inline int np_is_free(const struct np_tables *tables)
{
	return !tables->ingress && !tables->egress;
}

/* Remembers the first fragment's ports, by which the others are judged. */
static __always_inline void np_fragment_keep(const struct np_ip *ip, const struct np_decision *d, struct np_police_work *work)
{
	/* Those of a Service's connection are known already, by the packet's own addresses. */
	if (!ip->fragment || ip->later || d->translate)
		return;
	np_flow_fragment_key(ip, d->plane, &work->fragment);
	work->ports.sport = work->ends.sport;
	work->ports.dport = work->ends.dport;
	bpf_map_update_elem(&np_flow_fragments, &work->fragment, &work->ports, BPF_ANY);
}

/*
 * Judges a packet that is to go on. Denied, it is one that is dropped. A function that the verifier looks at by itself: with every way that
 * leads here it would be too much. So it takes nothing for granted, and returns something.
 */
__noinline int np_police(struct __sk_buff *skb, const struct np_ip *ip, struct np_decision *d)
{
	const struct np_policy_state *state;
	const struct np_flow *known;
	struct np_police_work *work;
	__u32 zero = 0, exempt;
	struct np_flow *flow;
	int answers, began;

	if (!ip || !d)
		return 0;
	if (d->verdict == NP_VERDICT_DROP || d->verdict == NP_VERDICT_REPLY || (!d->sender && !d->receiver))
		return 0;
	state = bpf_map_lookup_elem(&np_policy_state, &zero);
	work = bpf_map_lookup_elem(&np_police_work, &zero);
	if (!state || !work)
		goto unknown;
	work->generation = *(const volatile __u64 *)&state->generation;
	/* To itself, and not by way of a Service. */
	if (!work->generation || (d->sender == d->receiver && !d->translate))
		return 0;
	if (ip->fragment && !ip->later && ip->l4 + np_flow_header(ip->proto) > ip->end)
		goto fragment;
	if (np_subject_get(d->sender, work, &work->sender) || np_subject_get(d->receiver, work, &work->receiver))
		goto unknown;

	flow = np_flow_get(skb, ip, d, work);
	if (work->ends.what == NP_PACKET_PORTLESS) {
		if (!np_is_free(&work->sender.tables) || !np_is_free(&work->receiver.tables))
			goto fragment;
		return 0;
	}
	known = &work->known;
	began = flow && !!(known->flags & NP_FLOW_BY_SECOND) == work->ends.second && known->began == work->sender.endpoint &&
		known->other == work->receiver.endpoint;
	answers = flow && !!(known->flags & NP_FLOW_BY_SECOND) != work->ends.second && known->began == work->receiver.endpoint &&
		  known->other == work->sender.endpoint && work->ends.what != NP_PACKET_OPENS;
	exempt = answers ? known->flags & NP_FLOW_BY_NODE : d->by_host;
	if (np_ask_both(answers, exempt, work, d)) {
		if (d->policy)
			np_count_in(skb, &np_denied, d->policy);
		return 0;
	}
	if (work->ends.what == NP_PACKET_ERROR)
		return 0;
	np_fragment_keep(ip, d, work);
	if (answers || (began && work->ends.what != NP_PACKET_OPENS)) {
		np_flow_follow(flow, answers, work->ends.tcp);
		return 0;
	}
	work->entry.began = work->sender.endpoint;
	work->entry.other = work->receiver.endpoint;
	work->entry.flags = (work->ends.second ? NP_FLOW_BY_SECOND : 0) | (exempt ? NP_FLOW_BY_NODE : 0);
	if (np_flow_begin(flow, work))
		np_count(skb, NP_EVENT_UNTRACKED);
	if (!flow && np_is_observed(NP_OBSERVE_FLOWS))
		np_show(skb, NP_SHOWN_FLOW, NP_REASON_NONE, d);
	return 0;
unknown:
	np_decide_drop(d, NP_REASON_POLICY_UNKNOWN);
	return 0;
fragment:
	np_decide_drop(d, NP_REASON_FRAGMENT);
	return 0;
}

#endif
