using System.Collections.Immutable;
using Netplugin.Core.Addresses;

namespace Netplugin.Core.Services;

/// <summary>
/// A Service that has cluster addresses. One without (headless, ExternalName) is none: nothing is balanced for it. Its families are those of
/// <paramref name="ClusterIps"/>; other addresses of a family that has no cluster address are not served.
/// </summary>
/// <remarks>
/// Two fields of a Service are missing on purpose, for the table is for what pods send. <c>externalTrafficPolicy</c> is for what comes from outside.
/// <c>loadBalancerSourceRanges</c> would keep a pod from no more than the load balancer's address: the cluster address leads it to the same endpoints.
/// </remarks>
/// <param name="Name">Its namespace and name.</param>
/// <param name="Created">When it was created (the API server's clock): who claimed an address first.</param>
/// <param name="ClusterIps">Its cluster addresses, one a family.</param>
/// <param name="ExternalIps">Addresses that its author says lead to the cluster's nodes.</param>
/// <param name="LoadBalancerIps">Addresses of load balancers in front of it that are served as if one of the nodes had them.</param>
/// <param name="Ports">Its ports; no two have the same number and protocol.</param>
/// <param name="Affinity">How long a client stays with its backend after it was last heard; zero: each connection is for itself.</param>
/// <param name="Internal">Whose endpoints serve the cluster addresses.</param>
/// <param name="PublishNotReadyAddresses">True: endpoints that are not ready count as if they were.</param>
public sealed record ServiceSpec(
    NamespacedName Name,
    DateTimeOffset Created,
    ImmutableArray<IpAddr> ClusterIps,
    ImmutableArray<IpAddr> ExternalIps,
    ImmutableArray<IpAddr> LoadBalancerIps,
    ImmutableArray<ServicePort> Ports,
    TimeSpan Affinity = default,
    TrafficPolicy Internal = TrafficPolicy.Cluster,
    bool PublishNotReadyAddresses = false);

/// <summary>One port of a Service.</summary>
/// <param name="Name">Its name, which its endpoints' ports bear too; empty when the Service has but one.</param>
/// <param name="Protocol">What it speaks.</param>
/// <param name="Port">The number on the Service's addresses.</param>
/// <param name="NodePort">The number on every address of every node; 0: none.</param>
public readonly record struct ServicePort(string Name, TransportProtocol Protocol, ushort Port, ushort NodePort);

/// <summary>Which endpoints serve a kind of address.</summary>
public enum TrafficPolicy : byte
{
    /// <summary>All of the cluster.</summary>
    Cluster,

    /// <summary>Those on the node where the packet is.</summary>
    Local,
}
