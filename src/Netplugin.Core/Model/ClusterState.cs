using System.Collections.Immutable;

namespace Netplugin.Core.Model;

/// <summary>The intent side of the store as one immutable value: what planning starts from and ends in.</summary>
/// <param name="Post">The last committed post.</param>
/// <param name="Hosts">Hosts by name.</param>
/// <param name="Tenants">Tenants by name.</param>
/// <param name="Networks">Networks by id.</param>
/// <param name="Endpoints">Endpoints by id.</param>
/// <param name="Containers">The index of container names; always the one that follows from the posted ones of <paramref name="Endpoints"/> and posting order.</param>
/// <param name="Leases">The blocks that nodes have leased, by network; a network without any is missing.</param>
public sealed record ClusterState(
    PostRecord Post,
    ImmutableSortedDictionary<string, HostRecord> Hosts,
    ImmutableSortedDictionary<string, TenantRecord> Tenants,
    ImmutableSortedDictionary<NetworkId, NetworkRecord> Networks,
    ImmutableDictionary<EndpointId, EndpointRecord> Endpoints,
    ImmutableDictionary<string, ContainerRecord> Containers,
    ImmutableSortedDictionary<NetworkId, LeasesRecord> Leases)
{
    /// <summary>Endpoint groups by tenant and name.</summary>
    public ImmutableSortedDictionary<TenantedName, GroupRecord> Groups { get; init; } = ImmutableSortedDictionary<TenantedName, GroupRecord>.Empty;

    /// <summary>Policies by tenant and name.</summary>
    public ImmutableSortedDictionary<TenantedName, PolicyRecord> Policies { get; init; } = ImmutableSortedDictionary<TenantedName, PolicyRecord>.Empty;

    /// <summary>Nothing posted.</summary>
    public static ClusterState Empty { get; } = new(
        new PostRecord(0),
        ImmutableSortedDictionary.Create<string, HostRecord>(StringComparer.Ordinal),
        ImmutableSortedDictionary.Create<string, TenantRecord>(StringComparer.Ordinal),
        ImmutableSortedDictionary<NetworkId, NetworkRecord>.Empty,
        ImmutableDictionary<EndpointId, EndpointRecord>.Empty,
        ImmutableDictionary.Create<string, ContainerRecord>(StringComparer.Ordinal),
        ImmutableSortedDictionary<NetworkId, LeasesRecord>.Empty);
}
