// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/* Connections to Services as programs meet them: by a packet's tuple, what they remember of it, how they begin. */
#ifndef NP_CONNECT_H
#define NP_CONNECT_H

#include "connections.h"
#include "parse.h"
#include "reasons.h"
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

/* Of a connection or a flow. Only once a second, or every packet would take the line from the other processors' caches. */
static __always_inline void np_keep_alive(__u64 *used)
{
	__u64 now = bpf_ktime_get_coarse_ns();

	if (now - *used > NP_SECOND)
		*used = now;
}

/* Of a connection or a flow, where it is new. */
static __always_inline void np_note(__u32 *flags, __u32 news)
{
	if ((*flags & news) != news)
		__sync_fetch_and_or(flags, news);
}

/* What a packet of the client, or of the backend, says about the connection; of who began a flow, or of the other, about that. */
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
	np_note(&back->flags, news);
	np_tuple_turn(&back->to, &work->turned);
	forward = bpf_map_lookup_elem(&np_connections, &work->turned);
	if (forward)
		np_note(&forward->flags, news);
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

/*
 * An int, although the helper says long: before Linux 6.4 (commit d7ba4cc900bf) programs call the map's own function, which returned an int,
 * and the upper half of a negative error was missing.
 */
static __always_inline int np_connect_back(struct np_service_work *work)
{
	return bpf_map_update_elem(&np_connections, &work->turned, &work->entry, BPF_NOEXIST);
}

/* From another port, when the one before is another connection's. */
static __always_inline int np_connect_elsewhere(struct np_service_work *work)
{
	work->turned.dport = bpf_htons(NP_OWN_PORT + bpf_get_prandom_u32() % NP_OWN_PORTS);
	return np_connect_back(work);
}

/* Makes both entries of a connection from work's tuple to its backend, the backend's first. Returns why not. */
static __always_inline __u32 np_connect(__u32 table, __u64 endpoint, struct np_quota *quota, struct np_service_work *work)
{
	const struct np_tuple *tuple = &work->tuple;
	struct np_connection *entry = &work->entry;
	struct np_tuple *back = &work->turned;
	int fixed = tuple->proto == IPPROTO_SCTP;
	int err;

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
	if (err == -NP_EEXIST && !fixed)
		err = np_connect_elsewhere(work);
	if (err == -NP_EEXIST && !fixed)
		err = np_connect_elsewhere(work);
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

#endif
