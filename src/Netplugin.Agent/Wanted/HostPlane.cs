using System.Collections.Immutable;
using Netplugin.Agent.Cluster;
using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;

namespace Netplugin.Agent.Wanted;

/// <summary>What the host's stack needs in order to speak with the default network's pods on every node. Pure.</summary>
/// <param name="Own">This node's blocks; their gateway addresses are the node's.</param>
/// <param name="Sources">
/// What the node speaks to pods from, for each of its blocks: its tunnel end, or its address of the other family, which is how pods know it, so that a program
/// which answers a pod without naming a source answers from the address that was asked. The gateway address where it has none of the family.
/// </param>
/// <param name="Blocks">Every node's block, this one's among them, in order.</param>
internal sealed record HostPlane(PerFamily<AddressBlock> Own, PerFamily<IpAddr> Sources, ImmutableArray<IpPrefix> Blocks)
{
    /// <summary>What follows from what the store says and from the node's own facts; null when the node serves no such pods.</summary>
    public static HostPlane? Of(ClusterView view, NodeFacts node) => node.Blocks.IsEmpty ? null : new(
        node.Blocks,
        [.. node.Blocks.Select(own => WantedState.AddressesOf(view, node).Append(own.Gateway).First(address => address.IsV4 == own.IsV4))],
        [.. view.NodesBut(node.Host).SelectMany(other => other.Blocks).Concat(node.Blocks.Select(own => own.Prefix)).Distinct().OrderBy(block => (block.Address, block.Length))]);

    /// <summary>Blocks of this node that overlap other nodes', so that some address is two pods', with the names of those nodes; empty when all is well.</summary>
    public static ImmutableArray<(IpPrefix Block, ImmutableArray<string> Nodes)> Rivals(ClusterView view, NodeFacts node) =>
    [
        .. from own in node.Blocks
           let rivals = view.NodesBut(node.Host).Where(other => other.Blocks.Any(own.Prefix.Overlaps)).Select(other => other.Host).Order(StringComparer.Ordinal)
           where rivals.Any()
           select (own.Prefix, rivals.ToImmutableArray()),
    ];

    /// <summary>Equal in every member; blocks compare by content.</summary>
    public bool Equals(HostPlane? other) => other is not null && Own == other.Own && Sources == other.Sources && Blocks.AsSpan().SequenceEqual(other.Blocks.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Own, Sources, Blocks.Length);
}
