// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * Services of the cluster network's pods. A pod's packet to a frontend becomes one to a backend where the pod sends it, so that the rest of
 * the way knows backends only, and the answer becomes the frontend's where the pod gets it. Both ends of that are connections: deciding
 * makes them, and changes nothing else.
 */
#ifndef NP_DECIDE_SERVICE_H
#define NP_DECIDE_SERVICE_H

#include "connect.h"
#include "decision.h"
#include "icmp.h"
#include "maps.h"
#include "parse.h"

/* The frontend of work's tuple, and its key; any address of a node that has an entry is every node's where ports of nodes are concerned. */
static __always_inline const struct np_frontend *np_frontend_get(int node_port, struct np_service_work *work)
{
	struct np_frontend_key *key = &work->frontend;
	const struct np_frontend *frontend;

	key->addr = work->tuple.dst;
	key->port = work->tuple.dport;
	key->proto = work->tuple.proto;
	frontend = bpf_map_lookup_elem(&np_frontends, key);
	if (frontend || !node_port)
		return frontend;
	key->addr.words[3] = 0;
	if (!np_addr_is_v4(&key->addr)) {
		key->addr.words[0] = 0;
		key->addr.words[1] = 0;
		key->addr.words[2] = 0;
	}
	return bpf_map_lookup_elem(&np_frontends, key);
}

static __always_inline int np_is_member(__u32 table, const struct np_addr *addr, __be16 port, struct np_service_work *work)
{
	work->member.table = table;
	work->member.addr = *addr;
	work->member.port = port;
	return bpf_map_lookup_elem(&np_members, &work->member) != NULL;
}

/* The backend the client is to stay with, while the frontend has it. */
static __always_inline int np_backend_keep(const struct np_frontend *frontend, __u64 now, struct np_service_work *work)
{
	struct np_affinity *known;

	work->client.client = work->tuple.src;
	work->client.addr = work->frontend.addr;
	work->client.port = work->frontend.port;
	work->client.proto = work->frontend.proto;
	known = bpf_map_lookup_elem(&np_affinity, &work->client);
	if (!known || now - known->used > frontend->affinity * NP_SECOND ||
	    !np_is_member(frontend->table, &known->addr, known->port, work))
		return 0;
	known->used = now;
	work->backend.addr = known->addr;
	work->backend.port = known->port;
	return 1;
}

/* The backend for a new connection, into work; 0 when there is one. */
static __always_inline int np_backend_choose(const struct np_frontend *frontend, struct np_service_work *work)
{
	struct np_backend_key slot = { .table = frontend->table };
	__u64 now = bpf_ktime_get_coarse_ns();
	const struct np_backend *backend;

	if (frontend->affinity && np_backend_keep(frontend, now, work))
		return 0;
	if (!frontend->count)
		return -1;
	slot.slot = bpf_get_prandom_u32() % frontend->count;
	backend = bpf_map_lookup_elem(&np_backends, &slot);
	if (!backend)
		return -1;
	work->backend = *backend;
	if (frontend->affinity) {
		work->stay.used = now;
		work->stay.addr = backend->addr;
		work->stay.port = backend->port;
		bpf_map_update_elem(&np_affinity, &work->client, &work->stay, BPF_ANY);
	}
	return 0;
}

/*
 * Whether the packet goes on where the connection went: not if that has ended and this begins a new one from the same port, and not to a
 * backend that the frontend has no longer, where nobody would say so. TCP finds that out by itself, and a backend that is going away may have
 * more to say; only its first packet must not go there.
 */
static __always_inline int np_connection_holds(struct np_connection *known, __u64 endpoint, __u8 tcp, int node_port,
					       struct np_service_work *work)
{
	const __u32 ended = NP_CONNECTION_FIN_CLIENT | NP_CONNECTION_FIN_BACKEND;
	const struct np_frontend *frontend;

