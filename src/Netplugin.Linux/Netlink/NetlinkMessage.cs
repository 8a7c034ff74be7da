using System.Runtime.InteropServices;

namespace Netplugin.Linux.Netlink;

/// <summary>One message of a datagram: its header and what follows it.</summary>
internal readonly ref struct NetlinkMessage
{
    private readonly ReadOnlySpan<byte> _payload;

    internal NetlinkMessage(NetlinkHeader header, ReadOnlySpan<byte> payload)
    {
        Header = header;
        _payload = payload;
    }

    internal NetlinkHeader Header { get; }

    internal ushort Type => Header.Type;

    /// <summary>What follows the header, without padding.</summary>
    internal ReadOnlySpan<byte> Payload => _payload;

    /// <summary>Reads the family's fixed header.</summary>
    /// <exception cref="InvalidDataException">The message is shorter.</exception>
    internal T Read<T>()
        where T : unmanaged =>
        MemoryMarshal.TryRead(_payload, out T value) ? value
            : throw new InvalidDataException("the kernel sent a netlink message shorter than its family's header");

    /// <summary>The attributes after a fixed header of type <typeparamref name="T"/>.</summary>
    internal unsafe NetlinkAttributes AttributesAfter<T>()
        where T : unmanaged
    {
        var size = (sizeof(T) + 3) & ~3;
        return new(size <= _payload.Length ? _payload[size..] : default);
    }
}
