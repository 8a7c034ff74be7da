using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Bpf.Interop;

namespace Netplugin.Tests.Bpf.Kernel;

/// <summary>Runs loaded programs on packets by BPF_PROG_TEST_RUN.</summary>
internal static unsafe class Programs
{
    internal const int Ok = 0; // TC_ACT_OK
    internal const int Shot = 2; // TC_ACT_SHOT
    internal const int Unspecified = -1; // TC_ACT_UNSPEC
    internal const int Redirect = 7; // TC_ACT_REDIRECT

    /// <summary>The action that a program takes on a packet.</summary>
    internal static int Run(SafeFileHandle program, ReadOnlySpan<byte> packet)
    {
        SkBuff context = default;
        Span<byte> output = new byte[packet.Length + 1024];
        return Run(program, packet, ref context, output, out _);
    }

    /// <summary>Runs a program with a context; the packet that came out is the first bytes of the output. Repeated, it runs again on what came out.</summary>
    internal static int Run(SafeFileHandle program, ReadOnlySpan<byte> packet, ref SkBuff context, Span<byte> output, out int length, int repeat = 1)
    {
        fixed (byte* data = packet)
        fixed (byte* result = output)
        fixed (SkBuff* skb = &context)
        {
            var options = new TestRunOptions
            {
                Size = (nuint)sizeof(TestRunOptions),
                DataIn = data,
                DataSizeIn = (uint)packet.Length,
                DataOut = result,
                DataSizeOut = (uint)output.Length,
                ContextIn = skb,
                ContextSizeIn = (uint)sizeof(SkBuff),
                ContextOut = skb,
                ContextSizeOut = (uint)sizeof(SkBuff),
                Repeat = repeat,
            };
            var error = LibBpf.TestRun(program, &options);
            if (error < 0)
            {
                throw new InvalidOperationException($"test-run of a packet of {packet.Length} bytes failed: errno {-error}");
            }

            length = (int)options.DataSizeOut;
            return (int)options.ReturnValue;
        }
    }

    /// <summary>
    /// False for what newer kernels refuse to test-run: IP packets shorter than their fixed header. Those are sent over real devices,
    /// instead.
    /// </summary>
    internal static bool CanRun(ReadOnlySpan<byte> frame) => frame.Length >= 14 + (frame[12], frame[13]) switch
    {
        (0x08, 0x00) => 20,
        (0x86, 0xdd) => 40,
        _ => 1,
    };

    /// <summary>When a program was loaded, in nanoseconds since boot: tells two loads of the same program apart.</summary>
    internal static ulong LoadTime(SafeFileHandle program)
    {
        // struct bpf_prog_info: load_time is 40 bytes in.
        var info = stackalloc ulong[32];
        uint size = 32 * sizeof(ulong);
        Assert.True(LibBpf.GetInfo(program, info, &size) >= 0);
        return info[5];
    }
}

/// <summary><c>struct __sk_buff</c>, <c>linux/bpf.h</c>: the fields that test-run takes or gives back.</summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal unsafe struct SkBuff
{
    [FieldOffset(8)]
    internal uint Mark;

    [FieldOffset(32)]
    internal uint Priority;

    [FieldOffset(40)]
    internal uint Ifindex;

    [FieldOffset(48)]
    internal fixed uint Cb[5];

    [FieldOffset(164)]
    internal uint GsoSegs;

    [FieldOffset(176)]
    internal uint GsoSize;
}