	if (known->endpoint != endpoint || known->flags & NP_CONNECTION_DEAD)
		return 0;
	if (!(known->flags & NP_CONNECTION_FORWARD))
		return 1;
	if (work->tuple.proto == IPPROTO_TCP && (tcp & (NP_TCP_SYN | NP_TCP_ACK)) != NP_TCP_SYN)
		return 1;
	if (known->flags & NP_CONNECTION_RESET || (known->flags & ended) == ended)
		return 0;
	frontend = np_frontend_get(node_port, work);
	if (!frontend || frontend->action != NP_ACTION_BALANCE)
		return 0;
	if (frontend->table == known->table)
		return 1;
	if (!np_is_member(frontend->table, &known->to.dst, known->to.dport, work))
		return 0;
	known->table = frontend->table;
	return 1;
}

/* A new connection to a frontend. Returns why there is none. */
static __always_inline __u32 np_decide_balance(const struct np_frontend *frontend, struct np_connection *known, __u64 endpoint,
					       struct np_service_work *work)
{
	struct np_quota *quota;

	if (frontend->action != NP_ACTION_BALANCE)
		return NP_REASON_NO_LOCAL_BACKEND;
	quota = bpf_map_lookup_elem(&np_quotas, &endpoint);
	if (!quota)
		return NP_REASON_CONNECTION_QUOTA;
	if (known && known->endpoint == endpoint && known->flags & NP_CONNECTION_FORWARD)
		np_disconnect(known, quota, work);
	if (quota->used >= NP_QUOTA)
		return NP_REASON_CONNECTION_QUOTA;
	if (np_backend_choose(frontend, work))
		return NP_REASON_NO_BACKEND;
	return np_connect(frontend->table, endpoint, quota, work);
}

/* The packet of work's tuple becomes one of another; so will the fragments that follow it. */
static __always_inline void np_decide_translate(const struct np_ip *ip, const struct np_tuple *to, struct np_service_work *work,
						struct np_decision *d)
{
	struct np_ports ports = { work->tuple.sport, work->tuple.dport };

	d->translate = ip->later ? NP_TRANSLATE_ADDRESSES : NP_TRANSLATE_PACKET;
	d->proto = ip->proto;
	d->l4 = ip->l4;
	d->ports[0] = ports.sport;
	d->ports[1] = ports.dport;
	d->to = *to;
	if (ip->fragment && !ip->later) {
		np_fragment_key(ip, &work->fragment);
		bpf_map_update_elem(&np_fragments, &work->fragment, &ports, BPF_ANY);
	}
}

/*
 * What a pod sends that is for no pod. Afterwards d->translate says whether it is for another destination, which ip->dst then is. True when
 * the packet is decided: refused, or dropped.
 */
static __always_inline int np_decide_service(struct __sk_buff *skb, const struct np_node *node, const struct np_interface *iface, int node_port,
					     struct np_ip *ip, struct np_decision *d)
{
	const struct np_frontend *frontend;
	__u64 endpoint = iface->endpoint;
	struct np_connection *known;
	struct np_service_work *work;
	__u32 zero = 0, reason;
	__u8 tcp;

	work = bpf_map_lookup_elem(&np_service_work, &zero);
	if (!work || np_tuple_get(skb, ip, work))
		return 0;
	tcp = np_tcp_flags(skb, ip);
	known = bpf_map_lookup_elem(&np_connections, &work->tuple);
	if (known && np_connection_holds(known, endpoint, tcp, node_port, work)) {
		np_keep_alive(&known->used);
		d->toward = known->flags & NP_CONNECTION_FORWARD;
		if (d->toward)
			np_note(&known->flags, np_connection_news(tcp, NP_CONNECTION_FIN_CLIENT) |
						       (known->flags & NP_CONNECTION_REPLIED ? NP_CONNECTION_ASSURED : 0));
		else
			np_connection_answered(known, tcp, work);
		np_decide_translate(ip, &known->to, work, d);
	} else {
		frontend = np_frontend_get(node_port, work);
		if (!frontend)
			return 0;
		if (frontend->action == NP_ACTION_REJECT) {
			np_decide_refuse(ip, node, d);
			return 1;
		}
		reason = np_decide_balance(frontend, known, endpoint, work);
		if (reason) {
			np_decide_drop(d, reason);
			return 1;
		}
		d->toward = 1;
		np_decide_translate(ip, &work->entry.to, work, d);
	}
	ip->src = d->to.src;
	ip->dst = d->to.dst;
	return 0;
}

