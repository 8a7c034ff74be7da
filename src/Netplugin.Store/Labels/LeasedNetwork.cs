using System.Collections.Immutable;
using Netplugin.Core.Model;

namespace Netplugin.Store.Labels;

/// <summary>A network with its leases, as the store had them at one revision.</summary>
/// <param name="Cluster">The record of the store's content; an accepted reset writes it.</param>
/// <param name="NetworkEntry">The network's record as stored.</param>
/// <param name="Network">The network.</param>
/// <param name="LeasesEntry">The record of its leases as stored; null when it has none.</param>
/// <param name="Leases">Its leases.</param>
internal sealed record LeasedNetwork(StoreEntry Cluster, StoreEntry NetworkEntry, NetworkRecord Network, StoreEntry? LeasesEntry, LeasesRecord Leases)
{
    /// <summary>What holds while everything is as it was, whoever wrote it and when: by bytes, since another content may have the same revisions.</summary>
    public ImmutableArray<StoreCompare> Compares =>
    [
        StoreCompare.Holds(StoreKeys.Cluster, Cluster.Value),
        StoreCompare.Holds(StoreKeys.Network(Network.Id), NetworkEntry.Value),
        LeasesEntry is null ? StoreCompare.Missing(StoreKeys.Leases(Network.Id)) : StoreCompare.Holds(StoreKeys.Leases(Network.Id), LeasesEntry.Value),
    ];

    /// <summary>True when the other is the same network of the same content, whatever is leased of it.</summary>
    public bool IsOf(LeasedNetwork other) =>
        Cluster.Value.Span.SequenceEqual(other.Cluster.Value.Span) && NetworkEntry.Value.Span.SequenceEqual(other.NetworkEntry.Value.Span);
}
