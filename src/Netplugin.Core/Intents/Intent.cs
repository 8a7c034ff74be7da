using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;

namespace Netplugin.Core.Intents;

/// <summary>
/// What an operator posted, as read: every value is well formed by itself, names are unique where they must be, order is the
/// file's. A null member was not given (or given as <c>""</c> or <c>null</c>). How it fits the cluster is planning's business.
/// </summary>
/// <param name="Hosts">Hosts named in the file.</param>
/// <param name="Tenants">Tenants with their networks and endpoints.</param>
public sealed record Intent(ImmutableArray<HostIntent> Hosts, ImmutableArray<TenantIntent> Tenants);

/// <summary>An entry of <c>Hosts</c>.</summary>
/// <param name="Name">The host label.</param>
/// <param name="Vtep"><c>VtepIP</c>.</param>
/// <param name="Interface"><c>Intf</c>.</param>
public sealed record HostIntent(Located<string> Name, Located<IpAddr>? Vtep, Located<string>? Interface);

/// <summary>An entry of <c>Tenants</c>.</summary>
/// <param name="Name">The tenant's name.</param>
/// <param name="DefaultEncap"><c>DefaultNetType</c>.</param>
/// <param name="SubnetPool"><c>SubnetPool</c>, host bits cleared.</param>
/// <param name="AllocSubnetLength"><c>AllocSubnetLen</c>.</param>
/// <param name="Vlans"><c>VLANs</c>, sorted and merged.</param>
/// <param name="Vxlans"><c>VXLANs</c>, sorted and merged.</param>
/// <param name="Networks">The tenant's networks.</param>
public sealed record TenantIntent(
    Located<string> Name, Located<Encap>? DefaultEncap, Located<IpPrefix>? SubnetPool, Located<int>? AllocSubnetLength,
    Located<ImmutableArray<IdRange>>? Vlans, Located<ImmutableArray<IdRange>>? Vxlans, ImmutableArray<NetworkIntent> Networks)
{
    /// <summary><c>Policies</c>.</summary>
    public ImmutableArray<PolicyIntent> Policies { get; init; } = [];
}

/// <summary>An entry of a tenant's <c>Networks</c>.</summary>
/// <param name="Name">The network's name within its tenant.</param>
/// <param name="Encap"><c>PktTagType</c>.</param>
/// <param name="Tag"><c>PktTag</c>; its range depends on the encapsulation.</param>
/// <param name="Subnet"><c>SubnetCIDR</c> as typed.</param>
/// <param name="Gateway"><c>DefaultGw</c> or <c>Gateway</c>.</param>
/// <param name="Endpoints">The network's endpoints.</param>
public sealed record NetworkIntent(
    Located<string> Name, Located<Encap>? Encap, Located<uint>? Tag, Located<IpPrefix>? Subnet, Located<IpAddr>? Gateway,
    ImmutableArray<EndpointIntent> Endpoints)
{
    /// <summary><c>EndpointGroups</c>.</summary>
    public ImmutableArray<GroupIntent> Groups { get; init; } = [];
}

/// <summary>An entry of a network's <c>Endpoints</c>.</summary>
/// <param name="Container">The container (pod) name.</param>
/// <param name="Host">The host it is homed on; null for late binding.</param>
/// <param name="AttachUuid"><c>AttachUUID</c>.</param>
/// <param name="Address"><c>IPAddress</c>.</param>
public sealed record EndpointIntent(
    Located<string> Container, Located<string>? Host, Located<string>? AttachUuid, Located<IpAddr>? Address)
{
    /// <summary><c>Group</c>.</summary>
    public Located<string>? Group { get; init; }
}

/// <summary>An entry of a network's <c>EndpointGroups</c>.</summary>
/// <param name="Name">The group's name within its tenant.</param>
/// <param name="Policies"><c>Policies</c>: names of policies of the tenant.</param>
public sealed record GroupIntent(Located<string> Name, ImmutableArray<Located<string>>? Policies);

/// <summary>An entry of a tenant's <c>Policies</c>.</summary>
/// <param name="Name">The policy's name within its tenant.</param>
/// <param name="Rules"><c>Rules</c>.</param>
public sealed record PolicyIntent(Located<string> Name, ImmutableArray<RuleIntent>? Rules);

/// <summary>An entry of a policy's <c>Rules</c>; checked as far as it can be by itself.</summary>
/// <param name="RuleId"><c>RuleID</c>.</param>
/// <param name="Direction"><c>Direction</c>.</param>
/// <param name="Priority"><c>Priority</c>, or 1.</param>
/// <param name="Group"><c>FromEndpointGroup</c> or <c>ToEndpointGroup</c>.</param>
/// <param name="Network"><c>FromNetwork</c> or <c>ToNetwork</c>.</param>
/// <param name="Addresses"><c>FromIPAddress</c> or <c>ToIPAddress</c>, host bits cleared.</param>
/// <param name="Protocol"><c>Protocol</c>, or any.</param>
/// <param name="Port"><c>Port</c>, or 0: any.</param>
/// <param name="Allow"><c>Action</c>.</param>
public sealed record RuleIntent(
    Located<string> RuleId, PolicyDirection Direction, int Priority, Located<string>? Group, Located<string>? Network, IpPrefix? Addresses, IntentProtocol Protocol,
    ushort Port, bool Allow);
