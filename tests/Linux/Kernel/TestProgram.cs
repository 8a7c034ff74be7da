using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Netplugin.Tests.Linux.Kernel;

/// <summary>A two-instruction tc program (bpf(2)) whose verdict is fixed: enough to see filters attached and obeyed.</summary>
internal static partial class TestProgram
{
    internal const int Pass = 0;
    internal const int Drop = 2;

    /// <summary>Loads a program that always returns <paramref name="verdict"/> (<c>TC_ACT_*</c>).</summary>
    internal static unsafe SafeFileHandle Load(int verdict)
    {
        // r0 = verdict; exit. An instruction is 8 bytes: opcode, registers, 16-bit offset, 32-bit immediate.
        var instructions = stackalloc ulong[] { 0xb7 | (ulong)(uint)verdict << 32, 0x95 };
        var license = "GPL\0"u8;
        fixed (byte* licenseBytes = license)
        {
            var attributes = new LoadAttributes { Type = 3, InstructionCount = 2, Instructions = instructions, License = licenseBytes };
            var number = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 321 : 280;
            var descriptor = SystemCall(number, 5, &attributes, (uint)sizeof(LoadAttributes));
            return descriptor >= 0 ? new((nint)descriptor, ownsHandle: true)
                : throw new InvalidOperationException($"bpf(BPF_PROG_LOAD): {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial long SystemCall(long number, long command, void* attributes, ulong size);

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct LoadAttributes
    {
        internal uint Type;
        internal uint InstructionCount;
        internal void* Instructions;
        internal void* License;
        internal ulong Rest;
    }
}
