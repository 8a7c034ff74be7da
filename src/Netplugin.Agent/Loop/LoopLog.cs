using Microsoft.Extensions.Logging;

namespace Netplugin.Agent.Loop;

/// <summary>What the kernel work writes to the log. Events 1200 to 1299.</summary>
internal static partial class LoopLog
{
    [LoggerMessage(1200, LogLevel.Warning, "{Problem}")]
    public static partial void Problem(ILogger log, string problem);

    [LoggerMessage(1201, LogLevel.Warning, "Writing {Count} changes to the maps failed and is tried one by one: {Reason}")]
    public static partial void BatchFailed(ILogger log, int count, string reason);

    [LoggerMessage(1202, LogLevel.Information, "Removing {Count} pod links that belong to no attachment")]
    public static partial void Orphans(ILogger log, int count);

    [LoggerMessage(1203, LogLevel.Error, "A reconcile failed and is tried again in {Delay}: {Reason}")]
    public static partial void ReconcileFailed(ILogger log, TimeSpan delay, string reason);

    [LoggerMessage(1204, LogLevel.Debug, "Reconciled in {Elapsed}")]
    public static partial void Reconciled(ILogger log, TimeSpan elapsed);

    [LoggerMessage(1205, LogLevel.Warning, "Deleting retired links failed and is tried again: {Reason}")]
    public static partial void DeleteFailed(ILogger log, string reason);

    [LoggerMessage(1206, LogLevel.Information, "Resynchronised with the kernel in {Elapsed}: {Pods} pods, {Endpoints} endpoints")]
    public static partial void Resynced(ILogger log, TimeSpan elapsed, int pods, int endpoints);

    [LoggerMessage(1207, LogLevel.Information, "The node's packets go through this build's programs and maps")]
    public static partial void Activated(ILogger log);

    [LoggerMessage(1208, LogLevel.Warning, "The next hops of the other nodes were not looked up again after routes changed; the next resync does: {Reason}")]
    public static partial void NextHopsNotRefreshed(ILogger log, string reason);

    [LoggerMessage(1209, LogLevel.Error, "Changes of routes are no longer seen; each resync still looks: {Reason}")]
    public static partial void NextHopsNotWatched(ILogger log, string reason);
}
