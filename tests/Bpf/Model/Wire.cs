using System.Buffers.Binary;
using Netplugin.Core.Addresses;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>VXLAN over IPv4 as it is on the wire (RFC 7348 section 5), written and read by the field's number.</summary>
/// <param name="Vni">The network.</param>
/// <param name="Source">The outer source.</param>
/// <param name="Target">The outer destination.</param>
/// <param name="Ecn">The outer ECN field.</param>
/// <param name="Inner">The frame inside.</param>
internal sealed record Wire(uint Vni, IpAddr Source, IpAddr Target, int Ecn, byte[] Inner)
{
    /// <summary>Bytes around the inner frame: Ethernet 14, IPv4 20, UDP 8, VXLAN 8.</summary>
    internal const int Overhead = 14 + 20 + 8 + 8;

    /// <summary>
    /// Takes apart what is nothing but VXLAN: no options, no fragment, no UDP checksum, lengths that agree, no flag but the one. Null for
    /// everything else. The outer MACs are not looked at.
    /// </summary>
    internal static Wire? Parse(byte[] frame)
    {
        if (frame.Length < Overhead || Word(frame, 12) != 0x0800)
        {
            return null;
        }

        var ip = frame.AsSpan(14, 20);
        var udp = frame.AsSpan(34, 8);
        var vxlan = frame.AsSpan(42, 8);
        var length = frame.Length - 14;
        var plain = ip[0] == 0x45 && Word(ip, 2) == length && (Word(ip, 6) & 0x3fff) == 0 && ip[9] == 17 && Answers.Checksum(ip) == 0
            && Word(udp, 2) == 4789 && Word(udp, 4) == length - 20 && Word(udp, 6) == 0
            && vxlan[0] == 8 && vxlan[1] == 0 && vxlan[2] == 0 && vxlan[3] == 0 && vxlan[7] == 0;
        return plain
            ? new(BinaryPrimitives.ReadUInt32BigEndian(vxlan[4..]) >> 8, Address(ip[12..]), Address(ip[16..]), ip[1] & 3, frame[Overhead..])
            : null;
    }

    /// <summary>The frame on the wire. The outer Ethernet addresses are zero: the loopback device's own.</summary>
    internal byte[] ToFrame(ushort sourcePort, byte hopLimit)
    {
        var frame = new byte[Overhead + Inner.Length];
        frame[12] = 8;
        var ip = frame.AsSpan(14, 20);
        ip[0] = 0x45;
        ip[1] = (byte)Ecn;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(frame.Length - 14));
        ip[8] = hopLimit;
        ip[9] = 17;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], (uint)Source.FamilyBits);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], (uint)Target.FamilyBits);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Answers.Checksum(ip));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(34), sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(36), 4789);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(38), (ushort)(frame.Length - 34));
        frame[42] = 8;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(46), Vni << 8);
        Inner.CopyTo(frame.AsSpan(Overhead));
        return frame;
    }

    private static int Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    private static IpAddr Address(ReadOnlySpan<byte> bytes) => IpAddr.FromV4(BinaryPrimitives.ReadUInt32BigEndian(bytes));
}
