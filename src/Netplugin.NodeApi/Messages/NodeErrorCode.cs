using Netplugin.Store;

namespace Netplugin.NodeApi.Messages;

/// <summary>The texts that <see cref="NodeReply.Refused.Code"/> takes.</summary>
public static class NodeErrorCode
{
    /// <summary>The request's version is not the daemon's.</summary>
    public const string Version = "version";

    /// <summary>The request is not one.</summary>
    public const string BadRequest = "bad-request";

    /// <summary>The daemon cannot do it now; trying again later can help.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>The daemon failed in a way it does not explain; its log does.</summary>
    public const string Internal = "internal";

    /// <summary>A store failure: this, then the <see cref="StoreFailure"/>'s name.</summary>
    public const string StorePrefix = "store-";

    /// <summary>The code for a store failure.</summary>
    public static string ForStore(StoreFailure failure) => StorePrefix + failure.ToString();

    /// <summary>The store failure a code stands for; null when it is another code.</summary>
    public static StoreFailure? ToStore(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        return code.StartsWith(StorePrefix, StringComparison.Ordinal)
            && Enum.TryParse<StoreFailure>(code.AsSpan(StorePrefix.Length), out var failure)
                ? failure
                : null;
    }
}
