using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Netdcli.Verbs;

/// <summary>The options that say which traffic.</summary>
internal static class TrafficOptions
{
    /// <summary>IANA's number of ICMP.</summary>
    public const byte Icmp = 1;

    /// <summary>Of TCP.</summary>
    public const byte Tcp = 6;

    private const byte Udp = 17;
    private const byte Sctp = 132;
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
        "tcp" => Tcp,
        "udp" => Udp,
        "sctp" => Sctp,
        "icmp" => Icmp,
        _ => byte.TryParse(typed, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null,
    };

    /// <summary>True for protocols whose ports policies know.</summary>
    public static bool HasPorts(byte protocol) => protocol is Tcp or Udp or Sctp;

    private static string Word(ArgumentResult result) => result.Tokens[0].Value;

    private static T? Refuse<T>(ArgumentResult result, string error)
    {
        result.AddError(error);
        return default;
    }
}
