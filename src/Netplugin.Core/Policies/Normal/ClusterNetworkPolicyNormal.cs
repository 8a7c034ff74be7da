using Netplugin.Core.Services;

namespace Netplugin.Core.Policies.Normal;

/// <summary>The normal form of a ClusterNetworkPolicy.</summary>
public static class ClusterNetworkPolicyNormal
{
    /// <summary>Of one policy.</summary>
    public static NormalPolicy Of(ClusterNetworkPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return new(
            policy.Id,
            policy.Tier == ClusterPolicyTier.Admin ? PolicyStage.Admin : PolicyStage.Baseline,
            [new NormalSubject.Pods(Pods(policy.Subject))],
            [.. Rules(policy, PolicyDirection.Ingress), .. Rules(policy, PolicyDirection.Egress)]);
    }

    private static IEnumerable<NormalRule> Rules(ClusterNetworkPolicy policy, PolicyDirection direction)
    {
        var rules = policy.Rules(direction);
        for (var i = 0; i < rules.Count; i++)
        {
            var rule = rules[i];
            var id = new RuleId(policy.Id, direction, i, rule.Name);
            if (rule.IsReadable)
            {
                yield return new(
                    id,
                    policy.Priority,
                    rule.Action,
                    [.. rule.Peers.SelectMany(Peers)],
                    rule.Protocols.IsEmpty ? [new NormalTraffic.All()] : [.. rule.Protocols.SelectMany(Traffic)]);
            }
            else if (rule.Action != PolicyAction.Accept)
            {
                yield return new(id, policy.Priority, PolicyAction.Deny, [new NormalPeer.Everybody()], [new NormalTraffic.All()]);
            }
        }
    }

    private static IEnumerable<NormalPeer> Peers(ClusterPolicyPeer peer) => peer switch
    {
        ClusterPolicyPeer.Pods(var selector) => [new NormalPeer.Pods(Pods(selector))],
        ClusterPolicyPeer.Nodes(var selector) => [new NormalPeer.Nodes(selector)],
        ClusterPolicyPeer.Networks(var cidrs) => cidrs.Select(cidr => new NormalPeer.ClusterBlock(cidr, [])),
        _ => throw new ArgumentException($"unknown peer {peer}", nameof(peer)),
    };

    private static IEnumerable<NormalTraffic> Traffic(ClusterPolicyProtocol protocol) => protocol switch
    {
        ClusterPolicyProtocol.Ports(var transport, var first, var last) => [new NormalTraffic.Ports(transport, first, last)],
        ClusterPolicyProtocol.Named(var name) =>
        [
            new NormalTraffic.Named(TransportProtocol.Tcp, name), new NormalTraffic.Named(TransportProtocol.Udp, name), new NormalTraffic.Named(TransportProtocol.Sctp, name),
        ],
        _ => throw new ArgumentException($"unknown protocol {protocol}", nameof(protocol)),
    };

    private static PodSelection Pods(ClusterPodSelector selector) => new(new NamespaceSelection.Labelled(selector.Namespaces), selector.Pods);
}
