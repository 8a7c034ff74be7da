using System.Buffers.Binary;
using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;

namespace Netplugin.Core.Datapath;

/// <summary>
/// What the beginning of an Ethernet frame tells. A pod wrote it: what is not there, or makes no sense, is null, and nothing is taken for granted.
/// </summary>
/// <param name="Source">The sender's Ethernet address.</param>
/// <param name="Destination">The receiver's.</param>
/// <param name="Ethertype">What is in the frame; null: it ends before.</param>
/// <param name="From">The sender's address; of ARP too.</param>
/// <param name="To">The receiver's address; of ARP the address that is asked for, or told.</param>
/// <param name="Protocol">IANA's number of the protocol in an IP packet.</param>
/// <param name="FromPort">The source port of TCP, UDP or SCTP.</param>
/// <param name="ToPort">The destination port.</param>
/// <param name="Detail">What else is worth telling, such as TCP's flags; may be empty.</param>
public sealed record PacketHead(
    MacAddress? Source, MacAddress? Destination, ushort? Ethertype, IpAddr? From, IpAddr? To, byte? Protocol, ushort? FromPort, ushort? ToPort, string Detail)
{
    /// <summary>The Ethertype of ARP.</summary>
    public const ushort Arp = 0x0806;

    /// <summary>The Ethertype of IPv4.</summary>
    public const ushort IpV4 = 0x0800;

    /// <summary>The Ethertype of IPv6.</summary>
    public const ushort IpV6 = 0x86dd;

    private const int EthernetHeader = 14;
    private const int V4Header = 20;
    private const int V6Header = 40;

    // More than any sane packet has (RFC 8200, section 4.1).
    private const int MostExtensions = 8;

    private static readonly (byte Bit, string Name)[] TcpFlags = [(0x02, "SYN"), (0x10, "ACK"), (0x01, "FIN"), (0x04, "RST")];

    /// <summary>Reads one.</summary>
    /// <param name="frame">The frame's first bytes.</param>
    public static PacketHead Parse(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetHeader)
        {
            return new(null, null, null, null, null, null, null, null, "truncated");
        }

        var ethertype = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
        var head = new PacketHead(MacAddress.FromBytes(frame[6..]), MacAddress.FromBytes(frame), ethertype, null, null, null, null, null, "");
        var content = frame[EthernetHeader..];
        return ethertype switch
        {
            Arp => OfArp(head, content),
            IpV4 => OfV4(head, content),
            IpV6 => OfV6(head, content),
            _ => head,
        };
    }

    // RFC 826, for Ethernet and IPv4.
    private static PacketHead OfArp(PacketHead head, ReadOnlySpan<byte> content)
    {
        if (content.Length < 28 || BinaryPrimitives.ReadUInt64BigEndian(content) >> 16 != 0x0001_0800_0604)
        {
            return head with { Detail = "malformed" };
        }

        var operation = BinaryPrimitives.ReadUInt16BigEndian(content[6..]);
        return head with
        {
            From = V4At(content[14..]),
            To = V4At(content[24..]),
            Detail = operation switch { 1 => "who has", 2 => "is at", _ => string.Create(CultureInfo.InvariantCulture, $"operation {operation}") },
        };
    }

    // RFC 791.
    private static PacketHead OfV4(PacketHead head, ReadOnlySpan<byte> content)
    {
        var length = content.Length < V4Header || content[0] >> 4 != 4 ? 0 : (content[0] & 15) * 4;
        if (length < V4Header)
        {
            return head with { Detail = "malformed" };
        }

        head = head with { From = V4At(content[12..]), To = V4At(content[16..]), Protocol = content[9] };
        var fragment = BinaryPrimitives.ReadUInt16BigEndian(content[6..]);
        return OfTransport(head, content.Length < length ? [] : content[length..], fragment & 0x1fff, (fragment & 0x2000) != 0);
    }

    // RFC 8200; AH (RFC 4302) counts its length otherwise.
    private static PacketHead OfV6(PacketHead head, ReadOnlySpan<byte> content)
    {
        if (content.Length < V6Header || content[0] >> 4 != 6)
        {
            return head with { Detail = "malformed" };
        }

        head = head with { From = IpAddr.FromBytes(content[8..24]), To = IpAddr.FromBytes(content[24..V6Header]) };
        var (next, offset, isFragment) = (content[6], 0, false);
        content = content[V6Header..];
        for (var i = 0; i < MostExtensions && next is 0 or 43 or 44 or 51 or 60 or 135 or 139 or 140; i++)
        {
            if (content.Length < 8)
            {
                return head with { Detail = "truncated" };
            }

            var length = next switch { 44 => 8, 51 => (content[1] + 2) * 4, _ => (content[1] + 1) * 8 };
            if (next == 44)
            {
                var field = BinaryPrimitives.ReadUInt16BigEndian(content[2..]);
                (offset, isFragment) = (field >> 3, (field & 1) != 0);
            }

            next = content[0];
            content = content.Length < length ? [] : content[length..];
            if (offset > 0)
            {
                // What follows is of the middle of something.
                break;
            }
        }

        return OfTransport(head with { Protocol = next }, content, offset, isFragment);
    }

    private static PacketHead OfTransport(PacketHead head, ReadOnlySpan<byte> content, int offset, bool isFirstFragment)
    {
        if (offset > 0)
        {
            return head with { Detail = "later fragment" };
        }

        if (head.Protocol is { } protocol && IpProtocols.HasPorts(protocol) && content.Length >= 4)
        {
            head = head with { FromPort = BinaryPrimitives.ReadUInt16BigEndian(content), ToPort = BinaryPrimitives.ReadUInt16BigEndian(content[2..]) };
        }

        var detail = head.Protocol switch
        {
            (byte)TransportProtocol.Tcp when content.Length >= 14 => Flags(content[13]),
            IpProtocols.Icmp or IpProtocols.IcmpV6 when content.Length >= 2 => OfIcmp(head.Protocol == IpProtocols.Icmp, content[0], content[1]),
            _ => "",
        };
        string[] parts = [isFirstFragment ? "first fragment" : "", detail];
        return head with { Detail = string.Join(", ", parts.Where(part => part.Length > 0)) };
    }

    private static string Flags(byte bits)
    {
        var names = TcpFlags.Where(flag => (bits & flag.Bit) != 0).Select(flag => flag.Name);
        return string.Join(' ', names);
    }

    private static string OfIcmp(bool isV4, byte type, byte code) => (isV4, type) switch
    {
        (true, 8) or (false, 128) => "echo request",
        (true, 0) or (false, 129) => "echo reply",
        (false, 135) => "neighbour solicitation",
        (false, 136) => "neighbour advertisement",
        _ => string.Create(CultureInfo.InvariantCulture, $"type {type} code {code}"),
    };

    private static IpAddr V4At(ReadOnlySpan<byte> bytes) => IpAddr.FromV4(BinaryPrimitives.ReadUInt32BigEndian(bytes));
}
