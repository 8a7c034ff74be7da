using Microsoft.Extensions.Logging;
using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;
using Netplugin.Core.Services;

namespace Netplugin.Agent.Kubernetes;

/// <summary>What following Kubernetes, and showing the network there, writes to the log. Events 1600 to 1699.</summary>
internal static partial class KubernetesLog
{
    [LoggerMessage(1600, LogLevel.Information, "Pods that no intent names get addresses of {Blocks}")]
    public static partial void Serving(ILogger log, PerFamily<AddressBlock> blocks);

    [LoggerMessage(1601, LogLevel.Warning, "Kubernetes cannot be followed, what is known of {What} stays: {Reason}")]
    public static partial void Lost(ILogger log, string what, string reason);

    [LoggerMessage(1602, LogLevel.Information, "The Services of the cluster are known: {Frontends} frontends")]
    public static partial void ServicesKnown(ILogger log, int frontends);

    [LoggerMessage(1603, LogLevel.Warning, "{Problem}")]
    public static partial void Problem(ILogger log, string problem);

    [LoggerMessage(1604, LogLevel.Debug, "The annotation of pod {Pod} was written: {Status}")]
    public static partial void Annotated(ILogger log, NamespacedName pod, string status);

    [LoggerMessage(1605, LogLevel.Warning, "An Event about {Subject} could not be written: {Reason}")]
    public static partial void EventLost(ILogger log, string subject, string reason);

    [LoggerMessage(1606, LogLevel.Warning, "The status could not be written to the node's object and is tried again: {Reason}")]
    public static partial void ReportFailed(ILogger log, string reason);

    [LoggerMessage(1607, LogLevel.Information, "This node posts the Tenant and Network resources of the cluster from now on")]
    public static partial void PostsResources(ILogger log);

    [LoggerMessage(1608, LogLevel.Information, "This node no longer posts the Tenant and Network resources of the cluster: {Reason}")]
    public static partial void PostsResourcesNoMore(ILogger log, string reason);

    [LoggerMessage(1609, LogLevel.Information, "{Kind} resource {Name}: {Reason}: {Message}")]
    public static partial void ResourceTold(ILogger log, string kind, string name, string reason, string message);

    [LoggerMessage(1610, LogLevel.Warning, "The Tenant and Network resources could not be posted and are tried again: {Reason}")]
    public static partial void PostFailed(ILogger log, string reason);
}
