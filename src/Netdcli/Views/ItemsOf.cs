using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;

namespace Netdcli.Views;

/// <summary>Turns what the store says into what is shown, in an order that does not change from call to call.</summary>
internal static class ItemsOf
{
    /// <summary>State of a node whose daemon does not run.</summary>
    public const string Down = "down";

    /// <summary>State of a host that an intent names and no daemon has registered.</summary>
    public const string NotRegistered = "not registered";

    /// <summary>Hosts by name.</summary>
    public static ImmutableArray<HostItem> Hosts(ClusterView view) =>
        [.. view.State.Hosts.Values.Select(h => new HostItem(h.Name, Text(h.Vtep), h.Interface))];

    /// <summary>Nodes, and hosts without a node, by name.</summary>
    public static ImmutableArray<NodeItem> Nodes(ClusterView view)
    {
        var sandboxes = view.State.Endpoints.Values
            .Where(e => e.Binding is not null)
            .Select(e => (e.Binding!.Host, e.Binding.Sandbox))
            .Distinct()
            .CountBy(b => b.Host)
            .ToDictionary(StringComparer.Ordinal);
        var names = view.Nodes.Keys.Union(view.State.Hosts.Keys, StringComparer.Ordinal);
        return [.. names.Order(StringComparer.Ordinal).Select(Item)];

        NodeItem Item(string host)
        {
            var (node, status) = view.Nodes.GetValueOrDefault(host) is { } known ? (known.Node, known.Status) : (null, null);
            var posted = view.State.Hosts.GetValueOrDefault(host)?.Vtep ?? default;
            return new(
                host,
                status is not null,
                status?.State ?? (node is null ? NotRegistered : Down),
                Text(posted.IsUnspecified ? node?.Vtep ?? default : posted),
                [.. (node?.Blocks ?? []).Select(block => block.ToString())],
                node?.UnderlayMtu ?? 0,
                status?.OverlayMtu ?? 0,
                status?.Version ?? node?.Version ?? "",
                status?.Since,
                status?.Networks ?? 0,
                status?.Endpoints ?? 0,
                status?.Pods ?? sandboxes.GetValueOrDefault(host),
                status?.LastReconcile,
                status?.Problems ?? []);
        }
    }

    /// <summary>Tenants by name.</summary>
    public static ImmutableArray<TenantItem> Tenants(ClusterView view, string? tenant)
    {
        var networks = view.State.Networks.Keys.CountBy(n => n.Tenant).ToDictionary(StringComparer.Ordinal);
        var endpoints = view.State.Endpoints.Keys.CountBy(e => e.Network.Tenant).ToDictionary(StringComparer.Ordinal);
        return
        [
            .. view.State.Tenants.Values
                .Where(t => tenant is null || t.Name == tenant)
                .Select(t => new TenantItem(
                    t.Name, Text(t.DefaultEncap), t.SubnetPool?.ToString() ?? "", t.AllocSubnetLength, Text(t.Vlans), Text(t.Vxlans),
                    networks.GetValueOrDefault(t.Name), endpoints.GetValueOrDefault(t.Name))),
        ];
    }

    /// <summary>Networks by tenant and name.</summary>
    public static ImmutableArray<NetworkItem> Networks(ClusterView view, IEnumerable<NetworkRecord> networks)
    {
        var all = view.State.Endpoints.Values.CountBy(e => e.Id.Network).ToDictionary();
        var bound = view.State.Endpoints.Values.Where(e => e.Binding is not null).CountBy(e => e.Id.Network).ToDictionary();
        return
        [
            .. networks.OrderBy(n => n.Id).Select(n => new NetworkItem(
                n.Id.Tenant, n.Id.Network, Text(n.Encap), n.Tag, n.Subnet.Masked.ToString(), Text(n.Gateway),
                all.GetValueOrDefault(n.Id), bound.GetValueOrDefault(n.Id), n.SubnetFromPool,
                [.. (view.State.Leases.GetValueOrDefault(n.Id)?.Leases ?? []).Select(lease => new LeaseItem(lease.Host, lease.Block.ToString()))])),
        ];
    }

    /// <summary>Endpoints by tenant, network and address: the order of the intent where addresses were allocated.</summary>
    public static ImmutableArray<EndpointItem> Endpoints(ClusterView view, IEnumerable<EndpointRecord> endpoints) =>
        [.. endpoints.OrderBy(e => e.Id.Network).ThenBy(e => e.Address).Select(e => Endpoint(e, view.State.Networks[e.Id.Network]))];

    /// <summary>Endpoint groups by tenant and name.</summary>
    public static ImmutableArray<GroupItem> Groups(ClusterView view, string? tenant)
    {
        var endpoints = view.State.Endpoints.Values.CountBy(e => new GroupId(e.Id.Network, e.Group)).ToDictionary();
        return
        [
            .. view.State.Groups.Values
                .Where(g => tenant is null || g.Name.Tenant == tenant)
                .Select(g => new GroupItem(g.Id.Group, g.Id.Network.Tenant, g.Id.Network.Network, g.Policies.Items, endpoints.GetValueOrDefault(g.Id))),
        ];
    }

    /// <summary>Policies by tenant and name.</summary>
    public static ImmutableArray<PolicyItem> Policies(ClusterView view, string? tenant) =>
    [
        .. IntentPolicies.Of(view.State)
            .Where(p => tenant is null || p.Tenant == tenant)
            .Select(p => new PolicyItem(p.Name, p.Tenant, [.. p.Groups.Select(g => g.Group).Order(StringComparer.Ordinal)], [.. p.Rules.Select(Rule)])),
    ];

    /// <summary>Everything.</summary>
    public static ClusterItems All(ClusterView view, string? tenant) => new(
        Hosts(view),
        Nodes(view),
        Tenants(view, tenant),
        Networks(view, view.State.Networks.Values.Where(n => tenant is null || n.Id.Tenant == tenant)),
        Endpoints(view, view.State.Endpoints.Values.Where(e => tenant is null || e.Id.Network.Tenant == tenant)),
        Groups(view, tenant),
        Policies(view, tenant));

    /// <summary>The word of the intent file.</summary>
    public static string Text(Encap encap) => encap == Encap.Vxlan ? "vxlan" : "vlan";

    private static EndpointItem Endpoint(EndpointRecord e, NetworkRecord network) => new(
        e.Id.Container, e.Binding?.Host ?? e.Host, e.Id.Network.Tenant, e.Id.Network.Network, Text(e.Address), e.Mac.ToString(),
        Text(network.Encap), network.Tag, e.Binding is not null ? "bound" : e.Host.Length > 0 ? "homed" : "late",
        e.Binding?.Interface ?? "", e.Binding?.Sandbox ?? "", e.AttachUuid, e.Pod?.ToString() ?? "", e.Group,
        [.. (e.Binding?.ClusterAddresses ?? []).Select(Text)]);

    private static RuleItem Rule(IntentRule rule) => new(
        rule.RuleId,
        rule.Direction == PolicyDirection.Ingress ? "in" : "out",
        rule.Priority,
        rule.Peer.Group?.Group ?? "",
        rule.Peer.Network?.Network ?? "",
        rule.Peer.Addresses?.ToString() ?? "",
        rule.Protocol == IntentProtocol.Any ? "" : rule.Protocol.ToString(),
        rule.Port,
        rule.Allow ? "allow" : "deny");

    private static string Text(IpAddr address) => address.IsUnspecified ? "" : address.ToString();

    private static string Text(ImmutableArray<IdRange> ranges) =>
        string.Join(',', ranges.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.First}-{r.Last}")));
}
