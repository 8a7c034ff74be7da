using System.Runtime.InteropServices;
using Netplugin.Linux.Interop;

namespace Netplugin.Linux.Bpf;

/// <summary>The file system that pins live in (Documentation/bpf, "BPF file system").</summary>
public static unsafe partial class BpfFileSystem
{
    /// <summary><c>BPF_FS_MAGIC</c>, <c>linux/magic.h</c>.</summary>
    private const long Magic = 0xcafe4a11;

    /// <summary>Where systemd mounts it, and the only directory below /sys that one may be mounted on.</summary>
    private const string Standard = "/sys/fs/bpf";

    private const nuint NoSuidNoDevNoExec = 2 | 4 | 8;

    /// <summary>Makes the directory and, where it would not be on a BPF file system, mounts one: at /sys/fs/bpf for what is below it, else at the directory itself.</summary>
    /// <param name="directory">An absolute path.</param>
    /// <exception cref="KernelException">It cannot be mounted.</exception>
    public static void Ensure(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (!IsMounted(path))
        {
            var target = path.StartsWith(Standard + "/", StringComparison.Ordinal) ? Standard : path;
            if (target != Standard)
            {
                Directory.CreateDirectory(target);
            }

            var options = Marshal.StringToCoTaskMemUTF8("mode=0700");
            try
            {
                if (Libc.Mount("bpf", target, "bpf", NoSuidNoDevNoExec, options) != 0)
                {
                    throw KernelException.FromLastError("mount a BPF file system on", target);
                }
            }
            finally
            {
                Marshal.FreeCoTaskMem(options);
            }
        }

        Directory.CreateDirectory(path);
    }

    /// <summary>True when the directory is on a BPF file system, or would be once it is made.</summary>
    /// <param name="directory">An absolute path.</param>
    /// <exception cref="KernelException">It cannot be looked at.</exception>
    public static bool IsMounted(string directory)
    {
        var existing = directory;
        while (!Directory.Exists(existing))
        {
            existing = Path.GetDirectoryName(existing)!;
        }

        return IsBpf(existing);
    }

    /// <summary>True when the path is on a BPF file system.</summary>
    internal static bool IsBpf(string path)
    {
        // struct statfs begins with f_type, a long, on x86-64 and arm64; 120 bytes hold all of it.
        var buffer = stackalloc long[32];
        if (StatFileSystem(path, buffer) != 0)
        {
            throw KernelException.FromLastError("look at the file system of", path);
        }

        return buffer[0] == Magic;
    }

    /// <summary>statfs(2).</summary>
    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatFileSystem(string path, long* result);
}
