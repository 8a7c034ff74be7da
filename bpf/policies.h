// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * What policies say, as the node has compiled it, and the flows that they have let through. See docs/architecture.md, "Policies". These maps
 * live outside of the generations, like the connections: what is enforced goes on while builds change. Their definitions are therefore
 * frozen; the padding is room for what later builds need to say.
 */
#ifndef NP_POLICIES_H
#define NP_POLICIES_H

#include "connections.h"
#include "counters.h"
#include "maps.h"
#include "np.h"
#include "seal.h"

/* Identity 0 is nobody whom a rule asks for. Table 0 allows everything and has no entries. */
#define NP_TABLE_OPEN 0

/*
 * Entries that a packet begins with say two things: what holds before a generation, and what from it on. One write of the generation makes
 * all of them say the other at once; a packet reads it once. Generation 0: no policy has ever been written, and none is enforced.
 */
struct np_policy_state {
	__u64 generation;
};

struct np_identity {
	__u64 since;
	__u32 before;
	__u32 after;
};

struct np_sealed_identity {
	struct np_identity identity;
	__u32 seal;
	__u8 pad[4];
};

/* In the cluster network only, and only for what has no entry of its own. IPv4 counts from bit 96. */
struct np_identity_block_key {
	__u32 prefix_len;
	struct np_addr addr;
};

struct np_tables {
	__u32 ingress;
	__u32 egress;
	/* Of what leads the endpoint back to itself through a Service. */
	__u32 self_ingress;
	__u32 self_egress;
};

/* The endpoint behind a device of this node. One that is not here is closed. */
struct np_subject {
	__u64 endpoint; /* struct np_interface */
	__u64 since;
	struct np_tables before;
	struct np_tables after;
};

struct np_sealed_subject {
	struct np_subject subject;
	__u32 seal;
	__u8 pad[12];
};

enum np_policy_kind {
	NP_POLICY_DENY = 0,
	NP_POLICY_ALLOW = 1,
	NP_POLICY_PROGRAM = 2,
};

struct np_verdict_key {
	__u32 table;
	__u32 identity;
};

/* number: of the reason, 0 where no policy decides; or of the program. */
struct np_policy_verdict {
	__u32 kind;
	__u32 number;
};

/* A prefix of 32 bits has all of a program, one of 40 a protocol, one of 56 a port. */
struct np_port_key {
	__u32 prefix_len;
	__be32 program;
	__u8 proto;
	__u8 port[2]; /* network order */
	__u8 pad;
};

#define NP_PORT_PREFIX 56

/* Either direction of a flow has the same key: of its ends the one that is less as bytes in order is first. */
struct np_flow_key {
	struct np_addr addr[2];
	__be16 port[2];
	__u32 network;
	__u8 proto;
	__u8 pad[3];
};

enum np_flow_flag {
	/* The second of the key's ends began it; else the first did. */
	NP_FLOW_BY_SECOND = 1,
	/* These five as connections have them, for what goes by either; the client is who began it. */
	NP_FLOW_REPLIED = NP_CONNECTION_REPLIED,
	NP_FLOW_ASSURED = NP_CONNECTION_ASSURED,
	NP_FLOW_FIN_BEGAN = NP_CONNECTION_FIN_CLIENT,
	NP_FLOW_FIN_OTHER = NP_CONNECTION_FIN_BACKEND,
	NP_FLOW_RESET = NP_CONNECTION_RESET,
	/* This node itself began it, whom nothing keeps from its pods. */
	NP_FLOW_BY_NODE = 64,
	/* Who began it: sealed, and the same as long as the entry is there. */
	NP_FLOW_BY = NP_FLOW_BY_SECOND | NP_FLOW_BY_NODE,
};

/*
 * The endpoints that it is between, as far as they are this node's (struct np_interface; else 0): who has an address next has none of the
 * flows of who had it before. It is counted to the quota of the first that there is.
 */
struct np_flow {
	__u64 used; /* when a packet last passed, ns since boot, to the second */
	__u64 began;
	__u64 other;
	__u32 flags;
	__u32 seal; /* of began, other and NP_FLOW_BY */
};

#define NP_HEAD 80

enum np_shown {
	NP_SHOWN_DROP = 0,
	/* The first packet of a flow that policies allow. */
	NP_SHOWN_FLOW = 1,
};

/* What an observer is shown: a packet's beginning, and what became of it. */
struct np_flow_event {
	__u64 time; /* ns since boot */
	__u32 kind;
	__u32 reason;	 /* an np_reason of a drop */
	__u32 number;	 /* of the policies' reason; 0: none decided */
	__u32 direction; /* a drop by policies: 0 ingress, 1 egress */
	__u32 network;
	__u32 ifindex;	 /* the device it entered by */
	__u32 len;	 /* bytes */
	__u32 head_len;	 /* bytes of head */
	struct np_addr dst; /* where a Service's packet goes; else :: */
	__be16 dport;
	__u8 pad[6];
	__u8 head[NP_HEAD];
};

/* Bits of np_observed. */
enum np_observe {
	NP_OBSERVE_DROPS = 1,
	NP_OBSERVE_FLOWS = 2,
};

static __always_inline __u64 np_flow_owner(const struct np_flow *flow)
{
	return flow->began ?: flow->other;
}

#define NP_IDENTITIES_MAX (1 << 19)
#define NP_IDENTITY_BLOCKS_MAX (1 << 16)
#define NP_SUBJECTS_MAX (1 << 13)
#define NP_VERDICTS_MAX (1 << 20)
#define NP_PORTS_MAX (1 << 19)
#define NP_REASON_COUNTS_MAX (1 << 17)
#define NP_FLOWS_MAX (1 << 19)
#define NP_EVENTS_MAX (1 << 12)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct np_policy_state);
	__uint(max_entries, 1);
} np_policy_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_endpoint_key);
	__type(value, struct np_sealed_identity);
	__uint(max_entries, NP_IDENTITIES_MAX);
} np_identities SEC(".maps");

/* Not sealed: nodes of such trees wait for all programs before they are another's. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_identity_block_key);
	__type(value, struct np_identity);
	__uint(max_entries, NP_IDENTITY_BLOCKS_MAX);
} np_identity_blocks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32); /* ifindex of the host-side device */
	__type(value, struct np_sealed_subject);
	__uint(max_entries, NP_SUBJECTS_MAX);
} np_subjects SEC(".maps");

/* Not sealed: an entry never changes, and it goes when no program runs any more that has a table and an identity that lead to it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_verdict_key);
	__type(value, struct np_policy_verdict);
	__uint(max_entries, NP_VERDICTS_MAX);
} np_verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_port_key);
	__type(value, struct np_policy_verdict);
	__uint(max_entries, NP_PORTS_MAX);
} np_ports_of SEC(".maps");

/* Packets that each reason of the policies has denied. The daemon adds and removes the entries. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct np_count);
	__uint(max_entries, NP_REASON_COUNTS_MAX);
} np_denied SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_flow_key);
	__type(value, struct np_flow);
	__uint(max_entries, NP_FLOWS_MAX);
} np_flows SEC(".maps");

/* What somebody observes: an np_observe. Nothing is written to np_events while nobody does. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} np_observed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__type(value, struct np_flow_event);
	__uint(max_entries, NP_EVENTS_MAX);
} np_events SEC(".maps");

#endif
