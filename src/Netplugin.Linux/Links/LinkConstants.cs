namespace Netplugin.Linux.Links;

/// <summary>Numbers of rtnetlink's link messages. The header each comes from is named above its group.</summary>
internal static class LinkConstants
{
    // net/if.h, netdevice(7)
    internal const uint FlagUp = 0x1;
    internal const uint FlagLoopback = 0x8;
    internal const uint FlagNoArp = 0x80;

    /// <summary><c>ARPHRD_ETHER</c>, <c>linux/if_arp.h</c>.</summary>
    internal const ushort HardwareEthernet = 1;

    // linux/if_link.h: IFLA_*
    internal const ushort Address = 1;
    internal const ushort Name = 3;
    internal const ushort Mtu = 4;
    internal const ushort Link = 5;
    internal const ushort Info = 18;
    internal const ushort Alias = 20;
    internal const ushort AddressFamilies = 26;
    internal const ushort Group = 27;
    internal const ushort NamespaceDescriptor = 28;
    internal const ushort ExtendedMask = 29;
    internal const ushort TransmitQueues = 31;
    internal const ushort ReceiveQueues = 32;
    internal const ushort LinkNamespaceId = 37;

    // linux/if_link.h: IFLA_INFO_*, VETH_INFO_PEER, IFLA_VXLAN_*, IFLA_INET6_ADDR_GEN_MODE
    internal const ushort InfoKind = 1;
    internal const ushort InfoData = 2;
    internal const ushort VethPeer = 1;
    internal const ushort VxlanId = 1;
    internal const ushort VxlanLearning = 7;
    internal const ushort VxlanPort = 15;
    internal const ushort VxlanZeroChecksum6Receive = 20;
    internal const ushort VxlanCollectMetadata = 25;
    internal const ushort Inet6AddressGeneration = 8;

    /// <summary><c>IN6_ADDR_GEN_MODE_NONE</c>: the kernel makes no link-local address.</summary>
    internal const byte AddressGenerationNone = 1;

    /// <summary><c>RTEXT_FILTER_SKIP_STATS</c>, <c>linux/rtnetlink.h</c>: leave the counters out of listings.</summary>
    internal const uint SkipStatistics = 1 << 3;

    // linux/socket.h
    internal const byte FamilyInet = 2;
    internal const byte FamilyInet6 = 10;
}
