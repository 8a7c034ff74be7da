using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies;

/// <summary>What policies see of an endpoint: one interface of a pod, or of a container without Kubernetes.</summary>
/// <param name="Id">Its network and name.</param>
/// <param name="Group">The name of its endpoint group in the network; empty: it is in none.</param>
/// <param name="Addresses">Its addresses in the network; none for a pod of the default network, whose addresses are cluster addresses.</param>
/// <param name="ClusterAddresses">Its cluster addresses.</param>
/// <param name="Node">The node that it runs on.</param>
/// <param name="Pod">The Kubernetes pod that it is of; null without Kubernetes.</param>
public sealed record PolicyEndpoint(
    EndpointId Id, string Group, PerFamily<IpAddr> Addresses, PerFamily<IpAddr> ClusterAddresses, string Node, PolicyPod? Pod)
{
    /// <summary>
    /// True when an address that both claim is taken to be this one's: that of which a network's address is known, which nodes write down themselves, before that of which it is known only what its pod
    /// shows; else the first by name. So all nodes take it alike while they have heard a part of what changed, and whatever the order in which they heard.
    /// </summary>
    public bool GoesBefore(PolicyEndpoint other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Addresses.IsEmpty == other.Addresses.IsEmpty ? Id < other.Id : other.Addresses.IsEmpty;
    }
}

/// <summary>What policies see of a pod. A pod of the host's network has no endpoint, and to policies is its node.</summary>
/// <param name="Name">Its namespace and name.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="NamespaceLabels">Those of its namespace.</param>
/// <param name="Ports">The named ports of its containers.</param>
public sealed record PolicyPod(NamespacedName Name, Labels Labels, Labels NamespaceLabels, ValueArray<NamedPort> Ports);

/// <summary>A named port of a container (core/v1 <c>ContainerPort</c>).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Protocol">Its protocol.</param>
/// <param name="Number">Its number.</param>
public readonly record struct NamedPort(string Name, TransportProtocol Protocol, ushort Number);

/// <summary>What policies see of a node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels.</param>
public sealed record PolicyNode(string Name, Labels Labels);
