namespace Netplugin.Linux.Netlink;

/// <summary>Message types: <c>NLMSG_*</c> of <c>linux/netlink.h</c>, <c>RTM_*</c> of <c>linux/rtnetlink.h</c>.</summary>
internal static class NetlinkType
{
    internal const ushort NoOperation = 1;
    internal const ushort Error = 2;
    internal const ushort Done = 3;

    internal const ushort NewLink = 16;
    internal const ushort DeleteLink = 17;
    internal const ushort GetLink = 18;
    internal const ushort SetLink = 19;
    internal const ushort NewAddress = 20;
    internal const ushort DeleteAddress = 21;
    internal const ushort GetAddress = 22;
    internal const ushort NewRoute = 24;
    internal const ushort DeleteRoute = 25;
    internal const ushort GetRoute = 26;
    internal const ushort NewQueueing = 36;
    internal const ushort DeleteQueueing = 37;
    internal const ushort NewFilter = 44;
    internal const ushort DeleteFilter = 45;
    internal const ushort GetFilter = 46;
    internal const ushort GetNamespaceId = 90;
}
