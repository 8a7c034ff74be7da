using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;

namespace Netplugin.Agent.Wanted;

/// <summary>What a node serves the default network's pods from, after what Kubernetes says of the node. Pure.</summary>
/// <param name="Blocks">The blocks to serve from now on; none: as before.</param>
/// <param name="Problem">What an operator should know; null: nothing.</param>
internal readonly record struct BlockChoice(PerFamily<AddressBlock> Blocks, string? Problem)
{
    /// <summary>Chooses.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="exists">Whether Kubernetes has the node.</param>
    /// <param name="given">The pod CIDRs it gave the node, if any; of a family the first counts.</param>
    /// <param name="inUse">Blocks that running pods have their addresses of.</param>
    public static BlockChoice Of(string node, bool exists, IReadOnlyList<IpPrefix> given, IEnumerable<IpPrefix> inUse)
    {
        if (!exists)
        {
            return new([], $"Kubernetes has no node {node}: give -host-label the node's name");
        }

        if (given.Count == 0)
        {
            return new([],
                $"Kubernetes gave node {node} no pod CIDR: start kube-controller-manager with --allocate-node-cidrs and --cluster-cidr, or netplugin with -pod-cidr");
        }

        foreach (var cidr in given.Where(cidr => cidr.HostBits < AddressBlock.MinimumHostBits))
        {
            return new([], $"the pod CIDR {cidr} of node {node} has room for no pod: give kube-controller-manager a smaller --node-cidr-mask-size");
        }

        // Two blocks of a family at once would be two gateways: those that run keep theirs, and a new one waits for the last of them.
        var mine = given.DistinctBy(cidr => cidr.IsV4).ToDictionary(cidr => cidr.IsV4, cidr => cidr.Masked);
        var others = inUse.Where(used => !mine.ContainsValue(used)).DistinctBy(used => used.IsV4).ToDictionary(used => used.IsV4);
        var problems = others.Select(other =>
            $"Kubernetes gave node {node} {(mine.TryGetValue(other.Key, out var cidr) ? $"the pod CIDR {cidr}" : $"no pod CIDR of IPv{(other.Key ? 4 : 6)}")}, but pods run with addresses of {other.Value}: they keep them, and new pods get such, until the last of them is gone; drain the node to change over");
        return new(
            [.. mine.Keys.Union(others.Keys).Select(isV4 => new AddressBlock(others.TryGetValue(isV4, out var used) ? used : mine[isV4]))],
            others.Count == 0 ? null : string.Join("; ", problems));
    }
}
