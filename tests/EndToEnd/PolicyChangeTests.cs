using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;
using Netplugin.Tests.Support.Traffic;

namespace Netplugin.Tests.EndToEnd;

/// <summary>What a change of policies does to flows that there are.</summary>
public sealed class PolicyChangeTests(ITestOutputHelper output)
{
    private const int Redis = 6379, Asked = 4001, Kept = 4002;

    // The daemons hear of it while netdcli still runs; the rest is for a busy machine.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData("in")]
    [InlineData("out")]
    public async Task A_flow_that_a_change_forbids_stops_at_once_and_one_that_it_does_not_loses_nothing(string side)
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        cluster.Post(Intent()).Succeeded();
        Pod from = cluster[1].CreatePod("f1"), near = cluster[1].CreatePod("b1"), far = cluster[2].CreatePod("b2");
        from.Add();
        string nears = near.Add(), fars = far.Add();
        await Eventually.HoldsAsync("the pods to reach each other", () => from.Reaches(fars) && from.Reaches(nears));

        foreach ((Pod to, string address) in new[] { (near, nears), (far, fars) })
        {
            cluster.Post(Intent()).Succeeded();
            using RedisConnection redis = await ConnectedAsync(from, to, address);
            using PolicyExchange asked = PolicyExchange.Start(from.NetworkNamespace, to.NetworkNamespace, address, Asked);
            using PolicyExchange kept = PolicyExchange.Start(from.NetworkNamespace, to.NetworkNamespace, address, Kept);
            using PolicyExchange others = PolicyExchange.Start(far.NetworkNamespace, near.NetworkNamespace, nears, Kept + 1);
            await Eventually.HoldsAsync("the flows to run", () => redis.Counted > 20 && asked.Answers > 100 && kept.Answers > 100 && others.Answers > 100);

            string peer = side == "in" ? "front" : "back";
            string[] rules = [$"{side} 9 deny any {peer}", $"{side} 10 allow udp/{Kept} {peer}"];
            long began = Stopwatch.GetTimestamp();
            Task<TimeSpan>[] last = [LastAsync(() => asked.Arrivals, began), LastAsync(() => asked.Answers, began), LastAsync(() => redis.Counted, began)];
            await Task.Run(() => cluster.Post(side == "in" ? Intent([], rules) : Intent(rules, [])).Succeeded());
            TimeSpan returned = Stopwatch.GetElapsedTime(began);
            await Task.WhenAll(last);
            output.WriteLine($"{to.Name}: netdcli returned after {returned.TotalMilliseconds:f0} ms; the last question arrived at {Ms(last[0])}, the last answer at {Ms(last[1])}, the last of TCP at {Ms(last[2])}");
            Assert.All(last, time => Assert.True(time.Result < returned + AtOnce, $"packets that are forbidden passed until {Ms(time)}, and netdcli returned at {returned.TotalMilliseconds:f0} ms"));

            int sent = kept.Sent;
            await Eventually.HoldsAsync("a second more", () => kept.Sent > sent + 1000);
            await Task.WhenAll(kept.StopAsync(), others.StopAsync());
            Assert.Empty(kept.Unanswered());
            Assert.Empty(others.Unanswered());

            // What is allowed again goes on where it was.
            int counted = redis.Counted, answers = asked.Answers;
            cluster.Post(Intent()).Succeeded();
            await Eventually.HoldsAsync("the flows to go on", () => asked.Answers > answers + 100 && redis.Counted > counted + 20);
            await redis.StopAsync();
        }
    }

    [Theory]
    [InlineData("out 9 deny any", "in 9 deny any")]
    [InlineData("out 9 deny any front", "")]
    [InlineData("", "in 9 deny any back")]
    public async Task Connections_go_on_when_only_the_reverse_direction_is_denied(string back, string front)
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        cluster.Post(Intent()).Succeeded();
        Pod near = cluster[1].CreatePod("b1"), from = cluster[1].CreatePod("f1"), far = cluster[2].CreatePod("b2");
        string froms = from.Add(), nears = near.Add(), fars = far.Add();
        await Eventually.HoldsAsync("the pods to reach each other", () => from.Reaches(fars) && from.Reaches(nears));

        using RedisConnection nearRedis = await ConnectedAsync(from, near, nears), farRedis = await ConnectedAsync(from, far, fars);
        using PolicyExchange nearAsked = PolicyExchange.Start(from.NetworkNamespace, near.NetworkNamespace, nears, Asked);
        using PolicyExchange farAsked = PolicyExchange.Start(from.NetworkNamespace, far.NetworkNamespace, fars, Asked);
        cluster.Post(Intent(Rules(front), Rules(back))).Succeeded();
        await Eventually.HoldsAsync("what is denied to be denied", () => !near.Reaches(froms) && !far.Reaches(froms));

        // A SYN between the very ends of a flow that is allowed the other way is no answer.
        foreach (Pod to in new[] { near, far })
        {
            Assert.False(await ConnectsAsync(to, Asked, from, froms, Asked + 1), $"{to.Name} connected");
            Assert.True(await ConnectsAsync(from, Asked + 2, to, to == near ? nears : fars, Asked + 3), $"{to.Name} was not reached");
            Assert.False(await ConnectsAsync(to, Asked + 3, from, froms, Asked + 2), $"{to.Name} connected by ports of a connection that it was asked by");
        }

        (int Near, int Far) counted = (nearRedis.Counted, farRedis.Counted);
        int sent = nearAsked.Sent;
        await Eventually.HoldsAsync("connections to go on", () => nearRedis.Counted > counted.Near + 50 && farRedis.Counted > counted.Far + 50 && nearAsked.Sent > sent + 1000);
        await Task.WhenAll(nearAsked.StopAsync(), farAsked.StopAsync());
        Assert.Empty(nearAsked.Unanswered());
        Assert.Empty(farAsked.Unanswered());
        Assert.True(await nearRedis.StopAsync() > 0 && await farRedis.StopAsync() > 0);
    }

    private static string Ms(Task<TimeSpan> time) => string.Create(CultureInfo.InvariantCulture, $"{time.Result.TotalMilliseconds:f0} ms");

    private static string[] Rules(string rule) => rule.Length == 0 ? [] : [rule];

    private static string Intent(string[]? front = null, string[]? back = null) =>
        PolicyIntent.Of(new PolicyTenant("one", 10001, new("front", ["f1"], front ?? []), new("back", ["b1", "b2"], back ?? [])));

    private static async Task<RedisConnection> ConnectedAsync(Pod from, Pod to, string address)
    {
        if (to.Run("redis-cli", "ping").ExitCode == 0)
        {
            return await RedisConnection.OpenAsync(from.NetworkNamespace, new(IPAddress.Parse(address), Redis));
        }

        return await RedisPods.ConnectAsync(from, to, address);
    }

    /// <summary>How long after a moment the count last grew: it has to rest for a second.</summary>
    private static async Task<TimeSpan> LastAsync(Func<int> count, long moment)
    {
        (int known, TimeSpan last) = (count(), TimeSpan.Zero);
        await Eventually.HoldsAsync("nothing to pass any more", () =>
        {
            TimeSpan now = Stopwatch.GetElapsedTime(moment);
            if (count() is var grown && grown != known)
            {
                (known, last) = (grown, now);
            }

            return now - last > Quiet;
        });
        return last;
    }

    private static async Task<bool> ConnectsAsync(Pod from, int fromPort, Pod to, string address, int port)
    {
        using Socket listener = TcpSockets.Open(to.NetworkNamespace, AddressFamily.InterNetwork), client = TcpSockets.Open(from.NetworkNamespace, AddressFamily.InterNetwork);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Any, port));
        listener.Listen();
        client.Bind(new IPEndPoint(IPAddress.Any, fromPort));

        // The one that is asked ends with a reset, so that the ports are free at once.
        client.LingerState = new(true, 0);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await client.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), port), limit.Token);
            using Socket accepted = await listener.AcceptAsync(limit.Token);
            accepted.LingerState = new(true, 0);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [Theory]
    [InlineData(50)]
    [InlineData(4)]
    public async Task A_post_that_moves_a_pod_to_another_group_and_exchanges_the_rules_for_both_is_one_change(int perSecond)
    {
        using Cluster cluster = await Cluster.StartAsync(1);
        string Intent(bool isFirst)
        {
            (string now, string then) = isFirst ? ("first", "second") : ("second", "first");
            string[] rules = [$"in 5 deny udp/4002 {now}", "in 1 deny udp", $"in 2 allow udp/4001 {now}", $"in 2 allow udp/4002 {then}"];
            return PolicyIntent.Of(new PolicyTenant("one", 10001, new("first", isFirst ? ["moves"] : []), new("second", isFirst ? [] : ["moves"]), new("back", ["near"], rules)));
        }

        cluster.Post(Intent(isFirst: true)).Succeeded();
        Pod moves = cluster[1].CreatePod("moves"), near = cluster[1].CreatePod("near");
        moves.Add();
        string nears = near.Add();
        using var records = new PolicyRecords(cluster);
        ImmutableDictionary<string, string> now = await records.ReadAsync();
        cluster.Post(Intent(isFirst: false)).Succeeded();
        ImmutableDictionary<string, string> next = await records.ReadAsync();
        (now, next) = (next, now);
        await Eventually.HoldsAsync("the pod to be reached", () => moves.Reaches(nears));
        using PolicyExchange allowed = PolicyExchange.Start(moves.NetworkNamespace, near.NetworkNamespace, nears, 4001), denied = PolicyExchange.Start(moves.NetworkNamespace, near.NetworkNamespace, nears, 4002);
        await Eventually.HoldsAsync("packets to flow", () => allowed.Arrivals > 100 && denied.Sent > 100);
        var watch = Stopwatch.StartNew();
        int changes = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        while (watch.Elapsed < TimeSpan.FromSeconds(8) && await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken))
        {
            await records.ChangeAsync(now, next);
            (now, next) = (next, now);
            changes++;
        }

        await Task.WhenAll(allowed.StopAsync(), denied.StopAsync());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{changes} changes: allowed {allowed}; denied {denied}"));
        Assert.Empty(allowed.Unanswered());
        Assert.Equal(0, denied.Arrivals);
    }
}
