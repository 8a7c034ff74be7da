using CsCheck;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies;

/// <summary>Port programs decide what they were made of, in as few prefixes as can be.</summary>
public sealed class PortProgramTests
{
    private const int AllPorts = 1 << 16;
    private static readonly Verdict Denied = new(VerdictKind.Deny, 1);
    private static readonly Verdict Allowed = new(VerdictKind.Allow, 2);

    [Theory]
    [InlineData(80, 80, 1)]
    [InlineData(0, 65535, 1)]
    [InlineData(0, 32767, 1)]
    [InlineData(1024, 65535, 2)]
    [InlineData(80, 81, 1)]
    [InlineData(81, 82, 2)]

    // All, and the ends taken away again.
    [InlineData(1, 65534, 3)]
    public void A_range_takes_as_few_prefixes_as_can_be(int first, int last, int entries)
    {
        List<PortSpan> spans = [new((ushort)first, Allowed)];
        if (first > 0)
        {
            spans.Insert(0, new(0, Denied));
        }

        if (last < AllPorts - 1)
        {
            spans.Add(new((ushort)(last + 1), Denied));
        }

        var program = PortProgram.Of(Denied, [(6, spans)]);
        Assert.Equal(new PortEntry(0, 0, PortEntry.AnyProtocol, Denied), program[0]);
        Assert.Equal(entries, program.Count - 1);
    }

    [Fact]
    public void A_protocol_that_is_as_the_rest_takes_no_entry() =>
        Assert.Single(PortProgram.Of(Allowed, [(6, [new(0, Allowed)]), (17, [new(0, Allowed), new(80, Allowed)])]));

    [Fact]
    public void Every_port_is_decided_as_it_was_said() => Gen.Select(SpansGen(AllPorts - 1), SpansGen(AllPorts - 1), Gen.Int[0, 2]).Sample(
        (tcp, udp, rest) =>
        {
            var program = PortProgram.Of(Of(rest), [(6, tcp), (17, udp)]);
            Assert.Equal(program.Count, program.Select(entry => (entry.Protocol, entry.Port, entry.Length)).Distinct().Count());
            var ports = tcp.Concat(udp).SelectMany(span => (int[])[span.First - 1, span.First, span.First + 1]).Append(AllPorts - 1).Where(port => port is >= 0 and < AllPorts);
            foreach (var port in ports)
            {
                Assert.Equal(tcp.Last(span => span.First <= port).Verdict, PolicyTables.Find(program, 6, (ushort)port));
                Assert.Equal(udp.Last(span => span.First <= port).Verdict, PolicyTables.Find(program, 17, (ushort)port));
                Assert.Equal(Of(rest), PolicyTables.Find(program, 132, (ushort)port));
            }
        },
        iter: 3000);

    // Every table over eight ports is tried.
    [Fact]
    public void No_program_with_fewer_entries_says_the_same() => Gen.Select(Gen.Int[0, 1].Array[8], Gen.Int[0, 1]).Sample(
        (wanted, rest) =>
        {
            List<PortSpan> spans = [.. wanted.Select((value, port) => new PortSpan((ushort)port, Of(value))), new(8, Of(rest))];
            Assert.Equal(Fewest(wanted, rest), PortProgram.Of(Of(rest), [(6, spans)]).Count - 1);
        },
        iter: 200);

    // The seven prefixes above the single ports have no entry, or one of the two decisions; a port then needs its own where what is above it is not what is wanted.
    private static int Fewest(int[] wanted, int rest)
    {
        var best = int.MaxValue;
        for (var choice = 0; choice < Math.Pow(3, 7); choice++)
        {
            int?[] entries = [.. Enumerable.Range(0, 7).Select(i => (choice / (int)Math.Pow(3, i)) % 3 is not 0 and var one ? one - 1 : (int?)null)];
            var ports = Enumerable.Range(0, wanted.Length).Count(port => (entries[3 + (port >> 1)] ?? entries[1 + (port >> 2)] ?? entries[0] ?? rest) != wanted[port]);
            best = Math.Min(best, entries.Count(entry => entry is not null) + ports);
        }

        return best;
    }

    private static Verdict Of(int value) => new(value == 0 ? VerdictKind.Deny : VerdictKind.Allow, (uint)value);

    private static Gen<List<PortSpan>> SpansGen(int last) => Gen.Select(Gen.Int[1, last].Array[0, 6], Gen.Int[0, 2].Array[7]).Select((starts, values) =>
        new List<PortSpan>([new(0, Of(values[0])), .. starts.Distinct().Order().Select((start, i) => new PortSpan((ushort)start, Of(values[i + 1])))]));
}
