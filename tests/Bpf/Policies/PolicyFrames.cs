using System.Buffers.Binary;
using Netplugin.Core.Addresses;
using Netplugin.Tests.Bpf.Model;

namespace Netplugin.Tests.Bpf.Policies;

/// <summary>The TCP flags that flows are known by (RFC 9293, section 3.1).</summary>
[Flags]
internal enum TcpFlags
{
    None = 0,
    Fin = 1,
    Syn = 2,
    Reset = 4,
    Ack = 16,
}

/// <summary>Packets by what flows see of them: addresses, protocol, ports, and the few bits that begin or end something.</summary>
internal static class PolicyFrames
{
    internal const byte Icmp = 1;
    internal const byte Tcp = 6;
    internal const byte Udp = 17;
    internal const byte IcmpV6 = 58;
    internal const byte Sctp = 132;

    /// <summary>An Ethernet frame with an IP packet.</summary>
    /// <param name="source">Its source.</param>
    /// <param name="target">Its destination, of the same family.</param>
    /// <param name="protocol">IANA's number.</param>
    /// <param name="transport">What the packet carries.</param>
    /// <param name="fragment">The identification of the datagram and this fragment's offset in bytes, and whether more follow; null: it is whole.</param>
    /// <param name="from">The source MAC.</param>
    internal static byte[] Ip(IpAddr source, IpAddr target, byte protocol, byte[] transport, (ushort Id, int Offset, bool More)? fragment = null, MacAddress? from = null)
    {
        var isV4 = source.IsV4;
        var extension = !isV4 && fragment is not null ? 8 : 0;
        var header = isV4 ? 20 : 40 + extension;
        var frame = new byte[14 + header + transport.Length];
        MacAddress.Gateway.WriteBytes(frame);
        (from ?? MacAddress.ForEndpoint(source)).WriteBytes(frame.AsSpan(6));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), isV4 ? (ushort)0x0800 : (ushort)0x86dd);
        var ip = frame.AsSpan(14);
        if (isV4)
        {
            ip[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(header + transport.Length));
            if (fragment is { } part)
            {
                BinaryPrimitives.WriteUInt16BigEndian(ip[4..], part.Id);
                BinaryPrimitives.WriteUInt16BigEndian(ip[6..], (ushort)((part.Offset / 8) | (part.More ? 0x2000 : 0)));
            }

            ip[8] = 64;
            ip[9] = protocol;
            BinaryPrimitives.WriteUInt32BigEndian(ip[12..], (uint)source.FamilyBits);
            BinaryPrimitives.WriteUInt32BigEndian(ip[16..], (uint)target.FamilyBits);
            BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Answers.Checksum(ip[..20]));
        }
        else
        {
            ip[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(extension + transport.Length));
            ip[6] = extension > 0 ? (byte)44 : protocol;
            ip[7] = 64;
            source.WriteBytes(ip[8..]);
            target.WriteBytes(ip[24..]);
            if (fragment is { } part)
            {
                ip[40] = protocol;
                BinaryPrimitives.WriteUInt16BigEndian(ip[42..], (ushort)(part.Offset | (part.More ? 1 : 0)));
                BinaryPrimitives.WriteUInt32BigEndian(ip[44..], part.Id);
            }
        }

        transport.CopyTo(ip[header..]);
        return frame;
    }

    /// <summary>A transport header, and eight bytes behind it.</summary>
    /// <param name="protocol">IANA's number.</param>
    /// <param name="sourcePort">The source port; of an echo its id.</param>
    /// <param name="targetPort">The destination port.</param>
    /// <param name="flags">Of TCP; <see cref="TcpFlags.Syn"/> alone stands for what begins an association of SCTP, too.</param>
    /// <param name="answers">Of ICMP: an echo's reply, else a request.</param>
    internal static byte[] Transport(byte protocol, ushort sourcePort, ushort targetPort, TcpFlags flags = TcpFlags.Syn, bool answers = false)
    {
        var bytes = new byte[8 + (protocol switch { Tcp => 20, Sctp => 16, _ => 8 })];
        switch (protocol)
        {
            case Icmp or IcmpV6:
                bytes[0] = (protocol, answers) switch { (Icmp, false) => 8, (Icmp, true) => 0, (_, false) => 128, _ => 129 };
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), sourcePort);
                return bytes;
            case Tcp:
                bytes[12] = 0x50;
                bytes[13] = (byte)flags;
                break;
            case Sctp:
                bytes[12] = flags == TcpFlags.Syn ? (byte)1 : (byte)0;
                break;
            case Udp:
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)bytes.Length);
                break;
            default:
                return bytes;
        }

        BinaryPrimitives.WriteUInt16BigEndian(bytes, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), targetPort);
        return bytes;
    }

    /// <summary>An ICMP "port unreachable" about a packet.</summary>
    /// <param name="about">The packet, a frame.</param>
    internal static byte[] Unreachable(byte[] about)
    {
        var isV4 = about[12] == 0x08;
        return [isV4 ? (byte)3 : (byte)1, isV4 ? (byte)3 : (byte)4, 0, 0, 0, 0, 0, 0, .. about.AsSpan(14)];
    }
}
