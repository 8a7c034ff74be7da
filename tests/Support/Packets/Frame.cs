using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Netplugin.Tests.Support.Packets;

/// <summary>Builds packets by hand, the forged ones too. Lengths and checksums are right unless a test spoils them afterwards.</summary>
public static class Frame
{
    /// <summary>EtherType of ARP.</summary>
    public const ushort ArpType = 0x0806;

    /// <summary>EtherType of IPv4.</summary>
    public const ushort Ipv4Type = 0x0800;

    /// <summary>EtherType of IPv6.</summary>
    public const ushort Ipv6Type = 0x86dd;

    private const byte IcmpProtocol = 1;
    private const byte UdpProtocol = 17;
    private const byte IcmpV6Protocol = 58;

    /// <summary>What an echo request carries, by which a test knows it.</summary>
    public static ReadOnlySpan<byte> PingData => "netplugin"u8;

    /// <summary>The broadcast address.</summary>
    public static PhysicalAddress Broadcast { get; } = PhysicalAddress.Parse("FF-FF-FF-FF-FF-FF");

    /// <summary>Reads a MAC address with colons.</summary>
    public static PhysicalAddress Mac(string text) => PhysicalAddress.Parse(text.ToUpperInvariant().Replace(':', '-'));

    /// <summary>An Ethernet II frame.</summary>
    public static byte[] Ethernet(PhysicalAddress destination, PhysicalAddress source, ushort type, byte[] payload) =>
        [.. destination.GetAddressBytes(), .. source.GetAddressBytes(), .. Number(type), .. payload];

    /// <summary>ARP for IPv4 over Ethernet: RFC 826. Operation 1 asks, 2 replies.</summary>
    public static byte[] Arp(ushort operation, PhysicalAddress senderMac, IPAddress sender, PhysicalAddress targetMac, IPAddress target) =>
        [0, 1, 8, 0, 6, 4, .. Number(operation),
         .. senderMac.GetAddressBytes(), .. sender.GetAddressBytes(), .. targetMac.GetAddressBytes(), .. target.GetAddressBytes()];

    /// <summary>An IPv4 packet without options: RFC 791.</summary>
    /// <param name="source">Source address.</param>
    /// <param name="destination">Destination address.</param>
    /// <param name="protocol">What the payload is.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="fragment">Flags and offset as in the header: 0x4000 is "do not fragment".</param>
    public static byte[] Ipv4(IPAddress source, IPAddress destination, byte protocol, byte[] payload, ushort fragment = 0x4000)
    {
        byte[] header =
        [
            0x45, 0, .. Number((ushort)(20 + payload.Length)), 0, 1, .. Number(fragment), 64, protocol, 0, 0,
            .. source.GetAddressBytes(), .. destination.GetAddressBytes(),
        ];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), Checksum(header));
        return [.. header, .. payload];
    }

    /// <summary>The EtherType of a packet of an address's family.</summary>
    public static ushort TypeOf(IPAddress address) => IsV4(address) ? Ipv4Type : Ipv6Type;

    /// <summary>UDP, RFC 768, in IPv4 or IPv6.</summary>
    public static byte[] Udp(IPAddress source, ushort sourcePort, IPAddress destination, ushort destinationPort, byte[] payload)
    {
        byte[] datagram = [.. Number(sourcePort), .. Number(destinationPort), .. Number((ushort)(8 + payload.Length)), 0, 0, .. payload];
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(6), Checksum([.. Pseudo(source, destination, UdpProtocol, datagram), .. datagram]));
        return IsV4(source) ? Ipv4(source, destination, UdpProtocol, datagram) : Ipv6(source, destination, UdpProtocol, datagram);
    }

    /// <summary>An echo request: ICMP in IPv4, RFC 792, or ICMPv6, RFC 4443.</summary>
    public static byte[] Ping(IPAddress source, IPAddress destination)
    {
        byte[] message = [(byte)(IsV4(source) ? 8 : 128), 0, 0, 0, 0x4e, 0x50, 0, 1, .. PingData];
        byte[] pseudo = IsV4(source) ? [] : Pseudo(source, destination, IcmpV6Protocol, message);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Checksum([.. pseudo, .. message]));
        return IsV4(source) ? Ipv4(source, destination, IcmpProtocol, message) : Ipv6(source, destination, IcmpV6Protocol, message);
    }

    /// <summary>An IPv6 packet: RFC 8200.</summary>
    public static byte[] Ipv6(IPAddress source, IPAddress destination, byte nextHeader, byte[] payload, byte hopLimit = 255) =>
        [0x60, 0, 0, 0, .. Number((ushort)payload.Length), nextHeader, hopLimit, .. source.GetAddressBytes(), .. destination.GetAddressBytes(), .. payload];

    /// <summary>A neighbour advertisement (RFC 4861, 4.4), solicited and overriding, that says a target is at a MAC.</summary>
    public static byte[] NeighbourAdvertisement(IPAddress source, IPAddress destination, IPAddress target, PhysicalAddress mac)
    {
        byte[] message = [136, 0, 0, 0, 0x60, 0, 0, 0, .. target.GetAddressBytes(), 2, 1, .. mac.GetAddressBytes()];
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Checksum([.. Pseudo(source, destination, IcmpV6Protocol, message), .. message]));
        return Ipv6(source, destination, IcmpV6Protocol, message);
    }

    /// <summary>What UDP carries for VXLAN: RFC 7348.</summary>
    public static byte[] Vxlan(uint vni, byte[] inner) =>
        [8, 0, 0, 0, (byte)(vni >> 16), (byte)(vni >> 8), (byte)vni, 0, .. inner];

    /// <summary>The Internet checksum: RFC 1071.</summary>
    public static ushort Checksum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (int index = 0; index < data.Length; index += 2)
        {
            sum += (uint)(data[index] << 8 | (index + 1 < data.Length ? data[index + 1] : 0));
        }

        while (sum > 0xffff)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    private static bool IsV4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork;

    // RFC 768 and RFC 8200, 8.1: what a checksum covers beside the message. The longer numbers of IPv6 add nothing to the sum.
    private static byte[] Pseudo(IPAddress source, IPAddress destination, byte protocol, byte[] message) =>
        [.. source.GetAddressBytes(), .. destination.GetAddressBytes(), 0, protocol, .. Number((ushort)message.Length)];

    private static byte[] Number(ushort value) => [(byte)(value >> 8), (byte)value];
}
