using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;

namespace Netplugin.Core.Model;

/// <summary>What an intent says of a host.</summary>
/// <param name="Name">The host's label (<c>netplugin -host-label</c>).</param>
/// <param name="Vtep">Overrides the VTEP address the node registers; unspecified when the intent does not give one.</param>
/// <param name="Interface">The uplink for VLAN networks; empty when not given.</param>
public sealed record HostRecord(string Name, IpAddr Vtep, string Interface);

/// <summary>A tenant as posted: the pools its networks are allocated from.</summary>
/// <param name="Name">The tenant's name.</param>
/// <param name="DefaultEncap">Encapsulation of networks that do not say.</param>
/// <param name="SubnetPool">Pool that automatic subnets are cut from; null when the tenant has none.</param>
/// <param name="AllocSubnetLength">Prefix length of an automatic subnet.</param>
/// <param name="Vlans">VLAN ids the tenant's VLAN networks may get, lowest first.</param>
/// <param name="Vxlans">VNIs the tenant's VXLAN networks may get, lowest first.</param>
public sealed record TenantRecord(
    string Name, Encap DefaultEncap, IpPrefix? SubnetPool, int AllocSubnetLength,
    ImmutableArray<IdRange> Vlans, ImmutableArray<IdRange> Vxlans)
{
    /// <summary>Name of the <c>Tenant</c> resource of Kubernetes that posted it; empty: an intent did.</summary>
    public string Resource { get; init; } = "";

    /// <summary>Equal in every member; ranges compare by content.</summary>
    public bool Equals(TenantRecord? other) =>
        other is not null && Name == other.Name && DefaultEncap == other.DefaultEncap && SubnetPool == other.SubnetPool
        && AllocSubnetLength == other.AllocSubnetLength && Resource == other.Resource
        && Vlans.AsSpan().SequenceEqual(other.Vlans.AsSpan()) && Vxlans.AsSpan().SequenceEqual(other.Vxlans.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Name, DefaultEncap, SubnetPool, AllocSubnetLength, Vlans.Length, Vxlans.Length);
}

/// <summary>A closed range of ids (VLAN ids or VNIs), both ends included.</summary>
/// <param name="First">Lowest id.</param>
/// <param name="Last">Highest id.</param>
public readonly record struct IdRange(uint First, uint Last);

/// <summary>How a network's packets travel between hosts.</summary>
public enum Encap
{
    /// <summary>802.1Q on the uplink.</summary>
    Vlan,

    /// <summary>VXLAN (RFC 7348).</summary>
    Vxlan,
}

/// <summary>A network with everything allocated.</summary>
/// <param name="Id">Tenant and name.</param>
/// <param name="Encap">How it travels.</param>
/// <param name="Tag">VNI or VLAN id.</param>
/// <param name="Subnet">Its subnet, as typed where the intent gave it.</param>
/// <param name="SubnetFromPool">True when the subnet was cut from the tenant's pool and returns to it.</param>
/// <param name="Gateway">The intent's <c>DefaultGw</c>; unspecified when not given. Reserved: never handed to an endpoint.</param>
/// <param name="Post">Number of the post that made it.</param>
public sealed record NetworkRecord(
    NetworkId Id, Encap Encap, uint Tag, IpPrefix Subnet, bool SubnetFromPool, IpAddr Gateway, long Post)
{
    /// <summary>Name of the <c>Network</c> resource of Kubernetes that posted it; empty: an intent did.</summary>
    public string Resource { get; init; } = "";

    /// <summary>
    /// The number that names the network in the datapath's maps, unique in the cluster: the VNI, or for a VLAN network
    /// the VLAN id with bit 24 set (outside the 24 bits of a VNI).
    /// </summary>
    public uint DatapathId => Encap == Encap.Vxlan ? Tag : 1u << 24 | Tag;
}

/// <summary>
/// An endpoint: posted, addressed and, once its container runs somewhere, bound. Or made by a node for a pod that has the network by labels or annotation: then it is
/// bound from its beginning to its end, and posts leave it alone.
/// </summary>
/// <param name="Id">Network and container.</param>
/// <param name="Address">Its address in the network.</param>
/// <param name="Mac">Its Ethernet address.</param>
/// <param name="Host">The host the operator homed it on (intent <c>Host</c>, or a host binding); empty while late.</param>
/// <param name="AttachUuid">The container to attach instead of one named like the endpoint (a pod's infra container); empty when none.</param>
/// <param name="Binding">Where it runs now; null until a node bound it.</param>
/// <param name="Post">Number of the post that made it; that of the network's where a node made it.</param>
public sealed record EndpointRecord(
    EndpointId Id, IpAddr Address, MacAddress Mac, string Host, string AttachUuid, EndpointBinding? Binding, long Post)
{
    /// <summary>The pod that has it by labels or annotation; null: it was posted.</summary>
    public LabelledPod? Pod { get; init; }

    /// <summary>The group of its network that the intent put it in; empty: none. A pod with labels says its group by one.</summary>
    public string PostedGroup { get; init; } = "";

    /// <summary>The name of its group, posted or by a label; empty: it is in none. A label may name a group that is not there, which is as good as none.</summary>
    public string Group => Pod?.Group ?? PostedGroup;
}

