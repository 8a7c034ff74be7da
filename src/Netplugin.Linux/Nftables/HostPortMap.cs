using System.Buffers.Binary;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;

namespace Netplugin.Linux.Nftables;

/// <summary>
/// One of the four maps of host ports: those of a family, at every address of the node or at a given one. Keys and values are what the
/// registers hold: every field in network order, padded to 4 bytes.
/// </summary>
/// <param name="Name">The map's name.</param>
/// <param name="IsV4">The family.</param>
/// <param name="HasAddress">Whether the key begins with an address of the node's.</param>
internal sealed record HostPortMap(string Name, bool IsV4, bool HasAddress)
{
    private const int Field = 4;

    /// <summary>All four, in the order in which they are asked.</summary>
    public static readonly HostPortMap[] All =
    [
        new("address-ports4", IsV4: true, HasAddress: true), new("address-ports6", IsV4: false, HasAddress: true),
        new("ports4", IsV4: true, HasAddress: false), new("ports6", IsV4: false, HasAddress: false),
    ];

    private int Address => IsV4 ? 4 : 16;

    /// <summary>Length of a key in bytes.</summary>
    public int KeyLength => (HasAddress ? Address : 0) + 2 * Field;

    /// <summary>Length of a value in bytes.</summary>
    public int ValueLength => Address + Field;

    /// <summary>Whether a host port belongs here.</summary>
    public bool Holds(HostPort port) => port.Address.IsV4 == IsV4 && port.HostAddress.IsUnspecified != HasAddress;

    /// <summary>The key: address, protocol, port.</summary>
    public byte[] KeyOf(HostPort port)
    {
        var key = new byte[KeyLength];
        var rest = key.AsSpan();
        if (HasAddress)
        {
            port.HostAddress.ToIPAddress().TryWriteBytes(rest, out _);
            rest = rest[Address..];
        }

        rest[0] = (byte)port.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(rest[Field..], port.Port);
        return key;
    }

    /// <summary>The value: address, port.</summary>
    public byte[] ValueOf(HostPort port)
    {
        var value = new byte[ValueLength];
        port.Address.ToIPAddress().TryWriteBytes(value, out _);
        BinaryPrimitives.WriteUInt16BigEndian(value.AsSpan(Address), port.PodPort);
        return value;
    }

    /// <summary>Reads an element.</summary>
    /// <exception cref="InvalidDataException">It has another length.</exception>
    public HostPort Read(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.Length != KeyLength || value.Length != ValueLength)
        {
            throw new InvalidDataException($"the kernel sent an element of {key.Length} and {value.Length} bytes of the firewall's map {Name}");
        }

        var host = HasAddress ? ReadAddress(key) : IpAddr.Unspecified;
        var rest = key[(HasAddress ? Address : 0)..];
        return new(
            (TransportProtocol)rest[0], host, BinaryPrimitives.ReadUInt16BigEndian(rest[Field..]),
            ReadAddress(value), BinaryPrimitives.ReadUInt16BigEndian(value[Address..]));
    }

    private IpAddr ReadAddress(ReadOnlySpan<byte> from) => IsV4 ? IpAddr.FromV4(BinaryPrimitives.ReadUInt32BigEndian(from)) : IpAddr.FromBytes(from[..16]);
}
