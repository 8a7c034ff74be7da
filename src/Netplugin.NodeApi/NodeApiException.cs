namespace Netplugin.NodeApi;

/// <summary>Talking to a daemon failed, or the daemon refused.</summary>
public sealed class NodeApiException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="code">One of <see cref="Messages.NodeErrorCode"/>'s texts.</param>
    /// <param name="message">A sentence for the operator that says what to do.</param>
    /// <param name="inner">What was underneath.</param>
    public NodeApiException(string code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>One of <see cref="Messages.NodeErrorCode"/>'s texts.</summary>
    public string Code { get; }
}
