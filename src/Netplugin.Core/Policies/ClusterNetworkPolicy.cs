using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies;

/// <summary>A ClusterNetworkPolicy (policy.networking.k8s.io/v1alpha2), as read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Tier">Before or after the namespaces' own policies.</param>
/// <param name="Priority">0 to 1000; the lower, the earlier it is asked.</param>
/// <param name="Subject">The pods that it is for.</param>
/// <param name="Ingress">Rules for connections to them, the first that matches decides.</param>
/// <param name="Egress">Rules for connections that they make.</param>
public sealed record ClusterNetworkPolicy(
    string Name, ClusterPolicyTier Tier, int Priority, ClusterPodSelector Subject, ValueArray<ClusterPolicyRule> Ingress, ValueArray<ClusterPolicyRule> Egress)
{
    /// <summary>Its name among all policies.</summary>
    public PolicyId Id => new(PolicyKind.ClusterNetworkPolicy, "", Name);

    /// <summary>Its rules of a direction.</summary>
    public ValueArray<ClusterPolicyRule> Rules(PolicyDirection direction) => direction == PolicyDirection.Ingress ? Ingress : Egress;
}

/// <summary>The tiers that a ClusterNetworkPolicy can be in.</summary>
public enum ClusterPolicyTier
{
    /// <summary>Asked before the namespaces' policies, which cannot override it.</summary>
    Admin,

    /// <summary>Asked of what no namespace's policy has decided.</summary>
    Baseline,
}

/// <summary>
/// Pods by their namespaces' and their own labels. <c>namespaces</c>, which selects all pods of namespaces, is the same with an empty pod selector.
/// </summary>
/// <param name="Namespaces">Their namespaces.</param>
/// <param name="Pods">The pods there.</param>
public sealed record ClusterPodSelector(LabelSelector Namespaces, LabelSelector Pods);

/// <summary>A rule: does something with what comes from (or goes to) one of the peers, by one of the protocols.</summary>
/// <param name="Name">What its author calls it; empty when that is nothing.</param>
/// <param name="Action">What it does.</param>
/// <param name="Peers"><c>from</c> or <c>to</c>.</param>
/// <param name="Protocols"><c>protocols</c>; empty: every protocol.</param>
public sealed record ClusterPolicyRule(string Name, PolicyAction Action, ValueArray<ClusterPolicyPeer> Peers, ValueArray<ClusterPolicyProtocol> Protocols)
{
    /// <summary>
    /// False: something in it could not be read, such as a peer of a kind that is not known. Then it fails closed as the API says it must: one that accepts matches
    /// nothing, any other denies everything.
    /// </summary>
    public bool IsReadable { get; init; } = true;
}

/// <summary>A peer of a rule.</summary>
public abstract record ClusterPolicyPeer
{
    private ClusterPolicyPeer()
    {
    }

    /// <summary>Pods (<c>namespaces</c> or <c>pods</c>); not those of the host's network.</summary>
    /// <param name="Selector">Which.</param>
    public sealed record Pods(ClusterPodSelector Selector) : ClusterPolicyPeer;

    /// <summary>Nodes, by any of their addresses; egress only.</summary>
    /// <param name="Selector">Their labels.</param>
    public sealed record Nodes(LabelSelector Selector) : ClusterPolicyPeer;

    /// <summary>Addresses, those of pods and nodes too; egress only.</summary>
    /// <param name="Cidrs">The blocks, one of which is enough.</param>
    public sealed record Networks(ValueArray<IpPrefix> Cidrs) : ClusterPolicyPeer;
}

/// <summary>An entry of a rule's <c>protocols</c>.</summary>
public abstract record ClusterPolicyProtocol
{
    private ClusterPolicyProtocol()
    {
    }

    /// <summary>Ports of a protocol (<c>destinationPort</c>).</summary>
    /// <param name="Protocol">The protocol.</param>
    /// <param name="First">The first port.</param>
    /// <param name="Last">The last, the same for a single number.</param>
    public sealed record Ports(TransportProtocol Protocol, ushort First, ushort Last) : ClusterPolicyProtocol;

    /// <summary>Whatever number and protocol the pod that is connected to has for this name (<c>destinationNamedPort</c>).</summary>
    /// <param name="Name">The name of a container's port.</param>
    public sealed record Named(string Name) : ClusterPolicyProtocol;
}
