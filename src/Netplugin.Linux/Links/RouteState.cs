using Netplugin.Core.Addresses;
using Netplugin.Linux.Netlink;
using K = Netplugin.Linux.Links.LinkConstants;

namespace Netplugin.Linux.Links;

/// <summary>A route as the kernel reports it.</summary>
internal sealed record RouteState
{
    internal IpPrefix Destination { get; init; }

    internal uint Table { get; init; }

    /// <summary><c>RTN_*</c>, <c>linux/rtnetlink.h</c>.</summary>
    internal byte Type { get; init; }

    /// <summary><c>RTPROT_*</c>, <c>linux/rtnetlink.h</c>: who made it.</summary>
    internal byte Protocol { get; init; }

    /// <summary>Priority; smaller wins.</summary>
    internal uint Metric { get; init; }

    internal IfIndex Device { get; init; }

    /// <summary>Preferred source; unspecified when the route names none.</summary>
    internal IpAddr Source { get; init; }

    /// <summary>Next hop; unspecified when the destination is on the link.</summary>
    internal IpAddr Gateway { get; init; }

    /// <summary>Bytes; 0 when the route has none of its own.</summary>
    internal int Mtu { get; init; }

    /// <summary>False when packets part over several next hops, or get another header, or the next hop is of the other family.</summary>
    internal bool IsPlain { get; init; } = true;

    /// <summary>The main table's routes of one family.</summary>
    internal static List<RouteState> List(NetlinkConversation conversation, byte family)
    {
        try
        {
            return conversation.Dump("list the routes", batch => AddressMessages.GetRoutes(batch, family), Parse);
        }
        catch (KernelException none) when (none.Kind == KernelErrorKind.NotFound)
        {
            // A namespace has no main table until its first route.
            return [];
        }
    }

    internal static RouteState Parse(NetlinkMessage message)
    {
        var header = message.Read<RouteHeader>();
        var zero = header.Family == K.FamilyInet ? IpAddr.FromV4(0) : IpAddr.Unspecified;
        var route = new RouteState { Destination = new(zero, header.DestinationLength), Table = header.Table, Protocol = header.Protocol, Type = header.Type };
        foreach (var attribute in message.AttributesAfter<RouteHeader>())
        {
            route = attribute.Type switch
            {
                AddressMessages.RouteDestination => route with { Destination = new(AddressMessages.Read(attribute), header.DestinationLength) },
                AddressMessages.RouteOutput => route with { Device = new(attribute.S32) },
                AddressMessages.RouteGateway => route with { Gateway = AddressMessages.Read(attribute) },
                AddressMessages.RoutePreferredSource => route with { Source = AddressMessages.Read(attribute) },
                AddressMessages.RoutePriority => route with { Metric = attribute.U32 },
                AddressMessages.RouteTable => route with { Table = attribute.U32 },
                AddressMessages.RouteMultipath or AddressMessages.RouteVia or AddressMessages.RouteEncapsulation => route with { IsPlain = false },
                AddressMessages.RouteMetrics when attribute.Nested.TryFind(AddressMessages.MetricMtu, out var mtu) => route with { Mtu = mtu.S32 },
                _ => route,
            };
        }

        return route;
    }
}
