using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Netplugin.Core.Addresses;

namespace Netplugin.NodeApi.Cni;

/// <summary>The shapes a result has in the versions of the CNI specification.</summary>
internal static class CniResultJson
{
    // Stdout of a plugin is read by a JSON parser, never put into a web page: names stay readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a result in the shape of a served version.</summary>
    public static string Write(CniResult result, string version)
    {
        var modern = version == "1.1.0";
        return ToText(w =>
        {
            w.WriteStartObject();
            w.WriteString("cniVersion", version);
            w.WriteStartArray("interfaces");
            foreach (var item in result.Interfaces)
            {
                WriteInterface(w, item, modern);
            }

            w.WriteEndArray();
            w.WriteStartArray("ips");
            foreach (var ip in result.Ips)
            {
                WriteIp(w, ip, withFamily: version is "0.3.1" or "0.4.0");
            }

            w.WriteEndArray();
            if (!result.Routes.IsEmpty)
            {
                w.WriteStartArray("routes");
                foreach (var route in result.Routes)
                {
                    WriteRoute(w, route, modern);
                }

                w.WriteEndArray();
            }

            w.WritePropertyName("dns");
            WriteDns(w, result.Dns);
            w.WriteEndObject();
        });
    }

    /// <summary>Writes an error object.</summary>
    public static string WriteError(CniException error, string version) => ToText(w =>
    {
        w.WriteStartObject();
        w.WriteString("cniVersion", version);
        w.WriteNumber("code", error.Code);
        w.WriteString("msg", error.Message);
        if (error.Details.Length > 0)
        {
            w.WriteString("details", error.Details);
        }

        w.WriteEndObject();
    });

    /// <summary>Reads a result of any version, also those of 0.1.0 and 0.2.0 (<c>ip4</c>, <c>ip6</c>).</summary>
    /// <exception cref="CniException">A member has the wrong type, or an index leads nowhere (code 7).</exception>
    public static CniResult Read(JsonElement json)
    {
        const string where = "prevResult.";
        var interfaces = CniJson.Objects(json, "interfaces", where).Select(item => new CniInterface(
            CniJson.Text(item, "name", where), CniJson.Text(item, "mac", where), CniJson.Text(item, "sandbox", where),
            checked((int)Math.Clamp(CniJson.Number(item, "mtu", where) ?? 0, 0, int.MaxValue)),
            CniJson.Text(item, "socketPath", where), CniJson.Text(item, "pciID", where))).ToImmutableArray();
        var ips = CniJson.Objects(json, "ips", where).Select(item => new CniIp(
            Prefix(item, "address"), CniJson.Text(item, "gateway", where), Index(item, interfaces.Length))).ToList();
        var routes = CniJson.Objects(json, "routes", where).Select(ReadRoute).ToList();
        foreach (var name in new[] { "ip4", "ip6" })
        {
            if (CniJson.Object(json, name, where) is { } old)
            {
                ips.Add(new CniIp(Prefix(old, "ip"), CniJson.Text(old, "gateway", where)));
                routes.AddRange(CniJson.Objects(old, "routes", where).Select(ReadRoute));
            }
        }

        return new(interfaces, [.. ips], [.. routes], CniJson.Object(json, "dns", where) is { } dns ? ReadDns(dns, where) : null);
    }

    /// <summary>Reads a <c>dns</c> object.</summary>
    public static CniDns ReadDns(JsonElement dns, string where) => new(
        CniJson.Texts(dns, "nameservers", where), CniJson.Text(dns, "domain", where),
        CniJson.Texts(dns, "search", where), CniJson.Texts(dns, "options", where));

    private static CniRoute ReadRoute(JsonElement item)
    {
        const string where = "prevResult.routes.";
        return new(
            Prefix(item, "dst"), CniJson.Text(item, "gw", where), CniJson.Number(item, "mtu", where), CniJson.Number(item, "advmss", where),
            CniJson.Number(item, "priority", where), CniJson.Number(item, "table", where), CniJson.Number(item, "scope", where));
    }

    private static string Prefix(JsonElement item, string name)
    {
        var text = CniJson.Text(item, name, "prevResult.");
        return IpPrefix.TryParse(text, out _)
            ? text
            : throw new CniException(CniErrorCode.InvalidConfiguration, $"prevResult: \"{text}\" is not an address with a prefix length");
    }

    private static int? Index(JsonElement item, int count) => CniJson.Number(item, "interface", "prevResult.ips.") switch
    {
        null or < 0 => null, // The reference library writes -1 for "not told".
        var index when index < count => (int)index,
        var index => throw new CniException(
            CniErrorCode.InvalidConfiguration, $"prevResult: an address names interface {index}, there are {count}"),
    };

    private static void WriteInterface(Utf8JsonWriter w, CniInterface item, bool modern)
    {
        w.WriteStartObject();
        w.WriteString("name", item.Name);
        WriteText(w, "mac", item.Mac);
        if (modern && item.Mtu > 0)
        {
            w.WriteNumber("mtu", item.Mtu);
        }

        WriteText(w, "sandbox", item.Sandbox);
        if (modern)
        {
            WriteText(w, "socketPath", item.SocketPath);
            WriteText(w, "pciID", item.PciId);
        }

        w.WriteEndObject();
    }

    private static void WriteIp(Utf8JsonWriter w, CniIp ip, bool withFamily)
    {
        w.WriteStartObject();
        if (withFamily)
        {
            w.WriteString("version", ip.Address.Contains(':', StringComparison.Ordinal) ? "6" : "4");
        }

        if (ip.Interface is { } index)
        {
            w.WriteNumber("interface", index);
        }

        w.WriteString("address", ip.Address);
        WriteText(w, "gateway", ip.Gateway);
        w.WriteEndObject();
    }

    private static void WriteRoute(Utf8JsonWriter w, CniRoute route, bool modern)
    {
        w.WriteStartObject();
        w.WriteString("dst", route.Dst);
        WriteText(w, "gw", route.Gw);
        if (modern)
        {
            WriteNumber(w, "mtu", route.Mtu);
            WriteNumber(w, "advmss", route.AdvMss);
            WriteNumber(w, "priority", route.Priority);
            WriteNumber(w, "table", route.Table);
            WriteNumber(w, "scope", route.Scope);
        }

        w.WriteEndObject();
    }

    private static void WriteDns(Utf8JsonWriter w, CniDns? dns)
    {
        w.WriteStartObject();
        if (dns is not null)
        {
            WriteTexts(w, "nameservers", dns.Nameservers);
            WriteText(w, "domain", dns.Domain);
            WriteTexts(w, "search", dns.Search);
            WriteTexts(w, "options", dns.Options);
        }

        w.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter w, string name, string value)
    {
        if (value.Length > 0)
        {
            w.WriteString(name, value);
        }
    }

    private static void WriteNumber(Utf8JsonWriter w, string name, long? value)
    {
        if (value is { } number)
        {
            w.WriteNumber(name, number);
        }
    }

    private static void WriteTexts(Utf8JsonWriter w, string name, ImmutableArray<string> values)
    {
        if (values.IsEmpty)
        {
            return;
        }

        w.WriteStartArray(name);
        foreach (var value in values)
        {
            w.WriteStringValue(value);
        }

        w.WriteEndArray();
    }

    private static string ToText(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
