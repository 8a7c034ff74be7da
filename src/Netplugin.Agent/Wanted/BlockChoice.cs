using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;

namespace Netplugin.Agent.Wanted;

/// <summary>What a node serves the default network's pods from, after what Kubernetes says of the node. Pure.</summary>
/// <param name="Block">The block to serve from now on; null: as before.</param>
/// <param name="Problem">What an operator should know; null: nothing.</param>
internal readonly record struct BlockChoice(AddressBlock? Block, string? Problem)
{
    /// <summary>Chooses.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="exists">Whether Kubernetes has the node.</param>
    /// <param name="given">The pod CIDR it gave the node, if any.</param>
    /// <param name="inUse">Blocks that running pods have their addresses of.</param>
    public static BlockChoice Of(string node, bool exists, IpPrefix? given, IEnumerable<IpPrefix> inUse)
    {
        if (!exists)
        {
            return new(null, $"Kubernetes has no node {node}: give -host-label the node's name");
        }

        if (given is not { } cidr)
        {
            return new(null,
                $"Kubernetes gave node {node} no pod CIDR: start kube-controller-manager with --allocate-node-cidrs and --cluster-cidr, or netplugin with -pod-cidr");
        }

        if (cidr.HostBits < AddressBlock.MinimumHostBits)
        {
            return new(null, $"the pod CIDR {cidr} of node {node} has room for no pod: give kube-controller-manager a smaller --node-cidr-mask-size");
        }

        // Two blocks at once would be two gateways: those that run keep theirs, and a new one waits for the last of them.
        return inUse.Where(used => used != cidr.Masked).Select(used => (IpPrefix?)used).FirstOrDefault() is { } other
            ? new(new AddressBlock(other),
                $"Kubernetes gave node {node} the pod CIDR {cidr}, but pods run with addresses of {other}: they keep them, and new pods get such, until the last of them is gone; drain the node to change over")
            : new(new AddressBlock(cidr.Masked), null);
    }
}
