namespace Netplugin.Core.Services;

/// <summary>IANA's numbers of the protocols in IP headers, as people call them. Those with ports are <see cref="TransportProtocol"/>.</summary>
public static class IpProtocols
{
    /// <summary>ICMP.</summary>
    public const byte Icmp = 1;

    /// <summary>ICMPv6.</summary>
    public const byte IcmpV6 = 58;

    /// <summary>True for protocols whose ports are known here.</summary>
    public static bool HasPorts(byte protocol) => protocol is (byte)TransportProtocol.Tcp or (byte)TransportProtocol.Udp or (byte)TransportProtocol.Sctp;

    /// <summary>What a protocol is called; null: it is called by its number.</summary>
    public static string? NameOf(byte protocol) => protocol switch
    {
        Icmp => "icmp",
        IcmpV6 => "icmpv6",
        (byte)TransportProtocol.Tcp => "tcp",
        (byte)TransportProtocol.Udp => "udp",
        (byte)TransportProtocol.Sctp => "sctp",
        _ => null,
    };
}
