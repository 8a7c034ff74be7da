using Netplugin.Core.Addresses;
using Netplugin.Core.Services;

namespace Netplugin.NodeApi.Cni;

/// <summary>A port of the node that is to lead to the container: an item of the capability <c>portMappings</c>.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="HostAddress">The node's address; unspecified: every one.</param>
/// <param name="HostPort">The node's port.</param>
/// <param name="ContainerPort">The container's port.</param>
public readonly record struct CniPortMapping(TransportProtocol Protocol, IpAddr HostAddress, ushort HostPort, ushort ContainerPort)
{
    /// <summary>The node's side: <c>tcp 8080</c>, with the node's address when it is one.</summary>
    public override string ToString() =>
        $"{ProtocolName} {(HostAddress.IsUnspecified ? "" : HostAddress.IsV4 ? $"{HostAddress}:" : $"[{HostAddress}]:")}{HostPort}";

    /// <summary>The protocol as it is written: <c>tcp</c>.</summary>
    public string ProtocolName => Protocol.ToString().ToLowerInvariant();

    /// <summary>Whether a packet could be for both.</summary>
    public bool Overlaps(CniPortMapping other) =>
        Protocol == other.Protocol && HostPort == other.HostPort
        && (HostAddress == other.HostAddress || HostAddress.IsUnspecified || other.HostAddress.IsUnspecified);
}
