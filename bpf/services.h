// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * What pods send that is balanced, and the backends it goes to. Part of the generation, like maps.h. A frontend's backends are a table of
 * their own, so that one write moves the frontend to another set of them: the daemon writes the new table, then the frontend, and removes
 * the old table when no program can still be reading it.
 */
#ifndef NP_SERVICES_H
#define NP_SERVICES_H

#include "np.h"

enum np_action {
	/* No endpoint at all: refused, so that the client need not wait. */
	NP_ACTION_REJECT = 0,
	/* None that the Service's policy allows here. */
	NP_ACTION_DROP = 1,
	NP_ACTION_BALANCE = 2,
};

/* A family's unspecified address stands for every node's. */
struct np_frontend_key {
	struct np_addr addr;
	__be16 port;
	__u8 proto;
	__u8 pad;
};

struct np_frontend {
	__u32 action;
	__u32 table; /* its backends: slots 0 to count - 1 of it */
	__u32 count;
	__u32 affinity; /* seconds a client stays with its backend; 0: it does not */
};

struct np_backend_key {
	__u32 table;
	__u32 slot;
};

struct np_backend {
	struct np_addr addr;
	__be16 port;
	__u8 pad[2];
};

/* The same table the other way round: whether a backend is in it. */
struct np_member_key {
	__u32 table;
	struct np_addr addr;
	__be16 port;
	__u8 pad[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_frontend_key);
	__type(value, struct np_frontend);
	__uint(max_entries, 1024);
} np_frontends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_backend_key);
	__type(value, struct np_backend);
	__uint(max_entries, 1024);
} np_backends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_member_key);
	__type(value, __u32); /* the slot */
	__uint(max_entries, 1024);
} np_members SEC(".maps");

/* Backends of the Services that pods of every network may use: the addresses and ports of endpoints, not of frontends. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_frontend_key);
	__type(value, __u8); /* nothing */
	__uint(max_entries, 1024);
} np_shared SEC(".maps");

#endif
