// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only)
/*
 * Why a packet was dropped. Numbers are indexes of np_drops and outlive a build: counters are carried over an upgrade,
 * so a reason is only ever added at the end and a retired one keeps its number. The daemon's DropReason mirrors this.
 */
#ifndef NP_REASONS_H
#define NP_REASONS_H

enum np_reason {
	NP_REASON_NONE = 0,
	/* The program array had no program in the stub's slot. */
	NP_REASON_NO_PROGRAM = 1,
	/* The device a packet entered by has no entry in np_interfaces. */
	NP_REASON_UNKNOWN_INTERFACE = 2,
	/* 802.1Q or 802.1ad tag: endpoints have no VLANs, and a tag hides the packet behind it. */
	NP_REASON_VLAN_TAG = 3,
	/* Truncated, or its lengths contradict each other. */
	NP_REASON_MALFORMED = 4,
	/* Neither ARP, IPv4 nor IPv6. */
	NP_REASON_ETHERTYPE = 5,
	/* Source MAC is not the endpoint's. */
	NP_REASON_MAC_SPOOF = 6,
	/* Source IP is not the endpoint's. */
	NP_REASON_ADDRESS_SPOOF = 7,
	/* IPv4-mapped address in an IPv6 header: would meet the map keys of IPv4 endpoints. */
	NP_REASON_MAPPED_ADDRESS = 8,
	/* ARP whose sender is not the endpoint. */
	NP_REASON_ARP_SPOOF = 9,
	/* ARP about the endpoint itself (gratuitous, probe, reply): consumed, for nobody needs it. */
	NP_REASON_ARP_OWN = 10,
	/* ARP for an address the network does not have. */
	NP_REASON_ARP_UNKNOWN = 11,
	/* Neighbour discovery that speaks for another, and any router advertisement or redirect. */
	NP_REASON_ND_SPOOF = 12,
	/* Neighbour discovery about the endpoint itself (duplicate address detection, unsolicited advertisement). */
	NP_REASON_ND_OWN = 13,
	/* Neighbour solicitation for an address the network does not have. */
	NP_REASON_ND_UNKNOWN = 14,
	NP_REASON_BROADCAST = 15,
	NP_REASON_MULTICAST = 16,
	/* To the gateway's address, but not a whole echo request: the gateway only answers ping. */
	NP_REASON_GATEWAY = 17,
	/* Handed to the gateway's MAC for an address outside of the network: nothing is routed. */
	NP_REASON_NO_ROUTE = 18,
	/* The network has no endpoint with the destination address. */
	NP_REASON_UNKNOWN_DESTINATION = 19,
	/* UDP to the VXLAN port of something that is not an endpoint of the network. */
	NP_REASON_POD_VXLAN = 20,
	/* Larger than the overlay carries, and no ICMP error may be sent about it. */
	NP_REASON_TOO_BIG = 21,
	/* For an endpoint on another node while the node has no VXLAN device. */
	NP_REASON_NO_TUNNEL = 22,
	/* Came in by the VXLAN device without tunnel metadata. */
	NP_REASON_NO_TUNNEL_KEY = 23,
	/* Outer source is not the VTEP of a node of the cluster. */
	NP_REASON_UNKNOWN_VTEP = 24,
	/* VNI of no network that is present on this node. */
	NP_REASON_UNKNOWN_VNI = 25,
	/* ARP and neighbour discovery are answered where they are asked and never tunnelled. */
	NP_REASON_OVERLAY_ARP = 26,
	NP_REASON_OVERLAY_ND = 27,
	/* Inner source is no endpoint of the network. */
	NP_REASON_OVERLAY_UNKNOWN_SOURCE = 28,
	/* Inner source lives behind another VTEP than the packet came from, or on this node. */
	NP_REASON_OVERLAY_SPOOF = 29,
	/* Inner source MAC is not that of the inner source's endpoint. */
	NP_REASON_OVERLAY_MAC_SPOOF = 30,
	/* Tunnelled here for an endpoint that lives on another node. */
	NP_REASON_NOT_LOCAL = 31,
	/* The host's stack sent to a pod's device, and not by the VXLAN device as it should. */
	NP_REASON_HOST_TO_POD = 32,
	/* The host's stack sent to the VXLAN device what is not for the cluster network's pods. */
	NP_REASON_HOST_TO_OVERLAY = 33,
	/* A kernel helper refused (out of memory, as a rule). */
	NP_REASON_HELPER_FAILED = 34,
	/* More IPv6 extension headers than are looked through. */
	NP_REASON_EXTENSION_HEADERS = 35,
	/* The node's own settings are not written (yet): nothing passes. */
	NP_REASON_UNCONFIGURED = 36,
	/* The host's stack sent to another node's pod from an address that is not the node's: the other side would take it for a forgery. */
	NP_REASON_HOST_SOURCE = 37,
	/* To a Service none of whose endpoints its traffic policy allows on this node. */
	NP_REASON_NO_LOCAL_BACKEND = 38,
	/* To a Service whose endpoints changed in this very moment. */
	NP_REASON_NO_BACKEND = 39,
	/* A connection to a Service more than one pod may have. */
	NP_REASON_CONNECTION_QUOTA = 40,
	/* The node has no room for another connection to a Service. */
	NP_REASON_CONNECTIONS_FULL = 41,
	/* No port was found for another connection of the pod to the same backend. */
	NP_REASON_CONNECTION_PORTS = 42,
	/* For the cluster address of a pod of another network, and no Service that all may use. */
	NP_REASON_OTHER_NETWORK = 43,
	/* One end is an address of the network's subnet, the other is not of the network: no packet has an address of each plane. */
	NP_REASON_MIXED_PLANES = 44,
	/* A policy's rule denies it, or policies isolate an end and none allows it: np_denied counts which. */
	NP_REASON_POLICY = 45,
	/* The endpoint's policies are not known here (yet); or an entry that they are asked by was exchanged time and again. */
	NP_REASON_POLICY_UNKNOWN = 46,
	/* A fragment whose first one was not seen here, or was denied; or a first one that does not hold its whole transport header. */
	NP_REASON_FRAGMENT = 47,
	NP_REASON_COUNT
};

/* What was done with packets that were not dropped: indexes of np_counters, under the same rule as the reasons. */
enum np_event {
	NP_EVENT_DELIVERED_LOCAL = 0,
	NP_EVENT_TUNNELLED_OUT = 1,
	NP_EVENT_TUNNELLED_IN = 2,
	NP_EVENT_ARP_ANSWERED = 3,
	NP_EVENT_ND_ANSWERED = 4,
	NP_EVENT_PING_ANSWERED = 5,
	NP_EVENT_TOO_BIG_ANSWERED = 6,
	/* Handed to the host's stack, for the node itself or to be routed. */
	NP_EVENT_TO_HOST = 7,
	/* Delivered to a pod of this node for the host's stack. */
	NP_EVENT_FROM_HOST = 8,
	/* Refused for a Service that has no endpoint. */
	NP_EVENT_SERVICE_REFUSED = 9,
	/* Let through by policies, but not remembered, for the endpoint has more flows than it may or the node has no room: the answer is a flow of its own. */
	NP_EVENT_UNTRACKED = 10,
	NP_EVENT_COUNT
};

#endif
