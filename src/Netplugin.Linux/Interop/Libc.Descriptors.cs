using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Netplugin.Linux.Interop;

// Descriptors: open(2), fcntl(2), ioctl(2), statx(2), write(2), fchmod(2), flock(2), poll(2), eventfd(2).
internal static partial class Libc
{
    internal const int OpenReadOnly = 0;
    internal const int OpenReadWrite = 2;
    internal const int OpenCreate = 0x40;
    internal const int OpenNonBlocking = 0x800;
    internal const int OpenCloseOnExec = 0x80000;

    /// <summary><c>F_DUPFD_CLOEXEC</c>, fcntl(2).</summary>
    internal const int DuplicateCloseOnExec = 1030;

    internal const int LockExclusive = 2;
    internal const int LockNonBlocking = 4;

    /// <summary><c>AT_EMPTY_PATH</c>: the descriptor itself is meant.</summary>
    internal const int AtEmptyPath = 0x1000;

    /// <summary><c>STATX_INO</c>.</summary>
    internal const uint StatxInode = 0x100;

    internal const short PollIn = 1;
    internal const int EventCloseOnExec = 0x80000;

    /// <summary>open(2), which declares its third argument variadic; on x86-64 and arm64 Linux that is passed like a named one.</summary>
    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle Open(string path, int flags, uint mode);

    /// <summary>fcntl(2) with an integer argument.</summary>
    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial SafeFileHandle Duplicate(SafeHandle descriptor, int command, int lowest);

    /// <summary>ioctl(2) without an argument.</summary>
    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeHandle descriptor, nuint request, nint argument);

    /// <summary>statx(2): its layout, unlike that of stat(2), is the same on every architecture.</summary>
    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int StatX(SafeHandle directory, string path, int flags, uint mask, out StatX result);

    /// <summary>fchmod(2).</summary>
    [LibraryImport(Library, EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int ChangeMode(SafeHandle descriptor, uint mode);

    /// <summary>flock(2).</summary>
    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(SafeHandle descriptor, int operation);

    /// <summary>poll(2).</summary>
    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static unsafe partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    /// <summary>eventfd(2).</summary>
    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial SafeFileHandle Event(uint initial, int flags);

    /// <summary>write(2).</summary>
    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static unsafe partial nint Write(SafeHandle descriptor, void* bytes, nuint length);
}
