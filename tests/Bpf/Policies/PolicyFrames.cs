using System.Buffers.Binary;

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

/// <summary>What packets carry, by what flows see of it: protocol, ports, and the few bits that begin or end something.</summary>
internal static class PolicyFrames
{
    internal const byte Icmp = 1;
    internal const byte Tcp = 6;
    internal const byte Udp = 17;
    internal const byte IcmpV6 = 58;
    internal const byte Sctp = 132;

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
