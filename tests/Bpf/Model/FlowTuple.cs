using System.Buffers.Binary;
using Netplugin.Core.Addresses;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>Whose packet, and for whom: what connections go by.</summary>
internal readonly record struct FlowTuple(IpAddr Source, IpAddr Target, ushort SourcePort, ushort TargetPort, byte Protocol)
{
    internal FlowTuple Turned => new(Target, Source, TargetPort, SourcePort, Protocol);

    /// <summary>A copy of the frame with the tuple's addresses, and its ports where there are any. Checksums are as right or wrong as they were.</summary>
    internal byte[] Put(ModelPacket packet)
    {
        var frame = (byte[])packet.Frame.Clone();
        var ip = frame.AsSpan(14);
        Put(ip, packet.IsIpv6);
        if (!packet.IsLaterFragment)
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[packet.TransportAt..], SourcePort);
            BinaryPrimitives.WriteUInt16BigEndian(ip[(packet.TransportAt + 2)..], TargetPort);
        }

        return frame;
    }

    /// <summary>A copy of an ICMP error, of which the quoted packet gets the tuple; and the error comes from its target, if it came from the former one.</summary>
    internal byte[] PutQuoted(ModelPacket error)
    {
        var frame = (byte[])error.Frame.Clone();
        var ip = frame.AsSpan(14);
        var quoted = ip[(error.TransportAt + 8)..];
        var (targetAt, ports, length) = error.IsIpv6 ? (24, 40, 16) : (16, 20, 4);
        var came = ip.Slice(error.IsIpv6 ? 8 : 12, length);
        if (came.SequenceEqual(quoted.Slice(targetAt, length)))
        {
            Write(Target, came);
        }

        Put(quoted, error.IsIpv6);
        BinaryPrimitives.WriteUInt16BigEndian(quoted[ports..], SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(quoted[(ports + 2)..], TargetPort);
        return frame;
    }

    private void Put(Span<byte> ip, bool isIpv6)
    {
        var (at, length) = isIpv6 ? (8, 16) : (12, 4);
        Write(Source, ip.Slice(at, length));
        Write(Target, ip.Slice(at + length, length));
    }

    private static void Write(IpAddr address, Span<byte> place)
    {
        Span<byte> all = stackalloc byte[16];
        address.WriteBytes(all);
        all[^place.Length..].CopyTo(place);
    }
}
