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

/* The identity of an address, in the generation. */
static __always_inline __u32 np_identity_of(const struct np_addr *addr, __u32 network, __u64 generation, struct np_police_work *work)
{
	const struct np_identity *identity;

	work->address.network = network;
	work->address.addr = *addr;
	identity = bpf_map_lookup_elem(&np_identities, &work->address);
	if (!identity && network == NP_CLUSTER) {
		work->block.prefix_len = 128;
		work->block.addr = *addr;
		identity = bpf_map_lookup_elem(&np_identity_blocks, &work->block);
	}
	if (!identity)
		return 0;
	return generation >= identity->since ? identity->after : identity->before;
}

/* What a table says of the other end, and of the protocol and port; NULL: nothing, so it is denied. */
static __always_inline const struct np_policy_verdict *np_verdict_get(__u32 table, const struct np_addr *peer, __be16 port, __u64 generation,
									struct np_police_work *work)
{
	const struct np_policy_verdict *verdict;

	work->verdict.table = table;
	work->verdict.identity = np_identity_of(peer, work->flow.network, generation, work);
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
static __always_inline int np_ask(__u32 table, __u8 direction, const struct np_addr *peer, __be16 port, __u64 generation,
				  struct np_police_work *work, struct np_decision *d)
{
	const struct np_policy_verdict *verdict;

	if (table == NP_TABLE_OPEN)
		return 0;
	verdict = np_verdict_get(table, peer, port, generation, work);
	d->policy = verdict ? verdict->number : 0;
	d->direction = direction;
	if (verdict && verdict->kind == NP_POLICY_ALLOW)
		return 0;
	np_decide_drop(d, d->policy ? NP_REASON_POLICY : NP_REASON_POLICY_UNKNOWN);
	return -1;
}

static __always_inline const struct np_tables *np_tables_of(const struct np_subject *subject, __u64 generation)
{
	return generation >= subject->since ? &subject->after : &subject->before;
}

/* The policies of both ends, as far as they are pods of this node. */
static __always_inline int np_ask_both(const struct np_subject *began, const struct np_subject *other, int answers, int exempt, __u64 generation,
				       struct np_police_work *work, struct np_decision *d)
{
	const struct np_ends *ends = &work->ends;
	const struct np_addr *from = answers ? &ends->dst : &ends->src;
	const struct np_addr *to = answers ? &ends->src : &ends->dst;
	__be16 port = answers ? ends->sport : ends->dport;
	int self = d->sender == d->receiver;
	const struct np_tables *tables;

	/* Of these the port is an id. */
	if (ends->proto == IPPROTO_ICMP || ends->proto == IPPROTO_ICMPV6)
		port = 0;
	if (began) {
		tables = np_tables_of(began, generation);
		if (np_ask(self ? tables->self_egress : tables->egress, NP_DIRECTION_EGRESS, to, port, generation, work, d))
			return -1;
	}
	if (other && !exempt) {
		tables = np_tables_of(other, generation);
		if (np_ask(self ? tables->self_ingress : tables->ingress, NP_DIRECTION_INGRESS, self ? to : from, port, generation, work, d))
			return -1;
	}
	return 0;
}

/* True when no policy says anything about a pod; also of none. */
static __always_inline int np_is_free(const struct np_subject *subject, __u64 generation)
{
	const struct np_tables *tables;

	if (!subject)
		return 1;
	tables = np_tables_of(subject, generation);
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
	const struct np_subject *sender = NULL, *receiver = NULL;
	const struct np_policy_state *state;
	__u64 generation, from = 0, to = 0;
	__u32 zero = 0, key, exempt, flags;
	struct np_police_work *work;
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
	generation = *(const volatile __u64 *)&state->generation;
	/* To itself, and not by way of a Service. */
	if (!generation || (d->sender == d->receiver && !d->translate))
		return 0;
	if (ip->fragment && !ip->later && ip->l4 + np_flow_header(ip->proto) > ip->end)
		goto fragment;
	if (d->sender) {
		key = d->sender;
		sender = bpf_map_lookup_elem(&np_subjects, &key);
		if (!sender)
			goto unknown;
		from = sender->endpoint;
	}
	if (d->receiver) {
		key = d->receiver;
		receiver = bpf_map_lookup_elem(&np_subjects, &key);
		if (!receiver)
			goto unknown;
		to = receiver->endpoint;
	}

	flow = np_flow_get(skb, ip, d, from, to, work);
	if (work->ends.what == NP_PACKET_PORTLESS) {
		if (!np_is_free(sender, generation) || !np_is_free(receiver, generation))
			goto fragment;
		return 0;
	}
	began = flow && !!(flow->flags & NP_FLOW_BY_SECOND) == work->ends.second && flow->began == from && flow->other == to;
	answers = flow && !!(flow->flags & NP_FLOW_BY_SECOND) != work->ends.second && flow->began == to && flow->other == from &&
		  work->ends.what != NP_PACKET_OPENS;
	exempt = answers ? flow->flags & NP_FLOW_BY_NODE : d->by_host;
	if (np_ask_both(answers ? receiver : sender, answers ? sender : receiver, answers, exempt, generation, work, d)) {
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
	flags = (work->ends.second ? NP_FLOW_BY_SECOND : 0) | (exempt ? NP_FLOW_BY_NODE : 0);
	__builtin_memset(&work->entry, 0, sizeof(work->entry));
	work->entry.began = from;
	work->entry.other = to;
	work->entry.flags = flags;
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
