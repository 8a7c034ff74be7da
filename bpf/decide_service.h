// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * Services of the cluster network's pods. A pod's packet to a frontend becomes one to a backend where the pod sends it, so that the rest of
 * the way knows backends only, and the answer becomes the frontend's where the pod gets it. Both ends of that are connections: deciding
 * makes them, and changes nothing else.
 */
#ifndef NP_DECIDE_SERVICE_H
#define NP_DECIDE_SERVICE_H

#include "connections.h"
#include "decision.h"
#include "icmp.h"
#include "maps.h"
#include "parse.h"
#include "services.h"

#define NP_SECOND 1000000000ULL

/* linux/tcp.h has them as bit fields only. */
#define NP_TCP_FIN 0x01
#define NP_TCP_SYN 0x02
#define NP_TCP_RST 0x04
#define NP_TCP_ACK 0x10

/* How the ends of a connection are kept apart that the pod has with the backend itself: see np_own_port. */
#define NP_EPHEMERAL_PORT 32768
#define NP_OWN_PORT 1024
#define NP_OWN_PORTS (NP_EPHEMERAL_PORT - NP_OWN_PORT)

/* Fragments have no ports but for the first, and go where it went. */
struct np_fragment {
	struct np_addr src;
	struct np_addr dst;
	__be32 id;
	__u8 proto;
	__u8 pad[3];
};

struct np_ports {
	__be16 sport;
	__be16 dport;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct np_fragment);
	__type(value, struct np_ports);
	__uint(max_entries, 4096);
} np_fragments SEC(".maps");

/* Where one packet's keys and entries are put together: a program's stack has no room for them. */
struct np_service_work {
	struct np_tuple tuple;
	struct np_tuple turned;
	struct np_fragment fragment;
	struct np_frontend_key frontend;
	struct np_member_key member;
	struct np_affinity_key client;
	struct np_affinity stay;
	struct np_backend backend;
	struct np_connection entry;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct np_service_work);
	__uint(max_entries, 1);
} np_service_work SEC(".maps");

/* What a pod is told that speaks with itself through a Service: its kernel takes nothing from its own address. */
static __always_inline struct np_addr np_hairpin_address(int v4)
{
	/* 169.254.78.80, a link-local address (RFC 3927), and 100::4e50 of the discard prefix (RFC 6666). */
	struct np_addr six = { .words = { bpf_htonl(0x01000000), 0, 0, bpf_htonl(0x4e50) } };

	return v4 ? np_addr_v4(bpf_htonl(0xa9fe4e50)) : six;
}

static __always_inline int np_is_hairpin(const struct np_addr *addr)
{
	struct np_addr own = np_hairpin_address(np_addr_is_v4(addr));

	return np_addr_equal(addr, &own);
}

static __always_inline void np_fragment_key(const struct np_ip *ip, struct np_fragment *key)
{
	key->src = ip->src;
	key->dst = ip->dst;
	key->id = ip->id;
	key->proto = ip->proto;
}

/*
 * The packet's tuple into work; 0 when it has ports, which a later fragment only has where its first was seen. A header that is cut off, by
 * which nobody would take the packet, is none.
 */
static __always_inline int np_tuple_get(struct __sk_buff *skb, const struct np_ip *ip, struct np_service_work *work)
{
	struct np_tuple *tuple = &work->tuple;
	const struct np_ports *ports;

	if (ip->proto != IPPROTO_TCP && ip->proto != IPPROTO_UDP && ip->proto != IPPROTO_SCTP)
		return -1;
	if (ip->later) {
		np_fragment_key(ip, &work->fragment);
		ports = bpf_map_lookup_elem(&np_fragments, &work->fragment);
		if (!ports)
			return -1;
		tuple->sport = ports->sport;
		tuple->dport = ports->dport;
	} else if (ip->l4 + (ip->proto == IPPROTO_TCP ? 20 : 8) > ip->end || np_load(skb, ip->l4, &tuple->sport, 4)) {
		return -1;
	}
	tuple->src = ip->src;
	tuple->dst = ip->dst;
	tuple->proto = ip->proto;
	return 0;
}

