using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Services;

namespace Netplugin.Core.Datapath;

/// <summary>What a node's maps hold (observed) or should hold (wanted): two such values make a list of changes.</summary>
/// <param name="Node">The node's own settings.</param>
/// <param name="Networks">Networks with an endpoint here, by datapath id. A VNI that is missing is dropped on arrival.</param>
/// <param name="Endpoints">Endpoints of those networks, here and elsewhere, by network and address.</param>
/// <param name="Interfaces">The local pods' host-side devices.</param>
/// <param name="Vteps">Addresses VXLAN is accepted from, with their next hops.</param>
/// <param name="Blocks">
/// Blocks of addresses that nodes give to their pods, with the tunnel address of the node; unspecified for this node's own. A pod of another node is
/// found by its block when it has no entry of its own.
/// </param>
/// <param name="Frontends">What pods send to from their cluster addresses that is balanced.</param>
/// <param name="Shared">Endpoints' ports, no frontends, that pods of every network may use: the backends of the Services that all may.</param>
public sealed record DatapathState(
    NodeEntry? Node,
    ImmutableDictionary<uint, NetworkEntry> Networks,
    PackedDictionary<EndpointKey, EndpointEntry> Endpoints,
    ImmutableDictionary<IfIndex, InterfaceEntry> Interfaces,
    ImmutableDictionary<IpAddr, VtepEntry> Vteps,
    ImmutableDictionary<BlockKey, IpAddr> Blocks,
    PackedDictionary<FrontendKey, Frontend> Frontends,
    ImmutableHashSet<FrontendKey> Shared)
{
    /// <summary>
    /// Number of the cluster network: the default network's pods, the nodes themselves, and the cluster addresses of tenants' pods. It alone leads out
    /// to the hosts. No posted network has it, since a VNI begins at 1.
    /// </summary>
    public const uint Cluster = 0;

    /// <summary>Empty maps.</summary>
    public static DatapathState Empty { get; } = new(
        null,
        ImmutableDictionary<uint, NetworkEntry>.Empty,
        new PackedDictionary<EndpointKey, EndpointEntry>(Comparer<EndpointKey>.Default),
        ImmutableDictionary<IfIndex, InterfaceEntry>.Empty,
        ImmutableDictionary<IpAddr, VtepEntry>.Empty,
        ImmutableDictionary<BlockKey, IpAddr>.Empty,
        new PackedDictionary<FrontendKey, Frontend>(Comparer<FrontendKey>.Default),
        []);
}

/// <summary>The node's own settings, one a node.</summary>
/// <param name="Vtep">The node's tunnel address on the underlay.</param>
/// <param name="VxlanDevice">The collect-metadata VXLAN device.</param>
/// <param name="GatewayMac">The virtual MAC that gateways answer with.</param>
/// <param name="OverlayMtu">Largest IP packet in bytes that a pod may send.</param>
public sealed record NodeEntry(IpAddr Vtep, IfIndex VxlanDevice, MacAddress GatewayMac, int OverlayMtu);

/// <summary>A network that has an endpoint on this node.</summary>
/// <param name="Gateways">Answered with the virtual MAC and to ping.</param>
/// <param name="Subnets">Its subnets: their addresses mean something within the network alone, and never in a packet of the cluster network for its pods.</param>
public sealed record NetworkEntry(AddressPair Gateways, PerFamily<IpPrefix> Subnets = default);

/// <summary>Key of the endpoints map.</summary>
/// <param name="Network">The network's datapath id.</param>
/// <param name="Address">The endpoint's address.</param>
public readonly record struct EndpointKey(uint Network, IpAddr Address) : IComparable<EndpointKey>
{
    /// <summary>By network, then by address.</summary>
    public int CompareTo(EndpointKey other) => Network != other.Network ? Network.CompareTo(other.Network) : Address.CompareTo(other.Address);

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(EndpointKey left, EndpointKey right) => left.CompareTo(right) < 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(EndpointKey left, EndpointKey right) => left.CompareTo(right) > 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(EndpointKey left, EndpointKey right) => left.CompareTo(right) <= 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(EndpointKey left, EndpointKey right) => left.CompareTo(right) >= 0;
}

/// <summary>A block of addresses.</summary>
/// <param name="Network">The network's datapath id.</param>
/// <param name="Prefix">The addresses.</param>
public readonly record struct BlockKey(uint Network, IpPrefix Prefix) : IComparable<BlockKey>
{
    /// <summary>By network, then by address, then by length.</summary>
    public int CompareTo(BlockKey other) =>
        (Network, Prefix.Address, Prefix.Length).CompareTo((other.Network, other.Prefix.Address, other.Prefix.Length));

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(BlockKey left, BlockKey right) => left.CompareTo(right) < 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(BlockKey left, BlockKey right) => left.CompareTo(right) > 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(BlockKey left, BlockKey right) => left.CompareTo(right) <= 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(BlockKey left, BlockKey right) => left.CompareTo(right) >= 0;
}

/// <summary>
/// Where an endpoint is: behind a device of this node, or behind another node's VTEP. With neither it is this node itself, whose stack gets what is for it.
/// </summary>
/// <param name="Device">The host-side device of a local endpoint; else none.</param>
/// <param name="Vtep">The tunnel address of a remote endpoint's node; else unspecified.</param>
/// <param name="Mac">The endpoint's Ethernet address: what ARP and ND answer.</param>
/// <param name="Network">
/// Of a local tenant's pod's cluster address: the datapath id of the pod's network, whose pods alone reach it by that. Else 0: a default network's pod, and a network's own address.
/// </param>
public readonly record struct EndpointEntry(IfIndex Device, IpAddr Vtep, MacAddress Mac, uint Network = DatapathState.Cluster);

/// <summary>
/// Another node's tunnel end and the next hop towards it. The default value has none: the VXLAN device then sends by the route it finds for each
/// packet.
/// </summary>
/// <param name="Device">The device that the next hop is behind; none when there is no next hop.</param>
/// <param name="NextHop">The neighbour to hand packets to, IPv4: the tunnel end itself, or a router.</param>
public readonly record struct VtepEntry(IfIndex Device, IpAddr NextHop);

/// <summary>A local pod's host-side device: which network what enters it belongs to, and whose it must be.</summary>
/// <param name="Network">The network's datapath id.</param>
/// <param name="EndpointNumber">Node-local number of the attachment, never reused.</param>
/// <param name="Mac">The only source MAC accepted.</param>
/// <param name="Addresses">Its addresses in the network, the only source addresses accepted there.</param>
/// <param name="ClusterAddresses">
/// Of a tenant's pod: its cluster addresses, the only source addresses accepted in the cluster network. None: it sends in its network alone.
/// </param>
public readonly record struct InterfaceEntry(
    uint Network, ulong EndpointNumber, MacAddress Mac, AddressPair Addresses, AddressPair ClusterAddresses = default);
