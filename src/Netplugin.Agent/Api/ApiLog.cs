using Microsoft.Extensions.Logging;

namespace Netplugin.Agent.Api;

/// <summary>What the node API writes to the log. Events 1400 to 1499.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(1400, LogLevel.Information, "The node API listens on {Path}")]
    public static partial void Listening(ILogger log, string path);

    [LoggerMessage(1401, LogLevel.Warning, "A client was refused: {Reason}")]
    public static partial void Refused(ILogger log, string reason);

    [LoggerMessage(1402, LogLevel.Debug, "A client went away: {Reason}")]
    public static partial void Gone(ILogger log, string reason);

    [LoggerMessage(1403, LogLevel.Error, "A request failed in a way it should not have")]
    public static partial void Unexpected(ILogger log, Exception error);

    [LoggerMessage(1404, LogLevel.Warning, "CNI {Command} for {Container} failed: {Answer}")]
    public static partial void CniFailed(ILogger log, string command, string container, string answer);

    [LoggerMessage(1405, LogLevel.Warning, "{Action} of {Sandbox} failed: {Reason}")]
    public static partial void ExecFailed(ILogger log, string action, string sandbox, string reason);

    [LoggerMessage(1406, LogLevel.Information, "No endpoint is posted for pod {Name} ({Sandbox}): it runs without one")]
    public static partial void ExecNotPosted(ILogger log, string name, string sandbox);
}
