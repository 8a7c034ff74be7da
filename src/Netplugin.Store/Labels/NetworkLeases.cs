using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store.Json;

namespace Netplugin.Store.Labels;

/// <summary>
/// A node's leases of the blocks of networks (docs/architecture.md, "State"). A lease and a post never give one address twice: a lease compares that nobody
/// posted since it looked, and a post that nobody leased.
/// </summary>
/// <param name="store">Where they are.</param>
/// <param name="host">The node's host label.</param>
internal sealed class NetworkLeases(IStateStore store, string host)
{
    /// <summary>Reads a network with its leases, and one key more.</summary>
    /// <param name="id">The network.</param>
    /// <param name="content">The store's content that the node follows.</param>
    /// <param name="also">The other key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The network, null when there is none that readers may see; the other key's entry; the last post's; and whether a post is under way.</returns>
    /// <exception cref="StoreException">The store has another content; or as for any read.</exception>
    public async Task<(LeasedNetwork? Network, StoreEntry? Also, StoreEntry? Post, bool IsPosting)> ReadAsync(
        NetworkId id, Guid content, string also, CancellationToken cancellationToken)
    {
        var read = await store.GetManyAsync(
            [StoreKeys.Cluster, StoreKeys.Post, StoreKeys.PostLock, StoreKeys.Network(id), StoreKeys.Leases(id), also], cancellationToken);
        var cluster = Followed(read[0], content);
        var network = read[3] is { } entry && RecordCodec.DecodeNetwork(entry) is var found && read[1] is { } post && found.Post <= RecordCodec.DecodePost(post).Number
            ? new LeasedNetwork(cluster, entry, found, read[4], read[4] is { } leases ? RecordCodec.DecodeLeases(leases) : LeasesRecord.None(id))
            : null;
        return (network, read[5], read[1], read[2] is not null);
    }

    /// <summary>Leases the node one more block. While a large post is under way it waits.</summary>
    /// <param name="id">The network.</param>
    /// <param name="content">The store's content that the node follows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The network with the lease; without it, and why, when there is nothing to lease; null when there is no such network.</returns>
    /// <exception cref="StoreException">
    /// The store has another content; or as for any write. After <see cref="StoreException.OutcomeUnknown"/> the node may have its lease: reading tells.
    /// </exception>
    public Task<(LeasedNetwork? Network, string? Missing)> LeaseAsync(NetworkId id, Guid content, CancellationToken cancellationToken) => LeaseAsync(
        id,
        content,
        (network, endpoints) => NetworkBlocks.Choose(network.Network, network.Leases.Leases, endpoints.Select(endpoint => endpoint.Address)) is { } block
            ? (network.Leases.With(new(host, block)), null)
            : (network.Leases, NetworkBlocks.Exhausted(network.Network, network.Leases.Leases)),
        cancellationToken);

    /// <summary>
    /// Leases the node one address, out of another node's block where it is of one. That node may be giving it to a pod meanwhile: whoever leased it looks at the
    /// endpoints again before it is used. From then on only this node can give it, since the other's endpoints compare the leases. While a large post is under way
    /// it waits.
    /// </summary>
    /// <param name="id">The network.</param>
    /// <param name="address">The address, one that endpoints of the network may have.</param>
    /// <param name="container">Whose it is to be: what an endpoint of that name has is free for it.</param>
    /// <param name="content">The store's content that the node follows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>As of a block.</returns>
    /// <exception cref="StoreException">As for a block.</exception>
    public Task<(LeasedNetwork? Network, string? Missing)> LeaseAsync(
        NetworkId id, IpAddr address, string container, Guid content, CancellationToken cancellationToken) => LeaseAsync(
            id,
            content,
            (network, endpoints) => endpoints.FirstOrDefault(endpoint => endpoint.Address == address && endpoint.Id.Container != container) is { } owner
                ? (network.Leases, OwnedBy(address.ToString(), owner))
                : (NetworkBlocks.WithAlone(network.Leases, host, address), null),
            cancellationToken);

    /// <summary>Says that an endpoint has what is asked for, for the operator.</summary>
    public static string OwnedBy(string what, EndpointRecord owner) =>
        $"{what} is already that of {(owner.Pod is { } pod ? $"pod {pod} in network {owner.Id.Network}" : $"endpoint {owner.Id}")}";

