using Netplugin.Agent.Cluster;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Service;

/// <summary>What is balanced for pods, from what Kubernetes says to the maps.</summary>
public sealed class ServicesTests : IDisposable
{
    private static readonly PackedDictionary<FrontendKey, Frontend> None = DatapathState.Empty.Frontends;
    private static readonly PackedDictionary<FrontendKey, Frontend> One = With(None, 1, 2);
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-services-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_change_of_Services_reaches_the_maps()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await ChangeAsync(node, One);

        await ChangeAsync(node, With(With(One, 1, 3), 2, 1));
        await ChangeAsync(node, None);
    }

    [Fact]
    public async Task A_restart_keeps_what_is_balanced_until_the_Services_are_known()
    {
        var first = await FakeNode.StartAsync(_folder);
        await ChangeAsync(first, One);
        await first.DisposeAsync();

        await using var second = await FakeNode.StartAsync(_folder, first, knowsServices: false);
        await second.Loop.ResyncAsync();
        await second.Loop.RunAsync(_ => second.Loop.CatchUp());
        Assert.Equal(One, second.Datapath.State.Frontends);

        await ChangeAsync(second, With(None, 2, 1));
    }

    [Fact]
    public async Task Without_Kubernetes_nothing_is_balanced_and_what_was_is_removed()
    {
        var first = await FakeNode.StartAsync(_folder);
        await ChangeAsync(first, One);
        await first.DisposeAsync();

        await using var second = await FakeNode.StartAsync(_folder, first);
        Assert.Empty(second.Datapath.State.Frontends);
    }

    [Fact]
    public async Task A_change_of_Services_that_failed_is_tried_again()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        node.Failures.Restart(failAt: 1);
        await ChangeAsync(node, One);
        await Eventually.HoldsAsync("the problem to be gone", () => node.Problems.All.IsEmpty);
    }

    [Fact]
    public async Task Frontends_that_do_not_fit_are_told_and_keep_no_pod_out()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(Samples.Endpoint("c1", 1));
        node.Datapath.RefusesFrontends = true;
        node.Services = new(One, []);
        node.Loop.Mark(ClusterChange.OfServices);
        await Eventually.HoldsAsync("the problem", () => node.Problems.All.Any(p => p.Contains("np_frontends", StringComparison.Ordinal)));

        Assert.Single((await node.AddAsync("s1", "c1")).Attachments);
        Assert.Empty(node.Datapath.State.Frontends);
        node.Datapath.RefusesFrontends = false;
        await Eventually.HoldsAsync("the frontends", () => node.Datapath.State.Frontends.SequenceEqual(One) && node.Problems.All.IsEmpty);
    }

    [Fact]
    public async Task Ports_that_all_may_use_reach_the_maps_and_those_that_do_not_fit_are_told_and_keep_no_pod_out()
    {
        var names = new FrontendKey(IpAddr.Parse("10.244.2.9"), 53, TransportProtocol.Udp);
        var first = await FakeNode.StartAsync(_folder);
        await first.PostAsync(Samples.Endpoint("c1", 1));
        first.Datapath.RefusesShared = true;
        first.Services = new(One, [names]);
        first.Loop.Mark(ClusterChange.OfServices);
        await Eventually.HoldsAsync("the problem", () => first.Problems.All.Any(p => p.Contains("np_shared", StringComparison.Ordinal)));
        Assert.Single((await first.AddAsync("s1", "c1")).Attachments);
        Assert.Equal(One, first.Datapath.State.Frontends);
        Assert.Empty(first.Datapath.State.Shared);

        first.Datapath.RefusesShared = false;
        await Eventually.HoldsAsync("the port", () => first.Datapath.State.Shared.SetEquals([names]) && first.Problems.All.IsEmpty);
        await first.DisposeAsync();

        // Kept until the Services are known, as what is balanced.
        await using var second = await FakeNode.StartAsync(_folder, first, knowsServices: false);
        await second.Loop.ResyncAsync();
        Assert.Equal([names], second.Datapath.State.Shared);
        second.Services = new(One, []);
        second.Loop.Mark(ClusterChange.OfServices);
        await Eventually.HoldsAsync("the port to be nobody's", () => second.Datapath.State.Shared.IsEmpty);
    }

    [Fact]
    public async Task Connections_are_swept_every_two_seconds_while_something_is_balanced()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await ChangeAsync(node, One);
        node.Datapath.Swept = new SweepResult(5, 0);
        var before = node.Datapath.Sweeps;

        for (var i = 1; i <= 3; i++)
        {
            await AdvanceAsync(node, TimeSpan.FromSeconds(2));
            var wanted = before + i;
            await Eventually.HoldsAsync("a sweep", () => node.Datapath.Sweeps >= wanted);
        }

        Assert.Equal(5, node.Kernel.Connections);
    }

    [Fact]
    public async Task Connections_are_swept_until_none_is_left_and_no_longer()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await ChangeAsync(node, One);
        node.Datapath.Swept = new SweepResult(1, 0);
        await SweepAsync(node);
        await ChangeAsync(node, None);

        Assert.Equal(Every, await node.Loop.RunAsync(kernel => kernel.SweepEvery));
        node.Datapath.Swept = new SweepResult(0, 1);
        await SweepAsync(node);
        Assert.Null(await node.Loop.RunAsync(kernel => kernel.SweepEvery));

        // Also backends that wait for their removal are reason enough.
        node.Datapath.HasUnusedBackends = true;
        Assert.Equal(Every, await node.Loop.RunAsync(kernel => kernel.SweepEvery));
        await SweepAsync(node);
        Assert.Null(await node.Loop.RunAsync(kernel => kernel.SweepEvery));
    }

    [Fact]
    public async Task Flows_are_swept_every_ten_seconds_while_there_are_pods_or_some_are_left()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        Assert.Null(await node.Loop.RunAsync(kernel => kernel.SweepEvery));
        await node.PostAsync(Samples.Endpoint("c1", 7));
        await node.AddAsync("s1", "c1");
        var before = node.Datapath.FlowSweeps;
        node.Datapath.FlowsSwept = new SweepResult(7, 0);

        for (var i = 1; i <= 2; i++)
        {
            await AdvanceAsync(node, TimeSpan.FromSeconds(10));
            var wanted = before + i;
            await Eventually.HoldsAsync("a sweep of flows", () => node.Datapath.FlowSweeps >= wanted);
        }

        Assert.Equal(7, node.Kernel.Flows);
        Assert.Equal(TimeSpan.FromSeconds(10), await node.Loop.RunAsync(kernel => kernel.SweepEvery));
    }

    [Fact]
    public async Task A_node_without_Kubernetes_sweeps_once_at_its_start_and_never_again()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        Assert.Equal(1, node.Datapath.Sweeps);

        await AdvanceAsync(node, TimeSpan.FromSeconds(10));
        await node.Loop.ResyncAsync();
        Assert.Equal(1, node.Datapath.Sweeps);
        Assert.Null(await node.Loop.RunAsync(kernel => kernel.SweepEvery));
    }

    [Fact]
    public async Task A_sweep_that_fails_is_told_and_tried_again()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await ChangeAsync(node, One);
        node.Failures.Restart(failAt: 1);
        await AdvanceAsync(node, TimeSpan.FromSeconds(2));
        await Eventually.HoldsAsync("the problem", () => node.Problems.All.Any(p => p.Contains("not taken away", StringComparison.Ordinal)));

        await SweepAsync(node);
        await Eventually.HoldsAsync("the problem to be gone", () => node.Problems.All.IsEmpty);
    }

    private static PackedDictionary<FrontendKey, Frontend> With(PackedDictionary<FrontendKey, Frontend> before, uint service, int backends) => before.With(
    [
        new(
            new FrontendKey(IpAddr.FromV4(0x0a600000 | service), 80, TransportProtocol.Tcp),
            new Frontend(FrontendAction.Balance, TimeSpan.Zero, [.. Enumerable.Range(1, backends).Select(i => new Backend(IpAddr.FromV4(0x0af40100 | (uint)i), 8080))])),
    ]);

    private static async Task ChangeAsync(FakeNode node, PackedDictionary<FrontendKey, Frontend> frontends)
    {
        node.Services = new(frontends, []);
        node.Loop.Mark(ClusterChange.OfServices);
        await Eventually.HoldsAsync("the maps to have the frontends", () => node.Datapath.State.Frontends.SequenceEqual(frontends));
    }

    // The loop's own wait is by the system's clock: work wakes it.
    private static Task<bool> AdvanceAsync(FakeNode node, TimeSpan by)
    {
        node.LoopTime.Advance(by);
        return node.Loop.RunAsync(_ => true);
    }

    private static async Task SweepAsync(FakeNode node)
    {
        var before = node.Datapath.Sweeps;
        await AdvanceAsync(node, TimeSpan.FromSeconds(2));
        await Eventually.HoldsAsync("a sweep", () => node.Datapath.Sweeps > before);
    }
}
