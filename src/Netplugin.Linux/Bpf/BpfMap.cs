using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Bpf.Interop;
using Netplugin.Linux.Interop;

namespace Netplugin.Linux.Bpf;

/// <summary>
/// A hash map, or one of longest-prefix match, in the kernel. A value's entry may be longer than <typeparamref name="TValue"/> (spare bytes at its end); the rest is
/// written as zero and not read.
/// </summary>
internal sealed unsafe class BpfMap<TKey, TValue> : IDisposable
    where TKey : unmanaged
    where TValue : unmanaged
{
    /// <summary>Elements per call: larger batches are no faster.</summary>
    private const int WriteBatch = 256;

    /// <summary>A batch read needs room for at least the longest hash chain. Small enough for the buffers not to count as large objects.</summary>
    private const int ReadBatch = 1024;

    private const int ReadBytes = 64 * 1024;

    private const ulong NoExist = 1; // BPF_NOEXIST

    private readonly SafeFileHandle _handle;
    private readonly string _name;
    private readonly string _whenFull;
    private readonly int _stride;

    /// <param name="handle">The map.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <param name="valueSize">Bytes of a value's entry; those of all CPUs where each has its own.</param>
    /// <param name="whenFull">What to do when it is full; null: a larger size can be set.</param>
    internal BpfMap(SafeFileHandle handle, string name, uint valueSize, string? whenFull = null)
    {
        _handle = handle;
        _name = name;
        _whenFull = whenFull ?? $"give {name} a larger size";
        _stride = checked((int)valueSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(_stride, sizeof(TValue), nameof(valueSize));
    }

    /// <summary>Adds or replaces elements, in order. Each element is replaced as a whole: a packet sees the old or the new one.</summary>
    /// <exception cref="KernelException">The map is full, or memory is short; elements before the failing one are written.</exception>
    internal void Put(ReadOnlySpan<KeyValuePair<TKey, TValue>> elements)
    {
        Span<TKey> keys = new TKey[Math.Min(elements.Length, WriteBatch)];
        Span<byte> values = new byte[keys.Length * _stride];
        while (!elements.IsEmpty)
        {
            var count = Math.Min(elements.Length, WriteBatch);
            for (var i = 0; i < count; i++)
            {
                keys[i] = elements[i].Key;
                MemoryMarshal.Write(values[(i * _stride)..], elements[i].Value);
            }

            PutBatch(keys[..count], values);
            elements = elements[count..];
        }
    }

    /// <summary>Adds an element; one that is there already stays as it is.</summary>
    /// <exception cref="KernelException">The map is full, or memory is short.</exception>
    internal void Add(TKey key, TValue value)
    {
        Span<byte> bytes = stackalloc byte[_stride];
        MemoryMarshal.Write(bytes, value);
        int result;
        fixed (byte* first = bytes)
        {
            result = LibBpf.UpdateElement(_handle, &key, first, NoExist);
        }

        if (result < 0 && -result != Errno.Exists)
        {
            throw WriteFailed(-result);
        }
    }

    /// <summary>Removes an element; one that is gone already is no error.</summary>
    internal void Delete(TKey key)
    {
        var result = LibBpf.DeleteElement(_handle, &key);
        if (result < 0 && -result != Errno.NoEntry)
        {
            throw new KernelException("delete from the map", _name, -result);
        }
    }

    /// <summary>One element; null when it is not there.</summary>
    internal TValue? Find(TKey key)
    {
        Span<byte> value = stackalloc byte[_stride];
        return TryRead(key, value) ? MemoryMarshal.Read<TValue>(value) : null;
    }

    /// <summary>What each CPU has of an element; none when it is not there.</summary>
    internal TValue[] FindAll(TKey key)
    {
        var values = new byte[_stride];
        return TryRead(key, values) ? MemoryMarshal.Cast<byte, TValue>(values).ToArray() : [];
    }

    /// <summary>
    /// Every element, read on as the caller goes on. Elements that are added or removed meanwhile may or may not be seen; the others are
    /// seen, and only while there are such more than once.
    /// </summary>
    internal IEnumerable<KeyValuePair<TKey, TValue>> ReadAll() => ReadAll(static bytes => MemoryMarshal.Read<TValue>(bytes));

    /// <summary>As the other, with what each CPU has.</summary>
    internal IEnumerable<KeyValuePair<TKey, TValue[]>> ReadAllOfCpus() => ReadAll(static bytes => MemoryMarshal.Cast<byte, TValue>(bytes).ToArray());

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private IEnumerable<KeyValuePair<TKey, TResult>> ReadAll<TResult>(Func<ReadOnlySpan<byte>, TResult> read)
    {
        var room = Math.Clamp(ReadBytes / _stride, 1, ReadBatch);
        var keys = new TKey[room];
        var values = new byte[room * _stride];
        var position = new byte[Math.Max(sizeof(uint), Unsafe.SizeOf<TKey>())];
        var first = true;
        while (true)
        {
            var result = ReadBatchAt(first, position, keys, values, out var count);
            if (-result == Errno.NoSpace)
            {
                room *= 2;
                keys = new TKey[room];
                values = new byte[room * _stride];
                continue;
            }

            if (result < 0 && -result != Errno.NoEntry)
            {
                throw new KernelException("read the map", _name, -result);
            }

            for (var i = 0; i < count; i++)
            {
                yield return new(keys[i], read(values.AsSpan(i * _stride, _stride)));
            }

            if (result < 0)
            {
                yield break;
            }

            first = false;
        }
    }

    private bool TryRead(TKey key, Span<byte> value)
    {
        int result;
        fixed (byte* bytes = value)
        {
            result = LibBpf.LookupElement(_handle, &key, bytes);
        }

        return result >= 0 || (-result == Errno.NoEntry ? false : throw new KernelException("read the map", _name, -result));
    }

    private void PutBatch(ReadOnlySpan<TKey> keys, ReadOnlySpan<byte> values)
    {
        var count = (uint)keys.Length;
        fixed (TKey* key = keys)
        fixed (byte* value = values)
        {
            var result = LibBpf.UpdateBatch(_handle, key, value, &count, null);
            if (result < 0)
            {
                throw WriteFailed(-result);
            }
        }
    }

    private KernelException WriteFailed(int errno) =>
        new("write to the map", _name, errno, errno is Errno.TooBig or Errno.NoSpace ? $"the map is full: {_whenFull}" : null);

    // The position is opaque: a bucket's number of 4 bytes for hash maps, the last key for others. The kernel reads it before it writes the next.
    private int ReadBatchAt(bool first, byte[] position, TKey[] keys, byte[] values, out int count)
    {
        var elements = (uint)keys.Length;
        int result;
        fixed (byte* at = position)
        fixed (TKey* key = keys)
        fixed (byte* value = values)
        {
            result = LibBpf.LookupBatch(_handle, first ? null : at, at, key, value, &elements, null);
        }

        // Before the first bucket that did not fit, nothing is lost: the kernel says how many it copied only where it did.
        count = result < 0 && -result is not Errno.NoEntry ? 0 : (int)elements;
        return result;
    }
}
