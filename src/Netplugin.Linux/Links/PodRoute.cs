using Netplugin.Core.Addresses;

namespace Netplugin.Linux.Links;

/// <summary>A route in the pod through its link.</summary>
/// <param name="Destination">Where to; length 0 is the default route.</param>
/// <param name="Gateway">Next hop, inside one of the pod's subnets; unspecified for a destination on the link itself.</param>
public readonly record struct PodRoute(IpPrefix Destination, IpAddr Gateway)
{
    /// <summary>The default route of the gateway's family.</summary>
    public static PodRoute DefaultVia(IpAddr gateway) => new(new(gateway.IsV4 ? IpAddr.FromV4(0) : IpAddr.Unspecified, 0), gateway);
}
