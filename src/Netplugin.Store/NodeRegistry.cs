using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store.Json;
using Netplugin.Store.Labels;
using Netplugin.Store.Posts;

namespace Netplugin.Store;

/// <summary>
/// The nodes' own records, and with them the blocks they have: a record is the lease. It outlives the daemon and the machine, until somebody says
/// that the node is gone for good.
/// </summary>
/// <param name="store">Where the records are.</param>
public sealed class NodeRegistry(IStateStore store)
{
    /// <summary>Writes a record whose blocks somebody else gave the node.</summary>
    /// <exception cref="StoreException">As for any write.</exception>
    public Task WriteAsync(NodeRecord node, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(node);

        // Not compared: they are the node's whatever others lease. But who leases now looks again.
        return store.CommitAsync(new([], Writes(node)), cancellationToken);
    }

    /// <summary>
    /// Leases a node its blocks and writes its record with them. Two nodes never get the same or an overlapping one, whatever their pools are.
    /// </summary>
    /// <param name="node">The record, whose blocks are those that the node serves now.</param>
    /// <param name="pools">What to lease from.</param>
    /// <param name="inUse">Blocks that running pods of the node have their addresses of.</param>
    /// <param name="content">The store's content that the node follows; null: it has followed none yet.</param>
    /// <param name="mayTake">False: the node may get what it had, and nothing new (<see cref="BlockLease.Choose"/>).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The record as the store has it, and what is to be said of its blocks.</returns>
    /// <exception cref="StoreException">The store has another content; or as for any write. After <see cref="StoreException.OutcomeUnknown"/> the node may have its lease; asked again it keeps that.</exception>
    public async Task<(NodeRecord Node, BlockLease Lease)> LeaseAsync(
        NodeRecord node, PerFamily<BlockPool> pools, IReadOnlyCollection<IpPrefix> inUse, Guid? content, bool mayTake,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        for (var standBack = new StandBack(); ; await standBack.WaitAsync(cancellationToken))
        {
            // Before the nodes: what changes between the two fails the compare.
            var before = await store.GetManyAsync([StoreKeys.Blocks, StoreKeys.Cluster], cancellationToken);
            var (blocks, cluster) = (before[0], before[1]);
            if (content is { } followed)
            {
                NetworkLeases.Followed(cluster, followed);
            }

            var nodes = await store.ListAsync(StoreKeys.Nodes, cancellationToken);
            var own = nodes.Entries.FirstOrDefault(entry => entry.Key == StoreKeys.Node(node.Host));
            NodeRecord[] others = [.. nodes.Entries.Where(entry => entry != own).Select(RecordCodec.DecodeNode)];
            var lease = BlockLease.Choose(
                pools, inUse, node.Blocks.Concat(own is null ? [] : RecordCodec.DecodeNode(own).Blocks), others, mayTake);
            var leased = node with { Blocks = [.. lease.Blocks] };
            if (own is not null && cluster is not null && RecordCodec.DecodeNode(own) == leased)
            {
                return (leased, lease);
            }

            var transaction = new StoreTransaction(
                [
                    StoreCompare.Unchanged(StoreKeys.Blocks, blocks?.ModRevision ?? 0),
                    StoreCompare.Unchanged(StoreKeys.Node(node.Host), own?.ModRevision ?? 0),
                    StoreCompare.Unchanged(StoreKeys.Cluster, cluster?.ModRevision ?? 0),
                ],
                Writes(leased));
            if (cluster is null)
            {
                // With leases there is something to lose: a node then knows this store again, and does not follow another.
                transaction = transaction with
                {
                    Operations = transaction.Operations.Add(new StoreOperation.Put(StoreKeys.Cluster, RecordCodec.Encode(ClusterRepository.NewIdentity()))),
                };
            }

            if ((await store.CommitAsync(transaction, cancellationToken)).Succeeded)
            {
                return (leased, lease);
            }
        }
    }

    /// <summary>
    /// Forgets a node that is gone for good: takes its leases of networks, removes the endpoints that it made for pods with labels, clears the bindings of the
    /// others it held, then removes its record, which frees its blocks. If it breaks off, doing it again does the rest.
    /// </summary>
    /// <returns>What it had; null when nothing was known of it.</returns>
    /// <exception cref="StoreException">The node's daemon runs; or as for any write.</exception>
    public async Task<ForgottenNode?> ForgetAsync(string host, CancellationToken cancellationToken = default)
    {
        var leased = ImmutableArray.CreateBuilder<(NetworkId Network, IpPrefix Block)>();
        var (unbound, removed) = (ImmutableArray.CreateBuilder<EndpointId>(), ImmutableArray.CreateBuilder<EndpointId>());
        while (true)
        {
            await RefuseAliveAsync(host, cancellationToken);
            var node = await store.GetAsync(StoreKeys.Node(host), cancellationToken);

            // The leases first: without them the node makes no more endpoints, and nobody leases what still has some.
            var isCleared = await TakeLeasesAsync(host, leased, cancellationToken) && await UnbindAllAsync(host, unbound, removed, cancellationToken);
            if (!isCleared || (node is not null && !await RemoveAsync(host, node, cancellationToken)))
            {
                continue;
            }

            return node is null && unbound.Count + removed.Count + leased.Count == 0
                ? null
                : new(
                    host, node is null ? [] : RecordCodec.DecodeNode(node).Blocks, unbound.ToImmutable(),
                    await store.GetAsync(StoreKeys.Host(host), cancellationToken) is not null)
                {
                    Leases = leased.ToImmutable(),
                    Removed = removed.ToImmutable(),
                };
        }
    }

