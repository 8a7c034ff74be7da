using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Netplugin.Core.Intents;

/// <summary>What was read, or every reason why it could not be.</summary>
/// <typeparam name="T">What the file holds.</typeparam>
public sealed class IntentReadResult<T>
    where T : class
{
    internal IntentReadResult(T? value, ImmutableArray<IntentProblem> errors, ImmutableArray<IntentProblem> warnings)
    {
        Value = errors.IsEmpty ? value : null;
        Readable = value;
        Errors = errors;
        Warnings = warnings;
    }

    /// <summary>What was read; null when there are errors.</summary>
    public T? Value { get; }

    /// <summary>What could be read all the same; less than the file holds when there are errors, null when it is not even JSON.</summary>
    internal T? Readable { get; }

    /// <summary>Every error in the file's order.</summary>
    public ImmutableArray<IntentProblem> Errors { get; }

    /// <summary>What was read but has no effect.</summary>
    public ImmutableArray<IntentProblem> Warnings { get; }

    /// <summary>True when there is a value.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    public bool Succeeded => Value is not null;
}
