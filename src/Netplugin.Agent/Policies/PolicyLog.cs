using Microsoft.Extensions.Logging;
using Netplugin.Core.Policies;

namespace Netplugin.Agent.Policies;

/// <summary>What enforcing policies writes to the log. Events 1700 to 1799.</summary>
internal static partial class PolicyLog
{
    [LoggerMessage(1700, LogLevel.Information, "Policies are enforced from now on: {Policies} of the cluster, for {Endpoints} endpoints of this node")]
    public static partial void Begun(ILogger log, int policies, int endpoints);

    [LoggerMessage(1701, LogLevel.Information, "{Policy} is enforced")]
    public static partial void Enforced(ILogger log, PolicyId policy);

    [LoggerMessage(1702, LogLevel.Information, "{Policy} was changed, and is enforced as it is now")]
    public static partial void Changed(ILogger log, PolicyId policy);

    [LoggerMessage(1703, LogLevel.Information, "{Policy} is gone, and not enforced any more")]
    public static partial void Gone(ILogger log, PolicyId policy);

    [LoggerMessage(1704, LogLevel.Warning, "{Problem}")]
    public static partial void Problem(ILogger log, string problem);

    [LoggerMessage(1705, LogLevel.Debug, "Generation {Generation} of policies in {Elapsed}: {Changes} changes")]
    public static partial void Applied(ILogger log, ulong generation, int changes, TimeSpan elapsed);
}
