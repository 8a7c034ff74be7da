using System.Collections.Immutable;

namespace Netplugin.NodeApi.Messages;

/// <summary>A policy as a node enforces it.</summary>
/// <param name="Kind"><c>NetworkPolicy</c>, <c>ClusterNetworkPolicy</c> or <c>Intent</c>.</param>
/// <param name="Scope">Its namespace or tenant; empty for a policy of the cluster.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Tier"><c>Admin</c> or <c>Baseline</c> of a ClusterNetworkPolicy; else empty.</param>
/// <param name="Priority">Of a ClusterNetworkPolicy; else null.</param>
/// <param name="Enforced">False: what it is about cannot be read, so there is none.</param>
/// <param name="Endpoints">How many endpoints of the node it is for.</param>
/// <param name="DeniedPackets">What it has denied, by a rule or because it isolates, since the daemon started.</param>
/// <param name="DeniedBytes">The same in bytes.</param>
/// <param name="Problems">What is wrong: fields that cannot be read, endpoints for which there is no room.</param>
public sealed record EnforcedPolicy(
    string Kind, string Scope, string Name, string Tier, int? Priority, bool Enforced, int Endpoints, ulong DeniedPackets, ulong DeniedBytes, ImmutableArray<string> Problems);

/// <summary>What policies say of an attempt to connect.</summary>
/// <param name="Node">The node that was asked.</param>
/// <param name="From">Who makes it.</param>
/// <param name="To">Who is to get it.</param>
/// <param name="Protocol">IANA's number of the protocol, of the ends' family.</param>
/// <param name="Port">The destination port; 0 for protocols without ports.</param>
/// <param name="Allowed">True: it comes about, as far as the networks and policies are concerned.</param>
/// <param name="Apart">Why the networks keep them apart, whatever policies say; empty when they do not.</param>
/// <param name="Egress">What the policies for the sender say; null when the ends have no addresses by which one could reach the other.</param>
/// <param name="Ingress">The same for the receiver.</param>
/// <param name="Notes">What an operator should know about the answer.</param>
public sealed record PolicyExplanation(
    string Node, ExplainedEnd From, ExplainedEnd To, byte Protocol, ushort Port, bool Allowed, string Apart, ExplainedDirection? Egress, ExplainedDirection? Ingress,
    ImmutableArray<string> Notes)
{
    /// <summary>True when what a node's maps say differs from what the policies say.</summary>
    public bool Differs => Egress?.Maps == MapsAnswer.Different || Ingress?.Maps == MapsAnswer.Different;
}

/// <summary>An end of an attempt.</summary>
/// <param name="Name">Its name; the address of what has none.</param>
/// <param name="Address">Its address; empty when it has none by which the other could be reached.</param>
/// <param name="Network">Its network, as <c>tenant/network</c>; empty for what is in none.</param>
/// <param name="Node">The node that it is on; empty for what is on none.</param>
public sealed record ExplainedEnd(string Name, string Address, string Network, string Node);

/// <summary>What the policies for one end say.</summary>
/// <param name="Allowed">Allowed or denied.</param>
/// <param name="Policy">The policy, or the policies, by which; empty when it is by none.</param>
/// <param name="Rule">Its rule, or <c>default deny</c>; empty when it is by none.</param>
/// <param name="Reason">The same as a sentence.</param>
/// <param name="Maps">One of <see cref="MapsAnswer"/>'s texts.</param>
/// <param name="MapsReason">What the maps of the node say, as a sentence; empty when they were not asked.</param>
public sealed record ExplainedDirection(bool Allowed, string Policy, string Rule, string Reason, string Maps, string MapsReason);

/// <summary>How the maps of a node compare with what policies say.</summary>
public static class MapsAnswer
{
    /// <summary>They say the same, by the same rule.</summary>
    public const string Same = "same";

    /// <summary>They say something else.</summary>
    public const string Different = "different";

    /// <summary>The end is on another node, whose maps that node alone knows.</summary>
    public const string Elsewhere = "elsewhere";

    /// <summary>Nothing is asked of them for it.</summary>
    public const string NotAsked = "not-asked";
}
