using Netplugin.Core.Collections;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>
/// An entry of a port program. With the program's number before it (32 bits), protocol (8) and port (16) are the key of a longest-prefix table.
/// </summary>
/// <param name="Protocol">IANA's number; 0 where the prefix does not reach it.</param>
/// <param name="Port">The destination port, its bits past the prefix 0.</param>
/// <param name="Length">The prefix's length: <see cref="AnyProtocol"/>, or from <see cref="AnyPort"/> to <see cref="OnePort"/>.</param>
/// <param name="Verdict">The decision.</param>
public readonly record struct PortEntry(byte Protocol, ushort Port, byte Length, Verdict Verdict)
{
    /// <summary>The length of a prefix that has every protocol of a program.</summary>
    public const byte AnyProtocol = 32;

    /// <summary>The length of a prefix that has every port of a protocol.</summary>
    public const byte AnyPort = 40;

    /// <summary>The length of a prefix that has one port.</summary>
    public const byte OnePort = 56;
}

/// <summary>The ports of a protocol from one on, up to those of the next span, and what is decided of them.</summary>
/// <param name="First">The first port.</param>
/// <param name="Verdict">The decision.</param>
public readonly record struct PortSpan(ushort First, Verdict Verdict);

/// <summary>Makes port programs: as few prefixes as can say what is to be said.</summary>
public static class PortProgram
{
    private const int Bits = 16;

    /// <summary>Makes a program.</summary>
    /// <param name="rest">What is decided of every protocol that is not named.</param>
    /// <param name="protocols">The others: spans in order, the first of them from port 0 on.</param>
    /// <returns>The entries, that of every protocol first.</returns>
    public static ValueArray<PortEntry> Of(Verdict rest, IEnumerable<(byte Protocol, IReadOnlyList<PortSpan> Spans)> protocols)
    {
        ArgumentNullException.ThrowIfNull(protocols);
        List<PortEntry> entries = [new(0, 0, PortEntry.AnyProtocol, rest)];
        foreach (var (protocol, spans) in protocols)
        {
            Write(Branch.Of(spans, 0, Bits), protocol, 0, 0, rest, entries);
        }

        return [.. entries];
    }

    // A branch needs an entry only where what holds above it is none of its candidates; any of these is then as good as another.
    private static void Write(Branch branch, byte protocol, ushort port, int depth, Verdict above, List<PortEntry> entries)
    {
        var own = branch.Candidates.Contains(above) ? above : branch.Candidates[0];
        if (own != above)
        {
            entries.Add(new(protocol, port, (byte)(PortEntry.AnyPort + depth), own));
        }

        if (branch is { Low: { } low, High: { } high })
        {
            Write(low, protocol, port, depth + 1, own, entries);
            Write(high, protocol, (ushort)(port | (1 << (Bits - depth - 1))), depth + 1, own, entries);
        }
    }

    /// <summary>
    /// The ports under a prefix. Its candidates are the decisions that, standing at the prefix, leave the fewest entries to be written below: those that both halves have among theirs, and where
    /// there is none, those of either (Draves and others, "Constructing Optimal IP Routing Tables").
    /// </summary>
    private sealed record Branch(List<Verdict> Candidates, Branch? Low, Branch? High)
    {
        public static Branch Of(IReadOnlyList<PortSpan> spans, int first, int bits)
        {
            var at = IndexOf(spans, first);
            if (at == IndexOf(spans, first + (1 << bits) - 1))
            {
                return new([spans[at].Verdict], null, null);
            }

            var (low, high) = (Of(spans, first, bits - 1), Of(spans, first + (1 << (bits - 1)), bits - 1));
            List<Verdict> both = [.. low.Candidates.Intersect(high.Candidates)];
            return new(both.Count > 0 ? both : [.. low.Candidates.Union(high.Candidates)], low, high);
        }

        private static int IndexOf(IReadOnlyList<PortSpan> spans, int port)
        {
            var (from, to) = (0, spans.Count - 1);
            while (from < to)
            {
                var middle = (from + to + 1) / 2;
                (from, to) = spans[middle].First <= port ? (middle, to) : (from, middle - 1);
            }

            return from;
        }
    }
}
