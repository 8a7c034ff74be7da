using Netplugin.Core.Services;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Agent.Observing;

/// <summary>Whether an observer wants to see a packet. Pure.</summary>
internal static class ObserveMatch
{
    /// <summary>True when a packet fulfils all that a filter asks.</summary>
    public static bool Wants(this ObserveFilter filter, ObservedPacket packet)
    {
        ObservedEnd[] receivers = packet.Backend is { } backend ? [packet.To, backend] : [packet.To];
        ObservedEnd[] all = [packet.From, .. receivers];
        return (filter.Pod.Length == 0 || all.Any(end => Is(filter.Pod, end)))
            && (filter.From.Length == 0 || Is(filter.From, packet.From))
            && (filter.To.Length == 0 || receivers.Any(end => Is(filter.To, end)))
            && (filter.Port is not { } port || all.Any(end => end.Port == port))
            && (filter.Protocol is not { } protocol || packet.Kind == PacketText.ProtocolName(protocol) || (protocol == IpProtocols.Icmp && packet.Kind == PacketText.ProtocolName(IpProtocols.IcmpV6)))
            && (filter.Reason.Length == 0 || packet.Reason == filter.Reason)
            && (filter.Policy.Length == 0 || packet.Policy.Split(", ").Any(policy => policy == filter.Policy || policy[(policy.IndexOf(' ', StringComparison.Ordinal) + 1)..] == filter.Policy));
    }

    private static bool Is(string asked, ObservedEnd end) => asked == end.Name || asked == end.Endpoint || asked == end.Address;
}
