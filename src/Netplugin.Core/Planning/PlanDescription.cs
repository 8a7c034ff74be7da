using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>Says a plan in lines an operator can read: <c>+</c> for what is new, <c>~</c> for what changes, <c>-</c> for what goes.</summary>
public static class PlanDescription
{
    /// <summary>
    /// One line a record, in the plan's order, such as <c>+ network tenant-one/orange vxlan 10001 11.1.0.0/24</c>. The indexes
    /// (containers, homes) follow from the endpoints and have no line.
    /// </summary>
    /// <param name="changes">A plan's changes.</param>
    public static IEnumerable<string> Lines(ImmutableArray<StateChange> changes) => changes.Select(Line).OfType<string>();

    private static string? Line(StateChange change) => change switch
    {
        StateChange.PutHost put => Put("host", put.Host.Name, put.Previous, put.Host, Members),
        StateChange.PutTenant put => Put("tenant", put.Tenant.Name, put.Previous, put.Tenant, Members),
        StateChange.PutNetwork put => Put("network", put.Network.Id.ToString(), put.Previous, put.Network, Members),
        StateChange.PutPolicy put => Put("policy", put.Policy.Name.ToString(), put.Previous, put.Policy, Members),
        StateChange.PutGroup put => Put("endpoint group", put.Group.Id.ToString(), put.Previous, put.Group, Members),
        StateChange.PutEndpoint put => Put("endpoint", put.Endpoint.Id.ToString(), put.Previous, put.Endpoint, Members),
        StateChange.DeleteHost delete => $"- host {delete.Previous.Name}",
        StateChange.DeleteTenant delete => $"- tenant {delete.Previous.Name}",
        StateChange.DeleteNetwork { Previous: var network } => $"- network {network.Id} {All(Members(network))}",
        StateChange.DeletePolicy { Previous: var policy } => $"- policy {policy.Name} {All(Members(policy))}".TrimEnd(),
        StateChange.DeleteGroup { Previous: var group } => $"- endpoint group {group.Id} {All(Members(group))}".TrimEnd(),
        StateChange.DeleteEndpoint { Previous: var endpoint } => $"- endpoint {endpoint.Id} {All(Members(endpoint))}",
        _ => null,
    };

    private static string Put<T>(string kind, string name, T? previous, T now, Func<T, IEnumerable<Member>> members)
        where T : class
    {
        if (previous is null)
        {
            return $"+ {kind} {name} {All(members(now))}".TrimEnd();
        }

        var changed = members(previous).Zip(members(now)).Where(pair => pair.First != pair.Second);
        return $"~ {kind} {name} {string.Join(", ", changed.Select(pair => $"{pair.Second.Name}: {OrNone(pair.First.Value)} -> {OrNone(pair.Second.Value)}"))}";

        static string OrNone(string value) => value.Length == 0 ? "none" : value;
    }

    private static string All(IEnumerable<Member> members) => string.Join(' ', members.Where(m => m.Prefix is not null && m.Value.Length > 0).Select(m => m.Prefix + m.Value));

    private static IEnumerable<Member> Members(HostRecord host) =>
        [new("vtep", "vtep ", Show(host.Vtep)), new("interface", "interface ", host.Interface)];

    private static IEnumerable<Member> Members(TenantRecord tenant) =>
    [
        new("default", "", Show(tenant.DefaultEncap)),
        new("pool", "pool ", tenant.SubnetPool?.ToString() ?? ""),
        new("subnet length", "by /", tenant.SubnetPool is null ? "" : tenant.AllocSubnetLength.ToString(CultureInfo.InvariantCulture)),
        new("vlans", "vlans ", IdRanges.Show(tenant.Vlans)),
        new("vxlans", "vxlans ", IdRanges.Show(tenant.Vxlans)),
    ];

    private static IEnumerable<Member> Members(NetworkRecord network) =>
    [
        new("type", "", Show(network.Encap)),
        new("tag", "", network.Tag.ToString(CultureInfo.InvariantCulture)),
        new("subnet", "", network.Subnet.ToString()),
        new("gateway", "gateway ", Show(network.Gateway)),
    ];

    private static IEnumerable<Member> Members(EndpointRecord endpoint) =>
    [
        new("address", "", endpoint.Address.ToString()),
        new("host", "on ", endpoint.Host),
        new("attach", "attach ", endpoint.AttachUuid),
        new("group", "group ", endpoint.PostedGroup),
        new("bound", "bound on ", endpoint.Binding?.Host ?? ""),
    ];

    private static IEnumerable<Member> Members(PolicyRecord policy) => [new("rules", "rules ", string.Join("; ", policy.Rules))];

    private static IEnumerable<Member> Members(GroupRecord group) => [new("network", null, group.Id.Network.Network), new("policies", "policies ", string.Join(", ", group.Policies))];

    private static string Show(IpAddr address) => address.IsUnspecified ? "" : address.ToString();

    private static string Show(Encap encap) => encap == Encap.Vlan ? "vlan" : "vxlan";

    /// <summary>One member of a record: its name where it changes, and what stands before it where all are shown; null: it is part of the record's name, and not shown there.</summary>
    private readonly record struct Member(string Name, string? Prefix, string Value);
}
