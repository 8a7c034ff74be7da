using System.Globalization;
using System.Text;
using Netdcli.Output;

namespace Netdcli.Legacy;

/// <summary>
/// The original's log line, <c>time="..." level=info msg="..."</c>, in which line ends and tabs are the two-character escapes
/// <c>\n</c> and <c>\t</c>: scripts merge the streams and cut the line at those.
/// </summary>
internal static class LogLine
{
    /// <summary>Formats one line without its end.</summary>
    /// <param name="at">Written as RFC 3339 to the second, in UTC.</param>
    /// <param name="level"><c>info</c>, <c>warning</c> or <c>error</c>.</param>
    /// <param name="message">The message.</param>
    public static string Format(DateTimeOffset at, string level, string message)
    {
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"time=\"{at.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}\" level={level} msg=\"");
        foreach (var c in message)
        {
            _ = c switch
            {
                '\n' => line.Append("\\n"),
                '\t' => line.Append("\\t"),
                '"' => line.Append("\\\""),
                '\\' => line.Append("\\\\"),
                _ => line.Append(Printable.Clean(c.ToString())),
            };
        }

        return line.Append('"').ToString();
    }
}
