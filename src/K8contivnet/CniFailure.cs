namespace K8contivnet;

/// <summary>Ends a CNI call with an error object.</summary>
internal sealed class CniFailure(int code, string message, string details = "") : Exception(message)
{
    /// <summary>The error object's code.</summary>
    public int Code { get; } = code;

    /// <summary>What to do; may be empty.</summary>
    public string Details { get; } = details;
}
