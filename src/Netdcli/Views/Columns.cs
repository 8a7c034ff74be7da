using System.Globalization;
using Netdcli.Output;

namespace Netdcli.Views;

/// <summary>The columns of each resource's table.</summary>
internal static class Columns
{
    /// <summary>Columns of <c>get hosts</c>.</summary>
    public static IReadOnlyList<Column<HostItem>> Hosts { get; } =
    [
        new("HOST", h => h.Name),
        new("VTEP", h => h.Vtep),
        new("INTERFACE", h => h.Interface),
    ];

    /// <summary>Columns of <c>get tenants</c>.</summary>
    public static IReadOnlyList<Column<TenantItem>> Tenants { get; } =
    [
        new("TENANT", t => t.Name),
        new("ENCAP", t => t.Encap),
        new("SUBNET-POOL", t => t.SubnetPool),
        new("CUT", t => t.SubnetPool.Length == 0 ? "" : $"/{Number(t.AllocSubnetLen)}"),
        new("NETWORKS", t => Number(t.Networks)),
        new("ENDPOINTS", t => Number(t.Endpoints)),
        new("VXLANS", t => t.Vxlans, WideOnly: true),
        new("VLANS", t => t.Vlans, WideOnly: true),
    ];

    /// <summary>Columns of <c>get networks</c>.</summary>
    public static IReadOnlyList<Column<NetworkItem>> Networks { get; } =
    [
        new("NETWORK", n => n.Network),
        new("TENANT", n => n.Tenant),
        new("ENCAP", n => n.Encap),
        new("VNI", n => Tag(n.Encap, n.Tag)),
        new("SUBNET", n => n.Subnet),
        new("GATEWAY", n => n.Gateway),
        new("ENDPOINTS", n => Number(n.Endpoints)),
        new("BOUND", n => Number(n.Bound)),
        new("ALLOCATED", n => n.SubnetFromPool ? "pool" : "intent", WideOnly: true),
        new("LEASED", n => string.Join(',', n.Leases.Select(lease => $"{lease.Block}={lease.Host}")), WideOnly: true),
    ];

    /// <summary>Columns of <c>get endpoints</c>.</summary>
    public static IReadOnlyList<Column<EndpointItem>> Endpoints { get; } =
    [
        new("CONTAINER", e => e.Container),
        new("HOST", e => e.Host),
        new("TENANT", e => e.Tenant),
        new("NETWORK", e => e.Network),
        new("ADDRESS", e => e.Address),
        new("MAC", e => e.Mac, WideOnly: true),
        new("VNI", e => Tag(e.Encap, e.Tag), WideOnly: true),
        new("INTERFACE", e => e.Interface, WideOnly: true),
        new("STATE", e => e.State, Tone: e => e.State == "bound" ? Tone.Good : Tone.Plain),
        new("SANDBOX", e => e.Sandbox.Length > 12 ? e.Sandbox[..12] : e.Sandbox, WideOnly: true),
        new("POD", e => e.Pod, WideOnly: true),
        new("GROUP", e => e.Group, WideOnly: true),
        new("CLUSTER", e => string.Join(',', e.ClusterAddresses), WideOnly: true),
    ];

    /// <summary>Columns of <c>get groups</c>.</summary>
    public static IReadOnlyList<Column<GroupItem>> Groups { get; } =
    [
        new("GROUP", g => g.Group),
        new("TENANT", g => g.Tenant),
        new("NETWORK", g => g.Network),
        new("POLICIES", g => string.Join(',', g.Policies)),
        new("ENDPOINTS", g => Number(g.Endpoints)),
    ];

    /// <summary>Columns of <c>get policies</c>.</summary>
    public static IReadOnlyList<Column<PolicyItem>> Policies { get; } =
    [
        new("POLICY", p => p.Policy),
        new("TENANT", p => p.Tenant),
        new("GROUPS", p => string.Join(',', p.Groups)),
        new("RULES", p => Number(p.Rules.Length)),
        new("RULE", p => string.Join("; ", p.Rules.Select(Text)), WideOnly: true),
    ];

    /// <summary>Columns of <c>get nodes</c> and <c>status</c>.</summary>
    /// <param name="now">Ages are counted to here.</param>
    public static IReadOnlyList<Column<NodeItem>> Nodes(DateTimeOffset now) =>
    [
        new("NODE", n => n.Host),
        new("STATE", n => n.State, Tone: ToneOf),
        new("VTEP", n => n.Vtep),
        new("MTU", n => n.OverlayMtu == 0 ? "" : Number(n.OverlayMtu)),
        new("PODS", n => Number(n.Pods)),
        new("BLOCK", n => string.Join(',', n.Blocks), WideOnly: true),
        new("NETWORKS", n => n.Alive ? Number(n.Networks) : "", WideOnly: true),
        new("ENDPOINTS", n => n.Alive ? Number(n.Endpoints) : "", WideOnly: true),
        new("UNDERLAY-MTU", n => n.UnderlayMtu == 0 ? "" : Number(n.UnderlayMtu), WideOnly: true),
        new("VERSION", n => n.Version),
        new("UP", n => n.Since is { } since ? Age.Of(now - since) : ""),
        new("RECONCILED", n => n.LastReconcile is { } at ? $"{Age.Of(now - at)} ago" : "", WideOnly: true),
        new("PROBLEMS", n => n.Problems.Length == 0 ? "" : Number(n.Problems.Length), Tone: _ => Tone.Warning),
    ];

    private static Tone ToneOf(NodeItem node) => node switch
    {
        { Alive: false } => Tone.Bad,
        { Problems.Length: > 0 } or { State: not "ready" } => Tone.Warning,
        _ => Tone.Good,
    };

    private static string Text(RuleItem rule)
    {
        string[] peer = [rule.EndpointGroup, rule.Network, rule.IpAddress];
        var other = string.Join(' ', peer.Where(part => part.Length > 0));
        return string.Join(' ', ((string[])
        [
            $"{rule.RuleId}:", rule.Direction, Number(rule.Priority), rule.Action, rule.Protocol + (rule.Port == 0 ? "" : $"/{Number(rule.Port)}"),
            other.Length == 0 ? "" : $"{(rule.Direction == "in" ? "from" : "to")} {other}",
        ]).Where(part => part.Length > 0));
    }

    // A VLAN id is no VNI, and says so.
    private static string Tag(string encap, uint tag) =>
        string.Create(CultureInfo.InvariantCulture, $"{(encap == "vxlan" ? "" : $"{encap}/")}{tag}");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
