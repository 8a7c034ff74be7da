using System.Text.Json;
using System.Text.Json.Serialization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;

namespace Netplugin.Store.Json;

/// <summary>Reads and writes a value as JSON text by its own parser; what does not parse is a <see cref="JsonException"/>.</summary>
/// <typeparam name="T">The value.</typeparam>
internal abstract class TextConverter<T> : JsonConverter<T>
    where T : struct
{
    public sealed override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return text is not null && TryParse(text, out var value)
            ? value
            : throw new JsonException($"{(text is null ? "a " + reader.TokenType : '"' + text + '"')} is not {Noun}");
    }

    public sealed override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Format(value));

    protected abstract string Noun { get; }

    protected abstract bool TryParse(string text, out T value);

    protected virtual string Format(T value) => value.ToString()!;
}

/// <summary>Dotted quad or RFC 5952 text.</summary>
internal sealed class IpAddrConverter : TextConverter<IpAddr>
{
    protected override string Noun => "an IP address";

    protected override bool TryParse(string text, out IpAddr value) => IpAddr.TryParse(text, out value);
}

/// <summary><c>address/length</c>, the address as typed.</summary>
internal sealed class IpPrefixConverter : TextConverter<IpPrefix>
{
    protected override string Noun => "a CIDR prefix";

    protected override bool TryParse(string text, out IpPrefix value) => IpPrefix.TryParse(text, out value);
}

/// <summary><c>aa:bb:cc:dd:ee:ff</c>.</summary>
internal sealed class MacAddressConverter : TextConverter<MacAddress>
{
    protected override string Noun => "a MAC address";

    protected override bool TryParse(string text, out MacAddress value) => MacAddress.TryParse(text, out value);
}

/// <summary><c>vlan</c> or <c>vxlan</c>, the intent's words.</summary>
internal sealed class EncapConverter : TextConverter<Encap>
{
    protected override string Noun => "\"vlan\" or \"vxlan\"";

    protected override bool TryParse(string text, out Encap value)
    {
        value = text == "vlan" ? Encap.Vlan : Encap.Vxlan;
        return text is "vlan" or "vxlan";
    }

    protected override string Format(Encap value) => value == Encap.Vlan ? "vlan" : "vxlan";
}

/// <summary><c>in</c> or <c>out</c>, the intent's words.</summary>
internal sealed class PolicyDirectionConverter : TextConverter<PolicyDirection>
{
    protected override string Noun => "\"in\" or \"out\"";

    protected override bool TryParse(string text, out PolicyDirection value)
    {
        value = text == "in" ? PolicyDirection.Ingress : PolicyDirection.Egress;
        return text is "in" or "out";
    }

    protected override string Format(PolicyDirection value) => value == PolicyDirection.Ingress ? "in" : "out";
}
