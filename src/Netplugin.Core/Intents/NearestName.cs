namespace Netplugin.Core.Intents;

/// <summary>Finds the name somebody probably meant.</summary>
internal static class NearestName
{
    /// <summary>The known name that fewest edits turn into <paramref name="typed"/>; null when none is near.</summary>
    public static string? Find(string typed, IEnumerable<string> known)
    {
        // A name may differ by a third of its letters; a very long one is no slip of the fingers, and its cost is quadratic.
        var limit = Math.Max(2, typed.Length / 3);
        string? nearest = null;
        var best = limit + 1;
        if (typed.Length > 64)
        {
            return null;
        }

        foreach (var name in known)
        {
            var distance = Distance(typed.ToUpperInvariant(), name.ToUpperInvariant());
            if (distance < best && distance < name.Length)
            {
                (best, nearest) = (distance, name);
            }
        }

        return nearest;
    }

    /// <summary>Levenshtein's distance: insertions, removals and replacements.</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
