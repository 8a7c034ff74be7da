using Netplugin.Core.Addresses;

namespace Netplugin.Linux.Links;

/// <summary>A route in the pod through its link.</summary>
/// <param name="Destination">Where to; length 0 is the default route.</param>
/// <param name="Gateway">Next hop, inside one of the pod's subnets or reached by a route before this one; unspecified for a destination on the link itself.</param>
/// <param name="Source">The pod's address that is sent from where a program names none; unspecified: the kernel chooses.</param>
public readonly record struct PodRoute(IpPrefix Destination, IpAddr Gateway, IpAddr Source = default)
{
    /// <summary>The default route of the gateway's family.</summary>
    public static PodRoute DefaultVia(IpAddr gateway, IpAddr source = default) =>
        new(new(gateway.IsV4 ? IpAddr.FromV4(0) : IpAddr.Unspecified, 0), gateway, source);

    /// <summary>A route to one address on the link itself.</summary>
    public static PodRoute OnLink(IpAddr neighbour, IpAddr source) => new(IpPrefix.Alone(neighbour), IpAddr.Unspecified, source);
}
