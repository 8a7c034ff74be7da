using System.Buffers.Binary;
using Netplugin.Core.Addresses;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>Frames with IP packets that are as they should be, whatever they carry.</summary>
internal static class IpFrame
{
    /// <summary>An Ethernet frame with an IP packet.</summary>
    /// <param name="source">Its source.</param>
    /// <param name="target">Its destination, of the same family.</param>
    /// <param name="protocol">IANA's number.</param>
    /// <param name="transport">What the packet carries.</param>
    /// <param name="from">The source MAC; the destination is the gateway.</param>
    /// <param name="fragment">The identification of the datagram and this fragment's offset in bytes, and whether more follow; null: it is whole.</param>
    /// <param name="mayBeFragmented">Of IPv4 that is whole: false forbids that it is cut on its way.</param>
    internal static byte[] Of(IpAddr source, IpAddr target, byte protocol, byte[] transport, MacAddress from, (ushort Id, int Offset, bool More)? fragment = null, bool mayBeFragmented = true)
    {
        var isV4 = source.IsV4;
        var extension = !isV4 && fragment is not null ? 8 : 0;
        var header = isV4 ? 20 : 40 + extension;
        var frame = new byte[14 + header + transport.Length];
        MacAddress.Gateway.WriteBytes(frame);
        from.WriteBytes(frame.AsSpan(6));
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
            else if (!mayBeFragmented)
            {
                ip[6] = 0x40;
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
}
