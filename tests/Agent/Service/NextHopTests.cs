using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Service;

/// <summary>The next hops towards other nodes.</summary>
public sealed class NextHopTests : IDisposable
{
    private static readonly IpAddr Host2 = IpAddr.Parse("192.168.2.11");
    private static readonly VtepEntry OnLink = new(new IfIndex(3), Host2);
    private static readonly VtepEntry ByRouter = new(new IfIndex(4), IpAddr.Parse("10.0.0.1"));
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-next-hops-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_node_that_registers_gets_its_next_hop_and_the_device_there_gets_the_program()
    {
        await using var node = await StartAsync(OnLink);

        Assert.Equal(OnLink, node.Datapath.State.Vteps[Host2]);
        Assert.Contains(OnLink.Device, node.Links.Uplinks);
    }

    [Fact]
    public async Task A_route_that_changes_is_followed_and_one_that_goes_leaves_the_VXLAN_device()
    {
        await using var node = await StartAsync(OnLink);

        node.Links.NextHops = NextHops(ByRouter);
        Assert.True(await node.Loop.RunAsync(kernel => kernel.RefreshNextHops()));
        Assert.Equal(ByRouter, node.Datapath.State.Vteps[Host2]);
        Assert.Contains(ByRouter.Device, node.Links.Uplinks);

        node.Links.NextHops = node.Links.NextHops.Clear();
        Assert.True(await node.Loop.RunAsync(kernel => kernel.RefreshNextHops()));
        Assert.Equal(default, node.Datapath.State.Vteps[Host2]);
    }

    [Fact]
    public async Task A_change_of_routes_that_nobody_told_is_found_by_the_next_resync()
    {
        await using var node = await StartAsync(OnLink);

        node.Links.NextHops = NextHops(ByRouter);
        await node.Loop.ResyncAsync();

        Assert.Equal(ByRouter, node.Datapath.State.Vteps[Host2]);
    }

    [Fact]
    public async Task A_device_that_refuses_the_program_is_said_and_stands_in_nobodys_way()
    {
        await using var node = await StartAsync(OnLink);

        node.Failures.Restart(failAt: 1);
        await node.Loop.RunAsync(kernel => kernel.RefreshNextHops());
        Assert.Equal(OnLink, node.Datapath.State.Vteps[Host2]);
        Assert.Contains("does not attach to device 3", node.Problems.Get("uplink/3"), StringComparison.Ordinal);

        await node.Loop.RunAsync(kernel => kernel.RefreshNextHops());
        Assert.Null(node.Problems.Get("uplink/3"));
    }

    private static ImmutableDictionary<IpAddr, VtepEntry> NextHops(VtepEntry hop) => ImmutableDictionary<IpAddr, VtepEntry>.Empty.Add(Host2, hop);

    private async Task<FakeNode> StartAsync(VtepEntry hop)
    {
        var node = await FakeNode.StartAsync(_folder);
        node.Links.NextHops = NextHops(hop);
        await node.PostAsync(Samples.Endpoint("c1", 1));
        await node.RegisterAsync("host2");
        await Eventually.HoldsAsync("the other node's tunnel end to be in the map", () => node.Datapath.State.Vteps.ContainsKey(Host2));
        return node;
    }
}
