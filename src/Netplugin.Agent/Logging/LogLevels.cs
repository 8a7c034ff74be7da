using Microsoft.Extensions.Logging;

namespace Netplugin.Agent.Logging;

/// <summary>The lowest level that is logged; may be changed while the daemon runs.</summary>
/// <param name="level">To begin with.</param>
internal sealed class LogLevels(LogLevel level)
{
    private int _level = (int)level;

    /// <summary>True for a message that is logged.</summary>
    public bool IsEnabled(LogLevel level) => (int)level >= Volatile.Read(ref _level);

    /// <summary>Changes the level.</summary>
    /// <returns>False when the text is not a level.</returns>
    public bool TrySet(string text)
    {
        LogLevel? level = text switch
        {
            "trace" => LogLevel.Trace,
            "debug" => LogLevel.Debug,
            "information" => LogLevel.Information,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => null,
        };
        if (level is { } chosen)
        {
            Volatile.Write(ref _level, (int)chosen);
        }

        return level is not null;
    }
}
