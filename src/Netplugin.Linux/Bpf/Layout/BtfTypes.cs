using System.Buffers.Binary;
using System.Text;

namespace Netplugin.Linux.Bpf.Layout;

/// <summary>A member of a structure: offset and size in bytes.</summary>
/// <param name="Name">Its name; empty for a type that is no structure.</param>
/// <param name="Offset">From the structure's start.</param>
/// <param name="Size">Its size.</param>
internal readonly record struct BtfField(string Name, int Offset, int Size);

/// <summary>
/// As much of BTF (Documentation/bpf/btf.rst) as tells how structures are laid out and what enumerations mean. Bit fields are not
/// understood; the maps have none. Numbers are in the machine's order, for BTF never leaves the machine.
/// </summary>
internal sealed class BtfTypes
{
    private const ushort Magic = 0xeb9f;
    private const int TypeSize = 12;
    private const int PointerSize = 8;

    private readonly byte[] _data;
    private readonly int _strings;
    private readonly List<int> _offsets = [-1]; // type ids start at 1; 0 is void

    internal BtfTypes(ReadOnlySpan<byte> data)
    {
        _data = data.ToArray();
        if (data.Length < 24 || BinaryPrimitives.ReadUInt16LittleEndian(data) != Magic)
        {
            throw new InvalidDataException("not BTF of this machine's byte order");
        }

        var header = Int(4);
        _strings = header + Int(16);
        var end = header + Int(8) + Int(12);
        for (var at = header + Int(8); at < end; at += TypeSize + Extra(at))
        {
            _offsets.Add(at);
        }
    }

    private enum Kind
    {
        Int = 1,
        Pointer,
        Array,
        Struct,
        Union,
        Enum,
        Forward,
        Typedef,
        Volatile,
        Const,
        Restrict,
        Func,
        FuncProto,
        Var,
        DataSection,
        Float,
        DeclTag,
        TypeTag,
        Enum64,
    }

    /// <summary>The members of a structure; for another type one nameless field of its size.</summary>
    internal IReadOnlyList<BtfField> FieldsOf(uint type)
    {
        var at = Resolve(type);
        if (KindAt(at) != Kind.Struct)
        {
            return [new BtfField("", 0, SizeOf(type))];
        }

        var fields = new BtfField[CountAt(at)];
        for (var i = 0; i < fields.Length; i++)
        {
            var member = at + TypeSize + 12 * i;
            fields[i] = new(Text(Int(member)), Int(member + 8) / 8, SizeOf((uint)Int(member + 4)));
        }

        return fields;
    }

    /// <summary>The type of that name and of structure or enumeration kind; null when there is none.</summary>
    internal uint? Find(string name)
    {
        for (var id = 1; id < _offsets.Count; id++)
        {
            if (KindAt(_offsets[id]) is Kind.Struct or Kind.Enum && Text(Int(_offsets[id])) == name)
            {
                return (uint)id;
            }
        }

        return null;
    }

    /// <summary>An enumeration's names and numbers.</summary>
    internal IReadOnlyDictionary<string, int> Enumerators(uint type)
    {
        var at = Resolve(type);
        var values = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < CountAt(at); i++)
        {
            values[Text(Int(at + TypeSize + 8 * i))] = Int(at + TypeSize + 8 * i + 4);
        }

        return values;
    }

    /// <summary>A type's size in bytes.</summary>
    internal int SizeOf(uint type)
    {
        var at = Resolve(type);
        return KindAt(at) switch
        {
            Kind.Pointer => PointerSize,
            Kind.Array => SizeOf((uint)Int(at + TypeSize)) * Int(at + TypeSize + 8),
            _ => Int(at + 8),
        };
    }

    // Through type names and qualifiers to what they stand for.
    private int Resolve(uint type)
    {
        var at = _offsets[(int)type];
        return KindAt(at) is Kind.Typedef or Kind.Volatile or Kind.Const or Kind.Restrict or Kind.TypeTag ? Resolve((uint)Int(at + 8)) : at;
    }

    private int Extra(int at) => KindAt(at) switch
    {
        Kind.Int or Kind.Var or Kind.DeclTag => 4,
        Kind.Array => 12,
        Kind.Struct or Kind.Union or Kind.DataSection or Kind.Enum64 => 12 * CountAt(at),
        Kind.Enum or Kind.FuncProto => 8 * CountAt(at),
        _ => 0,
    };

    private Kind KindAt(int at) => (Kind)((Int(at + 4) >> 24) & 0x1f);

    private int CountAt(int at) => Int(at + 4) & 0xffff;

    private int Int(int at) => BinaryPrimitives.ReadInt32LittleEndian(_data.AsSpan(at));

    private string Text(int offset)
    {
        var rest = _data.AsSpan(_strings + offset);
        return Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]);
    }
}
