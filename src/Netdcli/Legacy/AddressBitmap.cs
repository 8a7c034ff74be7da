using System.Buffers.Binary;
using Netplugin.Core.Addresses;

namespace Netdcli.Legacy;

/// <summary>
/// The original's text for a set of addresses: URL-safe base64 of a big-endian 64-bit count of bits, then big-endian 64-bit words in
/// which bit i of the set is bit i mod 64 of word i div 64. Bit 0 (the subnet itself) and the one past the last are always set.
/// </summary>
internal static class AddressBitmap
{
    /// <summary>The largest subnet that is written out: a /16 takes 11 KB of text.</summary>
    private const int MaxHostBits = 16;

    /// <summary>Encodes; empty for IPv6 and for subnets larger than a /16.</summary>
    public static string Encode(IpPrefix subnet, IEnumerable<IpAddr> taken)
    {
        if (!subnet.Address.IsV4 || subnet.HostBits > MaxHostBits)
        {
            return "";
        }

        var guard = 1 << subnet.HostBits;
        var words = new ulong[guard / 64 + 1];
        words[0] |= 1;
        words[guard / 64] |= 1UL << (guard % 64);
        foreach (var address in taken.Where(subnet.Contains))
        {
            var bit = (int)(address.FamilyBits - subnet.First.FamilyBits);
            words[bit / 64] |= 1UL << (bit % 64);
        }

        var bytes = new byte[8 + words.Length * 8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (ulong)guard + 1);
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8 + i * 8), words[i]);
        }

        return Convert.ToBase64String(bytes).Replace('+', '-').Replace('/', '_');
    }
}
