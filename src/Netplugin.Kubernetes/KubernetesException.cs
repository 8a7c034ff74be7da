namespace Netplugin.Kubernetes;

/// <summary>The one exception of this library: what was asked of the API server, and why it failed. Its message never holds a credential.</summary>
public sealed class KubernetesException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="operation">What was being done: method and path, or what was being read.</param>
    /// <param name="reason">The kind of failure.</param>
    /// <param name="message">A sentence for the operator that says what to do.</param>
    /// <param name="inner">What was underneath.</param>
    public KubernetesException(string operation, KubernetesFailure reason, string message, Exception? inner = null)
        : base($"kubernetes {operation}: {message}", inner)
    {
        Operation = operation;
        Reason = reason;
    }

    /// <summary>What was being done.</summary>
    public string Operation { get; }

    /// <summary>The kind of failure.</summary>
    public KubernetesFailure Reason { get; }

    /// <summary>How long the server asked to be left alone; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>True when trying again later can help without anybody doing something.</summary>
    public bool IsTransient => Reason is KubernetesFailure.Unreachable or KubernetesFailure.Busy;
}

/// <summary>Kinds of failure of the API server or of what is known about it.</summary>
public enum KubernetesFailure
{
    /// <summary>The kubeconfig or the service account's files cannot be used.</summary>
    Configuration,

    /// <summary>No server answered, the connection broke, or the server failed (5xx). A write may have been carried out.</summary>
    Unreachable,

    /// <summary>The server asks to be left alone for a while (429).</summary>
    Busy,

    /// <summary>The server does not know the credentials (401), does not allow the request (403), or is not who it should be.</summary>
    Denied,

    /// <summary>There is no such object, or no such resource (404).</summary>
    NotFound,

    /// <summary>The object is another one, or changed meanwhile (409).</summary>
    Conflict,

    /// <summary>The version asked for is no longer kept (410).</summary>
    Gone,

    /// <summary>The server refused the request for another reason (4xx).</summary>
    Refused,

    /// <summary>The server sent what is no such object as was asked for.</summary>
    Unreadable,
}
