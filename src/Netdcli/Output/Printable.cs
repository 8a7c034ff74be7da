using System.Globalization;
using System.Text;

namespace Netdcli.Output;

/// <summary>Makes text from the store safe to show: what a node or another operator wrote must not steer this terminal.</summary>
internal static class Printable
{
    /// <summary>Replaces control characters (Unicode category Cc and the bidirectional overrides) by <c>\uXXXX</c>.</summary>
    public static string Clean(string text) => Clean(text, IsDangerous);

    /// <summary>As <see cref="Clean(string)"/> does, but line ends stay.</summary>
    public static string CleanLines(string text) => Clean(text, static c => c != '\n' && IsDangerous(c));

    private static string Clean(string text, Func<char, bool> isDangerous)
    {
        if (!text.Any(isDangerous))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (isDangerous(c))
            {
                clean.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else
            {
                clean.Append(c);
            }
        }

        return clean.ToString();
    }

    private static bool IsDangerous(char c) => char.IsControl(c) || c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
