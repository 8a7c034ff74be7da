using System.Runtime.InteropServices;
using System.Text;

namespace Netplugin.Linux.Bpf.Interop;

/// <summary>
/// Keeps what libbpf says while this thread loads something, so that it goes into the error instead of onto the daemon's stderr: the
/// verifier's log is the only thing that tells why a program was refused.
/// </summary>
internal static unsafe partial class LibBpfLog
{
    private const int WarningLevel = 0; // LIBBPF_WARN

    // A verifier's log of a whole program is one line to libbpf, and its end says what was wrong.
    private const int LongestLine = 1 << 20;
    private const int Kept = 4096;

    [ThreadStatic]
    private static StringBuilder? _lines;

    /// <summary>Starts to collect on this thread; what was collected before is forgotten.</summary>
    internal static void Begin()
    {
        _lines = new StringBuilder();
        LibBpf.SetPrint(&Print);
    }

    /// <summary>Ends collecting. Null when libbpf said nothing.</summary>
    internal static string? End()
    {
        var text = _lines is { Length: > 0 } ? _lines.ToString().TrimEnd() : null;
        _lines = null;
        return text;
    }

    [UnmanagedCallersOnly]
    private static int Print(int level, byte* format, nint arguments)
    {
        if (level != WarningLevel || _lines is not { } lines)
        {
            return 0;
        }

        var buffer = (byte*)NativeMemory.Alloc(LongestLine);
        try
        {
            var length = Math.Min(Format(buffer, LongestLine, format, arguments), LongestLine - 1);
            if (length > 0)
            {
                var skipped = Math.Max(0, length - Kept);
                lines.Append(skipped > 0 ? "... " : "").Append(Encoding.UTF8.GetString(buffer + skipped, length - skipped));
            }

            return 0;
        }
        finally
        {
            NativeMemory.Free(buffer);
        }
    }

    /// <summary>vsnprintf(3): the ABIs of x86-64 and arm64 both pass a va_list as the address of one.</summary>
    [LibraryImport("libc", EntryPoint = "vsnprintf", SetLastError = true)]
    private static partial int Format(byte* buffer, nuint size, byte* format, nint arguments);
}
