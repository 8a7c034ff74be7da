using Microsoft.Extensions.Logging;

namespace Netplugin.Agent.Observing;

/// <summary>What showing packets writes to the log. Events 1800 to 1899.</summary>
internal static partial class ObserveLog
{
    [LoggerMessage(1800, LogLevel.Warning, "Packets cannot be observed: {Reason}")]
    public static partial void Failed(ILogger log, string reason);
}
