using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Netplugin.Core.Services;

namespace Netdcli.Verbs;

/// <summary>The options that say which traffic.</summary>
internal static class TrafficOptions
{
    private static readonly string[] Names = ["tcp", "udp", "sctp", "icmp"];

    /// <summary>The option <c>--port</c>.</summary>
    public static Option<ushort?> Port(string description) => new("--port")
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => ushort.TryParse(Word(result), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? port
            : Refuse<ushort?>(result, $"\"{Word(result)}\" is no port: 1 to 65535"),
    };

    /// <summary>The option <c>--protocol</c>.</summary>
    public static Option<string?> Protocol()
    {
        var option = new Option<string?>("--protocol")
        {
            Description = "tcp, udp, sctp, icmp (ICMPv6 too), or a number",
            HelpName = "NAME",
            CustomParser = result => ProtocolOf(Word(result)) is null ? Refuse<string?>(result, $"\"{Word(result)}\" is no protocol: tcp, udp, sctp, icmp, or a number from 0 to 255") : Word(result),
        };
        option.CompletionSources.Add(Names);
        return option;
    }

    /// <summary>IANA's number of a protocol as it is typed; null: none, or nothing that is known.</summary>
    public static byte? ProtocolOf(string? typed) => typed switch
    {
        "tcp" => (byte)TransportProtocol.Tcp,
        "udp" => (byte)TransportProtocol.Udp,
        "sctp" => (byte)TransportProtocol.Sctp,
        "icmp" => IpProtocols.Icmp,
        _ => byte.TryParse(typed, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null,
    };

    private static string Word(ArgumentResult result) => result.Tokens[0].Value;

    private static T? Refuse<T>(ArgumentResult result, string error)
    {
        result.AddError(error);
        return default;
    }
}
