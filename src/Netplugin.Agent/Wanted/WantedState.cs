using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Planning;

namespace Netplugin.Agent.Wanted;

/// <summary>
/// What the node's maps should hold, from what the store says and what is attached here. Pure. What is attached here is the node's own
/// knowledge and wins over the store; of parts that were not listed yet, what the maps hold stays.
/// </summary>
internal static class WantedState
{
    /// <summary>Computes the whole state, but for the tunnel ends' next hops: these are the kernel's to know.</summary>
    /// <param name="view">What the store says.</param>
    /// <param name="node">The node's own facts.</param>
    /// <param name="vxlan">The VXLAN device.</param>
    /// <param name="local">Attachments that have a device and are not leaving.</param>
    /// <param name="current">What the maps hold now: kept where nothing may be concluded yet.</param>
    /// <param name="settling">After a reset was accepted, while the nodes write their bindings anew: nothing remote is removed.</param>
    /// <param name="services">What is balanced for pods, and which ports all of them may use; null: that is not known yet, and what the maps hold stays.</param>
    public static DatapathState Compute(
        ClusterView view, NodeFacts node, IfIndex vxlan, IReadOnlyCollection<Attachment> local, DatapathState current, bool settling = false,
        ServiceState? services = null)
    {
        // Journal entries of one network agree on its number, so the first names the network.
        var present = local.Where(a => !a.IsInDefaultNetwork).GroupBy(a => a.DatapathId).ToDictionary(g => g.Key, g => g.First());

        var interfaces = ImmutableDictionary.CreateBuilder<IfIndex, InterfaceEntry>();
        foreach (var a in local)
        {
            interfaces[a.Device] = a.InterfaceEntry;
        }

        // Of several entries of one address the last counts: what is attached here wins over the store, and the store over what is there.
        var endpoints = Kept(view, present, current, settling).Concat(Remote(view, node, present)).Concat(Nodes(view, node)).Concat(Local(local));
        var networks = present.ToImmutableDictionary(n => n.Key, n => EntryOf(view, n.Value));
        return new DatapathState(
            Node(view, node, vxlan, current),
            node.Blocks.IsEmpty ? networks : networks.Add(DatapathState.Cluster, new NetworkEntry(AddressPair.Of([.. node.Blocks.Select(block => block.Gateway)]))),
            current.Endpoints.Rebuild(endpoints),
            interfaces.ToImmutable(),
            Vteps(view, node.Host, current, settling).ToImmutableDictionary(vtep => vtep, _ => default(VtepEntry)),
            Blocks(view, node, current, settling),
            services?.Frontends ?? current.Frontends,
            services?.Shared ?? current.Shared);
    }

    /// <summary>
    /// The map entry of one endpoint of the store: only one that is bound on another node whose tunnel end is known has one.
    /// </summary>
    public static EndpointEntry? Remote(ClusterView view, string me, EndpointView endpoint)
    {
        if (endpoint.BoundHost.Length == 0 || endpoint.BoundHost == me || !(endpoint.Post <= view.Post))
        {
            return null;
        }

        return view.VtepOf(endpoint.BoundHost) is { IsUnspecified: false } vtep ? new EndpointEntry(IfIndex.None, vtep, endpoint.Mac) : null;
    }

    private static IEnumerable<KeyValuePair<EndpointKey, EndpointEntry>> Kept(
        ClusterView view, Dictionary<uint, Attachment> present, DatapathState current, bool settling)
    {
        var kept = present.Where(n => settling || !IsKnown(view, n.Value)).Select(n => n.Key).ToHashSet();
        if (settling || view.Nodes is null)
        {
            kept.Add(DatapathState.Cluster);
        }

        return kept.Count == 0 ? [] : current.Endpoints.Where(e => !e.Value.Vtep.IsUnspecified && kept.Contains(e.Key.Network));
    }

    private static IEnumerable<KeyValuePair<EndpointKey, EndpointEntry>> Remote(
        ClusterView view, NodeFacts node, Dictionary<uint, Attachment> present)
    {
        foreach (var (id, sample) in present.Where(n => IsKnown(view, n.Value)))
        {
            foreach (var (_, endpoint) in view.Endpoints[sample.Endpoint.Network])
            {
                if (Remote(view, node.Host, endpoint) is { } entry)
                {
                    yield return new(new EndpointKey(id, endpoint.Address), entry);
                }
            }
        }
    }

