// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * Connections whose packets are translated. These maps live outside of the generations, like the counters: a connection outlives the daemon
 * and its builds. Their definitions are therefore frozen; the padding is room for what later builds need to remember.
 */
#ifndef NP_CONNECTIONS_H
#define NP_CONNECTIONS_H

#include "np.h"

/* A packet's addresses and ports. */
struct np_tuple {
	struct np_addr src;
	struct np_addr dst;
	__be16 sport;
	__be16 dport;
	__u8 proto;
	__u8 pad[3];
};

enum np_connection_flag {
	/* The client's direction; the other entry of the connection is the backend's. */
	NP_CONNECTION_FORWARD = 1,
	/* The backend has answered, and then the client has sent again: both are there. */
	NP_CONNECTION_REPLIED = 2,
	NP_CONNECTION_ASSURED = 4,
	/* TCP: what each side has ended, and a reset of either. */
	NP_CONNECTION_FIN_CLIENT = 8,
	NP_CONNECTION_FIN_BACKEND = 16,
	NP_CONNECTION_RESET = 32,
	/* Its other entry is being taken away: no packet goes by it any more. */
	NP_CONNECTION_DEAD = 64,
};

/*
 * What a packet of the key's tuple becomes. Each connection has two entries, and either tells the other's key: it is the translated tuple
 * turned round.
 */
struct np_connection {
	__u64 used;	/* when a packet last passed, ns since boot, to the second */
	__u64 endpoint; /* of the client: struct np_interface */
	struct np_tuple to;
	__u32 flags;
	__u32 table; /* forward: the table the backend was chosen from, or last seen in */
	__u8 pad[16];
};

/* How many connections and flows an endpoint has, so that no pod can take another's room. The daemon adds and removes the entries. */
struct np_quota {
	__u32 used;
	__u32 flows;
};

/* A client and the frontend it uses, and the backend it stays with. */
struct np_affinity_key {
	struct np_addr client;
	struct np_addr addr;
	__be16 port;
	__u8 proto;
	__u8 pad;
};

struct np_affinity {
	__u64 used; /* ns since boot */
	struct np_addr addr;
	__be16 port;
	__u8 pad[6];
};

#define NP_CONNECTIONS_MAX (1 << 19)
#define NP_QUOTAS_MAX (1 << 14)
#define NP_AFFINITY_MAX (1 << 14)

/* Connections that one endpoint may have: more than it has ports for towards one frontend. */
#define NP_QUOTA 32768

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_tuple);
	__type(value, struct np_connection);
	__uint(max_entries, NP_CONNECTIONS_MAX);
} np_connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct np_quota);
	__uint(max_entries, NP_QUOTAS_MAX);
} np_quotas SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct np_affinity_key);
	__type(value, struct np_affinity);
	__uint(max_entries, NP_AFFINITY_MAX);
} np_affinity SEC(".maps");

#endif
