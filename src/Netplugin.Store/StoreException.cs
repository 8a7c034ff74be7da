namespace Netplugin.Store;

/// <summary>The one exception of this library: what was asked of the store, and why it failed.</summary>
public sealed class StoreException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="operation">What was being done, e.g. <c>commit</c>.</param>
    /// <param name="reason">The kind of failure.</param>
    /// <param name="message">A sentence for the operator that says what to do.</param>
    /// <param name="inner">The driver's own exception.</param>
    public StoreException(string operation, StoreFailure reason, string message, Exception? inner = null)
        : base($"store {operation}: {message}", inner)
    {
        Operation = operation;
        Reason = reason;
    }

    /// <summary>What was being done.</summary>
    public string Operation { get; }

    /// <summary>The kind of failure.</summary>
    public StoreFailure Reason { get; }

    /// <summary>True when trying again later can help.</summary>
    public bool IsTransient => Reason is StoreFailure.Unreachable or StoreFailure.OutcomeUnknown;

    /// <summary>True when a write may have been carried out all the same.</summary>
    public bool OutcomeUnknown => Reason == StoreFailure.OutcomeUnknown;
}

/// <summary>Kinds of store failure.</summary>
public enum StoreFailure
{
    /// <summary>No server answered; nothing was written.</summary>
    Unreachable,

    /// <summary>The connection broke after a write was sent.</summary>
    OutcomeUnknown,

    /// <summary>The server refused the credentials or the certificate.</summary>
    Denied,

    /// <summary>The store holds what this version cannot read (newer schema, damaged value).</summary>
    Unreadable,

    /// <summary>The server refused the request (too large, no space).</summary>
    Refused,
}
