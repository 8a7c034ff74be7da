using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Datapath;

namespace Netplugin.Agent.Wanted;

/// <summary>
/// What the node's maps should hold, from what the store says and what is attached here. Pure. What is attached here is the node's own
/// knowledge and wins over the store; of parts that were not listed yet, what the maps hold stays.
/// </summary>
internal static class WantedState
{
    /// <summary>Computes the whole state.</summary>
    /// <param name="view">What the store says.</param>
    /// <param name="node">The node's own facts.</param>
    /// <param name="vxlan">The VXLAN device.</param>
    /// <param name="local">Attachments that have a device and are not leaving.</param>
    /// <param name="current">What the maps hold now: kept where nothing may be concluded yet.</param>
    /// <param name="settling">After a reset was accepted, while the nodes write their bindings anew: nothing remote is removed.</param>
    public static DatapathState Compute(
        ClusterView view, NodeFacts node, IfIndex vxlan, IReadOnlyCollection<Attachment> local, DatapathState current, bool settling = false)
    {
        var networks = ImmutableDictionary.CreateBuilder<uint, NetworkEntry>();
        var interfaces = ImmutableDictionary.CreateBuilder<IfIndex, InterfaceEntry>();

        // Of two entries of one address the later in this list counts: what is attached here, then what the store says, then what is there.
        var endpoints = new List<DictionaryEdit<EndpointKey, EndpointEntry>>(current.Endpoints.Count);

        // Journal entries of one network agree on its number, so the first names the network.
        var present = local.GroupBy(a => a.DatapathId).ToDictionary(g => g.Key, g => g.First());
        foreach (var (key, entry) in current.Endpoints)
        {
            if (!entry.Vtep.IsUnspecified && present.TryGetValue(key.Network, out var sample) && (settling || !IsKnown(view, sample)))
            {
                endpoints.Add(new(key, entry));
            }
        }

        foreach (var (id, sample) in present)
        {
            networks[id] = new NetworkEntry(GatewayOf(view, sample));
            if (!IsKnown(view, sample))
            {
                continue;
            }

            foreach (var endpoint in view.Endpoints[sample.Endpoint.Network].Values)
            {
                if (Remote(view, node.Host, endpoint) is { } entry)
                {
                    endpoints.Add(new(new EndpointKey(id, endpoint.Address), entry));
                }
            }
        }

        foreach (var attachment in local)
        {
            endpoints.Add(new(
                new EndpointKey(attachment.DatapathId, attachment.Address), new EndpointEntry(attachment.Device, default, attachment.Mac)));
            interfaces[attachment.Device] = new InterfaceEntry(attachment.DatapathId, attachment.Number, attachment.Mac, attachment.Address);
        }

        return new DatapathState(
            Node(view, node, vxlan, current), networks.ToImmutable(), DatapathState.Empty.Endpoints.With(endpoints), interfaces.ToImmutable(),
            Vteps(view, node, current, settling));
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

    private static bool IsKnown(ClusterView view, Attachment sample) =>
        view.IsListed && view.Endpoints.ContainsKey(sample.Endpoint.Network);

    private static IpAddr GatewayOf(ClusterView view, Attachment sample) =>
        view.Network(sample.Endpoint.Network) is { } network && network.DatapathId == sample.DatapathId ? network.Gateway : sample.Gateway;

    private static NodeEntry Node(ClusterView view, NodeFacts node, IfIndex vxlan, DatapathState current)
    {
        var vtep = view.VtepOf(node.Host) is { IsUnspecified: false } given ? given : node.Vtep;

        // Before the other nodes are known a larger packet than before is no progress.
        var mtu = view.Nodes is null && current.Node is { } before ? before.OverlayMtu : view.OverlayMtu(node.UnderlayMtu);
        return new NodeEntry(vtep, vxlan, MacAddress.Gateway, mtu);
    }

    private static ImmutableHashSet<IpAddr> Vteps(ClusterView view, NodeFacts node, DatapathState current, bool settling) =>
        settling || view.Hosts is null || view.Nodes is null ? view.VtepsBut(node.Host).Union(current.Vteps) : view.VtepsBut(node.Host);
}
