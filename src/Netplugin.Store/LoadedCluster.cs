using System.Collections.Immutable;
using Netplugin.Core.Model;
using Netplugin.Store.Json;

namespace Netplugin.Store;

/// <summary>The cluster's state as it was at one revision of the store, with what a post needs to prove that it still is so.</summary>
public sealed class LoadedCluster
{
    internal LoadedCluster(ClusterState state, ClusterRecord? cluster, long revision)
    {
        State = state;
        Cluster = cluster;
        Revision = revision;
    }

    /// <summary>The intent side: what readers may see, whole posts only.</summary>
    public ClusterState State { get; }

    /// <summary>Identity of the store's content; null before the first post.</summary>
    public ClusterRecord? Cluster { get; }

    /// <summary>The store's revision that all of this is from.</summary>
    public long Revision { get; }

    /// <summary>Who was posting at that revision; null when nobody was.</summary>
    public string? Poster { get; internal init; }

    /// <summary>Last change of the post record; 0 when there is none.</summary>
    internal long PostRevision { get; init; }

    /// <summary>Last change of the record of the last lease; 0 when nothing was leased ever.</summary>
    internal long LeaseRevision { get; init; }

    /// <summary>Last change of each endpoint's record: a node may have bound it since.</summary>
    internal IReadOnlyDictionary<EndpointId, long> EndpointRevisions { get; init; } = ImmutableDictionary<EndpointId, long>.Empty;

    /// <summary>Keys that a broken post left: nobody sees them, and the next post removes them first.</summary>
    internal ImmutableArray<string> Remains { get; init; } = [];

    /// <summary>Parts of a committed post that its poster did not live to apply; <see cref="State"/> has them already.</summary>
    internal ImmutableArray<(StoreEntry Entry, PostTailDocument Tail)> Unapplied { get; init; } = [];
}