static __always_inline __u8 np_tcp_flags(struct __sk_buff *skb, const struct np_ip *ip)
{
	__u8 flags = 0;

	if (ip->proto == IPPROTO_TCP && !ip->later && ip->l4 + 14 <= ip->end)
		np_load(skb, ip->l4 + 13, &flags, 1);
	return flags;
}

static __always_inline void np_tuple_turn(const struct np_tuple *from, struct np_tuple *to)
{
	to->src = from->dst;
	to->dst = from->src;
	to->sport = from->dport;
	to->dport = from->sport;
	to->proto = from->proto;
	to->pad[0] = 0;
	to->pad[1] = 0;
	to->pad[2] = 0;
}

/* Only once a second, or every packet would take the line from the other processors' caches. */
static __always_inline void np_connection_use(struct np_connection *known)
{
	__u64 now = bpf_ktime_get_coarse_ns();

	if (now - known->used > NP_SECOND)
		known->used = now;
}

static __always_inline void np_connection_mark(struct np_connection *known, __u32 flags)
{
	if ((known->flags & flags) != flags)
		__sync_fetch_and_or(&known->flags, flags);
}

/* What a packet of the client, or of the backend, says about the connection. */
static __always_inline __u32 np_connection_news(__u8 tcp, __u32 fin)
{
	return (tcp & NP_TCP_FIN ? fin : 0) | (tcp & NP_TCP_RST ? NP_CONNECTION_RESET : 0);
}

/* The client's entry is what the connection is judged by: it is told what the backend's packets say, when that is new. */
static __always_inline void np_connection_answered(struct np_connection *back, __u8 tcp, struct np_service_work *work)
{
	__u32 news = np_connection_news(tcp, NP_CONNECTION_FIN_BACKEND) | NP_CONNECTION_REPLIED;
	struct np_connection *forward;

	if ((back->flags & news) == news)
		return;
	np_connection_mark(back, news);
	np_tuple_turn(&back->to, &work->turned);
	forward = bpf_map_lookup_elem(&np_connections, &work->turned);
	if (forward)
		np_connection_mark(forward, news);
}

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
 * The port that the backend sees. Pods also speak with backends by their own addresses, from ports that their kernels choose, and an answer
 * must tell which of both it is for: so what a kernel chose becomes a port that kernels do not choose, each another one, and what a program
 * chose stays (NFS looks at it). Where a pod's kernel chooses from all ports, two such connections may meet, which the first wins.
 */
static __always_inline __be16 np_own_port(__be16 port)
{
	__u16 host = bpf_ntohs(port);

	return host < NP_EPHEMERAL_PORT ? port : bpf_htons(NP_OWN_PORT + (host - NP_EPHEMERAL_PORT) % NP_OWN_PORTS);
}

/* Ends the connection of work's tuple. */
static __always_inline void np_disconnect(const struct np_connection *known, struct np_quota *quota, struct np_service_work *work)
{
	np_tuple_turn(&known->to, &work->turned);
	bpf_map_delete_elem(&np_connections, &work->tuple);
	if (!bpf_map_delete_elem(&np_connections, &work->turned) && quota->used)
		__sync_fetch_and_sub(&quota->used, 1);
}

static __always_inline long np_connect_back(struct np_service_work *work)
{
	return bpf_map_update_elem(&np_connections, &work->turned, &work->entry, BPF_NOEXIST);
}

