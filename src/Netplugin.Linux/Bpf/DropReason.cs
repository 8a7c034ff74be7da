namespace Netplugin.Linux.Bpf;

/// <summary>
/// Why the datapath dropped a packet: <c>enum np_reason</c> of <c>bpf/reasons.h</c>, which tells each one's meaning. Numbers outlive
/// a build and are never reused.
/// </summary>
public enum DropReason
{
    /// <summary>Not dropped.</summary>
    None = 0,

    /// <summary>No program was in the program array's slot.</summary>
    NoProgram = 1,

    /// <summary>The device has no entry.</summary>
    UnknownInterface = 2,

    /// <summary>The packet has a VLAN tag.</summary>
    VlanTag = 3,

    /// <summary>Truncated or contradictory.</summary>
    Malformed = 4,

    /// <summary>Neither ARP, IPv4 nor IPv6.</summary>
    Ethertype = 5,

    /// <summary>Source MAC is not the endpoint's.</summary>
    MacSpoof = 6,

    /// <summary>Source address is not the endpoint's.</summary>
    AddressSpoof = 7,

    /// <summary>An IPv4-mapped address in an IPv6 packet.</summary>
    MappedAddress = 8,

    /// <summary>ARP that speaks for another.</summary>
    ArpSpoof = 9,

    /// <summary>ARP about the endpoint itself, consumed.</summary>
    ArpOwn = 10,

    /// <summary>ARP for an address the network does not have.</summary>
    ArpUnknown = 11,

    /// <summary>Neighbour discovery that speaks for another, or any router advertisement or redirect.</summary>
    NdSpoof = 12,

    /// <summary>Neighbour discovery about the endpoint itself, consumed.</summary>
    NdOwn = 13,

    /// <summary>Neighbour solicitation for an address the network does not have.</summary>
    NdUnknown = 14,

    /// <summary>Broadcast.</summary>
    Broadcast = 15,

    /// <summary>Multicast.</summary>
    Multicast = 16,

    /// <summary>To the gateway, but no echo request.</summary>
    Gateway = 17,

    /// <summary>To the gateway's MAC for an address outside of the network.</summary>
    NoRoute = 18,

    /// <summary>The network has no endpoint with the destination address.</summary>
    UnknownDestination = 19,

    /// <summary>UDP to the VXLAN port of what is no endpoint of the network.</summary>
    PodVxlan = 20,

    /// <summary>Over the overlay's MTU, and no error may be sent about it.</summary>
    TooBig = 21,

    /// <summary>For another node, and the node has no VXLAN device.</summary>
    NoTunnel = 22,

    /// <summary>No tunnel metadata.</summary>
    NoTunnelKey = 23,

    /// <summary>VXLAN from an address that is no VTEP of the cluster.</summary>
    UnknownVtep = 24,

    /// <summary>VXLAN for a network that is not on this node.</summary>
    UnknownVni = 25,

    /// <summary>ARP out of the tunnel.</summary>
    OverlayArp = 26,

    /// <summary>Neighbour discovery out of the tunnel.</summary>
    OverlayNd = 27,

    /// <summary>Inner source is no endpoint of the network.</summary>
    OverlayUnknownSource = 28,

    /// <summary>Inner source does not live behind the VTEP the packet came from.</summary>
    OverlaySpoof = 29,

    /// <summary>Inner source MAC is not the inner source's.</summary>
    OverlayMacSpoof = 30,

    /// <summary>The inner destination lives on another node.</summary>
    NotLocal = 31,

    /// <summary>The host's stack sent to a pod's device, and not by the VXLAN device.</summary>
    HostToPod = 32,

    /// <summary>The host's stack sent to the VXLAN device what is not for the cluster network's pods.</summary>
    HostToOverlay = 33,

    /// <summary>A kernel helper refused.</summary>
    HelperFailed = 34,

    /// <summary>Too many IPv6 extension headers.</summary>
    ExtensionHeaders = 35,

    /// <summary>The node's own settings are not written.</summary>
    Unconfigured = 36,

    /// <summary>The host's stack sent to another node's pod from an address that is not the node's.</summary>
    HostSource = 37,

    /// <summary>To a Service none of whose endpoints its traffic policy allows on this node.</summary>
    NoLocalBackend = 38,

    /// <summary>To a Service whose endpoints changed in this very moment.</summary>
    NoBackend = 39,

    /// <summary>A connection to a Service more than one pod may have.</summary>
    ConnectionQuota = 40,

    /// <summary>The node has no room for another connection to a Service.</summary>
    ConnectionsFull = 41,

    /// <summary>No port was found for another connection of the pod to the same backend.</summary>
    ConnectionPorts = 42,

    /// <summary>For the cluster address of a pod of another network, and no Service that all may use.</summary>
    OtherNetwork = 43,

    /// <summary>One end is an address of the network's subnet, the other is not of the network.</summary>
    MixedPlanes = 44,

    /// <summary>A policy's rule denies it, or policies isolate an end and none allows it.</summary>
    Policy = 45,

    /// <summary>The endpoint's policies are not known here (yet).</summary>
    PolicyUnknown = 46,

    /// <summary>A fragment whose first one was not seen, or was denied; or a first one that does not hold its whole transport header.</summary>
    Fragment = 47,
}
