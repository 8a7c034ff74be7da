namespace Netplugin.Runtime;

/// <summary>A container runtime could not be asked, or refused.</summary>
public sealed class RuntimeException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="kind">What went wrong.</param>
    /// <param name="message">A sentence for the operator.</param>
    /// <param name="inner">What was underneath.</param>
    public RuntimeException(RuntimeFailure kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    /// <summary>What went wrong.</summary>
    public RuntimeFailure Kind { get; }

    /// <summary>True when asking again later can help.</summary>
    public bool IsTransient => Kind == RuntimeFailure.Unreachable;
}

/// <summary>Kinds of runtime failure.</summary>
public enum RuntimeFailure
{
    /// <summary>Nothing answers at the endpoint, or not in time.</summary>
    Unreachable,

    /// <summary>What was asked for does not exist (any more).</summary>
    NotFound,

    /// <summary>The runtime answered that it failed.</summary>
    Failed,
}
