using System.Runtime.InteropServices;

namespace Netplugin.Linux.Netlink;

/// <summary><c>struct nlmsghdr</c>, <c>linux/netlink.h</c>: 16 bytes, host order, at the start of every message.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetlinkHeader
{
    internal const int Size = 16;

    /// <summary>Length of the message in bytes, this header included, padding after it not.</summary>
    internal uint Length;

    internal ushort Type;
    internal NetlinkFlags Flags;
    internal uint Sequence;

    /// <summary>The socket the message belongs to; 0 lets the kernel fill it in.</summary>
    internal uint Port;
}
