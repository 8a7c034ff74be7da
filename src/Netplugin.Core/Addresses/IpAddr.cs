using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Netplugin.Core.Addresses;

/// <summary>
/// An IPv4 or IPv6 address as one 128-bit number in host order; IPv4 is held IPv4-mapped (<c>::ffff:a.b.c.d</c>,
/// RFC 4291 section 2.5.5.2), which is also the form of the datapath's map keys, so both families share every code path.
/// </summary>
public readonly record struct IpAddr : IComparable<IpAddr>, IOfFamily
{
    // Two halves: a UInt128 is aligned to 16 bytes, and what holds an address beside smaller fields would be padded by as much.
    private readonly ulong _high;
    private readonly ulong _low;

    private static readonly UInt128 MappedPrefix = new(0, 0x0000_ffff_0000_0000UL);

    /// <summary>Makes an address from its number.</summary>
    /// <param name="bits">The 128 bits, most significant first in value (host order as a number).</param>
    public IpAddr(UInt128 bits) => (_high, _low) = ((ulong)(bits >> 64), (ulong)bits);

    /// <summary>The 128 bits, most significant first in value (host order as a number).</summary>
    public UInt128 Bits => new(_high, _low);

    /// <summary>The unspecified address <c>::</c>; also the value of <c>default</c>.</summary>
    public static IpAddr Unspecified => default;

    /// <summary>True for an IPv4 (IPv4-mapped) address.</summary>
    public bool IsV4 => (Bits >> 32) == 0xffff;

    /// <summary>True for <c>::</c>, the value that stands for "none".</summary>
    public bool IsUnspecified => Bits == UInt128.Zero;

    /// <summary>Number of bits in the address's own family: 32 or 128.</summary>
    public int Width => IsV4 ? 32 : 128;

    /// <summary>The address as a number within its own family (32 bits for IPv4), host order.</summary>
    public UInt128 FamilyBits => IsV4 ? Bits & 0xffff_ffff : Bits;

    /// <summary>Makes an IPv4 address from its 32 bits in host order.</summary>
    public static IpAddr FromV4(uint hostOrder) => new(MappedPrefix | hostOrder);

    /// <summary>Reads 16 bytes in network order.</summary>
    /// <exception cref="ArgumentException">Not 16 bytes.</exception>
    public static IpAddr FromBytes(ReadOnlySpan<byte> networkOrder)
    {
        if (networkOrder.Length != 16)
        {
            throw new ArgumentException("an address is 16 bytes", nameof(networkOrder));
        }

        return new(BinaryPrimitives.ReadUInt128BigEndian(networkOrder));
    }

    /// <summary>Writes the 16 bytes in network order, the form of the datapath's map keys.</summary>
    public void WriteBytes(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Bits);

    /// <summary>Converts from the framework's type; a scope id is dropped.</summary>
    public static IpAddr From(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        return FromBytes(bytes);
    }

    /// <summary>Converts to the framework's type, an IPv4 address as <see cref="AddressFamily.InterNetwork"/>.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        WriteBytes(bytes);
        return IsV4 ? new IPAddress(bytes[12..]) : new IPAddress(bytes);
    }

    /// <summary>Parses the strict textual forms: four decimal octets without leading zeros, or RFC 4291 text without a zone.</summary>
    public static bool TryParse(string? text, out IpAddr address)
    {
        address = default;
        if (string.IsNullOrEmpty(text) || text.Contains('%', StringComparison.Ordinal) || !IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }

        // The framework also reads "1.2" and "0x7f.1"; an operator who types those made a slip.
        if (parsed.AddressFamily == AddressFamily.InterNetwork && parsed.ToString() != text)
        {
            return false;
        }

        if (parsed.AddressFamily == AddressFamily.InterNetworkV6 && text.Contains('[', StringComparison.Ordinal))
        {
            return false;
        }

        address = From(parsed);
        return true;
    }

    /// <summary>Parses as <see cref="TryParse"/> does.</summary>
    /// <exception cref="FormatException">Not an address.</exception>
    public static IpAddr Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"\"{text}\" is not an IP address"));

    /// <summary>The address <paramref name="offset"/> further on (modulo 2^128; callers stay inside a prefix).</summary>
    public IpAddr Add(UInt128 offset) => new(Bits + offset);

    /// <inheritdoc/>
    public int CompareTo(IpAddr other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    /// <summary>Canonical text (dotted quad, or RFC 5952).</summary>
    public override string ToString() => ToIPAddress().ToString();

    /// <summary>Order by value.</summary>
    public static bool operator <(IpAddr left, IpAddr right) => left.Bits < right.Bits;

    /// <summary>Order by value.</summary>
    public static bool operator >(IpAddr left, IpAddr right) => left.Bits > right.Bits;

    /// <summary>Order by value.</summary>
    public static bool operator <=(IpAddr left, IpAddr right) => left.Bits <= right.Bits;

    /// <summary>Order by value.</summary>
    public static bool operator >=(IpAddr left, IpAddr right) => left.Bits >= right.Bits;
}
