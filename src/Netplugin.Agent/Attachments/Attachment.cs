using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Linux.Links;

namespace Netplugin.Agent.Attachments;

/// <summary>One interface of a pod: the endpoint it is, and how far its making or removal has come.</summary>
/// <param name="Number">Node-local number, never reused; the host-side device's name and the interface map entry carry it.</param>
/// <param name="Interface">The interface's name in the pod.</param>
/// <param name="Endpoint">The endpoint it is.</param>
/// <param name="DatapathId">The network's number in the maps (<see cref="NetworkRecord.DatapathId"/>).</param>
/// <param name="Addresses">The endpoint's addresses in its network: one, or in the default network one of each family.</param>
/// <param name="Mac">The endpoint's Ethernet address.</param>
/// <param name="Device">The host-side device; none before it was made and after it was retired.</param>
/// <param name="Phase">How far it has come.</param>
/// <param name="HasDefaultRoute">The pod's default routes lead by this interface, through the <see cref="DefaultGateways"/>.</param>
/// <param name="Since">When it was asked for.</param>
/// <param name="BoundRevision">Revision of the endpoint's record when this node's binding was last seen in it; 0 before.</param>
/// <param name="Unposted">
/// The store was reset and accepted while this attachment had no endpoint in it: it stays up, and is reported, until one with its address is posted.
/// </param>
internal sealed record Attachment(
    ulong Number,
    string Interface,
    EndpointId Endpoint,
    uint DatapathId,
    PerFamily<InterfaceAddress> Addresses,
    MacAddress Mac,
    IfIndex Device,
    AttachmentPhase Phase,
    bool HasDefaultRoute,
    DateTimeOffset Since,
    long BoundRevision = 0,
    bool Unposted = false)
{
    /// <summary>True for a pod that nothing names: its address is of this node's own block, and the store knows nothing of it.</summary>
    public bool IsInDefaultNetwork => DatapathId == DatapathState.Cluster;

    /// <summary>
    /// Of a pod that has the network by labels: its group within the network, empty when it has none, or has the network by its annotation. Its node made the endpoint
    /// and removes it. Null: neither.
    /// </summary>
    public string? Group { get; init; }

    /// <summary>
    /// Of a posted endpoint: the group that its record had when it was attached; empty: none. Not in the journal: a daemon that starts hears it from the store.
    /// </summary>
    public string PostedGroup { get; init; } = "";

    /// <summary>True where the node made the endpoint, because of labels or an annotation.</summary>
    public bool IsLabelled => Group is not null;

    /// <summary>
    /// True for an interface that the pod's annotation asks for, beside its first: it is in its network alone, no default route leads by it, and the runtime is told no
    /// address of it.
    /// </summary>
    public bool IsSecondary { get; init; }

    /// <summary>Of a tenant's pod: its cluster addresses, one of each of the node's blocks; none: it speaks in its network alone.</summary>
    public PerFamily<InterfaceAddress> ClusterAddresses { get; init; }

    /// <summary>Its addresses that are of the node's blocks, whichever network it is in.</summary>
    public PerFamily<InterfaceAddress> OfBlocks => IsInDefaultNetwork ? Addresses : ClusterAddresses;

    /// <summary>The first of its addresses in its network: of a tenant's endpoint the only one.</summary>
    public IpAddr Address => Addresses.First.Address;

    /// <summary>
    /// The addresses that the runtime is told, each with its gateway: the cluster addresses where it has some. The runtime gives all it is told to Kubernetes,
    /// which takes one of each family for a pod's, and one that is known in its network alone is nobody's way to the pod there.
    /// </summary>
    public IEnumerable<(IpPrefix Address, IpAddr Gateway)> RuntimeAddresses =>
        IsSecondary ? [] : ClusterAddresses.IsEmpty ? Addresses.Select(a => (a.OnLink, a.Gateway)) : ClusterAddresses.Select(a => (a.Alone, a.Gateway));

    /// <summary>The first of the <see cref="RuntimeAddresses"/>: Kubernetes' podIP. Not of a secondary interface.</summary>
    public IpAddr PodAddress => RuntimeAddresses.First().Address.Address;

    /// <summary>What the device in the pod has: the cluster addresses, by themselves, and those of the network with its subnet.</summary>
    public ImmutableArray<IpPrefix> LinkAddresses => [.. ClusterAddresses.Select(a => a.Alone), .. Addresses.Select(a => a.OnLink)];

    /// <summary>The gateways that default routes by this interface lead through, at most one of a family.</summary>
    public PerFamily<IpAddr> DefaultGateways => InterfaceAddress.GatewaysOf(ClusterAddresses.IsEmpty ? Addresses : ClusterAddresses);

    /// <summary>Its routes in the pod. The cluster's gateway is in no subnet of the pod's, and what goes by it is sent from the cluster address.</summary>
    public ImmutableArray<PodRoute> Routes => !HasDefaultRoute ? []
        : ClusterAddresses.IsEmpty ? [.. DefaultGateways.Select(gateway => PodRoute.DefaultVia(gateway))]
        : [.. ClusterAddresses.SelectMany(a => new[] { PodRoute.OnLink(a.Gateway, a.Address), PodRoute.DefaultVia(a.Gateway, a.Address) })];

    /// <summary>What the map of networks says of its network.</summary>
    public NetworkEntry NetworkEntry =>
        new(AddressPair.Of(InterfaceAddress.GatewaysOf(Addresses)), IsInDefaultNetwork ? [] : [.. Addresses.Select(a => a.Subnet.Masked)]);

    /// <summary>What the map of networks says of each network that it has addresses in.</summary>
    public IEnumerable<KeyValuePair<uint, NetworkEntry>> Networks =>
    [
        new(DatapathId, NetworkEntry),
        .. ClusterAddresses.IsEmpty ? [] : new[] { KeyValuePair.Create(DatapathState.Cluster, new NetworkEntry(AddressPair.Of(DefaultGateways))) },
    ];

    /// <summary>What the map of interfaces says of its device.</summary>
    public InterfaceEntry InterfaceEntry => new(DatapathId, Number, Mac, PairOf(Addresses), PairOf(ClusterAddresses));

    /// <summary>What the map of endpoints says of each of its addresses.</summary>
    public IEnumerable<KeyValuePair<EndpointKey, EndpointEntry>> Endpoints =>
    [
        .. Addresses.Select(a => KeyValuePair.Create(new EndpointKey(DatapathId, a.Address), new EndpointEntry(Device, IpAddr.Unspecified, Mac))),
        .. ClusterAddresses.Select(a => KeyValuePair.Create(
            new EndpointKey(DatapathState.Cluster, a.Address), new EndpointEntry(Device, IpAddr.Unspecified, Mac, DatapathId))),
    ];

    /// <summary>Name of the host-side device.</summary>
    public string DeviceName => LinkNames.ForAttachment(Number);

    /// <summary>What its endpoint's record says of it: where it runs, and which cluster addresses it has there.</summary>
    /// <param name="host">This node's host label.</param>
    /// <param name="pod">Its pod.</param>
    public EndpointBinding BindingOf(string host, PodKey pod) => new(host, pod.Sandbox, Interface) { ClusterAddresses = [.. ClusterAddresses.Select(a => a.Address)] };

    private static AddressPair PairOf(PerFamily<InterfaceAddress> addresses) => AddressPair.Of([.. addresses.Select(a => a.Address)]);
}

