using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Netplugin.Linux.Netlink;

/// <summary>One attribute: type and value (<c>struct nlattr</c>, <c>linux/netlink.h</c>). Values may be unaligned.</summary>
internal readonly ref struct NetlinkAttribute
{
    internal NetlinkAttribute(ushort type, ReadOnlySpan<byte> value)
    {
        Type = type;
        Value = value;
    }

    /// <summary>The type without the nested and byte-order flags.</summary>
    internal ushort Type { get; }

    internal ReadOnlySpan<byte> Value { get; }

    /// <summary>The attributes held by this one.</summary>
    internal NetlinkAttributes Nested => new(Value);

    internal byte U8 => Read<byte>();

    internal ushort U16BigEndian => BinaryPrimitives.ReverseEndianness(Read<ushort>());

    internal uint U32 => Read<uint>();

    internal ulong U64BigEndian => BinaryPrimitives.ReverseEndianness(Read<ulong>());

    internal int S32 => Read<int>();

    /// <summary>The text up to the terminating zero, if there is one.</summary>
    internal string Text
    {
        get
        {
            var end = Value.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
        }
    }

    private T Read<T>()
        where T : unmanaged =>
        MemoryMarshal.TryRead(Value, out T value) ? value
            : throw new InvalidDataException($"the kernel sent netlink attribute {Type} with {Value.Length} bytes");
}
