using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Netplugin.Linux.Interop;

// Sockets: socket(2), bind(2), listen(2), connect(2), getsockopt(2), sendto(2), recvfrom(2), sendmsg(2), recvmsg(2).
internal static partial class Libc
{
    internal const int FamilyNetlink = 16;
    internal const int TypeRaw = 3;
    internal const int TypeCloseOnExec = 0x80000;
    internal const int LevelSocket = 1;
    internal const int LevelNetlink = 270;
    internal const int OptionPeerCredentials = 17;
    internal const int OptionReceiveTimeout = 20;
    internal const int OptionReceiveBufferForce = 33;

    internal const int MessageDontWait = 0x40;
    internal const int MessageTruncated = 0x20;
    internal const int MessageControlTruncated = 8;
    internal const int MessageNoSignal = 0x4000;
    internal const int MessageCloseOnExec = 0x40000000;

    /// <summary><c>SCM_RIGHTS</c>, unix(7).</summary>
    internal const int ControlRights = 1;

    /// <summary>socket(2).</summary>
    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    internal static partial SafeFileHandle Socket(int family, int type, int protocol);

    /// <summary>bind(2).</summary>
    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    internal static unsafe partial int Bind(SafeHandle socket, void* address, uint length);

    /// <summary>listen(2).</summary>
    [LibraryImport(Library, EntryPoint = "listen", SetLastError = true)]
    internal static partial int Listen(SafeHandle socket, int backlog);

    /// <summary>setsockopt(2).</summary>
    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    internal static unsafe partial int SetOption(SafeHandle socket, int level, int name, void* value, uint length);

    /// <summary>getsockopt(2).</summary>
    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    internal static unsafe partial int GetOption(SafeHandle socket, int level, int name, void* value, ref uint length);

    /// <summary>sendto(2).</summary>
    [LibraryImport(Library, EntryPoint = "sendto", SetLastError = true)]
    internal static unsafe partial nint SendTo(SafeHandle socket, byte* buffer, nuint length, int flags, void* address, uint addressLength);

    /// <summary>recvfrom(2).</summary>
    [LibraryImport(Library, EntryPoint = "recvfrom", SetLastError = true)]
    internal static unsafe partial nint ReceiveFrom(SafeHandle socket, byte* buffer, nuint length, int flags, void* address, ref uint addressLength);

    /// <summary>sendmsg(2).</summary>
    [LibraryImport(Library, EntryPoint = "sendmsg", SetLastError = true)]
    internal static unsafe partial nint SendMessage(SafeHandle socket, MessageHeader* message, int flags);

    /// <summary>recvmsg(2).</summary>
    [LibraryImport(Library, EntryPoint = "recvmsg", SetLastError = true)]
    internal static unsafe partial nint ReceiveMessage(SafeHandle socket, MessageHeader* message, int flags);
}
