using System.Collections.Immutable;
using Netplugin.Core.Addresses;

namespace Netplugin.Core.Intents;

/// <summary>Which addresses the internet protocols keep for other uses, so that no host and no network can have them.</summary>
internal static class AddressRules
{
    // RFC 6890 (this-network, loopback), RFC 5771 and RFC 1112 (multicast, future use, broadcast), RFC 4291 (unspecified,
    // loopback and mapped addresses in ::/8, link-local, multicast).
    private static readonly ImmutableArray<IpPrefix> ReservedPrefixes =
    [
        IpPrefix.Parse("0.0.0.0/8"), IpPrefix.Parse("127.0.0.0/8"), IpPrefix.Parse("224.0.0.0/3"),
        IpPrefix.Parse("::/8"), IpPrefix.Parse("fe80::/10"), IpPrefix.Parse("ff00::/8"),
    ];

    /// <summary>The reserved prefix that <paramref name="prefix"/> overlaps; null when it is free of them.</summary>
    public static IpPrefix? Reserved(IpPrefix prefix)
    {
        foreach (var reserved in ReservedPrefixes)
        {
            if (reserved.Overlaps(prefix))
            {
                return reserved;
            }
        }

        return null;
    }

    /// <summary>True when a host can have the address and be reached by it.</summary>
    public static bool IsUnicast(IpAddr address) => Reserved(IpPrefix.Alone(address)) is null;
}
