using Microsoft.Extensions.Logging;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store;

namespace Netplugin.Agent.Node;

/// <summary>
/// This node's blocks where the operator gave a pool to lease them from. Asked for with every registration, so that a node that has none goes on as soon
/// as there is one. Pods that run keep their block: another one is taken up when none of them is left.
/// </summary>
internal sealed class LeasedBlocks(
    NodeRegistry registry, PerFamily<BlockPool> pools, NodeIdentity identity, Func<IEnumerable<IpPrefix>> inUse, ClusterFollower follower, ProblemBoard problems, ILogger log)
{
    private string? _awaited = "this node has not leased its block of addresses yet: it does so as soon as the store answers";
    private volatile bool _isSettled;

    /// <summary>Why no pod may get an address of this node now, for the operator; null: it may.</summary>
    public string? Awaited => Volatile.Read(ref _awaited);

    /// <summary>True when leasing again may come to something else.</summary>
    public bool IsDue => !_isSettled || !HostPlane.Rivals(follower.View, identity.Facts).IsEmpty;

    /// <summary>Leases, writes the node's record and serves from what it says.</summary>
    /// <param name="node">The record, with the blocks that are served now.</param>
    /// <param name="content">The store's content that is followed; null: none was yet.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The record as the store has it, and whether other blocks are served than before.</returns>
    /// <exception cref="StoreException">As for any write.</exception>
    public async Task<(NodeRecord Node, bool IsNew)> LeaseAsync(NodeRecord node, Guid? content, CancellationToken cancellationToken)
    {
        IpPrefix[] running = [.. inUse()];
        var (written, lease) = await registry.LeaseAsync(node, pools, running, content, mayTake: !follower.IsSettling, cancellationToken);
        if (problems.Set(LoopTopics.PodPool, lease.Missing ?? lease.Warning) && (lease.Missing ?? lease.Warning) is { } problem)
        {
            NodeLog.LeaseProblem(log, problem);
        }

        _isSettled = lease is { Missing: null, Warning: null };
        if (lease.Missing is not null)
        {
            // First, so that no pod gets an address in between.
            Volatile.Write(ref _awaited, lease.Missing);
        }

        // Pods whose block is another's by now still have their gateway.
        PerFamily<IpPrefix> served = lease.Missing is null ? lease.Blocks : [.. running.DistinctBy(block => block.IsV4)];
        var isNew = identity.Serve([.. served.Select(block => new AddressBlock(block))]);
        if (lease.Missing is null)
        {
            Volatile.Write(ref _awaited, null);
        }

        if (isNew && !served.IsEmpty)
        {
            NodeLog.Leased(log, served);
        }

        return (written, isNew);
    }
}
