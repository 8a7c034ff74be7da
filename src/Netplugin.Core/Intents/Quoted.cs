using System.Globalization;
using System.Text;

namespace Netplugin.Core.Intents;

/// <summary>
/// Shows foreign text inside a message: in double quotes, cut when long, and with everything escaped that could move a
/// terminal's cursor, since what is quoted may come from anyone.
/// </summary>
public static class Quoted
{
    private const int LongestShown = 80;

    /// <summary>A text, quoted.</summary>
    public static string Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var shown = new StringBuilder("\"");
        foreach (var rune in text.Length > LongestShown ? text[..LongestShown].EnumerateRunes() : text.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\')
            {
                shown.Append('\\').Append(rune);
            }
            else if (Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            }
            else
            {
                shown.Append(rune);
            }
        }

        return shown.Append(text.Length > LongestShown ? "...\"" : "\"").ToString();
    }
}
