using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;

namespace Netplugin.Tests.Support.Policies;

/// <summary>Policies of all languages about what <see cref="ClusterGens"/> makes, with every field of each, and rules that could not be read.</summary>
public static class PolicyGens
{
    private static readonly IpPrefix[] Blocks =
    [
        .. ((string[])["0.0.0.0/0", "10.1.0.0/24", "10.1.0.0/30", "10.1.0.3/32", "11.1.0.0/29", "192.168.2.0/31", "203.0.113.0/24", "::/0", "fd00:1::/126"]).Select(IpPrefix.Parse),
    ];

    private static readonly Gen<TransportProtocol> TransportGen = Gen.OneOf(TransportProtocol.Tcp, TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp);
    private static readonly Gen<ushort> PortGen = Gen.OneOf(ClusterGens.Ports);
    private static readonly Gen<string> PortNameGen = Gen.OneOf(ClusterGens.PortNames);
    private static readonly Gen<IpPrefix> BlockGen = Gen.OneOf(Blocks);
    private static readonly Gen<GroupId> GroupGen = Gen.Select(Gen.OneOf(ClusterGens.Networks), Gen.OneOf("front", "back")).Select((network, group) => new GroupId(network, group));

    // One rule in some twelve.
    private static readonly Gen<bool> ReadableGen = Gen.Int[0, 11].Select(draw => draw > 0);

    private static readonly Gen<LabelRequirement> RequirementGen = Gen.Select(Gen.OneOf("a", "a", "b", "c"), Gen.Enum<LabelOperator>(), Gen.OneOf<string[]>(["1"], ["2"], ["1", "2"]))
        .Select((key, asked, values) => new LabelRequirement(key, asked, asked is LabelOperator.In or LabelOperator.NotIn ? [.. values] : []));

    /// <summary>Selectors, every other empty: of what is about narrow selections little would be heard.</summary>
    public static readonly Gen<LabelSelector> SelectorGen = Gen.Select(RequirementGen.Array[1, 2], Gen.Bool)
        .Select((requirements, isEmpty) => isEmpty ? LabelSelector.Everything : new LabelSelector([.. requirements]));

    private static readonly Gen<NetworkPolicyPeer> NetworkPeerGen = Gen.Select(Gen.Int[0, 4], SelectorGen, SelectorGen, BlockGen, BlockGen)
        .Select((kind, namespaces, pods, block, except) => kind switch
        {
            0 => new NetworkPolicyPeer.Pods(null, pods),
            1 => new NetworkPolicyPeer.Pods(namespaces, null),
            2 => new NetworkPolicyPeer.Pods(namespaces, pods),
            _ => (NetworkPolicyPeer)new NetworkPolicyPeer.IpBlock(block, block.Contains(except.First) && except.Length > block.Length ? [except] : []),
        });

    private static readonly Gen<NetworkPolicyPort> NetworkPortGen = Gen.Select(Gen.Int[0, 3], TransportGen, PortGen, Gen.Int[0, 20], PortNameGen)
        .Select((kind, protocol, port, more, name) => kind switch
        {
            0 => new NetworkPolicyPort.Any(protocol),
            1 => new NetworkPolicyPort.Named(protocol, name),
            _ => (NetworkPolicyPort)new NetworkPolicyPort.Range(protocol, port, (ushort)(port + more)),
        });

    private static readonly Gen<NetworkPolicyRule> NetworkRuleGen = Gen.Select(NarrowingGen(NetworkPeerGen), NarrowingGen(NetworkPortGen), ReadableGen)
        .Select((peers, ports, readable) => new NetworkPolicyRule([.. peers], [.. ports]) { IsReadable = readable });

    /// <summary>NetworkPolicies; their names are not unique.</summary>
    public static readonly Gen<NetworkPolicy> NetworkPolicyGen = Gen.Select(
            Gen.OneOf(ClusterGens.Namespaces), SelectorGen, NetworkRuleGen.Array[0, 3], NetworkRuleGen.Array[0, 3], Gen.Int[0, 3])
        .Select((space, pods, ingress, egress, types) => new NetworkPolicy(
            new(space, "np"),
            pods,
            types == 2 ? null : new ValueArray<NetworkPolicyRule>([.. ingress]),
            types == 1 ? null : new ValueArray<NetworkPolicyRule>([.. egress])));

    private static readonly Gen<ClusterPodSelector> ClusterPodsGen = Gen.Select(SelectorGen, SelectorGen).Select((namespaces, pods) => new ClusterPodSelector(namespaces, pods));

    private static readonly Gen<ClusterPolicyPeer> IngressPeerGen = ClusterPodsGen.Select(pods => (ClusterPolicyPeer)new ClusterPolicyPeer.Pods(pods));

    private static readonly Gen<ClusterPolicyPeer> EgressPeerGen = Gen.Select(Gen.Int[0, 3], ClusterPodsGen, SelectorGen, BlockGen.Array[1, 2])
        .Select((kind, pods, nodes, blocks) => kind switch
        {
            0 => new ClusterPolicyPeer.Nodes(nodes),
            1 => new ClusterPolicyPeer.Networks([.. blocks]),
            _ => (ClusterPolicyPeer)new ClusterPolicyPeer.Pods(pods),
        });

