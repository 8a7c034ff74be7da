using Netplugin.Core.Addresses;

namespace Netplugin.Core.Policies.Maps;

/// <summary>An address in the plane of a network, as the maps know it.</summary>
/// <param name="Network">The network's number; that of the cluster plane is <see cref="Datapath.DatapathState.Cluster"/>.</param>
/// <param name="Address">The address.</param>
public readonly record struct IdentityKey(uint Network, IpAddr Address);
