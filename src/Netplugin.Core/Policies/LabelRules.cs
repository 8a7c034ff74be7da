using Netplugin.Core.Intents;

namespace Netplugin.Core.Policies;

/// <summary>What the API server takes for a label's key and value (Kubernetes documentation, "Labels and Selectors", syntax and character set).</summary>
public static class LabelRules
{
    private const int LongestName = 63;
    private const int LongestPrefix = 253;

    /// <summary>What is wrong with a key; null when nothing is.</summary>
    public static string? CheckKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var (prefix, name) = slash < 0 ? (null, key) : (key[..slash], key[(slash + 1)..]);
        if (prefix is not null && !IsSubdomain(prefix))
        {
            return $"the prefix before the slash of label key {Quoted.Text(key)} is not a DNS subdomain";
        }

        return name.Length > 0 && IsName(name)
            ? null
            : $"{Quoted.Text(key)} is not a label key: [prefix/]name, the name of 1 to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends";
    }

    /// <summary>What is wrong with a value; null when nothing is.</summary>
    public static string? CheckValue(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Length == 0 || IsName(value)
            ? null
            : $"{Quoted.Text(value)} is not a label value: empty, or up to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends";
    }

    private static bool IsName(string text) =>
        text.Length <= LongestName && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static bool IsSubdomain(string text) => text.Length is > 0 and <= LongestPrefix && text.Split('.').All(IsLabel);

    private static bool IsLabel(string text) =>
        text.Length > 0 && text[0] != '-' && text[^1] != '-' && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
