using Microsoft.Extensions.Logging;
using Netplugin.Core.Addresses;

namespace Netplugin.Agent.Kubernetes;

/// <summary>What following Kubernetes writes to the log. Events 1600 to 1699.</summary>
internal static partial class KubernetesLog
{
    [LoggerMessage(1600, LogLevel.Information, "Pods that no intent names get addresses of {Block}")]
    public static partial void Serving(ILogger log, IpPrefix block);

    [LoggerMessage(1601, LogLevel.Warning, "Kubernetes cannot be followed, what is known of {What} stays: {Reason}")]
    public static partial void Lost(ILogger log, string what, string reason);

    [LoggerMessage(1602, LogLevel.Information, "The Services of the cluster are known: {Frontends} frontends")]
    public static partial void ServicesKnown(ILogger log, int frontends);

    [LoggerMessage(1603, LogLevel.Warning, "{Problem}")]
    public static partial void Problem(ILogger log, string problem);
}
