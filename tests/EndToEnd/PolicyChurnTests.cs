using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>
/// Policies and the membership of groups change all the time while packets flow. Every state forbids some flows and allows others, each state in another way; what there is between two states must
/// do so too. A third kind is allowed in some states: it shows that the changes are in force, and is not judged. For twenty seconds, or as many as NETPLUGIN_CHURN_SECONDS says.
/// </summary>
public sealed class PolicyChurnTests(ITestOutputHelper output)
{
    private const int ChangesPerSecond = 50;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(
        int.Parse(Environment.GetEnvironmentVariable("NETPLUGIN_CHURN_SECONDS") ?? "20", CultureInfo.InvariantCulture));

    // One for each sender; rules name them by the word.
    private static readonly Dictionary<string, int[]> Ports = new()
    {
        ["allowed"] = [4101, 4102, 4103],
        ["denied"] = [4201, 4202, 4203],
        ["never"] = [4301, 4302, 4303],
        ["toggled"] = [4401, 4402, 4403],
    };

    // Of two groups with the same rules, some are in either.
    private static readonly string[][] Members = [["one", "two", "moves"], ["one", "two"]];

    // The senders' rules and the receivers', which change together. Denied is denied by the one or by the other: that holds on one node, for two do not change at the same time. Never is by the sender alone.
    private static readonly (string[] Senders, string[] Receivers)[] Rules =
    [
        (["out 5 deny udp/denied", "out 5 deny udp/never"], []),
        (["out 60 deny udp/never back"], ["in 5 deny udp/denied"]),
        (["out 1 deny any", "out 2 allow udp/allowed", "out 2 allow udp/toggled"], ["in 9 allow any"]),
        (["out 1 allow any", "out 1 deny udp/never"], ["in 1 deny any", "in 2 allow udp/allowed front", "in 2 allow udp/allowed other", "in 2 allow udp/toggled front"]),
        (["out 8 deny udp/denied back", "out 8 deny udp/never 11.1.0.0/24", "out 7 allow udp back"], ["in 3 deny udp/toggled", "in 4 allow udp/allowed 11.1.0.0/24"]),
        (["out 3 deny udp 0.0.0.0/0", "out 4 allow udp/allowed back"], ["in 100 allow udp/denied"]),
        (["out 9 allow udp/denied", "out 9 deny udp/never"], ["in 50 deny udp/denied front", "in 50 deny udp/denied other"]),
    ];

    [Fact]
    public async Task Policies_that_change_all_the_time_never_let_through_what_all_forbid_nor_lose_what_all_allow()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        cluster.Post(Intent([], [], 0)).Succeeded();
        Pod one = cluster[1].CreatePod("one"), two = cluster[2].CreatePod("two"), moves = cluster[1].CreatePod("moves"), near = cluster[1].CreatePod("near"), far = cluster[2].CreatePod("far");
        Pod[] senders = [one, two, moves];
        foreach (Pod pod in senders)
        {
            pod.Add();
        }

        string nears = near.Add(), fars = far.Add();
        await Eventually.HoldsAsync("the pods to reach each other", () => senders.All(pod => pod.Reaches(nears) && pod.Reaches(fars)));
        using var records = new PolicyRecords(cluster);
        List<ImmutableDictionary<string, string>> states = [];
        for (int state = 0; state < Rules.Length * Members.Length; state++)
        {
            (string[] ofSenders, string[] ofReceivers) = Rules[state / Members.Length];
            cluster.Post(Intent(ofSenders, ofReceivers, state % Members.Length)).Succeeded();
            states.Add(await records.ReadAsync());
        }

        // Once this last one holds, each that follows is one of the states.
        PolicyExchange Start(string port, Pod from, Pod to) =>
            PolicyExchange.Start(from.NetworkNamespace, to.NetworkNamespace, to == near ? nears : fars, Ports[port][Array.IndexOf(senders, from)]);
        using (PolicyExchange last = Start("denied", one, near))
        {
            await Eventually.HoldsAsync("the last post to be in force", () => last.Sent > 100 && last.Arrivals < last.Sent - 100);
        }

        PolicyExchange[] allowed = [Start("allowed", one, near), Start("allowed", one, far), Start("allowed", two, near), Start("allowed", moves, near)];
        PolicyExchange[] denied = [Start("denied", one, near), Start("denied", moves, near), Start("never", one, far)];
        using PolicyExchange toggled = Start("toggled", one, near);
        try
        {
            int changes = await ChurnAsync(records, states);
            (string, PolicyExchange[])[] kinds = [("allowed", allowed), ("denied", denied), ("toggled", [toggled])];
            await Task.WhenAll(kinds.SelectMany(kind => kind.Item2).Select(exchange => exchange.StopAsync()));
            output.WriteLine($"{changes / Length.TotalSeconds:f1} changes a second for {Length.TotalSeconds} s");
            foreach ((string kind, PolicyExchange[] exchanges) in kinds)
            {
                output.WriteLine($"{kind}: {string.Join("; ", exchanges.AsEnumerable())}");
            }

            Assert.All(allowed, exchange => Assert.Empty(exchange.Unanswered()));
            Assert.All(denied, exchange => Assert.Equal(0, exchange.Arrivals));
            Assert.True(toggled.Arrivals > 0 && toggled.Arrivals < toggled.Sent, "changes came into force");
            Assert.All(cluster.Nodes, node => Assert.True(node.Daemon.IsRunning, node.Host));
        }
        finally
        {
            foreach (PolicyExchange exchange in allowed.Concat(denied))
            {
                exchange.Dispose();
            }
        }
    }

    /// <summary>Goes from state to state, each one transaction.</summary>
    /// <returns>How many changes there were.</returns>
    private async Task<int> ChurnAsync(PolicyRecords records, List<ImmutableDictionary<string, string>> states)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / ChangesPerSecond));
        int changes = 0;
        for (int now = states.Count - 1; watch.Elapsed < Length; changes++)
        {
            int next = (now + random.Next(1, states.Count)) % states.Count;
            await records.ChangeAsync(states[now], states[next]);
            now = next;
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        return changes;
    }

    private static string Intent(string[] senders, string[] receivers, int members) => PolicyIntent.Of(new PolicyTenant(
        "one",
        10001,
        new("front", Members[members], Expanded(senders)),
        new("other", [.. Members[0].Except(Members[members])], Expanded(senders)),
        new("back", ["near", "far"], Expanded(receivers))));

    private static string[] Expanded(string[] rules) => [.. rules.SelectMany(rule =>
        Ports.SingleOrDefault(ports => rule.Contains("/" + ports.Key, StringComparison.Ordinal)) is { Key: { } word, Value: var numbers }
            ? numbers.Select(number => rule.Replace(word, number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))
            : [rule])];
}
