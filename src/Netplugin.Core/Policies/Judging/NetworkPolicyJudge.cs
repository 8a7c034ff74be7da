using Netplugin.Core.Collections;

namespace Netplugin.Core.Policies.Judging;

/// <summary>NetworkPolicy (networking.k8s.io/v1; Kubernetes documentation, "Network Policies").</summary>
internal static class NetworkPolicyJudge
{
    /// <summary>What the policies that select a pod say of an attempt; null: none selects it in this direction, so it is not isolated.</summary>
    public static DirectionJudgement? Judge(ValueArray<NetworkPolicy> policies, Attempt attempt, PolicyPod pod, AttemptEnd peer, PolicyDirection direction, bool isItself)
    {
        // "The two sorts of pod isolation": a pod is isolated in a direction when any policy selects it and has the direction in its policyTypes.
        var isolating = policies
            .Where(policy => policy.Name.Namespace == pod.Name.Namespace && policy.Rules(direction) is not null && Selection.Selects(policy.PodSelector, pod.Labels))
            .OrderBy(policy => policy.Id)
            .ToArray();
        if (isolating.Length == 0)
        {
            return null;
        }

        // "NetworkPolicy resource", ipBlock and prerequisites: a pod cannot block access to itself.
        if (isItself)
        {
            return new(true, new JudgementReason.Itself());
        }

        // Policies do not conflict, they are additive: what any rule of any of them allows is allowed.
        foreach (var policy in isolating)
        {
            var rules = policy.Rules(direction)!.Value;
            for (var i = 0; i < rules.Count; i++)
            {
                if (Allows(rules[i], policy, attempt, peer))
                {
                    return new(true, new JudgementReason.ByRule(new(policy.Id, direction, i, "")));
                }
            }
        }

        return new(false, new JudgementReason.Isolated([.. isolating.Select(policy => policy.Id)]));
    }

    // NetworkPolicyIngressRule: "The traffic must match both ports and from"; an empty list of either restricts nothing.
    private static bool Allows(NetworkPolicyRule rule, NetworkPolicy policy, Attempt attempt, AttemptEnd peer) =>
        rule.IsReadable
        && (rule.Peers.IsEmpty || rule.Peers.Any(one => IsPeer(one, policy, peer)))
        && (rule.Ports.IsEmpty || rule.Ports.Any(port => IsPort(port, attempt)));

    private static bool IsPeer(NetworkPolicyPeer peer, NetworkPolicy policy, AttemptEnd end)
    {
        switch (peer)
        {
            // NetworkPolicyPeer.podSelector and namespaceSelector: both: the pods in the namespaces; a pod selector alone: in the policy's own namespace; a namespace selector
            // alone: all pods.
            case NetworkPolicyPeer.Pods pods:
                if (end is not AttemptEnd.OfEndpoint { Endpoint.Pod: { } pod })
                {
                    return false;
                }

                var isNamespace = pods.NamespaceSelector is { } namespaces
                    ? Selection.Selects(namespaces, pod.NamespaceLabels)
                    : pod.Name.Namespace == policy.Name.Namespace;
                return isNamespace && (pods.PodSelector is null || Selection.Selects(pods.PodSelector, pod.Labels));

            // IPBlock: in cidr, and in none of except.
            case NetworkPolicyPeer.IpBlock block:
                var address = Selection.AddressOf(end);
                return block.Cidr.Contains(address) && !block.Except.Any(except => except.Contains(address));

            default:
                throw new ArgumentException($"unknown peer {peer}", nameof(peer));
        }
    }

    // NetworkPolicyPort: the destination's port, of that protocol.
    private static bool IsPort(NetworkPolicyPort port, Attempt attempt) => (byte)port.Protocol == attempt.Protocol && port switch
    {
        NetworkPolicyPort.Any => true,
        NetworkPolicyPort.Range range => attempt.Port >= range.First && attempt.Port <= range.Last,
        NetworkPolicyPort.Named named => Selection.IsNamed(attempt, named.Protocol, named.Name),
        _ => throw new ArgumentException($"unknown port {port}", nameof(port)),
    };
}
