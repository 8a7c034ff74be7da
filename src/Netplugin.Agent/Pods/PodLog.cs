using Microsoft.Extensions.Logging;
using Netplugin.Agent.Attachments;
using Netplugin.Core.Model;

namespace Netplugin.Agent.Pods;

/// <summary>What attaching and detaching write to the log. Events 1300 to 1399.</summary>
internal static partial class PodLog
{
    [LoggerMessage(1300, LogLevel.Information, "Attached {Key} of pod {Name} in {Elapsed}: {Endpoints}")]
    public static partial void Attached(ILogger log, PodKey key, string name, string endpoints, TimeSpan elapsed);

    [LoggerMessage(1301, LogLevel.Information, "Detached {Key} of pod {Name} in {Elapsed}")]
    public static partial void Detached(ILogger log, PodKey key, string name, TimeSpan elapsed);

    [LoggerMessage(1302, LogLevel.Warning, "Attaching {Key} failed and is rolled back: {Reason}")]
    public static partial void RollingBack(ILogger log, PodKey key, string reason);

    [LoggerMessage(1303, LogLevel.Warning, "The binding of {Endpoint} is cleared later: {Reason}")]
    public static partial void UnbindPostponed(ILogger log, EndpointId endpoint, string reason);

    [LoggerMessage(1304, LogLevel.Information, "Taking {Interface} ({Endpoint}) from {Key}: {Reason}")]
    public static partial void Removing(ILogger log, PodKey key, string @interface, EndpointId endpoint, string reason);

    [LoggerMessage(1305, LogLevel.Warning, "Looking after {Subject} failed and is tried again: {Reason}")]
    public static partial void KeepFailed(ILogger log, string subject, string reason);

    [LoggerMessage(1306, LogLevel.Information, "Binding {Endpoint} to {Key} again")]
    public static partial void Rebinding(ILogger log, EndpointId endpoint, PodKey key);

    [LoggerMessage(1307, LogLevel.Information, "Clearing the binding of {Endpoint}, which belongs to no pod of this node")]
    public static partial void ClearingOrphan(ILogger log, EndpointId endpoint);

    [LoggerMessage(1308, LogLevel.Information, "A DEL that found no daemon is carried out: {Key}")]
    public static partial void Pending(ILogger log, PodKey key);

    [LoggerMessage(1309, LogLevel.Warning, "{Path} is not a recorded DEL and was set aside: {Reason}")]
    public static partial void PendingUnreadable(ILogger log, string path, string reason);

    [LoggerMessage(1311, LogLevel.Information, "Removing {Endpoint}, which this node made and no pod of it has")]
    public static partial void RemovingOrphan(ILogger log, EndpointId endpoint);

    [LoggerMessage(1310, LogLevel.Error, "A request failed in a way it should not have")]
    public static partial void Unexpected(ILogger log, Exception error);
}
