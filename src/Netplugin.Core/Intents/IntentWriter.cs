using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Netplugin.Core.Model;

namespace Netplugin.Core.Intents;

/// <summary>
/// Writes what is posted as an intent. Everything allocated is written out, so posting the result to an empty cluster gives the
/// same networks, tags and addresses. Bindings, and the endpoints that pods have by
/// labels, are the nodes' business and not part of an intent.
/// </summary>
public static class IntentWriter
{
    /// <summary>The state as an intent: indented JSON in UTF-8, with a line feed at the end.</summary>
    /// <param name="state">What is posted.</param>
    public static byte[] Write(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("Hosts");
            foreach (var host in state.Hosts.Values)
            {
                WriteOnOneLine(json, ("Name", host.Name), ("VtepIP", host.Vtep.IsUnspecified ? "" : host.Vtep.ToString()), ("Intf", host.Interface));
            }

            json.WriteEndArray();
            json.WriteStartArray("Tenants");
            var endpoints = state.Endpoints.Values.Where(endpoint => endpoint.Pod is null).ToLookup(endpoint => endpoint.Id.Network);
            var groups = state.Groups.Values.ToLookup(group => group.Id.Network);
            var policies = state.Policies.Values.ToLookup(policy => policy.Name.Tenant);
            foreach (var (tenant, networks) in PostingOrder.Of(state))
            {
                WriteTenant(json, tenant, networks, groups, endpoints, policies[tenant.Name]);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteTenant(
        Utf8JsonWriter json, TenantRecord tenant, IEnumerable<NetworkRecord> networks, ILookup<NetworkId, GroupRecord> groups, ILookup<NetworkId, EndpointRecord> endpoints,
        IEnumerable<PolicyRecord> policies)
    {
        json.WriteStartObject();
        json.WriteString("Name", tenant.Name);
        json.WriteString("DefaultNetType", Show(tenant.DefaultEncap));
        if (tenant.SubnetPool is { } pool)
        {
            json.WriteString("SubnetPool", pool.ToString());
        }

        json.WriteNumber("AllocSubnetLen", tenant.AllocSubnetLength);
        WriteRanges("VLANs", tenant.Vlans);
        WriteRanges("VXLANs", tenant.Vxlans);
        json.WriteStartArray("Networks");
        foreach (var network in networks)
        {
            WriteNetwork(json, network, groups[network.Id], endpoints[network.Id]);
        }

        json.WriteEndArray();
        PolicyWriter.WritePolicies(json, policies);
        json.WriteEndObject();

        void WriteRanges(string field, ImmutableArray<IdRange> ranges)
        {
            if (!ranges.IsEmpty)
            {
                json.WriteString(field, IdRanges.Show(ranges));
            }
        }
    }

    private static void WriteNetwork(Utf8JsonWriter json, NetworkRecord network, IEnumerable<GroupRecord> groups, IEnumerable<EndpointRecord> endpoints)
    {
        json.WriteStartObject();
        json.WriteString("Name", network.Id.Network);
        json.WriteString("PktTagType", Show(network.Encap));
        json.WriteNumber("PktTag", network.Tag);
        json.WriteString("SubnetCIDR", network.Subnet.ToString());
        if (!network.Gateway.IsUnspecified)
        {
            json.WriteString("DefaultGw", network.Gateway.ToString());
        }

        PolicyWriter.WriteGroups(json, groups);
        json.WriteStartArray("Endpoints");
        foreach (var endpoint in endpoints.OrderBy(e => e.Address))
        {
            WriteOnOneLine(
                json, ("Container", endpoint.Id.Container), ("Host", endpoint.Host), ("AttachUUID", endpoint.AttachUuid), ("IPAddress", endpoint.Address.ToString()),
                ("Group", endpoint.PostedGroup));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>A small object on one line: an intent has thousands of endpoints, and one a line is what people read and diff.</summary>
    internal static void WriteOnOneLine(Utf8JsonWriter json, params ReadOnlySpan<(string Field, string Value)> members)
    {
        // The writer does not begin a line for a raw value by itself.
        var line = new StringBuilder("\n").Append(' ', 2 * json.CurrentDepth).Append("{ ");
        var separator = "";
        foreach (var (field, value) in members)
        {
            if (value.Length > 0)
            {
                line.Append(separator).Append('"').Append(field).Append("\": \"").Append(JsonEncodedText.Encode(value)).Append('"');
                separator = ", ";
            }
        }

        json.WriteRawValue(line.Append(" }").ToString());
    }

    private static string Show(Encap encap) => encap == Encap.Vlan ? "vlan" : "vxlan";
}