    private static readonly Gen<ClusterPolicyProtocol> ClusterProtocolGen = Gen.Select(Gen.Int[0, 2], TransportGen, PortGen, Gen.Int[0, 20], PortNameGen)
        .Select((kind, protocol, port, more, name) =>
            kind == 0 ? new ClusterPolicyProtocol.Named(name) : (ClusterPolicyProtocol)new ClusterPolicyProtocol.Ports(protocol, port, (ushort)(port + more)));

    /// <summary>ClusterNetworkPolicies; their names are not unique, their priorities few.</summary>
    public static readonly Gen<ClusterNetworkPolicy> ClusterPolicyGen = Gen.Select(
            Gen.Enum<ClusterPolicyTier>(), Gen.Int[0, 2], ClusterPodsGen, ClusterRuleGen(IngressPeerGen).Array[0, 3], ClusterRuleGen(EgressPeerGen).Array[0, 3])
        .Select((tier, priority, subject, ingress, egress) => new ClusterNetworkPolicy("cnp", tier, priority, subject, [.. ingress], [.. egress]));

    private static readonly Gen<IntentPeer> IntentPeerGen = Gen.Select(Gen.Int[0, 5], GroupGen, Gen.OneOf(ClusterGens.Networks), BlockGen)
        .Select((kind, group, network, block) => kind switch
        {
            0 => IntentPeer.Anybody,
            1 => new IntentPeer(Network: network),
            2 => new IntentPeer(Addresses: block),
            3 => new IntentPeer(group, null, block),
            _ => new IntentPeer(group),
        });

    private static readonly Gen<IntentRule> IntentRuleGen = Gen.Select(
            Gen.Enum<PolicyDirection>(), Gen.OneOf(1, 1, 2, 100), IntentPeerGen, Gen.OneOf<int>(-2, -1, 6, 6, 17, 132, 1, 47), Gen.Bool, PortGen, Gen.Bool)
        .Select((direction, priority, peer, protocol, hasPort, port, allow) => new IntentRule(
            "r",
            direction,
            priority,
            peer,
            protocol switch { -2 => IntentProtocol.Any, -1 => IntentProtocol.Icmp, _ => new((byte)protocol) },
            hasPort && protocol is 6 or 17 or 132 ? port : (ushort)0,
            allow));

    /// <summary>An intent's policies; their names are not unique.</summary>
    public static readonly Gen<IntentPolicy> IntentPolicyGen = Gen.Select(GroupGen.Array[0, 4], IntentRuleGen.Array[0, 4])
        .Select((groups, rules) => new IntentPolicy("t", "ip", [.. groups.Distinct()], [.. rules]));

    /// <summary>Policies of all languages, their names unique.</summary>
    public static readonly Gen<PolicySet> SetGen = Unique(NetworkPolicyGen.Array[0, 3], ClusterPolicyGen.Array[0, 4], IntentPolicyGen.Array[0, 3]);

    /// <summary>Many policies of all languages, their names unique.</summary>
    public static readonly Gen<PolicySet> CrowdGen = Unique(NetworkPolicyGen.Array[30, 40], ClusterPolicyGen.Array[10, 20], IntentPolicyGen.Array[5, 10]);

    /// <summary>Whole cases with some attempts each.</summary>
    public static Gen<PolicyCase> CaseGen(int attempts) => CaseGen(attempts, SetGen);

    /// <summary>Whole cases with some attempts each.</summary>
    public static Gen<PolicyCase> CaseGen(int attempts, Gen<PolicySet> sets) =>
        Gen.Select(ClusterGens.EndpointsGen, ClusterGens.NodesGen, sets).SelectMany((endpoints, nodes, policies) =>
            ClusterGens.AttemptGen(endpoints, nodes).Array[1, attempts].Select(tries => new PolicyCase(endpoints, nodes, policies, tries)));

    private static Gen<PolicySet> Unique(Gen<NetworkPolicy[]> networks, Gen<ClusterNetworkPolicy[]> clusters, Gen<IntentPolicy[]> intents) => Gen.Select(networks, clusters, intents)
        .Select((network, cluster, intent) => new PolicySet(
            [.. network.Select((policy, i) => policy with { Name = new(policy.Name.Namespace, $"np{i}") })],
            [.. cluster.Select((policy, i) => policy with { Name = $"cnp{i}" })],
            [.. intent.Select((policy, i) => policy with { Name = $"ip{i}" })]));

    private static Gen<ClusterPolicyRule> ClusterRuleGen(Gen<ClusterPolicyPeer> peers) =>
        Gen.Select(Gen.Enum<PolicyAction>(), peers.Array[1, 3], NarrowingGen(ClusterProtocolGen), ReadableGen)
            .Select((action, from, protocols, readable) => new ClusterPolicyRule("", action, [.. from], [.. protocols]) { IsReadable = readable });

    // Lists that narrow a rule when they have items.
    private static Gen<T[]> NarrowingGen<T>(Gen<T> items) => Gen.Select(items.Array[1, 2], Gen.Bool).Select((some, isEmpty) => isEmpty ? [] : some);
}
