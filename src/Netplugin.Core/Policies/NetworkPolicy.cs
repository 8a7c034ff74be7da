using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies;

/// <summary>
/// A NetworkPolicy (networking.k8s.io/v1), as read. Which directions it is about (<c>policyTypes</c>, or what the API has for it when it is not given) shows in its
/// lists: null, it is not about that direction; empty, it isolates the pods in it and allows nothing.
/// </summary>
/// <param name="Name">Its namespace and name.</param>
/// <param name="PodSelector">The pods of its namespace that it is for.</param>
/// <param name="Ingress">What may connect to them.</param>
/// <param name="Egress">What they may connect to.</param>
public sealed record NetworkPolicy(
    NamespacedName Name, LabelSelector PodSelector, ValueArray<NetworkPolicyRule>? Ingress, ValueArray<NetworkPolicyRule>? Egress)
{
    /// <summary>Its name among all policies.</summary>
    public PolicyId Id => new(PolicyKind.NetworkPolicy, Name.Namespace, Name.Name);

    /// <summary>Its rules of a direction; null when it is not about it.</summary>
    public ValueArray<NetworkPolicyRule>? Rules(PolicyDirection direction) => direction == PolicyDirection.Ingress ? Ingress : Egress;
}

/// <summary>An ingress or egress rule: allows what comes from (or goes to) one of the peers, by one of the ports.</summary>
/// <param name="Peers"><c>from</c> or <c>to</c>; empty: anybody.</param>
/// <param name="Ports"><c>ports</c>; empty: every port of every protocol.</param>
public sealed record NetworkPolicyRule(ValueArray<NetworkPolicyPeer> Peers, ValueArray<NetworkPolicyPort> Ports)
{
    /// <summary>False: something in it could not be read, and it allows nothing.</summary>
    public bool IsReadable { get; init; } = true;
}

/// <summary>A peer of a rule.</summary>
public abstract record NetworkPolicyPeer
{
    private NetworkPolicyPeer()
    {
    }

    /// <summary>Pods by their labels.</summary>
    /// <param name="NamespaceSelector">Their namespaces; null: the policy's own.</param>
    /// <param name="PodSelector">The pods there; null (only with a namespace selector): all.</param>
    public sealed record Pods(LabelSelector? NamespaceSelector, LabelSelector? PodSelector) : NetworkPolicyPeer;

    /// <summary>Addresses (<c>ipBlock</c>), those of pods too.</summary>
    /// <param name="Cidr">The block.</param>
    /// <param name="Except">Parts of it that are not meant.</param>
    public sealed record IpBlock(IpPrefix Cidr, ValueArray<IpPrefix> Except) : NetworkPolicyPeer;
}

/// <summary>An entry of a rule's <c>ports</c>.</summary>
/// <param name="Protocol">The protocol.</param>
public abstract record NetworkPolicyPort(TransportProtocol Protocol)
{
    /// <summary>Every port.</summary>
    /// <param name="Protocol">The protocol.</param>
    public sealed record Any(TransportProtocol Protocol) : NetworkPolicyPort(Protocol);

    /// <summary>The ports from <c>port</c> to <c>endPort</c>.</summary>
    /// <param name="Protocol">The protocol.</param>
    /// <param name="First"><c>port</c>.</param>
    /// <param name="Last"><c>endPort</c>; the same as <paramref name="First"/> when not given.</param>
    public sealed record Range(TransportProtocol Protocol, ushort First, ushort Last) : NetworkPolicyPort(Protocol);

    /// <summary>Whatever number the pod that is connected to has for this name and protocol.</summary>
    /// <param name="Protocol">The protocol.</param>
    /// <param name="Name">The name of a container's port.</param>
    public sealed record Named(TransportProtocol Protocol, string Name) : NetworkPolicyPort(Protocol);
}
