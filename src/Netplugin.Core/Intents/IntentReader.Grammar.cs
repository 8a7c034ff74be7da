using System.Collections.Immutable;
using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;

namespace Netplugin.Core.Intents;

/// <content>
/// What each object of the file may hold. A tag whose network's type could not be read is dropped: nobody knows what it is a tag of.
/// </content>
public static partial class IntentReader
{
    private static readonly FieldTable IntentFields = new("intent", "Hosts", "Tenants", "InfraNetworks", "HostBindings");
    private static readonly FieldTable HostFields = new("host", "Name", "VtepIP", "Intf", "NetID");

    private static readonly FieldTable TenantFields = new(
        "tenant", "Name", "DefaultNetType", "SubnetPool", "AllocSubnetLen", "VLANs", "VXLANs", "Networks", "Policies", "DefaultNetwork");

    private static readonly FieldTable NetworkFields = new(
        "network", "Name", "PktTagType", "PktTag", "SubnetCIDR", "DefaultGw|Gateway", "EndpointGroups", "Endpoints");

    private static readonly FieldTable EndpointFields = new("endpoint", "Container", "Host", "AttachUUID", "IPAddress", "Group", "ServiceName");
    private static readonly FieldTable BindingsFields = new("host-bindings file", "HostBindings");

    private static Intent? ReadIntent(ref JsonCursor cursor)
    {
        if (!cursor.EnterObject("an intent"))
        {
            return null;
        }

        var hosts = ImmutableArray.CreateBuilder<HostIntent>();
        var tenants = ImmutableArray.CreateBuilder<TenantIntent>();
        uint seen = 0;
        while (cursor.NextField(IntentFields, ref seen, out var field))
        {
            switch (field)
            {
                case "Hosts":
                    ReadList(ref cursor, field, "host", hosts, ReadHost, host => host.Name);
                    break;
                case "Tenants":
                    ReadList(ref cursor, field, "tenant", tenants, ReadTenant, tenant => tenant.Name);
                    break;
                case "InfraNetworks":
                    cursor.Ignore(field, "hosts reach each other over the underlay as it is");
                    break;
                default:
                    cursor.Ignore(field, "post it by itself with -host-bindings-cfg");
                    break;
            }
        }

        return new(hosts.ToImmutable(), tenants.ToImmutable());
    }

    private static HostIntent? ReadHost(ref JsonCursor cursor)
    {
        var at = cursor.At;
        Located<string>? name = null, device = null;
        Located<IpAddr>? vtep = null;
        uint seen = 0;
        while (cursor.NextField(HostFields, ref seen, out var field))
        {
            switch (field)
            {
                case "Name":
                    name = cursor.RequiredText(field);
                    break;
                case "VtepIP":
                    vtep = ReadAddress(ref cursor, field);
                    if (vtep is { } given && !AddressRules.IsUnicast(given.Value))
                    {
                        cursor.Error(given.At, $"VtepIP {given.Value} is not an address a host can have");
                    }

                    break;
                case "Intf":
                    device = cursor.Text(field);
                    if (device is { } typed && NameRules.CheckInterface("Intf", typed.Value) is { } problem)
                    {
                        cursor.Error(typed.At, problem);
                    }

                    break;
                default:
                    cursor.Ignore(field, "the host's device belongs to every VLAN network");
                    break;
            }
        }

        return ReadName(ref cursor, "host", name, at, seen) is { } checkedName ? new(checkedName, vtep, device) : null;
    }

    private static TenantIntent? ReadTenant(ref JsonCursor cursor)
    {
        var at = cursor.At;
        Located<string>? name = null;
        Located<Encap>? encap = null;
        var typeIsKnown = true;
        Located<IpPrefix>? pool = null;
        Located<int>? length = null;
        Located<ImmutableArray<IdRange>>? vlans = null, vxlans = null;
        var networks = ImmutableArray.CreateBuilder<NetworkIntent>();
        var policies = ImmutableArray.CreateBuilder<PolicyIntent>();
        uint seen = 0;
        while (cursor.NextField(TenantFields, ref seen, out var field))
        {
            switch (field)
            {
                case "Name":
                    name = cursor.RequiredText(field);
                    break;
                case "DefaultNetType":
                    encap = ReadEncap(ref cursor, field, out typeIsKnown);
                    break;
                case "SubnetPool":
                    pool = ReadPrefix(ref cursor, field) is { } typed ? typed with { Value = typed.Value.Masked } : null;
                    break;
                case "AllocSubnetLen":
                    length = cursor.Number(field);
                    break;
                case "VLANs":
                    vlans = ReadRanges(ref cursor, field, Encap.Vlan);
                    break;
                case "VXLANs":
                    vxlans = ReadRanges(ref cursor, field, Encap.Vxlan);
                    break;
                case "Networks":
                    ReadList(ref cursor, field, "network", networks, ReadNetwork, network => network.Name);
                    break;
                case "Policies":
                    ReadList(ref cursor, field, "policy", policies, ReadPolicy, policy => policy.Name);
                    break;
                default:
                    cursor.Ignore(field, "an intent names the network of each endpoint");
                    break;
            }
        }

        return ReadName(ref cursor, "tenant", name, at, seen) is { } checkedName
            ? new(checkedName, encap, pool, length, vlans, vxlans,
                typeIsKnown ? networks.ToImmutable() : [.. networks.Select(n => n.Encap is null ? n with { Tag = null } : n)])
            {
                Policies = policies.ToImmutable(),
            }
            : null;
    }

