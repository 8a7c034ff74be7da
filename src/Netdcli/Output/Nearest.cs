namespace Netdcli.Output;

/// <summary>Finds the known word that a mistyped one was meant to be.</summary>
internal static class Nearest
{
    /// <summary>The word at most two slips away (insert, drop, change or swap of a letter), the nearest first; null when there is none.</summary>
    public static string? To(string typed, IEnumerable<string> known) =>
        known.Select(word => (word, distance: Distance(typed, word)))
            .Where(c => c.distance <= Math.Min(2, typed.Length - 1))
            .OrderBy(c => c.distance)
            .Select(c => c.word)
            .FirstOrDefault();

    // Optimal string alignment: Levenshtein with swaps of neighbours.
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                rows[i, j] = Math.Min(
                    Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1,
                    rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
