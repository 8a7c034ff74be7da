using System.Text.Json.Serialization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;

namespace Netplugin.Store.Json;

// The stored form of the model's records. Parameters without a default must be present when read; those with one may be missing
// and are left out when null. A field is never renamed or given another meaning: that would need a new schema number.

internal sealed record HostDocument(string Name, IpAddr? Vtep = null, string? Interface = null);

internal sealed record TenantDocument(
    string Name, Encap DefaultEncap, IpPrefix? SubnetPool = null, int AllocSubnetLength = 0,
    IdRange[]? Vlans = null, IdRange[]? Vxlans = null, string? Resource = null);

internal sealed record NetworkDocument(
    string Tenant, string Network, Encap Encap, uint Tag, IpPrefix Subnet, long Post,
    bool SubnetFromPool = false, IpAddr? Gateway = null, string? Resource = null);

internal sealed record EndpointDocument(
    [property: JsonConverter(typeof(SharedTextConverter))] string Tenant,
    [property: JsonConverter(typeof(SharedTextConverter))] string Network,
    string Container,
    IpAddr Address,
    MacAddress Mac,
    long Post,
    [property: JsonConverter(typeof(SharedTextConverter))] string? Host = null,
    string? AttachUuid = null,
    BindingDocument? Binding = null,
    PodDocument? Pod = null,
    [property: JsonConverter(typeof(SharedTextConverter))] string? Group = null);

internal sealed record GroupDocument(string Tenant, string Network, string Group, long Post, string[]? Policies = null);

// What is left out of a policy or a rule would make it another one: one with a field that is not known cannot be read.
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record PolicyDocument(string Tenant, string Policy, long Post, RuleDocument[]? Rules = null);

// Of a peer what is missing restricts nothing; of a network's group the network is in groupNetwork. Protocols are IANA's numbers.
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record RuleDocument(
    string RuleId,
    PolicyDirection Direction,
    int Priority,
    bool Allow,
    string? GroupNetwork = null,
    string? Group = null,
    string? Network = null,
    IpPrefix? Addresses = null,
    byte? Protocol = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Icmp = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ushort Port = 0);

internal sealed record BindingDocument(
    [property: JsonConverter(typeof(SharedTextConverter))] string Host,
    string Sandbox,
    [property: JsonConverter(typeof(SharedTextConverter))] string Interface,
    IpAddr[]? ClusterAddresses = null);

internal sealed record PodDocument([property: JsonConverter(typeof(SharedTextConverter))] string Namespace, string Name, string? Group = null);

internal sealed record LeasesDocument(string Tenant, string Network, LeaseDocument[] Leases);

internal readonly record struct LeaseDocument([property: JsonConverter(typeof(SharedTextConverter))] string Host, IpPrefix Block);

internal sealed record LastLeaseDocument(string Tenant, string Network, string Host);

internal sealed record ContainerDocument(string Container, NetworkRef[] Networks);

internal readonly record struct NetworkRef(
    [property: JsonConverter(typeof(SharedTextConverter))] string Tenant,
    [property: JsonConverter(typeof(SharedTextConverter))] string Network);

internal sealed record NodeDocument(string Host, IpAddr Vtep, int UnderlayMtu, string Version, IpPrefix[]? Blocks = null, IpAddr? SecondAddress = null);

internal sealed record BlocksDocument(string Host);

internal sealed record NodeStatusDocument(
    string Host, string Version, DateTimeOffset Since, string State, int OverlayMtu = 0,
    int Networks = 0, int Endpoints = 0, int Pods = 0, DateTimeOffset? LastReconcile = null, string[]? Problems = null);

internal sealed record PostDocument(long Number, NetworkRef[]? Moved = null);

internal sealed record ClusterDocument(Guid ClusterId, long Generation, int Schema);

internal sealed record PostTailDocument(long Post, TailOperation[] Operations);

// A missing value removes the key. The value is the record's own stored form, as text.
internal sealed record TailOperation(string Key, string? Value = null);
