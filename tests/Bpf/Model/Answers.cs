using System.Buffers.Binary;
using Netplugin.Core.Addresses;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>The frames that are answered with, byte for byte.</summary>
internal static class Answers
{
    /// <summary>Bytes of the offending packet that an ICMP error carries.</summary>
    internal const int Quoted = 512;

    private static readonly IpAddr AllNodes = IpAddr.Parse("ff02::1");

    internal static byte[] Arp(byte[] request, MacAddress answer)
    {
        var frame = Turned(request, answer);
        var arp = frame.AsSpan(14);
        arp[7] = 2;
        request.AsSpan(14 + 8, 10).CopyTo(arp[18..]); // the asker is the target now
        answer.WriteBytes(arp[8..]);
        request.AsSpan(14 + 24, 4).CopyTo(arp[14..]);
        return frame;
    }

    internal static byte[] Advertisement(ModelPacket asked, IpAddr target, MacAddress answer, bool router)
    {
        var probe = asked.Source.IsUnspecified;
        var message = new byte[32];
        message[0] = 136;
        message[4] = (byte)((router ? 0x80 : 0) | (probe ? 0 : 0x40) | 0x20);
        target.WriteBytes(message.AsSpan(8));
        message[24] = 2;
        message[25] = 1;
        answer.WriteBytes(message.AsSpan(26));
        return Ipv6(asked.Frame, answer, target, probe ? AllNodes : asked.Source, 255, message);
    }

    internal static byte[] Pong(ModelPacket ping, MacAddress answer)
    {
        var frame = Turned(ping.Frame, answer);
        var ip = frame.AsSpan(14);
        if (ping.IsIpv6)
        {
            ping.Target.WriteBytes(ip[8..]);
            ping.Source.WriteBytes(ip[24..]);
            ip[7] = 64;
            Change(ip[40..], 0, 129, checksumAt: 2);
        }
        else
        {
            ping.Frame.AsSpan(14 + 16, 4).CopyTo(ip[12..]);
            ping.Frame.AsSpan(14 + 12, 4).CopyTo(ip[16..]);
            Change(ip, 8, 64, checksumAt: 10);
            Change(ip[20..], 0, 0, checksumAt: 2);
        }

        return frame;
    }

    internal static byte[] TooBig(ModelPacket packet, MacAddress gatewayMac, IpAddr from, int mtu)
    {
        var message = new byte[8 + Quoted];
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), mtu);
        packet.Datagram.AsSpan(0, Quoted).CopyTo(message.AsSpan(8));
        if (packet.IsIpv6)
        {
            message[0] = 2;
            return Ipv6(packet.Frame, gatewayMac, from, packet.Source, 64, message);
        }

        message[0] = 3;
        message[1] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Checksum(message));
        return [.. Turned(packet.Frame, gatewayMac).AsSpan(0, 14), .. Ipv4(from, packet.Source, message.Length), .. message];
    }

    /// <summary>Port unreachable, about the header and 8 bytes of what is behind it (RFC 792, RFC 4443).</summary>
    internal static byte[] Refused(ModelPacket packet, MacAddress gatewayMac)
    {
        byte[] message = [(byte)(packet.IsIpv6 ? 1 : 3), (byte)(packet.IsIpv6 ? 4 : 3), 0, 0, 0, 0, 0, 0, .. packet.Datagram.AsSpan(0, packet.TransportAt + 8)];
        if (packet.IsIpv6)
        {
            return Ipv6(packet.Frame, gatewayMac, packet.Target, packet.Source, 64, message);
        }

        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Checksum(message));
        return [.. Turned(packet.Frame, gatewayMac).AsSpan(0, 14), .. Ipv4(packet.Target, packet.Source, message.Length), .. message];
    }

    /// <summary>RFC 1071, over bytes of even number.</summary>
    internal static ushort Checksum(params ReadOnlySpan<byte> bytes)
    {
        long sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        }

        while (sum > 0xffff)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    private static byte[] Ipv4(IpAddr from, IpAddr to, int length)
    {
        var header = new byte[20];
        header[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(20 + length));
        header[8] = 64;
        header[9] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(12), (uint)from.FamilyBits);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(16), (uint)to.FamilyBits);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), Checksum(header));
        return header;
    }

    private static byte[] Ipv6(byte[] asked, MacAddress fromMac, IpAddr from, IpAddr to, byte hops, byte[] message)
    {
        var frame = new byte[14 + 40 + message.Length];
        Turned(asked, fromMac).AsSpan(0, 14).CopyTo(frame);
        var ip = frame.AsSpan(14);
        ip[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)message.Length);
        ip[6] = 58;
        ip[7] = hops;
        from.WriteBytes(ip[8..]);
        to.WriteBytes(ip[24..]);
        message.CopyTo(ip[40..]);
        byte[] summed = [.. ip[8..40], 0, 0, ip[4], ip[5], 0, 0, 0, 58, .. message];
        BinaryPrimitives.WriteUInt16BigEndian(ip[42..], Checksum(summed));
        return frame;
    }

    private static byte[] Turned(byte[] frame, MacAddress from)
    {
        var copy = (byte[])frame.Clone();
        frame.AsSpan(6, 6).CopyTo(copy);
        from.WriteBytes(copy.AsSpan(6));
        return copy;
    }

    /// <summary>Changes a byte at an even place, and the checksum by as much as that changes it (RFC 1624), right or wrong as it was.</summary>
    private static void Change(Span<byte> header, int at, byte value, int checksumAt)
    {
        var (before, after) = (header[at] << 8, value << 8);
        var complement = (~BinaryPrimitives.ReadUInt16BigEndian(header[checksumAt..]) & 0xffff) + (~before & 0xffff) + after;
        while (complement > 0xffff)
        {
            complement = (complement & 0xffff) + (complement >> 16);
        }

        header[at] = value;
        BinaryPrimitives.WriteUInt16BigEndian(header[checksumAt..], (ushort)~complement);
    }
}
