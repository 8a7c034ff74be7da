using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Bpf.Interop;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Linux.Interop;

namespace Netplugin.Linux.Bpf;

/// <summary>
/// Carries a map's elements over to a map of another layout or size, so that a new build need not wait for the store before it can take
/// over. Fields go by their names, as both maps' own BTF tells them; a field that only the new layout has is zero, one whose size has
/// changed too. What an element should rather hold, the next reconciliation writes.
/// </summary>
internal static unsafe class MapCopy
{
    /// <summary>Copies all elements. A pin that is not there is no error: the build before had no such map.</summary>
    /// <exception cref="KernelException">The old map cannot be read, or the new one has no room for all of it.</exception>
    internal static void Run(string oldPin, SafeFileHandle to, MapDefinition layout)
    {
        if (!File.Exists(oldPin))
        {
            return;
        }

        using var from = PinFolder.Open(oldPin);
        var (oldKey, oldValue, info) = Describe(from, oldPin);
        var keys = Moves(oldKey, layout.Key);
        var values = Moves(oldValue, layout.Value);
        var key = new byte[info.KeySize];
        var value = new byte[info.ValueSize];
        var newKey = new byte[layout.KeySize];
        var newValue = new byte[layout.ValueSize];
        for (var found = NextKey(from, first: true, key, oldPin); found; found = NextKey(from, first: false, key, oldPin))
        {
            if (Lookup(from, key, value, oldPin))
            {
                Move(keys, key, newKey);
                Move(values, value, newValue);
                Update(to, newKey, newValue, layout.Name);
            }
        }
    }

    private static (IReadOnlyList<BtfField> Key, IReadOnlyList<BtfField> Value, MapInfo Info) Describe(SafeFileHandle map, string name)
    {
        var info = KernelInfo.OfMap(map, name);
        var btf = LibBpf.LoadKernelBtf(info.BtfId);
        if (btf == 0)
        {
            throw KernelException.FromLastError("read the types of the map", name);
        }

        try
        {
            uint length;
            var data = LibBpf.BtfData(btf, &length);
            var types = new BtfTypes(new ReadOnlySpan<byte>(data, checked((int)length)));
            return (types.FieldsOf(info.BtfKeyType), types.FieldsOf(info.BtfValueType), info);
        }
        finally
        {
            LibBpf.FreeBtf(btf);
        }
    }

    private static (int From, int To, int Size)[] Moves(IReadOnlyList<BtfField> before, IReadOnlyList<BtfField> after) =>
        [.. from old in before join now in after on (old.Name, old.Size) equals (now.Name, now.Size) select (old.Offset, now.Offset, now.Size)];

    private static void Move((int From, int To, int Size)[] moves, byte[] from, byte[] to)
    {
        foreach (var (start, target, size) in moves)
        {
            from.AsSpan(start, size).CopyTo(to.AsSpan(target));
        }
    }

    // The kernel reads the key before it writes the next one, so one buffer does for both.
    private static bool NextKey(SafeFileHandle map, bool first, byte[] key, string name)
    {
        int result;
        fixed (byte* bytes = key)
        {
            result = LibBpf.NextKey(map, first ? null : bytes, bytes);
        }

        return result >= 0 || (-result == Errno.NoEntry ? false : throw new KernelException("read the map", name, -result));
    }

    // False when the element has gone since its key was read.
    private static bool Lookup(SafeFileHandle map, byte[] key, byte[] value, string name)
    {
        int result;
        fixed (byte* keyBytes = key)
        fixed (byte* valueBytes = value)
        {
            result = LibBpf.LookupElement(map, keyBytes, valueBytes);
        }

        return result >= 0 || (-result == Errno.NoEntry ? false : throw new KernelException("read the map", name, -result));
    }

    private static void Update(SafeFileHandle map, byte[] key, byte[] value, string name)
    {
        fixed (byte* keyBytes = key)
        fixed (byte* valueBytes = value)
        {
            var result = LibBpf.UpdateElement(map, keyBytes, valueBytes, 0);
            if (result < 0)
            {
                var detail = -result == Errno.TooBig ? "it is smaller than what the running datapath holds: give it a larger size" : null;
                throw new KernelException("write to the map", name, -result, detail);
            }
        }
    }
}
