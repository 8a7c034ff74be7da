namespace Netplugin.NodeApi.Cni;

/// <summary>Ends a CNI call with an error object; <see cref="CniHandler"/> turns it into the answer.</summary>
public sealed class CniException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="code">A code of the CNI specification's section 5, or one of ours from 100 on.</param>
    /// <param name="message">A short sentence.</param>
    /// <param name="details">More, such as what to do; may be empty.</param>
    /// <param name="inner">What was underneath.</param>
    public CniException(int code, string message, string details = "", Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        Details = details;
    }

    /// <summary>The error object's <c>code</c>.</summary>
    public int Code { get; }

    /// <summary>The error object's <c>details</c>.</summary>
    public string Details { get; }

    /// <summary>The call cannot be served now; the runtime tries again (code 11).</summary>
    public static CniException TryAgainLater(string message, string details = "", Exception? inner = null) =>
        new(CniErrorCode.TryAgainLater, message, details, inner);

    /// <summary>No endpoint is posted for the pod, or what is posted contradicts (code 100).</summary>
    public static CniException NoEndpoint(string message, string details = "") => new(CniErrorCode.NoEndpoint, message, details);

    /// <summary>CHECK found something not as ADD left it (code 101).</summary>
    public static CniException Damaged(string message, string details = "") => new(CniErrorCode.Damaged, message, details);

    /// <summary>The container's namespace is gone (code 3).</summary>
    public static CniException UnknownContainer(string message, string details = "") => new(CniErrorCode.UnknownContainer, message, details);

    /// <summary>STATUS: ADD cannot be served now (code 50).</summary>
    public static CniException NotAvailable(string message, string details = "") => new(CniErrorCode.NotAvailable, message, details);

    /// <summary>STATUS: ADD cannot be served and running pods may be cut off from some peers (code 51).</summary>
    public static CniException NotAvailableLimited(string message, string details = "") =>
        new(CniErrorCode.NotAvailableLimited, message, details);
}
