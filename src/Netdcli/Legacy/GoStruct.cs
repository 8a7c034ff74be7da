namespace Netdcli.Legacy;

/// <summary>Go's <c>%+v</c> of a struct's pointer, as the original then changed it for reading.</summary>
internal static class GoStruct
{
    /// <summary><c>&amp;{Name:value,\n\tName:value}</c>: each blank became a comma, a line end and a tab, those inside values too.</summary>
    public static string Format(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var parts = new string[fields.Length];
        for (var i = 0; i < fields.Length; i++)
        {
            parts[i] = $"{fields[i].Name}:{fields[i].Value}";
        }

        return $"&{{{string.Join(' ', parts)}}}".Replace(" ", ",\n\t", StringComparison.Ordinal);
    }
}
