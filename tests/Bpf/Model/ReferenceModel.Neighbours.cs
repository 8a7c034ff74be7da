using System.Buffers.Binary;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;

namespace Netplugin.Tests.Bpf.Model;

// Who asks for a neighbour: ARP and neighbour discovery.
internal sealed partial class ReferenceModel
{
    private Outcome Arp(InterfaceEntry pod, byte[] frame)
    {
        var arp = frame.AsSpan(14);
        byte[] ethernetAndIpv4 = [0, 1, 8, 0, 6, 4, 0];
        if (arp.Length < 28 || !arp[..7].SequenceEqual(ethernetAndIpv4) || arp[7] is not (1 or 2))
        {
            return Drop("malformed");
        }

        var asks = arp[7] == 1;
        var senderMac = MacAddress.FromBytes(arp[8..14]);
        var sender = IpAddr.FromV4(BinaryPrimitives.ReadUInt32BigEndian(arp[14..]));
        var target = IpAddr.FromV4(BinaryPrimitives.ReadUInt32BigEndian(arp[24..]));
        var probe = asks && sender == IpAddr.FromV4(0);
        if (senderMac != pod.Mac || (!IsOwn(pod, sender) && !probe))
        {
            return Drop("arp_spoof");
        }

        if (!asks || IsOwn(pod, target))
        {
            return Drop("arp_own");
        }

        return MacOf(pod, target) is { } mac ? new Outcome.Reply(Answers.Arp(frame, mac), "arp_answered") : Drop("arp_unknown");
    }

    private Outcome Neighbour(InterfaceEntry pod, ModelPacket packet)
    {
        var (type, code) = packet.Icmp!.Value;
        var own = packet.Source.IsUnspecified || packet.Source == LinkLocal(pod.Mac) || IsOwn(pod, packet.Source);
        if (type is 134 or 137 || !own || packet.HasOptions)
        {
            return Drop("nd_spoof");
        }

        var message = packet.Transport;
        if (message.Length < 24 || packet.HopLimit != 255 || code != 0 || message[8] == 255)
        {
            return Drop("malformed");
        }

        var target = IpAddr.FromBytes(message[8..24]);
        if (target.IsV4)
        {
            return Drop("mapped_address");
        }

        var addressOption = type == 135 ? 1 : 2;
        if (message.Length >= 32 && message[24] == addressOption && MacAddress.FromBytes(message[26..32]) != pod.Mac)
        {
            return Drop("nd_spoof");
        }

        if (IsOwn(pod, target) || target == LinkLocal(pod.Mac))
        {
            return Drop("nd_own");
        }

        if (type == 136)
        {
            return Drop("nd_spoof");
        }

        var isEndpoint = state.Endpoints.ContainsKey(new(pod.Network, target));
        return MacOf(pod, target) is { } mac
            ? new Outcome.Reply(Answers.Advertisement(packet, target, mac, router: !isEndpoint), "nd_answered")
            : Drop("nd_unknown");
    }
}