/// <summary>Where an endpoint runs: written by the node that attached it, with owner and revision compared.</summary>
/// <param name="Host">The node's host label.</param>
/// <param name="Sandbox">The runtime's sandbox (infra container) id: the owner of the binding.</param>
/// <param name="Interface">The interface's name in the container.</param>
public sealed record EndpointBinding(string Host, string Sandbox, string Interface)
{
    /// <summary>
    /// The cluster addresses that the node gave the interface out of its blocks, so that other nodes know whose they are; none where the node has no blocks, or an older daemon wrote the binding.
    /// </summary>
    public PerFamily<IpAddr> ClusterAddresses { get; init; }

    /// <summary>True when both are of one interface of one sandbox. Whose a binding is does not depend on what else it says, which an older daemon may not have written.</summary>
    public bool HasOwnerOf(EndpointBinding? other) => other is not null && Host == other.Host && Sandbox == other.Sandbox && Interface == other.Interface;
}

/// <summary>What a node says of itself. Outlives the daemon: a stopped daemon's pods keep running.</summary>
/// <param name="Host">The host label.</param>
/// <param name="Vtep">Address of its tunnel endpoint on the underlay, unless a <see cref="HostRecord"/> overrides it.</param>
/// <param name="UnderlayMtu">MTU in bytes of the device that holds the VTEP address.</param>
/// <param name="Version">The daemon's version.</param>
public sealed record NodeRecord(string Host, IpAddr Vtep, int UnderlayMtu, string Version)
{
    /// <summary>Its address of the other family than the VTEP's, by which pods and nodes reach it too; unspecified when it has none.</summary>
    public IpAddr SecondAddress { get; init; }

    /// <summary>
    /// Blocks that the node gives addresses of to the default network's pods, at most one of a family and without host bits; empty when it serves none.
    /// </summary>
    public ImmutableArray<IpPrefix> Blocks { get; init; } = [];

    /// <summary>Equal in every member; blocks compare by content.</summary>
    public bool Equals(NodeRecord? other) =>
        other is not null && Host == other.Host && Vtep == other.Vtep && UnderlayMtu == other.UnderlayMtu && Version == other.Version
        && SecondAddress == other.SecondAddress && Blocks.AsSpan().SequenceEqual(other.Blocks.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Host, Vtep, UnderlayMtu, Version, SecondAddress, Blocks.Length);
}

/// <summary>Written whenever the blocks that some node has become others. Where that is comes from the nodes' records alone.</summary>
/// <param name="Host">The node whose blocks were the last to change.</param>
public sealed record BlocksRecord(string Host);

/// <summary>
/// Where a container name leads, in the order of the intent file (that order gives eth0, eth1, ...). Kept beside the endpoints
/// so that a node finds a starting container's endpoints in one read, whatever their network.
/// </summary>
/// <param name="Container">The container name.</param>
/// <param name="Endpoints">Its endpoints' networks, in the order posted.</param>
public sealed record ContainerRecord(string Container, ImmutableArray<NetworkId> Endpoints)
{
    /// <summary>Equal in name and in the networks with their order.</summary>
    public bool Equals(ContainerRecord? other) =>
        other is not null && Container == other.Container && Endpoints.AsSpan().SequenceEqual(other.Endpoints.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Container, Endpoints.Length);
}

/// <summary>The last committed post. What carries a higher number is being staged and is not there yet.</summary>
/// <param name="Number">Counts posts from 1; 0 before the first.</param>
public sealed record PostRecord(long Number)
{
    /// <summary>
    /// Networks of which the transaction that wrote this takes endpoints away, or gives them other groups or addresses: who follows networks by themselves then knows that there is something to wait for.
    /// </summary>
    public ValueArray<NetworkId> Moved { get; init; } = [];
}

/// <summary>Identifies the store's content, so that a node can tell a wiped or restored store from a quiet one.</summary>
/// <param name="ClusterId">Drawn when the store was first written.</param>
/// <param name="Generation">Raised by <c>netdcli store accept-reset</c>: nodes that hold back go on when it grows.</param>
/// <param name="Schema">Version of the key and value layout; a daemon refuses another one.</param>
public sealed record ClusterRecord(Guid ClusterId, long Generation, int Schema)
{
    /// <summary>The layout this code reads and writes.</summary>
    public const int CurrentSchema = 2;

    /// <summary>What an operator does about another layout than that; null when it is that.</summary>
    public string? SchemaProblem => Schema switch
    {
        > CurrentSchema => $"the store has schema {Schema}, and this version reads {CurrentSchema}: use the version that wrote it, or a newer one",
        < CurrentSchema => $"the store has schema {Schema}, of a version before the first release, and this one reads {CurrentSchema}: empty it (etcdctl del --prefix /netplugin/v1/, or remove the file of the embedded store) and post the intents again",
        _ => null,
    };
}
