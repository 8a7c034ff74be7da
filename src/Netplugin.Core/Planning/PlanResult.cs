using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Netplugin.Core.Intents;

namespace Netplugin.Core.Planning;

/// <summary>A plan, or every reason why there is none. A refused post changes nothing.</summary>
public sealed class PlanResult
{
    internal PlanResult(PostPlan? plan, ImmutableArray<IntentProblem> errors)
    {
        Plan = plan;
        Errors = errors;
    }

    /// <summary>The plan; null when there are errors.</summary>
    public PostPlan? Plan { get; }

    /// <summary>Every error with its place in the file, in the file's order; empty when there is a plan.</summary>
    public ImmutableArray<IntentProblem> Errors { get; }

    /// <summary>True when there is a plan.</summary>
    [MemberNotNullWhen(true, nameof(Plan))]
    public bool Succeeded => Plan is not null;
}
