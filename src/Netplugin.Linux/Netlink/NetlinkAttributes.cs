using System.Runtime.InteropServices;

namespace Netplugin.Linux.Netlink;

/// <summary>Walks a run of attributes.</summary>
internal ref struct NetlinkAttributes
{
    private const int HeaderSize = 4;

    /// <summary><c>NLA_TYPE_MASK</c>.</summary>
    private const ushort TypeMask = 0x3fff;

    private ReadOnlySpan<byte> _rest;

    internal NetlinkAttributes(ReadOnlySpan<byte> bytes)
    {
        _rest = bytes;
        Current = default;
    }

    public NetlinkAttribute Current { get; private set; }

    public readonly NetlinkAttributes GetEnumerator() => this;

    /// <summary>Steps to the next attribute; fewer bytes than a header are trailing padding.</summary>
    /// <exception cref="InvalidDataException">A length contradicts the run's.</exception>
    public bool MoveNext()
    {
        if (_rest.Length < HeaderSize)
        {
            return false;
        }

        var length = MemoryMarshal.Read<ushort>(_rest);
        if (length < HeaderSize || length > _rest.Length)
        {
            throw new InvalidDataException("the kernel sent a netlink attribute whose length is wrong");
        }

        Current = new((ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & TypeMask), _rest[HeaderSize..length]);
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }

    /// <summary>Finds the first attribute of a type.</summary>
    internal readonly bool TryFind(ushort type, out NetlinkAttribute found)
    {
        foreach (var attribute in this)
        {
            if (attribute.Type == type)
            {
                found = attribute;
                return true;
            }
        }

        found = default;
        return false;
    }
}
