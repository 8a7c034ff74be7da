using Netplugin.Core.Collections;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies.Judging;

/// <summary>ClusterNetworkPolicy (policy.networking.k8s.io/v1alpha2, by its types' documentation).</summary>
internal static class ClusterPolicyJudge
{
    private static readonly TransportProtocol[] WithPorts = [TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp];

    /// <summary>What the policies of a tier say of an attempt; null: none matches, or one passes it on.</summary>
    public static DirectionJudgement? Judge(
        ValueArray<ClusterNetworkPolicy> policies, ClusterPolicyTier tier, Attempt attempt, PolicyPod pod, AttemptEnd peer, PolicyDirection direction)
    {
        // ClusterNetworkPolicySpec.priority: lower first. Of equal ones the API lets us choose: by name, so that every node chooses alike.
        var ordered = policies
            .Where(policy => policy.Tier == tier && IsSelected(policy.Subject, pod))
            .OrderBy(policy => policy.Priority)
            .ThenBy(policy => policy.Name, StringComparer.Ordinal);

        foreach (var policy in ordered)
        {
            // ClusterNetworkPolicySpec.ingress: the order within a policy is that of the rules.
            var rules = policy.Rules(direction);
            for (var i = 0; i < rules.Count; i++)
            {
                var rule = rules[i];
                var (matches, action) = rule.IsReadable
                    ? (Matches(rule, attempt, peer), rule.Action)
                    : FailedClosed(rule);
                if (matches)
                {
                    // ClusterNetworkPolicyRuleAction: Pass skips the rest of the tier.
                    return action == PolicyAction.Pass
                        ? null
                        : new(action == PolicyAction.Accept, new JudgementReason.ByRule(new(policy.Id, direction, i, rule.Name)));
                }
            }
        }

        return null;
    }

    // ClusterNetworkPolicyIngressPeer: a rule that accepts matches no traffic, one that denies or passes becomes "Deny all".
    private static (bool Matches, PolicyAction Action) FailedClosed(ClusterPolicyRule rule) => (rule.Action != PolicyAction.Accept, PolicyAction.Deny);

    private static bool Matches(ClusterPolicyRule rule, Attempt attempt, AttemptEnd peer) =>
        rule.Peers.Any(one => IsPeer(one, peer))
        && (rule.Protocols.IsEmpty || rule.Protocols.Any(protocol => IsProtocol(protocol, attempt)));

    private static bool IsPeer(ClusterPolicyPeer peer, AttemptEnd end) => peer switch
    {
        ClusterPolicyPeer.Pods pods => end is AttemptEnd.OfEndpoint { Endpoint.Pod: { } pod } && IsSelected(pods.Selector, pod),
        ClusterPolicyPeer.Nodes nodes => end is AttemptEnd.OfNode { Node: var node } && Selection.Selects(nodes.Selector, node.Labels),

        // "cluster-internal traffic will be checked against the rule as well"
        ClusterPolicyPeer.Networks networks => networks.Cidrs.Any(cidr => cidr.Contains(Selection.AddressOf(end))),
        _ => throw new ArgumentException($"unknown peer {peer}", nameof(peer)),
    };

    private static bool IsSelected(ClusterPodSelector selector, PolicyPod pod) =>
        Selection.Selects(selector.Namespaces, pod.NamespaceLabels) && Selection.Selects(selector.Pods, pod.Labels);

    private static bool IsProtocol(ClusterPolicyProtocol protocol, Attempt attempt) => protocol switch
    {
        ClusterPolicyProtocol.Ports ports => (byte)ports.Protocol == attempt.Protocol && attempt.Port >= ports.First && attempt.Port <= ports.Last,
        ClusterPolicyProtocol.Named named => WithPorts.Any(transport => Selection.IsNamed(attempt, transport, named.Name)),
        _ => throw new ArgumentException($"unknown protocol {protocol}", nameof(protocol)),
    };
}