    private static NetworkIntent? ReadNetwork(ref JsonCursor cursor)
    {
        var at = cursor.At;
        Located<string>? name = null;
        Located<Encap>? encap = null;
        var typeIsKnown = true;
        Located<uint>? tag = null;
        Located<IpPrefix>? subnet = null;
        Located<IpAddr>? gateway = null;
        var groups = ImmutableArray.CreateBuilder<GroupIntent>();
        var endpoints = ImmutableArray.CreateBuilder<EndpointIntent>();
        uint seen = 0;
        while (cursor.NextField(NetworkFields, ref seen, out var field))
        {
            switch (field)
            {
                case "Name":
                    name = cursor.RequiredText(field);
                    break;
                case "PktTagType":
                    encap = ReadEncap(ref cursor, field, out typeIsKnown);
                    break;
                case "PktTag":
                    tag = ReadTag(ref cursor, field);
                    break;
                case "SubnetCIDR":
                    subnet = ReadPrefix(ref cursor, field);
                    break;
                case "DefaultGw":
                    gateway = ReadAddress(ref cursor, field);
                    break;
                case "EndpointGroups":
                    ReadList(ref cursor, field, "endpoint group", groups, ReadGroup, group => group.Name);
                    break;
                default:
                    ReadList(ref cursor, field, "endpoint", endpoints, ReadEndpoint, endpoint => endpoint.Container);
                    break;
            }
        }

        return ReadName(ref cursor, "network", name, at, seen) is { } checkedName
            ? new(checkedName, encap, typeIsKnown ? tag : null, subnet, gateway, endpoints.ToImmutable()) { Groups = groups.ToImmutable() }
            : null;
    }

    private static EndpointIntent? ReadEndpoint(ref JsonCursor cursor)
    {
        var at = cursor.At;
        Located<string>? container = null, host = null, uuid = null, group = null;
        Located<IpAddr>? address = null;
        uint seen = 0;
        while (cursor.NextField(EndpointFields, ref seen, out var field))
        {
            switch (field)
            {
                case "Container":
                    container = cursor.RequiredText(field);
                    break;
                case "Host":
                    host = ReadReference(ref cursor, field, NameRules.Longest);
                    break;
                case "AttachUUID":
                    uuid = ReadReference(ref cursor, field, NameRules.LongestContainer);
                    break;
                case "IPAddress":
                    address = ReadAddress(ref cursor, field);
                    break;
                case "Group":
                    group = ReadReference(ref cursor, field, NameRules.Longest);
                    break;
                default:
                    cursor.Ignore(field, "Kubernetes Services say which pods belong to them");
                    break;
            }
        }

        return ReadContainer(ref cursor, "endpoint", container, at, seen) is { } checkedName ? new(checkedName, host, uuid, address) { Group = group } : null;
    }

    private static HostBindings? ReadBindings(ref JsonCursor cursor)
    {
        var bindings = ImmutableArray.CreateBuilder<HostBinding>();
        if (cursor.TokenType == JsonTokenType.StartObject)
        {
            uint seen = 0;
            while (cursor.NextField(BindingsFields, ref seen, out var field))
            {
                ReadList(ref cursor, field, "binding of container", bindings, ReadBinding, binding => binding.Container);
            }
        }
        else
        {
            ReadList(ref cursor, "a host-bindings file", "binding of container", bindings, ReadBinding, binding => binding.Container);
        }

        return new(bindings.ToImmutable());
    }

    private static HostBinding? ReadBinding(ref JsonCursor cursor)
    {
        var at = cursor.At;
        Located<string>? container = null, host = null, uuid = null;
        uint seen = 0;
        while (cursor.NextField(EndpointFields, ref seen, out var field))
        {
            switch (field)
            {
                case "Container":
                    container = cursor.RequiredText(field);
                    break;
                case "Host":
                    host = cursor.RequiredText(field);
                    if (host is { Value.Length: > 0 } typed && NameRules.Check(field, typed.Value, NameRules.Longest) is { } problem)
                    {
                        cursor.Error(typed.At, problem);
                    }

                    break;
                case "AttachUUID":
                    uuid = ReadReference(ref cursor, field, NameRules.LongestContainer);
                    break;
                default:
                    cursor.Ignore(field, "a binding says only where a container runs");
                    break;
            }
        }

        if (host is null && (seen & 2) == 0)
        {
            cursor.Error(at, "a binding needs a Host; \"\" unbinds");
        }

        return ReadContainer(ref cursor, "binding", container, at, seen) is { } name && host is { } where
            ? new(name, where, uuid?.Value ?? "")
            : null;
    }
}
