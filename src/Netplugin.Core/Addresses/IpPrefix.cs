using System.Globalization;

namespace Netplugin.Core.Addresses;

/// <summary>A CIDR prefix (RFC 4632). <see cref="Length"/> counts within the address's own family: 0-32 or 0-128.</summary>
/// <param name="Address">The address as typed; host bits may be set (see <see cref="Masked"/>).</param>
/// <param name="Length">Prefix length in bits of the address's family.</param>
public readonly record struct IpPrefix(IpAddr Address, int Length) : IOfFamily
{
    /// <summary>The prefix that has one address and no other.</summary>
    public static IpPrefix Alone(IpAddr address) => new(address, address.Width);

    /// <inheritdoc/>
    public bool IsV4 => Address.IsV4;

    /// <summary>Number of host bits.</summary>
    public int HostBits => Address.Width - Length;

    /// <summary>The first address of the prefix (host bits zero).</summary>
    public IpAddr First => new(Address.Bits & ~HostMask);

    /// <summary>The last address of the prefix (host bits one; the broadcast address of an IPv4 subnet).</summary>
    public IpAddr Last => new(Address.Bits | HostMask);

    /// <summary>The same prefix with host bits zero.</summary>
    public IpPrefix Masked => new(First, Length);

    /// <summary>The host bits of an address of the prefix, as <see cref="IpAddr.Bits"/> has them.</summary>
    public UInt128 HostMask => HostBits >= 128 ? UInt128.MaxValue : (UInt128.One << HostBits) - 1;

    /// <summary>True when <paramref name="address"/> is of the same family and inside.</summary>
    public bool Contains(IpAddr address) => address.IsV4 == Address.IsV4 && address >= First && address <= Last;

    /// <summary>True when the two prefixes share an address.</summary>
    public bool Overlaps(IpPrefix other) => Contains(other.First) || other.Contains(First);

    /// <summary>Parses <c>address/length</c>; the address is kept as typed.</summary>
    public static bool TryParse(string? text, out IpPrefix prefix)
    {
        prefix = default;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0 || !IpAddr.TryParse(text![..slash], out var address)
            || !int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > address.Width)
        {
            return false;
        }

        prefix = new(address, length);
        return true;
    }

    /// <summary>Parses as <see cref="TryParse"/> does.</summary>
    /// <exception cref="FormatException">Not a CIDR prefix.</exception>
    public static IpPrefix Parse(string text) =>
        TryParse(text, out var prefix) ? prefix : throw new FormatException($"\"{text}\" is not a CIDR prefix such as 10.1.0.0/16");

    /// <summary><c>address/length</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}");
}
