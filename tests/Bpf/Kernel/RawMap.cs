using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Interop;

namespace Netplugin.Tests.Bpf.Kernel;

/// <summary>A pinned map as it is, element by element: to see what nobody is told, and to damage it.</summary>
internal sealed unsafe class RawMap<TKey, TValue> : IDisposable
    where TKey : unmanaged
    where TValue : unmanaged
{
    // The runtime's own comparison sees only the first element of an inline array.
    private static readonly IEqualityComparer<TKey> SameBytes = EqualityComparer<TKey>.Create(
        (one, other) => BytesOf(ref one).SequenceEqual(BytesOf(ref other)), key => Convert.ToHexString(BytesOf(ref key)).GetHashCode(StringComparison.Ordinal));

    private readonly BpfMap<TKey, TValue> _map;
    private readonly SafeFileHandle _handle;

    private RawMap(string path)
    {
        _handle = PinFolder.Open(path);
        _map = new(PinFolder.Open(path), Path.GetFileName(path), (uint)sizeof(TValue));
    }

    internal Dictionary<TKey, TValue> Elements => _map.ReadAll().ToDictionary(SameBytes);

    internal static RawMap<TKey, TValue> Common(BpfDirectory directory, string name) => new(Path.Combine(new PinFolder(directory.Path).Common, name));

    internal static RawMap<TKey, TValue> Of(BpfDirectory directory, BpfDatapath datapath, string name) =>
        new(Path.Combine(new PinFolder(directory.Path).Generation(datapath.Generation), name));

    internal TValue? Find(TKey key) => _map.Find(key);

    internal void Set(TKey key, TValue value) => Assert.Equal(0, LibBpf.UpdateElement(_handle, &key, &value, 0));

    internal void Delete(TKey key) => Assert.Equal(0, LibBpf.DeleteElement(_handle, &key));

    private static Span<byte> BytesOf(ref TKey key) => MemoryMarshal.AsBytes(new Span<TKey>(ref key));

    public void Dispose()
    {
        _map.Dispose();
        _handle.Dispose();
    }
}