    /// <summary>The nodes themselves, which are endpoints of the cluster network by their tunnel ends, their addresses of the other family, and their addresses among the pods.</summary>
    private static IEnumerable<KeyValuePair<EndpointKey, EndpointEntry>> Nodes(ClusterView view, NodeFacts node)
    {
        if (node.Blocks.IsEmpty)
        {
            return [];
        }

        var others = view.NodesBut(node.Host).SelectMany(other =>
            other.Blocks.Select(block => new AddressBlock(block).Gateway).Append(other.Vtep).Append(other.SecondAddress).Select(address => (Address: address, other.Vtep)));
        var here = node.Blocks.Select(own => own.Gateway).Concat(AddressesOf(view, node)).Select(address => (Address: address, Vtep: IpAddr.Unspecified));
        return others.Concat(here).Where(n => !n.Address.IsUnspecified).Select(n => KeyValuePair.Create(
            new EndpointKey(DatapathState.Cluster, n.Address), new EndpointEntry(IfIndex.None, n.Vtep, MacAddress.Gateway)));
    }

    private static ImmutableDictionary<BlockKey, IpAddr> Blocks(ClusterView view, NodeFacts node, DatapathState current, bool settling)
    {
        if (node.Blocks.IsEmpty)
        {
            return ImmutableDictionary<BlockKey, IpAddr>.Empty;
        }

        var blocks = settling || view.Nodes is null ? current.Blocks : ImmutableDictionary<BlockKey, IpAddr>.Empty;
        foreach (var other in view.NodesBut(node.Host))
        {
            blocks = blocks.SetItems(other.Blocks.Select(block => KeyValuePair.Create(new BlockKey(DatapathState.Cluster, block), other.Vtep)));
        }

        return blocks.SetItems(node.Blocks.Select(own => KeyValuePair.Create(new BlockKey(DatapathState.Cluster, own.Prefix), IpAddr.Unspecified)));
    }

    private static IEnumerable<KeyValuePair<EndpointKey, EndpointEntry>> Local(IReadOnlyCollection<Attachment> local) =>
        local.SelectMany(a => a.Endpoints);

    private static bool IsKnown(ClusterView view, Attachment sample) =>
        view.IsListed && view.Endpoints.ContainsKey(sample.Endpoint.Network);

    private static NetworkEntry EntryOf(ClusterView view, Attachment sample) =>
        view.Network(sample.Endpoint.Network) is { } network && network.DatapathId == sample.DatapathId
            ? new NetworkEntry(AddressPair.Of([network.Gateway]), [network.Subnet.Masked])
            : sample.NetworkEntry;

    private static NodeEntry Node(ClusterView view, NodeFacts node, IfIndex vxlan, DatapathState current)
    {
        // Before the other nodes are known a larger packet than before is no progress.
        var mtu = view.Nodes is null && current.Node is { } before ? before.OverlayMtu : view.OverlayMtu(node.UnderlayMtu);
        return new NodeEntry(VtepOf(view, node), vxlan, MacAddress.Gateway, mtu);
    }

    /// <summary>Where this node's own tunnel ends: the intent's word, else what the node found out.</summary>
    public static IpAddr VtepOf(ClusterView view, NodeFacts node) => view.VtepOf(node.Host) is { IsUnspecified: false } given ? given : node.Vtep;

    /// <summary>This node's own addresses: its tunnel end, and the one of the other family; none that is not known.</summary>
    public static IEnumerable<IpAddr> AddressesOf(ClusterView view, NodeFacts node) =>
        new[] { VtepOf(view, node), node.SecondAddress }.Where(address => !address.IsUnspecified);

    private static ImmutableHashSet<IpAddr> Vteps(ClusterView view, string me, DatapathState current, bool settling) =>
        settling || view.Hosts is null || view.Nodes is null ? view.VtepsBut(me).Union(current.Vteps.Keys) : view.VtepsBut(me);
}
