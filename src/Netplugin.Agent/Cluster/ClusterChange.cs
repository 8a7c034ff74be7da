using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;

namespace Netplugin.Agent.Cluster;

/// <summary>What of the view changed: how much has to be looked at again.</summary>
/// <param name="Everything">True: compare all. False: only <paramref name="Endpoints"/>.</param>
/// <param name="Endpoints">Endpoints that changed, with the addresses they had before.</param>
/// <param name="Resolve">True when local pods may lead to other endpoints now (a post, a home).</param>
/// <param name="Services">True when what is balanced for pods is another.</param>
/// <param name="Policies">True when groups or policies are others.</param>
internal sealed record ClusterChange(bool Everything, ImmutableArray<EndpointChange> Endpoints, bool Resolve, bool Services = false, bool Policies = false)
{
    /// <summary>Nothing changed.</summary>
    public static ClusterChange None { get; } = new(false, [], false);

    /// <summary>What is balanced for pods is another.</summary>
    public static ClusterChange OfServices { get; } = new(false, [], false, Services: true);

    /// <summary>Groups or policies are others.</summary>
    public static ClusterChange OfPolicies { get; } = new(false, [], false, Policies: true);
}

/// <summary>One endpoint's change.</summary>
/// <param name="Id">The endpoint.</param>
/// <param name="Before">The address it was known by; null when it was not known.</param>
internal readonly record struct EndpointChange(EndpointId Id, IpAddr? Before);
