using System.Runtime.InteropServices;

namespace Netplugin.Linux.Netlink;

/// <summary><c>struct ifinfomsg</c>, <c>linux/rtnetlink.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkHeader
{
    internal byte Family;
    internal byte Padding;
    internal ushort Type;
    internal int Index;

    /// <summary><c>IFF_*</c>, netdevice(7).</summary>
    internal uint Flags;

    /// <summary>Which of <see cref="Flags"/> are to be set.</summary>
    internal uint Change;
}

/// <summary><c>struct ifaddrmsg</c>, <c>linux/if_addr.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AddressHeader
{
    internal byte Family;
    internal byte PrefixLength;
    internal byte Flags;
    internal byte Scope;
    internal int Index;
}

/// <summary><c>struct rtmsg</c>, <c>linux/rtnetlink.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RouteHeader
{
    internal byte Family;
    internal byte DestinationLength;
    internal byte SourceLength;
    internal byte TypeOfService;
    internal byte Table;
    internal byte Protocol;
    internal byte Scope;
    internal byte Type;
    internal uint Flags;
}

/// <summary><c>struct tcmsg</c>, <c>linux/rtnetlink.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TrafficHeader
{
    internal byte Family;
    internal byte Padding1;
    internal ushort Padding2;
    internal int Index;
    internal uint Handle;
    internal uint Parent;

    /// <summary>For a filter: priority in the upper 16 bits, protocol in network order in the lower.</summary>
    internal uint Info;
}

/// <summary><c>struct nfgenmsg</c>, <c>linux/netfilter/nfnetlink.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetfilterHeader
{
    internal byte Family;
    internal byte Version;

    /// <summary>In network order: the subsystem a batch is for.</summary>
    internal ushort Resource;
}

/// <summary><c>struct rtgenmsg</c>, <c>linux/rtnetlink.h</c>, padded.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GenericHeader
{
    internal byte Family;
    internal byte Padding1;
    internal ushort Padding2;
}
