using System.Runtime.InteropServices;

namespace Netplugin.Linux.Interop;

/// <summary>Calls into the C library. Each file names the manual pages it follows.</summary>
internal static partial class Libc
{
    /// <summary>New network namespace, <c>linux/sched.h</c>.</summary>
    internal const int CloneNewNet = 0x40000000;

    /// <summary><c>_IO(0xb7, 3)</c>, ioctl_ns(2): the <c>CLONE_NEW*</c> value of a namespace descriptor.</summary>
    internal const uint NsGetType = 0xb703;

    /// <summary>Bind mount, mount(2).</summary>
    internal const uint MountBind = 4096;

    /// <summary>Detach lazily, umount(2).</summary>
    internal const int UnmountDetach = 2;

    private const string Library = "libc";

    /// <summary>setns(2).</summary>
    [LibraryImport(Library, EntryPoint = "setns", SetLastError = true)]
    internal static partial int SetNamespace(SafeHandle descriptor, int type);

    /// <summary>unshare(2).</summary>
    [LibraryImport(Library, EntryPoint = "unshare", SetLastError = true)]
    internal static partial int Unshare(int flags);

    /// <summary>mount(2).</summary>
    [LibraryImport(Library, EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mount(string source, string target, string? type, nuint flags, nint data);

    /// <summary>umount2(2).</summary>
    [LibraryImport(Library, EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unmount(string target, int flags);
}
