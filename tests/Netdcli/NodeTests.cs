using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Netdcli.Fixtures;

namespace Netplugin.Tests.Netdcli;

public sealed class NodeTests
{
    private readonly CliRun _cli = new();

    [Fact]
    public void A_forgotten_node_is_told_with_what_it_had_and_is_gone()
    {
        PostAndRegister();
        var result = _cli.Run("node", "forget", "host1");
        Assert.Equal((0, "forgot host1\nfreed 10.128.0.0/24\nunbound blue/web/c1\n"), (result.Exit, result.Out));
        Assert.Contains("The intent still names host host1", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(StoreKeys.Node("host1"), _cli.Store.Keys);
        Assert.DoesNotContain("bound", _cli.Run("get", "endpoints").Out, StringComparison.Ordinal);

        var again = _cli.Run("node", "forget", "host1");
        Assert.Equal(1, again.Exit);
        Assert.Contains("no node \"host1\"; \"netdcli get nodes\" lists what there is", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_it_had_leased_and_made_for_pods_with_labels_is_told_too()
    {
        PostAndRegister();
        var network = new NetworkId("blue", "web");
        var pod = new LabelledPod("ns", "p1", "");
        var address = IpAddr.Parse("11.1.0.8");
        var endpoint = new EndpointRecord(new(network, pod.Container), address, MacAddress.ForEndpoint(address), "", "", new("host1", "s1", "eth0"), 1) { Pod = pod };
        _cli.Store.Put(StoreKeys.Endpoint(endpoint.Id), RecordCodec.Encode(endpoint));
        _cli.Store.Put(StoreKeys.Leases(network), RecordCodec.Encode(new LeasesRecord(network, [new("host1", IpPrefix.Parse("11.1.0.8/29"))])));
        Assert.Equal(
            "forgot host1\nfreed 10.128.0.0/24\nfreed 11.1.0.8/29 of blue/web\nremoved blue/web/ns.p1\nunbound blue/web/c1\n",
            _cli.Run("node", "forget", "host1").Out);

        _cli.Store.Put(StoreKeys.Endpoint(endpoint.Id), RecordCodec.Encode(endpoint));
        _cli.Store.Put(StoreKeys.Leases(network), RecordCodec.Encode(new LeasesRecord(network, [new("host1", IpPrefix.Parse("11.1.0.8/29"))])));
        using var json = JsonDocument.Parse(_cli.Run("node", "forget", "host1", "--output", "json").Bytes);
        Assert.Equal("11.1.0.8/29", Assert.Single(json.RootElement.GetProperty("leases").EnumerateArray()).GetProperty("block").GetString());
        Assert.Equal("ns.p1", Assert.Single(json.RootElement.GetProperty("removed").EnumerateArray()).GetProperty("container").GetString());
    }

    [Fact]
    public void Scripts_are_told_the_same()
    {
        PostAndRegister();
        using var json = JsonDocument.Parse(_cli.Run("node", "forget", "host1", "--output", "json").Bytes);
        var root = json.RootElement;
        Assert.Equal("host1", root.GetProperty("host").GetString());
        Assert.Equal("10.128.0.0/24", Assert.Single(root.GetProperty("freed").EnumerateArray()).GetString());
        var endpoint = Assert.Single(root.GetProperty("unbound").EnumerateArray());
        Assert.Equal(("blue", "web", "c1"), (endpoint.GetProperty("tenant").GetString(), endpoint.GetProperty("network").GetString(), endpoint.GetProperty("container").GetString()));
        Assert.True(root.GetProperty("posted").GetBoolean());
    }

    [Fact]
    public void A_node_that_is_alive_is_refused_and_nothing_is_written()
    {
        PostAndRegister();
        _cli.Store.Put(
            StoreKeys.NodeAlive("host1"),
            RecordCodec.Encode(new NodeStatus("host1", "0.1.0", FixedClock.Now, "ready", 1450, 1, 1, 1, FixedClock.Now, [])));
        var before = _cli.Store.Commits;
        var result = _cli.Run("node", "forget", "host1");
        Assert.Equal((1, ""), (result.Exit, result.Out));
        Assert.Contains("node host1 is alive", result.Error, StringComparison.Ordinal);
        Assert.Equal(before, _cli.Store.Commits);
    }

    [Fact]
    public void The_blocks_of_a_node_are_shown()
    {
        PostAndRegister();
        Assert.Contains("10.128.0.0/24", _cli.Run("get", "nodes", "-o", "wide").Out, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(_cli.Run("get", "nodes", "-o", "json").Bytes);
        Assert.Equal("10.128.0.0/24", json.RootElement[0].GetProperty("blocks")[0].GetString());
    }

    /// <summary>host1 has a block and an endpoint, and is named by the intent.</summary>
    private void PostAndRegister()
    {
        _cli.Post(Intents.TwoTenants);
        _cli.Store.Put(
            StoreKeys.Node("host1"),
            RecordCodec.Encode(new NodeRecord("host1", IpAddr.Parse("192.168.2.10"), 1500, "0.1.0") { Blocks = [IpPrefix.Parse("10.128.0.0/24")] }));
        var key = StoreKeys.Endpoint(new(new("blue", "web"), "c1"));
        var endpoint = RecordCodec.DecodeEndpoint(_cli.Store.GetAsync(key).GetAwaiter().GetResult()!);
        _cli.Store.Put(key, RecordCodec.Encode(endpoint with { Binding = new("host1", "sandbox1", "eth0") }));
    }
}
