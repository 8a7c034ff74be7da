using Microsoft.Extensions.Logging;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;

namespace Netplugin.Agent.Node;

/// <summary>What the daemon as a whole writes to the log. Events 1000 to 1099.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(1000, LogLevel.Information, "netplugin {Version} starts as {Host}, store {Store}")]
    public static partial void Starting(ILogger log, string version, string host, string store);

    [LoggerMessage(1001, LogLevel.Information, "Ready: {Pods} pods were attached before")]
    public static partial void Ready(ILogger log, int pods);

    [LoggerMessage(1002, LogLevel.Information, "Stopping; pods keep running")]
    public static partial void Stopping(ILogger log);

    [LoggerMessage(1003, LogLevel.Information, "This node's tunnel address is {Vtep}, its underlay carries {Mtu} bytes")]
    public static partial void Identity(ILogger log, IpAddr vtep, int mtu);

    [LoggerMessage(1004, LogLevel.Warning, "Registering this node failed and is tried again: {Reason}")]
    public static partial void RegistrationFailed(ILogger log, string reason);

    [LoggerMessage(1005, LogLevel.Critical, "netplugin cannot start: {Reason}")]
    public static partial void CannotStart(ILogger log, string reason);

    [LoggerMessage(1006, LogLevel.Information, "Metrics are served on http://{Address}/metrics")]
    public static partial void MetricsListening(ILogger log, string address);

    [LoggerMessage(1008, LogLevel.Information, "This node has leased {Blocks}: pods that no intent names get addresses of that")]
    public static partial void Leased(ILogger log, PerFamily<IpPrefix> blocks);

    [LoggerMessage(1009, LogLevel.Warning, "{Problem}")]
    public static partial void LeaseProblem(ILogger log, string problem);

    [LoggerMessage(1010, LogLevel.Information, "Installed {Path} for the container runtime")]
    public static partial void Installed(ILogger log, string path);

    [LoggerMessage(1011, LogLevel.Information, "Made etcd's certificates in {Folder}")]
    public static partial void CertificatesMade(ILogger log, string folder);

    [LoggerMessage(1012, LogLevel.Information, "Put the client's certificate into Secret {Secret}")]
    public static partial void SecretWritten(ILogger log, NamespacedName secret);

    [LoggerMessage(1013, LogLevel.Warning, "Took out the record of node {Host}, which had this node's block and does not run")]
    public static partial void FormerHolderForgotten(ILogger log, string host);

    [LoggerMessage(1007, LogLevel.Information, "Everything of netplugin was removed from this node")]
    public static partial void CleanedUp(ILogger log);
}
