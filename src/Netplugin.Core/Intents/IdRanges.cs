using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;

namespace Netplugin.Core.Intents;

/// <summary>Reads and shows ranges of ids as operators write them: <c>a-b[,a-b...]</c>, blanks allowed, a single id too.</summary>
public static class IdRanges
{
    /// <summary>Highest VLAN id that can be used (IEEE 802.1Q reserves 0 and 4095).</summary>
    public const uint LastVlan = 4094;

    /// <summary>The ranges, joined by commas.</summary>
    public static string Show(ImmutableArray<IdRange> ranges) => string.Join(',', ranges.Select(r => r.First == r.Last
        ? r.First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{r.First}-{r.Last}")));

    /// <summary>True when <paramref name="id"/> is in one of the ranges.</summary>
    public static bool Contains(ImmutableArray<IdRange> ranges, uint id) =>
        ranges.Any(range => id >= range.First && id <= range.Last);

    /// <summary>Reads ranges, sorted and merged; null, with what is wrong, when they are not well formed.</summary>
    internal static ImmutableArray<IdRange>? Read(string text, Encap encap, out string problem)
    {
        // 0 and 4095 were always accepted in a VLAN range and never handed out.
        var (lowest, highest) = encap == Encap.Vlan ? (0u, LastVlan + 1) : (1u, Vni.MaxValue);
        var ranges = new List<IdRange>();
        foreach (var item in text.Split(','))
        {
            var ends = item.Split('-');
            if (ends.Length > 2 || !TryReadId(ends[0], out var first) || !TryReadId(ends[^1], out var last))
            {
                problem = $"{Quoted.Text(item.Trim())} is not a range such as 100-200";
                return null;
            }

            if (first > last)
            {
                problem = $"{Quoted.Text(item.Trim())} begins after its end";
                return null;
            }

            if (first < lowest || last > highest)
            {
                problem = string.Create(CultureInfo.InvariantCulture, $"{Quoted.Text(item.Trim())} is outside {lowest}-{highest}");
                return null;
            }

            ranges.Add(encap == Encap.Vlan ? new(Math.Max(first, 1), Math.Min(last, LastVlan)) : new(first, last));
        }

        problem = "";
        return Merge(ranges);
    }

    private static ImmutableArray<IdRange> Merge(List<IdRange> ranges)
    {
        var merged = ImmutableArray.CreateBuilder<IdRange>();
        foreach (var range in ranges.Where(r => r.First <= r.Last).OrderBy(r => r.First))
        {
            if (merged.Count > 0 && range.First <= merged[^1].Last + 1)
            {
                merged[^1] = merged[^1] with { Last = Math.Max(merged[^1].Last, range.Last) };
            }
            else
            {
                merged.Add(range);
            }
        }

        return merged.ToImmutable();
    }

    private static bool TryReadId(string text, out uint id) =>
        uint.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out id);
}
