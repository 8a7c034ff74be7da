using System.Collections.Immutable;

namespace Netdcli.Views;

/// <summary>A host as an intent named it.</summary>
internal sealed record HostItem(string Name, string Vtep, string Interface);

/// <summary>A node: what its daemon registered and reports.</summary>
/// <param name="Host">The host label.</param>
/// <param name="Alive">True while its daemon runs and reaches the store.</param>
/// <param name="State">The daemon's own word, or <c>down</c>, or <c>not registered</c> for a host that only an intent names.</param>
/// <param name="Vtep">The tunnel address in force: the intent's, else the one registered.</param>
/// <param name="Blocks">Blocks that it gives the default network's pods addresses of.</param>
/// <param name="UnderlayMtu">Bytes; 0 when not registered.</param>
/// <param name="OverlayMtu">Bytes; 0 when the daemon does not run.</param>
/// <param name="Version">The daemon's version.</param>
/// <param name="Since">When the daemon started.</param>
/// <param name="Networks">Networks with an endpoint there.</param>
/// <param name="Endpoints">Endpoints in its maps.</param>
/// <param name="Pods">Pods attached there, by the daemon's report; bound endpoints' sandboxes when it does not run.</param>
/// <param name="LastReconcile">When its kernel was last made to agree.</param>
/// <param name="Problems">What to look at.</param>
internal sealed record NodeItem(
    string Host, bool Alive, string State, string Vtep, ImmutableArray<string> Blocks, int UnderlayMtu, int OverlayMtu, string Version, DateTimeOffset? Since,
    int Networks, int Endpoints, int Pods, DateTimeOffset? LastReconcile, ImmutableArray<string> Problems);

/// <summary>A tenant and its pools; ranges as the intent spells them.</summary>
internal sealed record TenantItem(
    string Name, string Encap, string SubnetPool, int AllocSubnetLen, string Vlans, string Vxlans, int Networks, int Endpoints);

/// <summary>A network with what was allocated.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Network">The name.</param>
/// <param name="Encap"><c>vxlan</c> or <c>vlan</c>.</param>
/// <param name="Tag">VNI or VLAN id.</param>
/// <param name="Subnet">The subnet.</param>
/// <param name="Gateway">Empty when none was given.</param>
/// <param name="Endpoints">How many endpoints it has.</param>
/// <param name="Bound">How many of them run somewhere.</param>
/// <param name="SubnetFromPool">True when the subnet was allocated.</param>
/// <param name="Leases">Blocks that nodes have leased of it for pods with labels.</param>
internal sealed record NetworkItem(
    string Tenant, string Network, string Encap, uint Tag, string Subnet, string Gateway, int Endpoints, int Bound, bool SubnetFromPool,
    ImmutableArray<LeaseItem> Leases);

/// <summary>A block of a network's subnet that a node has leased.</summary>
internal sealed record LeaseItem(string Host, string Block);

/// <summary>An endpoint and where it runs.</summary>
/// <param name="Container">The container or pod.</param>
/// <param name="Host">Where it is bound; else where it was homed; else empty.</param>
/// <param name="Tenant">The tenant.</param>
/// <param name="Network">The network.</param>
/// <param name="Address">Its address.</param>
/// <param name="Mac">Its Ethernet address.</param>
/// <param name="Encap"><c>vxlan</c> or <c>vlan</c>.</param>
/// <param name="Tag">VNI or VLAN id.</param>
/// <param name="State"><c>bound</c> (runs), <c>homed</c> (waits for its container on a named host) or <c>late</c> (binds wherever it starts).</param>
/// <param name="Interface">The interface's name in the container; empty while not bound.</param>
/// <param name="Sandbox">The sandbox that owns the binding; empty while not bound.</param>
/// <param name="AttachUuid">The container it is to attach to instead; empty when none.</param>
/// <param name="Pod"><c>namespace/name</c> of the pod that has it by labels; empty for a posted one.</param>
/// <param name="Group">Its endpoint group; empty when it is in none.</param>
/// <param name="ClusterAddresses">Its cluster addresses where it runs; empty while not bound, and where the node has no blocks.</param>
internal sealed record EndpointItem(
    string Container, string Host, string Tenant, string Network, string Address, string Mac, string Encap, uint Tag,
    string State, string Interface, string Sandbox, string AttachUuid, string Pod, string Group, ImmutableArray<string> ClusterAddresses);

/// <summary>An endpoint group.</summary>
/// <param name="Group">The group.</param>
/// <param name="Tenant">The tenant.</param>
/// <param name="Network">The network.</param>
/// <param name="Policies">The policies that are for it.</param>
/// <param name="Endpoints">How many endpoints are in it.</param>
internal sealed record GroupItem(string Group, string Tenant, string Network, ImmutableArray<string> Policies, int Endpoints);

/// <summary>A policy.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Tenant">The tenant.</param>
/// <param name="Groups">The endpoint groups that it is for.</param>
/// <param name="Rules">Its rules in the intent's order.</param>
internal sealed record PolicyItem(string Policy, string Tenant, ImmutableArray<string> Groups, ImmutableArray<RuleItem> Rules);

/// <summary>A rule, as the intent writes it; what restricts nothing is empty, and 0 for the port.</summary>
internal sealed record RuleItem(
    string RuleId, string Direction, int Priority, string EndpointGroup, string Network, string IpAddress, string Protocol, int Port, string Action);

/// <summary>All of it, for <c>get</c> without a resource.</summary>
internal sealed record ClusterItems(
    ImmutableArray<HostItem> Hosts, ImmutableArray<NodeItem> Nodes, ImmutableArray<TenantItem> Tenants,
    ImmutableArray<NetworkItem> Networks, ImmutableArray<EndpointItem> Endpoints, ImmutableArray<GroupItem> Groups, ImmutableArray<PolicyItem> Policies);
