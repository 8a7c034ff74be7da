using System.Runtime.InteropServices;

namespace Netplugin.Linux.Netlink;

/// <summary>Walks the messages of one datagram.</summary>
internal ref struct NetlinkMessages
{
    private ReadOnlySpan<byte> _rest;

    internal NetlinkMessages(ReadOnlySpan<byte> datagram)
    {
        _rest = datagram;
        Current = default;
    }

    public NetlinkMessage Current { get; private set; }

    public readonly NetlinkMessages GetEnumerator() => this;

    /// <summary>Steps to the next message.</summary>
    /// <exception cref="InvalidDataException">A length contradicts the datagram's.</exception>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (!MemoryMarshal.TryRead(_rest, out NetlinkHeader header)
            || header.Length < NetlinkHeader.Size || header.Length > _rest.Length)
        {
            throw new InvalidDataException("the kernel sent a netlink message whose length is wrong");
        }

        var length = (int)header.Length;
        Current = new(header, _rest[NetlinkHeader.Size..length]);
        // The last message of a datagram may come without its padding.
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
