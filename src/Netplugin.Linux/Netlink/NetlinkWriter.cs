using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Netplugin.Linux.Netlink;

/// <summary>
/// Writes one netlink message into a span: header, the family's fixed header, attributes. Numbers are in host order unless a
/// method's name says otherwise; every attribute is padded to 4 bytes (<c>NLA_ALIGN</c>, <c>linux/netlink.h</c>).
/// </summary>
internal ref struct NetlinkWriter
{
    /// <summary><c>NLA_F_NESTED</c>.</summary>
    internal const ushort NestedFlag = 0x8000;

    private const int AttributeHeader = 4;

    private readonly Span<byte> _buffer;
    private int _length;

    /// <summary>Begins a message.</summary>
    /// <exception cref="ArgumentException">The span is too small, here or in any later call.</exception>
    internal NetlinkWriter(Span<byte> buffer, ushort type, NetlinkFlags flags, uint sequence = 0)
    {
        _buffer = buffer;
        Put(new NetlinkHeader { Type = type, Flags = flags, Sequence = sequence });
    }

    /// <summary>Bytes written, padding included.</summary>
    internal readonly int Length => _length;

    /// <summary>Puts the family's fixed header, such as <c>struct ifinfomsg</c>.</summary>
    internal void Put<T>(in T structure)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in structure));
        bytes.CopyTo(Take(bytes.Length));
    }

    /// <summary>Puts an attribute of raw bytes.</summary>
    internal void PutBytes(ushort type, scoped ReadOnlySpan<byte> value) => value.CopyTo(TakeAttribute(type, value.Length));

    /// <summary>Puts an attribute without a value, whose presence says it all.</summary>
    internal void PutFlag(ushort type) => TakeAttribute(type, 0);

    /// <summary>Puts a byte.</summary>
    internal void PutU8(ushort type, byte value) => TakeAttribute(type, sizeof(byte))[0] = value;

    /// <summary>Puts 32 bits in host order.</summary>
    internal void PutU32(ushort type, uint value) => MemoryMarshal.Write(TakeAttribute(type, sizeof(uint)), value);

    /// <summary>Puts 32 bits, signed, in host order.</summary>
    internal void PutS32(ushort type, int value) => PutU32(type, unchecked((uint)value));

    /// <summary>Puts 16 bits in network order.</summary>
    internal void PutU16BigEndian(ushort type, ushort value) =>
        BinaryPrimitives.WriteUInt16BigEndian(TakeAttribute(type, sizeof(ushort)), value);

    /// <summary>Puts 32 bits in network order, as nf_tables wants its numbers.</summary>
    internal void PutU32BigEndian(ushort type, uint value) =>
        BinaryPrimitives.WriteUInt32BigEndian(TakeAttribute(type, sizeof(uint)), value);

    /// <summary>Puts a string and its terminating zero.</summary>
    internal void PutString(ushort type, string value)
    {
        var size = Encoding.UTF8.GetByteCount(value);
        var span = TakeAttribute(type, size + 1);
        Encoding.UTF8.GetBytes(value, span);
        span[size] = 0;
    }

    /// <summary>Begins an attribute that holds attributes; give what is returned to <see cref="EndNested"/>.</summary>
    internal int BeginNested(ushort type)
    {
        var start = _length;
        WriteAttributeHeader(Take(AttributeHeader), (ushort)(type | NestedFlag), 0);
        return start;
    }

    /// <summary>Begins an attribute that starts with a fixed header, then holds attributes: <c>VETH_INFO_PEER</c> is one.</summary>
    internal int BeginNested<T>(ushort type, in T header)
        where T : unmanaged
    {
        var start = BeginNested(type);
        Put(header);
        return start;
    }

    /// <summary>Ends the attribute begun at <paramref name="start"/>: writes its length.</summary>
    internal readonly void EndNested(int start) => MemoryMarshal.Write(_buffer[start..], checked((ushort)(_length - start)));

    /// <summary>Ends the message: writes its length.</summary>
    internal readonly void Finish() => MemoryMarshal.Write(_buffer, (uint)_length);

    private static void WriteAttributeHeader(Span<byte> span, ushort type, int payload)
    {
        MemoryMarshal.Write(span, checked((ushort)(AttributeHeader + payload)));
        MemoryMarshal.Write(span[2..], type);
    }

    private Span<byte> TakeAttribute(ushort type, int payload)
    {
        var span = Take(AttributeHeader + payload);
        WriteAttributeHeader(span, type, payload);
        return span.Slice(AttributeHeader, payload);
    }

    private Span<byte> Take(int size)
    {
        var padded = (size + 3) & ~3;
        if (padded > _buffer.Length - _length)
        {
            throw new ArgumentException("the message does not fit into its buffer");
        }

        var span = _buffer.Slice(_length, padded);
        span[size..].Clear();
        _length += padded;
        return span;
    }
}
