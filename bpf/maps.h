// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * The maps that say where things are. Their layouts and sizes make a generation: the daemon derives the generation's name
 * from these definitions, so a change here can never be read through an older layout. Sizes are the smallest sensible
 * ones; the daemon sets larger ones before loading.
 */
#ifndef NP_MAPS_H
#define NP_MAPS_H

#include "np.h"

#ifndef NP_LAYOUT_SPARE
/* Bytes at the end of an endpoint's entry. Only the upgrade test builds with another value, to get another layout. */
#define NP_LAYOUT_SPARE 4
#endif

/* The node's own settings, all zero until the daemon has written them. */
struct np_node {
	struct np_addr vtep;
	__u32 vxlan_ifindex;
	__u32 overlay_mtu; /* largest IP packet, bytes */
	__u8 gateway_mac[ETH_ALEN];
	__u8 pad[2];
};

struct np_network {
	struct np_addr_pair gateways;
	struct np_addr_pair subnets; /* their first addresses */
	struct np_addr_pair masks;   /* :: of a family: it has no subnet of it */
};

struct np_endpoint_key {
	__u32 network; /* also the VNI */
	struct np_addr addr;
};

/* Behind a device of this node (ifindex set, vtep ::), behind another node's VTEP (ifindex 0), or this node itself (neither). */
struct np_endpoint {
	__u32 ifindex;
	struct np_addr vtep;
	__u8 mac[ETH_ALEN];
	__u8 pad[2];
	__u32 network; /* of the pod whose cluster address this is: who may reach it by that */
	__u8 spare[NP_LAYOUT_SPARE];
};

/* A block of addresses that a node gives to its pods; the network is part of the prefix, and IPv4 counts from bit 32 + 96. */
struct np_block_key {
	__u32 prefix_len;
	__u32 network;
	struct np_addr addr;
};

/* Whose block it is: another node's VTEP, or :: for this node's own. */
struct np_block {
	struct np_addr vtep;
};

/* The host-side device of a local pod, by ifindex: what may enter there. */
struct np_interface {
	__u64 endpoint; /* node-local number of the attachment, never reused */
	struct np_addr_pair addrs;
	struct np_addr_pair cluster; /* a tenant's pod: its cluster addresses */
	__u32 network;
	__u8 mac[ETH_ALEN];
	__u8 pad[6];
};

/*
 * Another node's tunnel end and the next hop towards it: a neighbour (the VTEP itself or a router) behind a device of this node.
 * ifindex 0: there is none, or it is not known, and the VXLAN device finds its own.
 */
struct np_vtep {
	__u32 ifindex;
	__be32 next_hop;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct np_node);
	__uint(max_entries, 1);
} np_node SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct np_network);
	__uint(max_entries, 1024);
} np_networks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_endpoint_key);
	__type(value, struct np_endpoint);
	__uint(max_entries, 1024);
} np_endpoints SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct np_interface);
	__uint(max_entries, 1024);
} np_interfaces SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_addr);
	__type(value, struct np_vtep);
	__uint(max_entries, 1024);
} np_vteps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct np_block_key);
	__type(value, struct np_block);
	__uint(max_entries, 1024);
} np_blocks SEC(".maps");

/* NULL until the settings are written; the lookup itself cannot fail, but the verifier wants the test. */
static __always_inline const struct np_node *np_node_get(void)
{
	__u32 zero = 0;
	const struct np_node *node = bpf_map_lookup_elem(&np_node, &zero);

	return node && node->overlay_mtu ? node : NULL;
}

static __always_inline const struct np_endpoint *np_endpoint_get(__u32 network, const struct np_addr *addr)
{
	struct np_endpoint_key key = { .network = network, .addr = *addr };

	return bpf_map_lookup_elem(&np_endpoints, &key);
}

/* The block that the address is in: what is known of a pod before, or without, an entry of its own. */
static __always_inline const struct np_block *np_block_get(__u32 network, const struct np_addr *addr)
{
	struct np_block_key key = { .prefix_len = 32 + 128, .network = network, .addr = *addr };

	return bpf_map_lookup_elem(&np_blocks, &key);
}

static __always_inline int np_is_this_node(const struct np_endpoint *endpoint)
{
	return !endpoint->ifindex && np_addr_is_none(&endpoint->vtep);
}

/* True when addr is the interface's own, of either plane. */
static __always_inline int np_is_own(const struct np_interface *iface, const struct np_addr *addr)
{
	return np_addr_in(addr, &iface->addrs) || np_addr_in(addr, &iface->cluster);
}

/* True when addr is in a subnet of the network. */
static __always_inline int np_is_in_subnet(__u32 network, const struct np_addr *addr)
{
	const struct np_network *net = bpf_map_lookup_elem(&np_networks, &network);
	int v4 = np_addr_is_v4(addr);

	return net && (v4 ? np_addr_under(addr, &net->subnets.v4, &net->masks.v4) : np_addr_under(addr, &net->subnets.v6, &net->masks.v6));
}

/* True when addr is a gateway of the network. */
static __always_inline int np_is_gateway(__u32 network, const struct np_addr *addr)
{
	const struct np_network *net = bpf_map_lookup_elem(&np_networks, &network);

	return net && np_addr_in(addr, &net->gateways);
}

/* True when addr is what a pod's routes may lead by: its network's gateway, and the node's where it has a cluster address. */
static __always_inline int np_is_next_hop(const struct np_interface *iface, const struct np_addr *addr)
{
	int cluster = !np_addr_is_none(&iface->cluster.v4) || !np_addr_is_none(&iface->cluster.v6);

	return np_is_gateway(iface->network, addr) || (cluster && np_is_gateway(NP_CLUSTER, addr));
}

#endif
