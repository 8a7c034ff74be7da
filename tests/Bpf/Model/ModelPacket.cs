using System.Buffers.Binary;
using Netplugin.Core.Addresses;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>
/// An Ethernet frame taken apart by the RFCs: what a packet says, whoever sent it. A frame that contradicts itself has a
/// <see cref="Fault"/>, the name of the reason it is dropped for.
/// </summary>
internal sealed class ModelPacket
{
    private const int EthernetHeader = 14;

    /// <summary>RFC 8200 leaves the number of extension headers open; nine are one too many here.</summary>
    private const int MostExtensions = 8;

    internal ModelPacket(byte[] frame)
    {
        Frame = frame;
        var type = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12));
        Fault = type switch
        {
            0x0800 => ReadIpv4(),
            0x86dd => ReadIpv6(),
            0x0806 => null,
            0x8100 or 0x88a8 => "vlan_tag",
            _ => "ethertype",
        };
        IsArp = type == 0x0806;
        IsIpv6 = type == 0x86dd;
    }

    internal byte[] Frame { get; }

    internal string? Fault { get; }

    internal bool IsArp { get; }

    internal bool IsIpv6 { get; }

    internal MacAddress TargetMac => MacAddress.FromBytes(Frame.AsSpan(0, 6));

    internal MacAddress SourceMac => MacAddress.FromBytes(Frame.AsSpan(6, 6));

    internal IpAddr Source { get; private set; }

    internal IpAddr Target { get; private set; }

    /// <summary>The IP packet without the Ethernet header and without what pads the frame.</summary>
    internal byte[] Datagram { get; private set; } = [];

    /// <summary>RFC 3168: the two lower bits of what was the type of service, and of IPv6's traffic class.</summary>
    internal int Ecn => IsIpv6 ? Frame[15] >> 4 & 3 : Frame[15] & 3;

    internal int HopLimit { get; private set; }

    internal int Protocol { get; private set; }

    /// <summary>Where the transport header begins in the datagram; for a later fragment, where its data begin.</summary>
    internal int TransportAt { get; private set; }

    internal bool IsFragment { get; private set; }

    internal bool IsLaterFragment { get; private set; }

    /// <summary>Which datagram a fragment is of.</summary>
    internal uint FragmentId { get; private set; }

    internal bool HasOptions { get; private set; }

    internal bool MayBeFragmented { get; private set; }

    internal bool IsMulticast { get; private set; }

    internal bool IsBroadcast { get; private set; }

    /// <summary>Type and code of an ICMP message, of the family's own ICMP; null when it is none, or they cannot be seen.</summary>
    internal (int Type, int Code)? Icmp =>
        Protocol == (IsIpv6 ? 58 : 1) && !IsLaterFragment && Transport.Length >= 2 ? (Transport[0], Transport[1]) : null;

    internal ReadOnlySpan<byte> Transport => Datagram.AsSpan(Math.Min(TransportAt, Datagram.Length));

    /// <summary>Length of the largest packet that is sent for this one, which segmentation offload cuts up.</summary>
    internal int LongestSegment(int gsoSize)
    {
        if (gsoSize == 0)
        {
            return Datagram.Length;
        }

        if (gsoSize == 0xffff)
        {
            return 0; // SCTP: each piece has a size of its own that fits
        }

        // The data offset counts even where the datagram claims to end before it: segmentation looks at the frame.
        var offset = EthernetHeader + TransportAt + 12;
        var header = Protocol switch
        {
            6 when offset < Frame.Length => (Frame[offset] >> 4) * 4,
            17 => 8,
            _ => 0,
        };
        return TransportAt + header + gsoSize;
    }

    private string? ReadIpv4()
    {
        var bytes = Frame.AsSpan(EthernetHeader);
        if (bytes.Length < 20)
        {
            return "malformed";
        }

        var header = (bytes[0] & 15) * 4;
        var total = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (bytes[0] >> 4 != 4 || header < 20 || header > total || total > bytes.Length)
        {
            return "malformed";
        }

        Datagram = bytes[..total].ToArray();
        var fragment = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
        var target = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
        Source = IpAddr.FromV4(BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]));
        Target = IpAddr.FromV4(target);
        FragmentId = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        HopLimit = bytes[8];
        Protocol = bytes[9];
        TransportAt = header;
        HasOptions = header > 20;
        IsLaterFragment = fragment % 8192 != 0;
        IsFragment = IsLaterFragment || (fragment & 0x2000) != 0;
        MayBeFragmented = (fragment & 0x4000) == 0;
        IsMulticast = target >= 0xe0000000 && target < 0xf0000000;
        IsBroadcast = target == uint.MaxValue;
        return null;
    }

    private string? ReadIpv6()
    {
        var bytes = Frame.AsSpan(EthernetHeader);
        if (bytes.Length < 40 || bytes[0] >> 4 != 6)
        {
            return "malformed";
        }

        var total = 40 + BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (total > bytes.Length)
        {
            return "malformed";
        }

        Datagram = bytes[..total].ToArray();
        Source = IpAddr.FromBytes(bytes[8..24]);
        Target = IpAddr.FromBytes(bytes[24..40]);
        if (Source.IsV4 || Target.IsV4)
        {
            return "mapped_address";
        }

        HopLimit = bytes[7];
        IsMulticast = bytes[24] == 255;
        return ReadExtensions(bytes[6]);
    }

    private string? ReadExtensions(int next)
    {
        var at = 40;
        for (var seen = 0; next is 0 or 43 or 44 or 51 or 60; seen++)
        {
            if (seen == MostExtensions)
            {
                return "extension_headers";
            }

            if (at + 8 > Datagram.Length)
            {
                return "malformed";
            }

            HasOptions = true;
            var (kind, length) = (next, Datagram[at + 1]);
            next = Datagram[at];
            if (kind == 44)
            {
                IsFragment = true;
                FragmentId = BinaryPrimitives.ReadUInt32BigEndian(Datagram.AsSpan(at + 4));
                IsLaterFragment = BinaryPrimitives.ReadUInt16BigEndian(Datagram.AsSpan(at + 2)) / 8 != 0;
                at += 8;
                if (IsLaterFragment)
                {
                    break;
                }
            }
            else
            {
                at += kind == 51 ? 4 * (length + 2) : 8 * (length + 1);
            }
        }

        Protocol = next;
        TransportAt = at;
        var least = next == 58 && !IsLaterFragment ? 4 : 0;
        return at + least > Datagram.Length ? "malformed" : null;
    }
}
