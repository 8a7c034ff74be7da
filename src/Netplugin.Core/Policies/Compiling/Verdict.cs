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

    /// <summary>The direction in which it decides.</summary>
    public abstract PolicyDirection Way { get; }

    /// <summary>The policies that it is of, in order.</summary>
    public abstract ValueArray<PolicyId> Policies { get; }

    /// <summary><c>ingress 0 (name)</c>, or <c>default deny</c>.</summary>
    public abstract string RuleText { get; }

    /// <summary>The policies' names, with commas between.</summary>
    public string PolicyText => string.Join(", ", Policies);

    /// <summary>A rule.</summary>
    /// <param name="Rule">Which.</param>
    public sealed record ByRule(RuleId Rule) : PolicyReason
    {
        /// <inheritdoc/>
        public override PolicyDirection Way => Rule.Direction;

        /// <inheritdoc/>
        public override ValueArray<PolicyId> Policies => [Rule.Policy];

        /// <inheritdoc/>
        public override string RuleText => Rule.ShortText;
    }

    /// <summary>The endpoint is isolated and no rule allows it.</summary>
    /// <param name="Direction">In which direction.</param>
    /// <param name="By">The policies that isolate it, in order.</param>
    public sealed record Isolated(PolicyDirection Direction, ValueArray<PolicyId> By) : PolicyReason
    {
        /// <summary>What stands for a rule where none allows something.</summary>
        public const string DefaultDeny = "default deny";

        /// <inheritdoc/>
        public override PolicyDirection Way => Direction;

        /// <inheritdoc/>
        public override ValueArray<PolicyId> Policies => By;

        /// <inheritdoc/>
        public override string RuleText => DefaultDeny;
    }
}