/* Makes both entries of a connection from work's tuple to its backend, the backend's first. Returns why not. */
static __always_inline __u32 np_connect(__u32 table, __u64 endpoint, struct np_quota *quota, struct np_service_work *work)
{
	const struct np_tuple *tuple = &work->tuple;
	struct np_connection *entry = &work->entry;
	struct np_tuple *back = &work->turned;
	int fixed = tuple->proto == IPPROTO_SCTP;
	long err;

	__builtin_memset(entry, 0, sizeof(*entry));
	entry->used = bpf_ktime_get_coarse_ns();
	entry->endpoint = endpoint;
	np_tuple_turn(tuple, &entry->to);
	back->src = work->backend.addr;
	back->dst = np_addr_equal(&back->src, &tuple->src) ? np_hairpin_address(np_addr_is_v4(&tuple->src)) : tuple->src;
	back->sport = work->backend.port;
	back->dport = fixed ? tuple->sport : np_own_port(tuple->sport);
	back->proto = tuple->proto;
	back->pad[0] = 0;
	back->pad[1] = 0;
	back->pad[2] = 0;
	err = np_connect_back(work);
	if (err == -NP_EEXIST && !fixed) {
		back->dport = bpf_htons(NP_OWN_PORT + bpf_get_prandom_u32() % NP_OWN_PORTS);
		err = np_connect_back(work);
	}
	if (err == -NP_EEXIST && !fixed) {
		back->dport = bpf_htons(NP_OWN_PORT + bpf_get_prandom_u32() % NP_OWN_PORTS);
		err = np_connect_back(work);
	}
	if (err)
		return err == -NP_EEXIST ? NP_REASON_CONNECTION_PORTS : NP_REASON_CONNECTIONS_FULL;
	__sync_fetch_and_add(&quota->used, 1);
	np_tuple_turn(back, &entry->to);
	entry->flags = NP_CONNECTION_FORWARD;
	entry->table = table;
	if (!bpf_map_update_elem(&np_connections, tuple, entry, BPF_ANY))
		return NP_REASON_NONE;
	bpf_map_delete_elem(&np_connections, back);
	__sync_fetch_and_sub(&quota->used, 1);
	return NP_REASON_CONNECTIONS_FULL;
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
		np_connection_use(known);
		if (known->flags & NP_CONNECTION_FORWARD)
			np_connection_mark(known, np_connection_news(tcp, NP_CONNECTION_FIN_CLIENT) |
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
	int v4 = np_addr_is_v4(&ip->dst);
	__u32 quoted = ip->l4 + 8;
	struct np_tuple *tuple = &work->tuple;
	const struct np_connection *known;
	__be16 ports[2];
	__u8 head[2];

	if (!np_is_icmp_error(skb, ip) || np_l4_head(skb, ip, head))
		return;
	if (v4) {
		struct np_ipv4 h;

		if (np_load(skb, quoted, &h, sizeof(h)) || h.ver_ihl != 0x45 || h.frag & bpf_htons(NP_IP_OFFSET))
			return;
		tuple->src = np_addr_v4(h.dst);
		tuple->dst = np_addr_v4(h.src);
		tuple->proto = h.proto;
		quoted += sizeof(h);
	} else {
		struct np_ipv6 h;

		if (np_load(skb, quoted, &h, sizeof(h)))
			return;
		tuple->src = h.dst;
		tuple->dst = h.src;
		tuple->proto = h.next;
		quoted += sizeof(h);
	}
	if (quoted + 4 > ip->end || np_load(skb, quoted, ports, sizeof(ports)))
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
	np_connection_use(known);
	np_connection_answered(known, np_tcp_flags(skb, ip), work);
	np_decide_translate(ip, &known->to, work, d);
}

/* Into the pod behind a device of this node. */
static __always_inline void np_decide_local(struct __sk_buff *skb, const struct np_ip *ip, __u32 network, __u32 ifindex,
					    struct np_decision *d)
{
	d->verdict = NP_VERDICT_LOCAL;
	d->network = network;
	d->ifindex = ifindex;
	if (network == NP_CLUSTER && !d->translate)
		np_decide_answer(skb, ip, d);
}

#endif
