using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Netplugin.Agent.Logging;

/// <summary>
/// Writes one line a message to standard error: <c>time=".." level=info msg=".."</c>, the original's form, or JSON. The console logger of the framework
/// queues, colours and reflects, which costs memory that this daemon promises not to use.
/// </summary>
/// <param name="levels">What is logged.</param>
/// <param name="json">JSON lines.</param>
/// <param name="output">Where to.</param>
/// <param name="time">The clock.</param>
internal sealed class LineLogger(LogLevels levels, bool json, TextWriter output, TimeProvider time) : ILogger
{
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => levels.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var message = formatter(state, exception);
        var now = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var line = new StringBuilder();
        var error = exception?.ToString();
        if (json)
        {
            line.Append("{\"time\":\"").Append(now).Append("\",\"level\":\"").Append(Name(logLevel)).Append("\",\"event\":").Append(eventId.Id)
                .Append(",\"msg\":\"").Append(JsonEncodedText.Encode(message));
            _ = error is null ? line.Append("\"}") : line.Append("\",\"error\":\"").Append(JsonEncodedText.Encode(error)).Append("\"}");
        }
        else
        {
            line.Append("time=\"").Append(now).Append("\" level=").Append(Name(logLevel)).Append(" msg=\"").Append(Escape(message)).Append('"');
            _ = error is null ? line : line.Append(" error=\"").Append(Escape(error)).Append('"');
        }

        lock (_gate)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\r", "", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
