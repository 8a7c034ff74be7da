namespace Netplugin.Core.Policies.Judging;

/// <summary>
/// Says of an attempt to connect whether policies allow it, and by what. It is written from the specifications to be read beside them, looks at everything each time, and shares nothing but the
/// policies as read with what is enforced: that is held against it, and people are told by it why something is denied.
/// </summary>
public static class PolicyJudge
{
    /// <summary>Judges an attempt.</summary>
    /// <param name="policies">All policies.</param>
    /// <param name="attempt">The attempt.</param>
    public static Judgement Judge(PolicySet policies, Attempt attempt)
    {
        ArgumentNullException.ThrowIfNull(policies);
        ArgumentNullException.ThrowIfNull(attempt);
        return new(
            Judge(policies, attempt, attempt.From, attempt.To, PolicyDirection.Egress),
            Judge(policies, attempt, attempt.To, attempt.From, PolicyDirection.Ingress));
    }

    private static DirectionJudgement Judge(PolicySet policies, Attempt attempt, AttemptEnd subject, AttemptEnd peer, PolicyDirection direction)
    {
        if (subject is not AttemptEnd.OfEndpoint { Endpoint: var endpoint })
        {
            return new(true, new JudgementReason.NoEndpoint());
        }

        // By its own address a pod reaches itself whatever the policies; through a Service ClusterNetworkPolicies are asked (network-policy-api documentation, hairpin traffic).
        var isItself = IsSame(endpoint, peer);
        if (isItself && !attempt.ThroughService)
        {
            return new(true, new JudgementReason.Itself());
        }

        // Kubernetes documentation, "Network Policies": the node that a pod runs on always reaches it. It would else take the pod for a sick one.
        if (direction == PolicyDirection.Ingress && peer is AttemptEnd.OfNode { Node: var node } && node.Name == endpoint.Node)
        {
            return new(true, new JudgementReason.LocalNode());
        }

        // ClusterNetworkPolicySpec.tier: Admin, then NetworkPolicy, then Baseline; what none decides is allowed.
        return Cluster(ClusterPolicyTier.Admin) ?? Middle() ?? Cluster(ClusterPolicyTier.Baseline) ?? new(true, new JudgementReason.Undecided());

        DirectionJudgement? Cluster(ClusterPolicyTier tier) =>
            endpoint.Pod is { } pod ? ClusterPolicyJudge.Judge(policies.Cluster, tier, attempt, pod, peer, direction) : null;

        // The namespace's policies and the tenant's intent are two people's: each may deny, neither can allow what the other denies.
        DirectionJudgement? Middle()
        {
            var ofNamespace = endpoint.Pod is { } pod ? NetworkPolicyJudge.Judge(policies.Network, attempt, pod, peer, direction, isItself) : null;
            var ofIntent = isItself ? null : IntentPolicyJudge.Judge(policies.Intent, attempt, endpoint, peer, direction);
            return ofNamespace is { IsAllowed: false } ? ofNamespace : ofIntent is { IsAllowed: false } ? ofIntent : ofNamespace ?? ofIntent;
        }
    }

    private static bool IsSame(PolicyEndpoint endpoint, AttemptEnd peer) =>
        peer is AttemptEnd.OfEndpoint { Endpoint: var other } && (other.Id == endpoint.Id || (other.Pod is { } pod && pod.Name == endpoint.Pod?.Name));
}
