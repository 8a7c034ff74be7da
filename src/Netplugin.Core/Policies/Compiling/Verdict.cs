using Netplugin.Core.Collections;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>What a table says of an identity: a decision, or which port program decides. In a program's entries it is always a decision.</summary>
/// <param name="Kind">Which of them.</param>
/// <param name="Number">The number of the <see cref="PolicyReason"/> of a decision, 0 when no policy decides; the number of the program.</param>
public readonly record struct Verdict(VerdictKind Kind, uint Number)
{
    /// <summary>Allowed because no policy decides.</summary>
    public static Verdict Undecided => new(VerdictKind.Allow, 0);
}

/// <summary>The kinds of verdicts.</summary>
public enum VerdictKind
{
    /// <summary>Denied; the value of <c>default</c>.</summary>
    Deny,

    /// <summary>Allowed.</summary>
    Allow,

    /// <summary>As a port program says.</summary>
    Program,
}

/// <summary>By what a decision was made: what events and counters name. A node numbers the reasons that its tables have.</summary>
public abstract record PolicyReason
{
    private PolicyReason()
    {
    }

    /// <summary>A rule.</summary>
    /// <param name="Rule">Which.</param>
    public sealed record ByRule(RuleId Rule) : PolicyReason;

    /// <summary>The endpoint is isolated and no rule allows it.</summary>
    /// <param name="By">The policies that isolate it, in order.</param>
    public sealed record Isolated(ValueArray<PolicyId> By) : PolicyReason;
}
