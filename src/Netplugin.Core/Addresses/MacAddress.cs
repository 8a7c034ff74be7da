using System.Globalization;

namespace Netplugin.Core.Addresses;

/// <summary>An Ethernet address, 48 bits; the first byte on the wire is the most significant.</summary>
/// <param name="Bits">The 48 bits as a number.</param>
public readonly record struct MacAddress(ulong Bits)
{
    /// <summary>Length on the wire in bytes (<c>ETH_ALEN</c>).</summary>
    public const int Size = 6;

    /// <summary>The all-zero address, standing for "none".</summary>
    public static MacAddress None => default;

    /// <summary>
    /// The address every node answers with for a network's gateway: the same on all nodes, so a pod's neighbour entry
    /// stays right wherever the pod's traffic is served. Locally administered, unicast.
    /// </summary>
    public static MacAddress Gateway => new(0x02_02_00_00_00_01);

    /// <summary>
    /// The address of the endpoint with this IP: <c>02:02</c> and the four bytes of an IPv4 address (as the original did),
    /// or <c>02:03</c> and 32 bits folded from an IPv6 address. Fixed by the IP, so a neighbour entry never goes stale.
    /// </summary>
    public static MacAddress ForEndpoint(IpAddr address)
    {
        if (address.IsV4)
        {
            return new(0x0202_0000_0000UL | (uint)address.FamilyBits);
        }

        var folded = (ulong)(address.Bits >> 64) ^ (ulong)address.Bits;
        return new(0x0203_0000_0000UL | (uint)(folded ^ (folded >> 32)));
    }

    /// <summary>Reads 6 bytes as they are on the wire.</summary>
    public static MacAddress FromBytes(ReadOnlySpan<byte> wire)
    {
        ulong bits = 0;
        foreach (var b in wire[..Size])
        {
            bits = bits << 8 | b;
        }

        return new(bits);
    }

    /// <summary>Writes 6 bytes as they are on the wire.</summary>
    public void WriteBytes(Span<byte> destination)
    {
        for (var i = 0; i < Size; i++)
        {
            destination[i] = (byte)(Bits >> (40 - 8 * i));
        }
    }

    /// <summary>Parses <c>aa:bb:cc:dd:ee:ff</c>.</summary>
    public static bool TryParse(string? text, out MacAddress mac)
    {
        mac = default;
        var parts = text?.Split(':');
        if (parts is not { Length: Size })
        {
            return false;
        }

        ulong bits = 0;
        foreach (var part in parts)
        {
            if (part.Length != 2 || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
            {
                return false;
            }

            bits = bits << 8 | b;
        }

        mac = new(bits);
        return true;
    }

    /// <summary>Parses as <see cref="TryParse"/> does.</summary>
    /// <exception cref="FormatException">Not a MAC address.</exception>
    public static MacAddress Parse(string text) =>
        TryParse(text, out var mac) ? mac : throw new FormatException($"\"{text}\" is not a MAC address");

    /// <summary><c>aa:bb:cc:dd:ee:ff</c>, lower case.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Bits >> 40 & 0xff:x2}:{Bits >> 32 & 0xff:x2}:{Bits >> 24 & 0xff:x2}:{Bits >> 16 & 0xff:x2}:{Bits >> 8 & 0xff:x2}:{Bits & 0xff:x2}");
}
