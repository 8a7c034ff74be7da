using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>The blocks that a node leases, after what all nodes have. Pure.</summary>
/// <param name="Blocks">What the node's record is to say, in the order of the pools.</param>
/// <param name="Missing">Why no pod may get an address of this node now, for the operator; null: it may.</param>
/// <param name="Warning">What else an operator should know; null: nothing.</param>
public sealed record BlockLease(PerFamily<IpPrefix> Blocks, string? Missing, string? Warning)
{
    /// <summary>Chooses. A node keeps what it has for as long as nobody else has it, and takes the lowest free block else.</summary>
    /// <param name="pools">What to lease from.</param>
    /// <param name="inUse">Blocks that running pods have their addresses of: these cannot be exchanged for others.</param>
    /// <param name="had">Blocks that the node had, the most recent first: kept while they are the pool's.</param>
    /// <param name="others">The other nodes, whatever they have their blocks from.</param>
    /// <param name="mayTake">False while other nodes may not have written down yet what they have: nothing new is taken then.</param>
    public static BlockLease Choose(
        PerFamily<BlockPool> pools, IEnumerable<IpPrefix> inUse, IEnumerable<IpPrefix> had, IReadOnlyCollection<NodeRecord> others, bool mayTake)
    {
        ImmutableArray<IpPrefix> used = [.. inUse.DistinctBy(block => block.IsV4)], before = [.. had];
        var blocks = new List<(IpPrefix Block, bool IsNew)>();
        string? missing = null, lacking = null, warning = null;
        foreach (var isV4 in pools.Select(pool => pool.IsV4).Union(used.Select(block => block.IsV4)))
        {
            var pool = pools.Of(isV4);
            if (used.Any(block => block.IsV4 == isV4))
            {
                var running = used.Single(block => block.IsV4 == isV4);
                if (Owner(running) is { } owner)
                {
                    missing = $"node {owner} has {running}, which pods of this node have their addresses of: they keep them, but are cut off from other nodes, and no new ones get such; drain this node, and it leases another block";
                    continue;
                }

                blocks.Add((running, false));
                warning ??= pool?.Contains(running) == true ? null
                    : $"pods of this node have addresses of {running}, which is not of the pod pool: they keep them, and new pods get such, until the last of them is gone; drain the node to change over";
            }
            else if (before.Where(block => pool!.Value.Contains(block) && Owner(block) is null).ToArray() is [var own, ..])
            {
                blocks.Add((own, false));
            }
            else if (!mayTake)
            {
                lacking ??= "after the reset of the store this node waits for the others to write down which blocks they have, before it leases one";
            }
            else if (pool!.Value.Lowest(others.SelectMany(node => node.Blocks)) is { } free)
            {
                blocks.Add((free, true));
            }
            else
            {
                lacking ??= Exhausted(pool.Value, others);
            }
        }

        // All that are missing or none of them: a node's pods shall not differ in the families they have.
        if (missing is not null || lacking is not null)
        {
            blocks.RemoveAll(block => block.IsNew);
        }

        return new(
            [.. blocks.Select(block => block.Block)], missing ?? (blocks.Count == 0 ? lacking : null), warning ?? (blocks.Count == 0 ? null : lacking));

        string? Owner(IpPrefix block) => others.FirstOrDefault(node => node.Blocks.Any(block.Overlaps))?.Host;
    }

    private static string Exhausted(BlockPool pool, IReadOnlyCollection<NodeRecord> others)
    {
        var taken = others.SelectMany(node => node.Blocks).Count(block => block.Overlaps(pool.Prefix));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the pod pool {pool.Prefix} is exhausted: of its {pool.Size} blocks of /{pool.BlockLength} none is free, and other nodes have {taken} blocks in it; \"netdcli status\" shows which nodes are down, \"netdcli node forget HOST\" frees the blocks of one that is gone for good; or start every node with a larger -pod-pool");
    }
}
