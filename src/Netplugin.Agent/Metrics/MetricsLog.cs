using Microsoft.Extensions.Logging;

namespace Netplugin.Agent.Metrics;

/// <summary>What serving metrics writes to the log. Events 1500 to 1599.</summary>
internal static partial class MetricsLog
{
    [LoggerMessage(1500, LogLevel.Debug, "A metrics client went away: {Reason}")]
    public static partial void ClientFailed(ILogger log, string reason);
}
