using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;

namespace Netplugin.Linux.Nftables;

/// <summary>A port of the node that leads to a pod.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="HostAddress">The node's address; unspecified: every one of the pod's family.</param>
/// <param name="Port">The node's port.</param>
/// <param name="Address">The pod's address.</param>
/// <param name="PodPort">The pod's port.</param>
public readonly record struct HostPort(TransportProtocol Protocol, IpAddr HostAddress, ushort Port, IpAddr Address, ushort PodPort)
{
    /// <summary>None.</summary>
    public static ImmutableHashSet<HostPort> None => [];

    /// <summary><c>tcp port 8080 leads to 10.244.1.3 port 80</c>, with the node's address when it is one.</summary>
    public override string ToString() =>
        $"{(HostAddress.IsUnspecified ? "" : $"{HostAddress} ")}{Protocol.ToString().ToLowerInvariant()} port {Port} leads to {Address} port {PodPort}";
}
