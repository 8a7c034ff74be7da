using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Traffic;

namespace Netplugin.Tests.EndToEnd;

/// <summary>Policies while daemons are killed and come back.</summary>
public sealed class PolicyRestartTests(ITestOutputHelper output)
{
    private const int Allowed = 4001, Denied = 4002, Toggled = 4003;
    private const int Kills = 20;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task While_no_daemon_runs_policies_hold_and_for_pods_that_start_after_it_too()
    {
        using var bed = await Bed.StartAsync();
        foreach (ClusterNode node in bed.Cluster.Nodes)
        {
            node.Daemon.Kill();
        }

        await bed.PassAsync(1000);
        foreach (ClusterNode node in bed.Cluster.Nodes)
        {
            await node.LaunchDaemonAsync();
        }

        // Long before the daemons have listed what there is.
        Pod late = bed.Cluster[1].CreatePod("late");
        using PolicyExchange before = PolicyExchange.Start(late.NetworkNamespace, bed.Near.NetworkNamespace, bed.Nears, Denied + 10);
        await Eventually.HoldsAsync("a pod to start", () => late.Cni("ADD").ExitCode == 0);
        await Eventually.HoldsAsync("its packets to be sent", () => before.Sent > 1000);
        Assert.Equal(0, before.Arrivals);
        await Eventually.HoldsAsync("the other node to know it", () => late.Run("ping", "-n", "-c", "1", "-W", "1", bed.Fars).ExitCode == 0);
        await bed.EndAsync(output);
    }

    /// <summary>Kills come at random moments; the seed is printed.</summary>
    [Fact]
    public async Task Daemons_killed_twenty_times_while_policies_change_let_nothing_through_and_lose_nothing()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var bed = await Bed.StartAsync();
        using var posting = new CancellationTokenSource();
        int posts = 0;
        var poster = Task.Run(
            () =>
            {
                while (!posting.IsCancellationRequested)
                {
                    bed.Post(isOpen: posts % 2 == 0);
                    posts++;
                }
            },
            CancellationToken.None);

        for (int kill = 0; kill < Kills; kill++)
        {
            ClusterNode node = bed.Cluster[1 + (kill % 2)];
            await bed.PassAsync(random.Next(1, 400));
            node.Daemon.Kill();
            await node.LaunchDaemonAsync();

            // Some are killed before they have written anything, some while they do.
            if (random.Next(2) == 0)
            {
                await Eventually.HoldsAsync($"{node.Host} to be ready after kill {kill}", async () => (await node.StatusAsync()) is { State: "ready", Problems.IsEmpty: true }, Minute);
            }
        }

        await posting.CancelAsync();
        await poster;
        output.WriteLine($"{posts} posts under {Kills} kills");
        foreach (bool isOpen in new[] { false, true })
        {
            bed.Post(isOpen);
            foreach ((string address, Pod to) in new[] { (bed.Nears, bed.Near), (bed.Fars, bed.Far) })
            {
                await Eventually.HoldsAsync($"the last post to be in force at {to.Name}", async () =>
                {
                    using PolicyExchange toggled = PolicyExchange.Start(bed.From.NetworkNamespace, to.NetworkNamespace, address, Toggled);
                    await Eventually.HoldsAsync("it to be tried", () => toggled.Sent > 100);
                    await toggled.StopAsync();
                    return isOpen ? toggled.Answers == toggled.Sent : toggled.Arrivals == 0;
                }, Minute);
            }
        }

        await bed.EndAsync(output);
    }

    /// <summary>A pod that may ask two others at one port, and not at another.</summary>
    private sealed class Bed : IDisposable
    {
        private readonly List<PolicyExchange> _allowed = [];
        private readonly List<PolicyExchange> _denied = [];
        private RedisConnection? _redis;

        private Bed(Cluster cluster)
        {
            Cluster = cluster;
            Post(isOpen: false);
            (From, Near, Far) = (cluster[1].CreatePod("from"), cluster[1].CreatePod("near"), cluster[2].CreatePod("far"));
            From.Add();
            (Nears, Fars) = (Near.Add(), Far.Add());
        }

        public Cluster Cluster { get; }

        public Pod From { get; }

        public Pod Near { get; }

        public Pod Far { get; }

        public string Nears { get; }

        public string Fars { get; }

        public static async Task<Bed> StartAsync()
        {
            var bed = new Bed(await Cluster.StartAsync(2));
            try
            {
                await Eventually.HoldsAsync("the pods to reach each other", () => bed.From.Reaches(bed.Nears) && bed.From.Reaches(bed.Fars));
                foreach ((Pod to, string address) in new[] { (bed.Near, bed.Nears), (bed.Far, bed.Fars) })
                {
                    bed._allowed.Add(PolicyExchange.Start(bed.From.NetworkNamespace, to.NetworkNamespace, address, Allowed));
                    bed._denied.Add(PolicyExchange.Start(bed.From.NetworkNamespace, to.NetworkNamespace, address, Denied));
                }

                bed._redis = await RedisPods.ConnectAsync(bed.From, bed.Far, bed.Fars);
                return bed;
            }
            catch
            {
                bed.Dispose();
                throw;
            }
        }

        /// <summary>Its port that toggles is open or not; how its policies say all the rest is another way each time.</summary>
        public void Post(bool isOpen) => Cluster.Post(PolicyIntent.Of(new PolicyTenant(
            "one",
            10001,
            new("front", ["from"], isOpen ? [] : [$"out 20 deny udp/{Denied}"]),
            new("back", ["near", "far"], ["in 1 deny any", "in 2 allow icmp", .. isOpen ? (string[])[$"in 3 allow udp/{Toggled} front", $"in 9 allow udp/{Allowed}", "in 3 allow tcp front"] : [$"in 8 allow udp/{Allowed} front", "in 2 allow tcp"]]),
            new("late", ["late"], ["out 1 deny any", "out 2 allow icmp"])))).Succeeded();

        /// <summary>Waits for some packets to be sent, one a millisecond.</summary>
        public Task PassAsync(int packets)
        {
            int sent = _allowed[0].Sent;
            return Eventually.HoldsAsync("packets to be sent", () => _allowed[0].Sent >= sent + packets);
        }

        /// <summary>Ends the streams and holds them against what is said.</summary>
        public async Task EndAsync(ITestOutputHelper output)
        {
            await Task.WhenAll(_allowed.Concat(_denied).Select(exchange => exchange.StopAsync()));
            foreach (PolicyExchange exchange in _allowed.Concat(_denied))
            {
                output.WriteLine(exchange.ToString());
            }

            Assert.All(_allowed, exchange => Assert.Empty(exchange.Unanswered()));
            Assert.All(_denied, exchange => Assert.Equal(0, exchange.Arrivals));
            Assert.All(_allowed.Concat(_denied), exchange => Assert.True(exchange.Sent > 1000, "the streams ran"));
            Assert.True(await _redis!.StopAsync() > 100, "the connection ran");
        }

        public void Dispose()
        {
            _redis?.Dispose();
            foreach (PolicyExchange exchange in _allowed.Concat(_denied))
            {
                exchange.Dispose();
            }

            Cluster.Dispose();
        }
    }
}