/// <summary>An address of an interface.</summary>
/// <param name="Address">The address.</param>
/// <param name="Subnet">The network's subnet, or the node's block; its length becomes the address's on-link prefix.</param>
/// <param name="Gateway">The network's gateway; unspecified when it has none.</param>
internal readonly record struct InterfaceAddress(IpAddr Address, IpPrefix Subnet, IpAddr Gateway) : IOfFamily
{
    /// <inheritdoc/>
    public bool IsV4 => Address.IsV4;

    /// <summary>The address with the length of its subnet.</summary>
    public IpPrefix OnLink => new(Address, Subnet.Length);

    /// <summary>The address without a subnet.</summary>
    public IpPrefix Alone => IpPrefix.Alone(Address);

    /// <summary>The gateways of some addresses.</summary>
    public static PerFamily<IpAddr> GatewaysOf(PerFamily<InterfaceAddress> addresses) =>
        [.. addresses.Select(a => a.Gateway).Where(gateway => !gateway.IsUnspecified)];

    /// <summary>The address as text.</summary>
    public override string ToString() => Address.ToString();
}

/// <summary>How far the making or removal of an interface has come. Written to the journal before the step it names is begun.</summary>
internal enum AttachmentPhase
{
    /// <summary>Being made: link, maps and binding may each exist or not. A daemon that finds this after a restart rolls it back.</summary>
    Adding,

    /// <summary>Answered: everything exists.</summary>
    Up,

    /// <summary>Being removed: nobody may count on it any more.</summary>
    Leaving,

    /// <summary>Gone from the kernel; the binding in the store is still to be cleared.</summary>
    Unbinding,
}
