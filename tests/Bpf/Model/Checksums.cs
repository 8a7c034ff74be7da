using System.Buffers.Binary;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>
/// The internet checksums of a packet (RFC 1071), found by its headers. A translation may not make a wrong one right nor a right one wrong, and the
/// bytes themselves have two ways to say zero: so frames are compared without them, and they by whether they are right.
/// </summary>
internal static class Checksums
{
    /// <summary>The frame with every checksum blanked out.</summary>
    internal static byte[] Without(byte[] frame)
    {
        var copy = (byte[])frame.Clone();
        foreach (var (at, _) in Of(frame))
        {
            copy.AsSpan(at, 2).Clear();
        }

        return copy;
    }

    /// <summary>Which of the frame's checksums are right, in a fixed order; one that says that there is none counts as "none".</summary>
    internal static string[] Verdicts(byte[] frame) => [.. Of(frame).Select(check => check.Verdict)];

    /// <summary>Makes the outermost transport checksum right.</summary>
    internal static void Mend(byte[] frame)
    {
        var packet = new ModelPacket(frame);
        var transport = packet.Transport.ToArray();
        var at = packet.Protocol switch { 6 => 16, 17 => 6, 1 or 58 => 2, _ => -1 };
        if (at < 0 || packet.IsLaterFragment || transport.Length < at + 2)
        {
            return;
        }

        transport.AsSpan(at, 2).Clear();
        var sum = Answers.Checksum(Even(packet.Protocol == 1 ? transport : Covered(packet, transport)));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(14 + packet.TransportAt + at), sum == 0 && packet.Protocol == 17 ? (ushort)0xffff : sum);
    }

    private static IEnumerable<(int At, string Verdict)> Of(byte[] frame)
    {
        var packet = new ModelPacket(frame);
        if (packet.Fault is not null || packet.IsArp)
        {
            yield break;
        }

        if (!packet.IsIpv6)
        {
            yield return (14 + 10, Sum(packet.Datagram.AsSpan(0, packet.TransportAt)));
        }

        var l4 = 14 + packet.TransportAt;
        var transport = packet.Transport.ToArray();
        switch (packet.Protocol)
        {
            // A first fragment's checksum is over what is not there: it can only be compared as a number, which the sum over what is there does.
            case 6 when !packet.IsLaterFragment && transport.Length >= 18:
                yield return (l4 + 16, Pseudo(packet, transport));
                break;
            case 17 when !packet.IsLaterFragment && transport.Length >= 8:
                yield return (l4 + 6, transport[6] == 0 && transport[7] == 0 ? "none" : Pseudo(packet, transport));
                break;
            case 1 when !packet.IsIpv6 && !packet.IsLaterFragment && transport.Length >= 4:
                yield return (l4 + 2, Sum(transport));
                if (transport.Length >= 28)
                {
                    yield return (l4 + 8 + 10, Sum(transport.AsSpan(8, 20)));
                }

                break;
            case 58 when packet.IsIpv6 && !packet.IsLaterFragment && transport.Length >= 4:
                yield return (l4 + 2, Pseudo(packet, transport));
                break;
            default:
                break;
        }
    }

    private static string Pseudo(ModelPacket packet, byte[] transport) => Sum(Covered(packet, transport));

    private static byte[] Covered(ModelPacket packet, byte[] transport)
    {
        var addresses = packet.IsIpv6 ? packet.Datagram.AsSpan(8, 32) : packet.Datagram.AsSpan(12, 8);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, transport.Length);
        return [.. addresses, .. length, 0, (byte)packet.Protocol, .. transport];
    }

    // Of right ones the sum is zero, of others the same error before and after.
    private static string Sum(ReadOnlySpan<byte> bytes)
    {
        var left = Answers.Checksum(Even(bytes));
        return left is 0 or 0xffff ? "right" : $"off by {left:x4}";
    }

    private static byte[] Even(ReadOnlySpan<byte> bytes) => bytes.Length % 2 == 0 ? [.. bytes] : [.. bytes, 0];
}
