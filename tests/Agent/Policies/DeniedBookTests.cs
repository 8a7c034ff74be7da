using CsCheck;
using Netplugin.Agent.Policies;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Agent.Policies;

/// <summary>Nothing that was denied is lost or counted twice, whichever numbers it was counted under.</summary>
public sealed class DeniedBookTests
{
    private static readonly Gen<(int Step, int Rule)[]> StepsGen = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 3]).Array[1, 60];
    private readonly ModelPolicyMaps _maps = new();
    private readonly DeniedBook _book;

    public DeniedBookTests() => _book = new(_maps);

    [Fact]
    public void A_rule_that_goes_and_comes_back_under_another_number_goes_on_counting()
    {
        Arrive(7, Rule(0));
        _maps.Deny(7, new(5, 500));
        Assert.Equal(new DeniedCount(5, 500), Assert.Single(_book.Read().Named).Count);

        Go(7);
        Arrive(8, Rule(0));
        _maps.Deny(8, new(2, 200));

        var one = Assert.Single(_book.Read().Named);
        Assert.Equal((Rule(0), new DeniedCount(7, 700)), (one.Reason, one.Count));
        Assert.Equal(new DeniedCount(7, 700), _book.Read().Of(new(PolicyKind.NetworkPolicy, "shop", "web")));
    }

    [Fact]
    public void Whoever_reads_between_the_maps_and_the_book_sees_what_was_seen_before()
    {
        Arrive(7, Rule(0));
        _maps.Deny(7, new(5, 500));
        _book.Read();
        _book.Name([new PolicyChange.ReasonGone(7)]);
        _maps.Deny(7, new(6, 600));
        var last = _maps.RemoveReason(7);

        Assert.Equal(5u, Assert.Single(_book.Read().Named).Count.Packets);

        _book.Removed(new Dictionary<uint, DeniedCount> { [7] = last });
        Assert.Equal(6u, Assert.Single(_book.Read().Named).Count.Packets);
    }

    [Fact]
    public void Whatever_comes_and_goes_and_is_read_between_each_packet_is_counted_once() => StepsGen.Sample(
        steps =>
        {
            var maps = new ModelPolicyMaps();
            var book = new DeniedBook(maps);
            Dictionary<int, uint> numbers = [];
            var expected = new ulong[4];
            var next = 0u;
            foreach (var (step, rule) in steps)
            {
                if (step == 0 && !numbers.ContainsKey(rule))
                {
                    book.Name([new PolicyChange.ReasonIs(numbers[rule] = ++next, Rule(rule))]);
                    maps.AddReason(next);
                }
                else if (step == 1 && numbers.Remove(rule, out var number))
                {
                    book.Name([new PolicyChange.ReasonGone(number)]);
                    var count = maps.RemoveReason(number);
                    book.Removed(count.Packets > 0 ? new Dictionary<uint, DeniedCount> { [number] = count } : []);
                }
                else if (step == 2)
                {
                    book.Read();
                }
                else if (numbers.TryGetValue(rule, out var live))
                {
                    maps.Deny(live, new(maps.ReadDenied()[live].Packets + 1, 0));
                    expected[rule]++;
                }
            }

            var read = book.Read().Named.ToDictionary(one => one.Reason, one => one.Count.Packets);
            Assert.Equal(expected.AsEnumerable(), Enumerable.Range(0, 4).Select(rule => read.GetValueOrDefault(Rule(rule))));
        },
        iter: 5_000);

    [Fact]
    public void What_an_earlier_daemons_numbers_counted_is_counted_without_a_name()
    {
        _maps.AddReason(3);
        _maps.Deny(3, new(4, 40));
        Assert.Equal((0, new DeniedCount(4, 40)), (_book.Read().Named.Length, _book.Read().Former));

        _book.Removed(new Dictionary<uint, DeniedCount> { [3] = _maps.RemoveReason(3) });

        Assert.Equal(new DeniedCount(4, 40), _book.Read().Former);
        Assert.Null(_book.Find(3));
    }

    [Fact]
    public void Beyond_the_most_names_the_sum_stays_exact_and_nothing_is_kept_for_good()
    {
        for (var i = 0; i < DeniedBook.MostNames + 10; i++)
        {
            var number = (uint)i + 1;
            Arrive(number, Rule(i));
            _maps.Deny(number, new(1, 10));
            if (i % 2 == 0)
            {
                Go(number);
            }
        }

        var read = _book.Read();
        var kept = read.Named.Where(one => one.IsKept).ToArray();
        Assert.Equal(DeniedBook.MostNames, kept.Length);
        Assert.Equal((ulong)DeniedBook.MostNames + 10, (ulong)kept.Sum(one => (long)one.Count.Packets) + read.Others.Packets);

        var samples = PolicyEngine.DeniedSamples(read).ToDictionary(sample => sample.Name, sample => sample.Values);
        Assert.Equal(DeniedBook.MostNames + 2, samples["netplugin_policy_denied_packets_total"].Length);
        Assert.Equal((DeniedBook.MostNames + 10) * 10, samples["netplugin_policy_denied_bytes_total"].Sum(one => one.Value));
    }

    [Fact]
    public void A_number_has_its_name_for_a_while_after_it_is_gone()
    {
        Arrive(7, Rule(0));
        Go(7);

        Assert.Equal(Rule(0), _book.Find(7));
    }

    [Fact]
    public void A_series_names_the_policies_the_rule_and_the_direction()
    {
        Arrive(1, new PolicyReason.ByRule(new(new(PolicyKind.ClusterNetworkPolicy, "", "floor"), PolicyDirection.Egress, 2, "no-world")));
        Arrive(2, new PolicyReason.Isolated(PolicyDirection.Ingress, [new(PolicyKind.NetworkPolicy, "shop", "a"), new(PolicyKind.NetworkPolicy, "shop", "b")]));
        _maps.Deny(1, new(1, 60));
        _maps.Deny(2, new(2, 120));

        Assert.Equal(
            [
                ("policy=\"ClusterNetworkPolicy floor\",rule=\"egress 2 (no-world)\",direction=\"egress\"", 1d),
                ("policy=\"NetworkPolicy shop/a, NetworkPolicy shop/b\",rule=\"default deny\",direction=\"ingress\"", 2),
                ("policy=\"others\",rule=\"\",direction=\"\"", 0),
                ("policy=\"unknown\",rule=\"\",direction=\"\"", 0),
            ],
            PolicyEngine.DeniedSamples(_book.Read()).First().Values);
    }

    private static PolicyReason.ByRule Rule(int i) => new PolicyReason.ByRule(new(new(PolicyKind.NetworkPolicy, "shop", "web"), PolicyDirection.Ingress, i, ""));

    private void Arrive(uint number, PolicyReason reason)
    {
        _book.Name([new PolicyChange.ReasonIs(number, reason)]);
        _maps.AddReason(number);
    }

    private void Go(uint number)
    {
        _book.Name([new PolicyChange.ReasonGone(number)]);
        var count = _maps.RemoveReason(number);
        _book.Removed(count.Packets > 0 ? new Dictionary<uint, DeniedCount> { [number] = count } : []);
    }
}
