using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.NodeApi.Messages;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Netdcli.Fixtures;

namespace Netplugin.Tests.Netdcli;

public sealed class StatusTests
{
    private readonly CliRun _cli = new();

    [Fact]
    public void A_healthy_cluster_is_a_line_a_node()
    {
        _cli.Post(Intents.Late);
        Register("host1", "ready");
        var result = _cli.Run("status");
        Assert.Equal(0, result.Exit);
        Assert.Equal(
            """
            Store: the store of this host's netplugin (/nonexistent/netplugin.sock): reachable, post 1, generation 0
                   2 networks, 4 endpoints, 0 of them bound

            NODE    STATE   VTEP           MTU    PODS   VERSION   UP     PROBLEMS
            host1   ready   192.168.2.10   1450   3      0.1.0     1h5m   -

            """,
            result.Out);
        Assert.Equal(0, _cli.Run("status", "--check").Exit);
    }

    [Fact]
    public void Problems_are_spelled_out_and_check_fails_for_them()
    {
        Register("host1", "holding", "the store was wiped; run netdcli store accept-reset");
        var result = _cli.Run("status");
        Assert.Equal(0, result.Exit);
        Assert.Contains("Problems:\n  host1: the store was wiped; run netdcli store accept-reset\n", result.Out, StringComparison.Ordinal);
        Assert.Equal(3, _cli.Run("status", "--check").Exit);
    }

    [Fact]
    public void A_node_without_a_daemon_is_a_problem()
    {
        _cli.Store.Put(StoreKeys.Node("host1"), RecordCodec.Encode(new NodeRecord("host1", IpAddr.Parse("192.168.2.10"), 1500, "0.1.0")));
        Assert.Contains("host1: no netplugin runs there", _cli.Run("status").Out, StringComparison.Ordinal);
        Assert.Equal(3, _cli.Run("status", "--check").Exit);
    }

    [Fact]
    public async Task An_unreachable_store_is_said_plainly_with_what_the_local_daemon_says()
    {
        await using var daemon = new FakeDaemon(_ => new NodeReply.Status(new DaemonStatus(
            "host1", "0.1.0", "degraded", FixedClock.Now.AddHours(-3),
            new StoreConnection("etcd", "http://192.168.2.1:2379", false, "connection refused", FixedClock.Now.AddSeconds(-62), 17),
            "192.168.2.10", 1500, 1450, 2, 2, 1, FixedClock.Now, 5, 1, ["the store is away"])));
        _cli.Socket = daemon.Path;
        _cli.Store.Failure = new StoreException("list", StoreFailure.Unreachable, "no server answers");
        var result = await Task.Run(() => _cli.Run("status", "--etcd-url", "http://192.168.2.1:2379"), TestContext.Current.CancellationToken);
        Assert.Equal(1, result.Exit);
        Assert.Equal(
            """
            Store: etcd http://192.168.2.1:2379: CANNOT BE REACHED
                   store list: no server answers
                   Running pods keep their network. Until the store is back nothing can be posted, and endpoints that
                   are not bound yet cannot start. Nothing needs a restart afterwards.
            Node:  host1, this host: degraded, up 3h, 2 pods in 1 networks
                   its store (etcd http://192.168.2.1:2379) has been away for 1m2s: connection refused
                   1 changes wait to be written when it is back

            Problems:
              host1: the store is away

            """,
            result.Out);
    }

    [Fact]
    public void Without_store_and_daemon_both_reasons_are_told()
    {
        _cli.Store.Failure = new StoreException("list", StoreFailure.Unreachable, "no server answers");
        var result = _cli.Run("status");
        Assert.Equal(1, result.Exit);
        Assert.Contains("no server answers", result.Out, StringComparison.Ordinal);
        Assert.Contains("give -etcd-url or set NETPLUGIN_ETCD_ENDPOINTS", result.Out, StringComparison.Ordinal);
        Assert.Contains("start netplugin or set NETPLUGIN_SOCKET", _cli.Run("status", "--etcd-url", "http://10.0.0.1").Out, StringComparison.Ordinal);
        Assert.Contains("give -etcd-url or set NETPLUGIN_ETCD_ENDPOINTS", _cli.Run("get", "networks").Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(_cli.Run("status", "-o", "json").Bytes);
        Assert.False(json.RootElement.GetProperty("store").GetProperty("reachable").GetBoolean());
    }

    [Fact]
    public void Accept_reset_raises_the_generation()
    {
        _cli.Post(Intents.Late);
        var result = _cli.Run("store", "accept-reset");
        Assert.Equal(0, result.Exit);
        var generation = Regex.Match(result.Out, @"^accepted: generation (\d+) of cluster ").Groups[1].Value;
        Assert.NotEqual("1", generation);
        Assert.Contains($"generation {generation}\n", _cli.Run("status").Out, StringComparison.Ordinal);
    }

    private void Register(string host, string state, params ImmutableArray<string> problems)
    {
        _cli.Store.Put(StoreKeys.Node(host), RecordCodec.Encode(new NodeRecord(host, IpAddr.Parse("192.168.2.10"), 1500, "0.1.0")));
        _cli.Store.Put(
            StoreKeys.NodeAlive(host),
            RecordCodec.Encode(new NodeStatus(host, "0.1.0", FixedClock.Now.AddMinutes(-65), state, 1450, 2, 4, 3, FixedClock.Now, problems)));
    }
}