/*
 * An error about a packet that went to a backend is one about the packet to the frontend. What it quotes is the packet as it was sent, so the
 * backend's entry has that tuple turned round.
 */
static __always_inline void np_decide_error(struct __sk_buff *skb, const struct np_ip *ip, struct np_service_work *work, struct np_decision *d)
{
	struct np_tuple *tuple = &work->tuple;
	const struct np_connection *known;
	__be16 ports[2];
	__u32 quoted;

	if (!np_is_icmp_error(skb, ip))
		return;
	quoted = np_quoted_get(skb, ip, &tuple->src, &tuple->dst, &tuple->proto);
	if (!quoted || quoted + sizeof(ports) > ip->end || np_load(skb, quoted, ports, sizeof(ports)))
		return;
	tuple->sport = ports[1];
	tuple->dport = ports[0];
	known = bpf_map_lookup_elem(&np_connections, tuple);
	if (!known || known->flags & NP_CONNECTION_FORWARD)
		return;
	d->translate = NP_TRANSLATE_ERROR;
	d->proto = ip->proto;
	d->l4 = ip->l4;
	d->to = known->to;
}

/* What goes into a pod: as the answer of a frontend, where it is one. */
static __always_inline void np_decide_answer(struct __sk_buff *skb, const struct np_ip *ip, struct np_decision *d)
{
	struct np_connection *known;
	struct np_service_work *work;
	__u32 zero = 0;

	work = bpf_map_lookup_elem(&np_service_work, &zero);
	if (!work)
		return;
	if (ip->proto == IPPROTO_ICMP || ip->proto == IPPROTO_ICMPV6)
		return np_decide_error(skb, ip, work, d);
	if (np_tuple_get(skb, ip, work))
		return;
	known = bpf_map_lookup_elem(&np_connections, &work->tuple);
	if (!known || known->flags & NP_CONNECTION_FORWARD)
		return;
	np_keep_alive(&known->used);
	np_connection_answered(known, np_tcp_flags(skb, ip), work);
	np_decide_translate(ip, &known->to, work, d);
}

/* Whether the packet is for a backend that pods of every network may use. A later fragment is, where its first was translated. */
static __always_inline int np_is_shared(struct __sk_buff *skb, const struct np_ip *ip, const struct np_decision *d)
{
	struct np_service_work *work;
	__u32 zero = 0;

	work = bpf_map_lookup_elem(&np_service_work, &zero);
	if (!work || (!d->translate && np_tuple_get(skb, ip, work)))
		return 0;
	work->frontend.addr = ip->dst;
	work->frontend.port = d->translate ? d->to.dport : work->tuple.dport;
	work->frontend.proto = ip->proto;
	return bpf_map_lookup_elem(&np_shared, &work->frontend) != NULL;
}

/* Into the pod behind a device of this node, by an address of its network. */
static __always_inline void np_decide_peer(__u32 network, __u32 ifindex, struct np_decision *d)
{
	d->verdict = NP_VERDICT_LOCAL;
	d->network = network;
	d->ifindex = ifindex;
}

/* Into the pod behind a device of this node, by its cluster address: what a pod of the network from sent, and no other's but an answer. */
static __always_inline void np_decide_local(struct __sk_buff *skb, const struct np_ip *ip, const struct np_endpoint *target, __u32 from,
					    struct np_decision *d)
{
	int answered = 0;

	np_decide_peer(NP_CLUSTER, target->ifindex, d);
	if (!d->translate) {
		np_decide_answer(skb, ip, d);
		answered = d->translate;
	}
	if (target->network != from && !answered && !np_is_shared(skb, ip, d))
		np_decide_drop(d, NP_REASON_OTHER_NETWORK);
}

#endif
