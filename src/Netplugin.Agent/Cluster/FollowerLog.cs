using Microsoft.Extensions.Logging;

namespace Netplugin.Agent.Cluster;

/// <summary>What following the store writes to the log. Events 1100 to 1199.</summary>
internal static partial class FollowerLog
{
    [LoggerMessage(1100, LogLevel.Warning, "{Problem}")]
    public static partial void Unreadable(ILogger log, string problem);

    [LoggerMessage(1101, LogLevel.Warning, "The store is not followed: {Reason}")]
    public static partial void Held(ILogger log, string reason);

    [LoggerMessage(1102, LogLevel.Information, "The store is followed after an accepted reset: cluster {ClusterId}, generation {Generation}")]
    public static partial void Accepted(ILogger log, Guid clusterId, long generation);

    [LoggerMessage(1103, LogLevel.Warning, "The store cannot be reached; running pods are not affected: {Reason}")]
    public static partial void Disconnected(ILogger log, string reason);

    [LoggerMessage(1104, LogLevel.Warning, "Following {Prefix} failed and is begun again: {Reason}")]
    public static partial void FollowFailed(ILogger log, string prefix, string reason);
}
