using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Bpf.Interop;

namespace Netplugin.Linux.Bpf;

/// <summary>
/// Waits for running programs. When the inner map of an array of maps is replaced, the kernel returns after all programs have ended that may have seen the former one
/// (<c>maybe_wait_bpf_programs</c>), some 7 ms here; and a program that may see another map's former entry runs no longer. membarrier(2) takes as long, but is refused on nodes with CPUs without a tick.
/// </summary>
internal sealed unsafe class GracePeriod : IDisposable
{
    private const uint Array = 2; // BPF_MAP_TYPE_ARRAY
    private const uint ArrayOfMaps = 12; // BPF_MAP_TYPE_ARRAY_OF_MAPS

    private readonly SafeFileHandle _inner = Create("np_wait_inner\0"u8, Array, 0);
    private readonly SafeFileHandle _outer;

    /// <exception cref="KernelException">The kernel refuses.</exception>
    internal GracePeriod() => _outer = Create("np_wait\0"u8, ArrayOfMaps, (uint)_inner.DangerousGetHandle());

    /// <summary>Returns when no program runs that began before.</summary>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    internal void Wait()
    {
        var key = 0;
        var inner = (int)_inner.DangerousGetHandle();
        var result = LibBpf.UpdateElement(_outer, &key, &inner, 0);
        if (result < 0)
        {
            throw new KernelException("wait for running programs by", "np_wait", -result);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _outer.Dispose();
        _inner.Dispose();
    }

    private static SafeFileHandle Create(ReadOnlySpan<byte> name, uint type, uint inner)
    {
        var options = new MapCreateOptions { Size = (nuint)sizeof(MapCreateOptions), InnerMap = inner };
        fixed (byte* text = name)
        {
            var descriptor = LibBpf.CreateMap(type, text, sizeof(uint), sizeof(uint), 1, &options);
            return descriptor < 0 ? throw new KernelException("make the map", "np_wait", -descriptor) : new(descriptor, ownsHandle: true);
        }
    }
}