    private async Task<(LeasedNetwork? Network, string? Missing)> LeaseAsync(
        NetworkId id, Guid content, Func<LeasedNetwork, IReadOnlyCollection<EndpointRecord>, (LeasesRecord Leases, string? Missing)> choose, CancellationToken cancellationToken)
    {
        for (var standBack = new StandBack(); ; await standBack.WaitAsync(cancellationToken))
        {
            // Before the endpoints: what a post changes between the two fails the compare.
            var (network, last, post, isPosting) = await ReadAsync(id, content, StoreKeys.LastLease, cancellationToken);
            if (network is null)
            {
                return (null, null);
            }

            if (isPosting)
            {
                continue;
            }

            var endpoints = await store.ListAsync(StoreKeys.EndpointsOf(id), cancellationToken);
            var (leases, missing) = choose(network, [.. endpoints.Entries.Select(RecordCodec.DecodeEndpoint)]);
            if (missing is not null)
            {
                return (network, missing);
            }

            var value = RecordCodec.Encode(leases);
            var key = StoreKeys.Leases(id);
            var result = await store.CommitAsync(
                new(
                    [
                        StoreCompare.Missing(StoreKeys.PostLock),
                        StoreCompare.Unchanged(StoreKeys.Post, post!.ModRevision),
                        StoreCompare.Unchanged(StoreKeys.Cluster, network.Cluster.ModRevision),
                        StoreCompare.Unchanged(StoreKeys.Network(id), network.NetworkEntry.ModRevision),
                        StoreCompare.Unchanged(key, network.LeasesEntry?.ModRevision ?? 0),
                    ],
                    [new StoreOperation.Put(key, value), new StoreOperation.Put(StoreKeys.LastLease, RecordCodec.Encode(new LastLeaseRecord(id, host)))]),
                cancellationToken);
            if (result.Succeeded)
            {
                var entry = new StoreEntry(key, value, network.LeasesEntry?.CreateRevision ?? result.Revision, result.Revision);
                return (network with { LeasesEntry = entry, Leases = leases }, null);
            }
        }
    }

    /// <summary>Gives back the node's blocks of a network in which no endpoint has an address.</summary>
    /// <param name="id">The network.</param>
    /// <param name="inUse">Addresses that the node has given, for endpoints that are perhaps not in the store yet.</param>
    /// <param name="content">The store's content that the node follows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreException">The store has another content; or as for any write.</exception>
    public async Task GiveBackAsync(NetworkId id, IReadOnlyCollection<IpAddr> inUse, Guid content, CancellationToken cancellationToken)
    {
        for (var standBack = new StandBack(); ; await standBack.WaitAsync(cancellationToken))
        {
            var read = await store.GetManyAsync([StoreKeys.Cluster, StoreKeys.Leases(id)], cancellationToken);
            var cluster = Followed(read[0], content);
            if (read[1] is not { } entry)
            {
                return;
            }

            var leases = RecordCodec.DecodeLeases(entry);
            var endpoints = await store.ListAsync(StoreKeys.EndpointsOf(id), cancellationToken);
            var left = NetworkBlocks.WithoutIdle(leases, host, [.. endpoints.Entries.Select(each => RecordCodec.DecodeEndpoint(each).Address), .. inUse]);
            if (left == leases || (await store.CommitAsync(Write(entry, left, StoreCompare.Unchanged(StoreKeys.Cluster, cluster.ModRevision)), cancellationToken)).Succeeded)
            {
                return;
            }
        }
    }

    /// <summary>What changes the leases of a network from what was read.</summary>
    public static StoreTransaction Write(StoreEntry before, LeasesRecord leases, StoreCompare also) => new(
        [StoreCompare.Unchanged(before.Key, before.ModRevision), also],
        [leases.Leases.IsEmpty ? new StoreOperation.Delete(before.Key) : new StoreOperation.Put(before.Key, RecordCodec.Encode(leases))]);

    /// <summary>The record of the store's content, if that is the one that is followed.</summary>
    /// <exception cref="StoreException">It is another: whoever follows it will say so. Until an operator spoke, a wiped store must look wiped.</exception>
    public static StoreEntry Followed(StoreEntry? cluster, Guid content) => cluster is not null && RecordCodec.DecodeCluster(cluster).ClusterId == content
        ? cluster
        : throw new StoreException("lease", StoreFailure.Refused, "the store holds another content than this node follows");
}
