using Netplugin.Core.Addresses;

namespace Netplugin.Linux.Links;

/// <summary>An address of the node.</summary>
/// <param name="Device">The device that has it.</param>
/// <param name="DeviceName">The device's name.</param>
/// <param name="Prefix">The address and its subnet's prefix length.</param>
/// <param name="Mtu">The device's MTU in bytes.</param>
public sealed record UnderlayAddress(IfIndex Device, string DeviceName, IpPrefix Prefix, int Mtu);
