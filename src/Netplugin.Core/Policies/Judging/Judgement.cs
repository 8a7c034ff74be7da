using Netplugin.Core.Collections;

namespace Netplugin.Core.Policies.Judging;

/// <summary>What became of an attempt. It needs both: the sender's policies let it go, and the receiver's let it in.</summary>
/// <param name="Egress">What the policies for the sender say.</param>
/// <param name="Ingress">What the policies for the receiver say.</param>
public sealed record Judgement(DirectionJudgement Egress, DirectionJudgement Ingress)
{
    /// <summary>True: the connection comes about.</summary>
    public bool IsAllowed => Egress.IsAllowed && Ingress.IsAllowed;
}

/// <summary>What the policies for one end say.</summary>
/// <param name="IsAllowed">Allowed or denied.</param>
/// <param name="Reason">By what.</param>
public sealed record DirectionJudgement(bool IsAllowed, JudgementReason Reason);

/// <summary>By what an attempt is allowed or denied in a direction.</summary>
public abstract record JudgementReason
{
    private JudgementReason()
    {
    }

    /// <summary>The end is no endpoint, so no policy can be for it: allowed.</summary>
    public sealed record NoEndpoint : JudgementReason;

    /// <summary>A pod speaks to itself: allowed.</summary>
    public sealed record Itself : JudgementReason;

    /// <summary>The sender is the node that the receiver runs on: allowed.</summary>
    public sealed record LocalNode : JudgementReason;

    /// <summary>A rule.</summary>
    /// <param name="Rule">The rule that decided.</param>
    public sealed record ByRule(RuleId Rule) : JudgementReason;

    /// <summary>The pod is isolated and no rule allows it: denied.</summary>
    /// <param name="By">The policies that isolate it, in order.</param>
    public sealed record Isolated(ValueArray<PolicyId> By) : JudgementReason;

    /// <summary>No policy decides: allowed.</summary>
    public sealed record Undecided : JudgementReason;
}