    /// <summary>Removes the record of a node that is not alive, which frees its blocks. What is bound there stays so.</summary>
    /// <returns>False when it is alive, or its record is gone or another by now.</returns>
    /// <exception cref="StoreException">As for any write.</exception>
    public async Task<bool> RemoveAsync(string host, CancellationToken cancellationToken = default) =>
        await store.GetAsync(StoreKeys.Node(host), cancellationToken) is { } node && await RemoveAsync(host, node, cancellationToken);

    private async Task<bool> RemoveAsync(string host, StoreEntry node, CancellationToken cancellationToken)
    {
        var removal = new StoreTransaction(
            [StoreCompare.Missing(StoreKeys.NodeAlive(host)), StoreCompare.Unchanged(StoreKeys.Node(host), node.ModRevision)],
            [new StoreOperation.Delete(StoreKeys.Node(host)), Changed(host)]);
        return (await store.CommitAsync(removal, cancellationToken)).Succeeded;
    }

    private async Task RefuseAliveAsync(string host, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(StoreKeys.NodeAlive(host), cancellationToken) is { } alive)
        {
            var status = RecordCodec.DecodeNodeStatus(alive);
            throw new StoreException(
                "forget", StoreFailure.Refused,
                $"node {host} is alive: its netplugin runs since {status.Since:u} and says \"{status.State}\"; stop it there first, and wait 15 s if it was killed");
        }
    }

    /// <summary>Takes a host's leases of networks away; false when somebody leased meanwhile, or the host came alive.</summary>
    private async Task<bool> TakeLeasesAsync(
        string host, ImmutableArray<(NetworkId Network, IpPrefix Block)>.Builder taken, CancellationToken cancellationToken)
    {
        foreach (var entry in (await store.ListAsync(StoreKeys.AllLeases, cancellationToken)).Entries)
        {
            var leases = RecordCodec.DecodeLeases(entry);
            var left = leases with { Leases = leases.Leases.RemoveAll(lease => lease.Host == host) };
            if (left == leases)
            {
                continue;
            }

            if (!(await store.CommitAsync(NetworkLeases.Write(entry, left, StoreCompare.Missing(StoreKeys.NodeAlive(host))), cancellationToken)).Succeeded)
            {
                return false;
            }

            taken.AddRange(leases.Of(host).Select(block => (leases.Network, block)));
        }

        return true;
    }

    /// <summary>Clears every binding to a host, and removes what it made itself; false when somebody wrote one of the records meanwhile, or the host came alive.</summary>
    private async Task<bool> UnbindAllAsync(
        string host, ImmutableArray<EndpointId>.Builder unbound, ImmutableArray<EndpointId>.Builder removed, CancellationToken cancellationToken)
    {
        const int AliveCompare = 1;

        var all = await store.ListAsync(StoreKeys.Endpoints, cancellationToken);
        var bound = all.Entries.Select(entry => (entry.ModRevision, Record: RecordCodec.DecodeEndpoint(entry)))
            .Where(endpoint => endpoint.Record.Binding?.Host == host)
            .ToDictionary(endpoint => StoreKeys.Endpoint(endpoint.Record.Id), StringComparer.Ordinal);
        var writes = bound.Select(endpoint => endpoint.Value.Record.Pod is null
            ? (StoreOperation)new StoreOperation.Put(endpoint.Key, RecordCodec.Encode(endpoint.Value.Record with { Binding = null }))
            : new StoreOperation.Delete(endpoint.Key));
        foreach (var part in PostOperations.Parts(writes, store.MaxOperations, AliveCompare))
        {
            var result = await store.CommitAsync(
                new(
                    [StoreCompare.Missing(StoreKeys.NodeAlive(host)), .. part.Select(write => StoreCompare.Unchanged(write.Key, bound[write.Key].ModRevision))],
                    part),
                cancellationToken);
            if (!result.Succeeded)
            {
                return false;
            }

            var done = part.Select(write => bound[write.Key].Record).ToLookup(record => record.Pod is null, record => record.Id);
            unbound.AddRange(done[true]);
            removed.AddRange(done[false]);
        }

        return true;
    }

    private static ImmutableArray<StoreOperation> Writes(NodeRecord node) =>
        [new StoreOperation.Put(StoreKeys.Node(node.Host), RecordCodec.Encode(node)), Changed(node.Host)];

    private static StoreOperation.Put Changed(string host) => new(StoreKeys.Blocks, RecordCodec.Encode(new BlocksRecord(host)));
}

/// <summary>What a node had that is forgotten now.</summary>
/// <param name="Host">The host label.</param>
/// <param name="Blocks">Its blocks, which are free.</param>
/// <param name="Endpoints">Endpoints that were bound there and are not any more.</param>
/// <param name="IsPosted">True when an intent still names the host.</param>
public sealed record ForgottenNode(string Host, ImmutableArray<IpPrefix> Blocks, ImmutableArray<EndpointId> Endpoints, bool IsPosted)
{
    /// <summary>Blocks of networks that it had leased, which are free.</summary>
    public ImmutableArray<(NetworkId Network, IpPrefix Block)> Leases { get; init; } = [];

    /// <summary>Endpoints that it had made for pods with labels, which are gone.</summary>
    public ImmutableArray<EndpointId> Removed { get; init; } = [];
}
