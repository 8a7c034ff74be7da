using System.Globalization;

namespace Netdcli.Output;

/// <summary>Writes a span of time in one or two units, as a person would say it.</summary>
internal static class Age
{
    /// <summary><c>7s</c>, <c>5m10s</c>, <c>3h20m</c>, <c>4d2h</c>; a clock that runs behind the writer's gives <c>0s</c>.</summary>
    public static string Of(TimeSpan span)
    {
        var seconds = Math.Max(0, (long)span.TotalSeconds);
        var (first, second) = seconds switch
        {
            < 60 => ((seconds, 's'), (0, ' ')),
            < 3600 => ((seconds / 60, 'm'), (seconds % 60, 's')),
            < 86400 => ((seconds / 3600, 'h'), (seconds % 3600 / 60, 'm')),
            _ => ((seconds / 86400, 'd'), (seconds % 86400 / 3600, 'h')),
        };
        var text = string.Create(CultureInfo.InvariantCulture, $"{first.Item1}{first.Item2}");
        return second.Item1 == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text}{second.Item1}{second.Item2}");
    }
}
