namespace Netplugin.Core.Services;

/// <summary>What a Service's port speaks; the values are IANA's protocol numbers, as in an IP header.</summary>
public enum TransportProtocol : byte
{
    /// <summary>No protocol; the value of <c>default</c>.</summary>
    None = 0,

    /// <summary>RFC 9293.</summary>
    Tcp = 6,

    /// <summary>RFC 768.</summary>
    Udp = 17,

    /// <summary>RFC 9260.</summary>
    Sctp = 132,
}
