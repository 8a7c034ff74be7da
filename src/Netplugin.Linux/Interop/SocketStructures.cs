using System.Runtime.InteropServices;

namespace Netplugin.Linux.Interop;

/// <summary><c>struct sockaddr_nl</c>, netlink(7).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetlinkAddress
{
    internal ushort Family;
    internal ushort Padding;

    /// <summary>The sender's port; 0 is the kernel.</summary>
    internal uint Port;

    internal uint Groups;
}

/// <summary><c>struct iovec</c>, writev(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    internal byte* Base;
    internal nuint Length;
}

/// <summary><c>struct msghdr</c> of 64-bit Linux, recvmsg(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    internal void* Name;
    internal uint NameLength;
    internal IoVector* Vectors;
    internal nuint VectorCount;
    internal byte* Control;
    internal nuint ControlLength;
    internal int Flags;
}

/// <summary><c>struct cmsghdr</c> of 64-bit Linux, cmsg(3); the data follow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    internal nuint Length;
    internal int Level;
    internal int Type;
}

/// <summary><c>struct timeval</c> of 64-bit Linux, gettimeofday(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeValue
{
    internal long Seconds;
    internal long Microseconds;
}

/// <summary><c>struct ucred</c>, unix(7).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PeerCredentialStructure
{
    internal int Process;
    internal uint User;
    internal uint Group;
}
