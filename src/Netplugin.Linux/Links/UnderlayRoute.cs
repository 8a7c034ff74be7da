using Netplugin.Core.Addresses;

namespace Netplugin.Linux.Links;

/// <summary>The way to an address.</summary>
/// <param name="Device">The device packets leave by.</param>
/// <param name="DeviceName">The device's name.</param>
/// <param name="Source">The source address the kernel would choose.</param>
/// <param name="Gateway">The next hop; unspecified when the destination is on the link.</param>
/// <param name="Mtu">The smaller of the route's and the device's MTU, in bytes.</param>
public sealed record UnderlayRoute(IfIndex Device, string DeviceName, IpAddr Source, IpAddr Gateway, int Mtu);
