using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Planning;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Service;

/// <summary>Pods that nothing names, on a node that has a block for them.</summary>
public sealed class DefaultNetworkTests : IDisposable
{
    private static readonly NodeFacts Serving = Samples.Facts with { Blocks = [new AddressBlock(IpPrefix.Parse("10.244.1.0/29"))], Masquerades = true };
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-default-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_pod_that_nothing_names_gets_an_address_of_the_nodes_block_and_a_del_leaves_nothing()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var attachment = Assert.Single((await node.AddAsync("s1", "web", "shop")).Attachments);
        Assert.True(Serving.Blocks.First.Prefix.Contains(attachment.Address));
        Assert.Equal((AttachmentPhase.Up, "eth0", "_/default/shop/web"), (attachment.Phase, attachment.Interface, attachment.Endpoint.ToString()));
        Assert.Equal((IpAddr.Parse("10.244.1.1"), true), (attachment.Addresses.First.Gateway, attachment.HasDefaultRoute));
        var device = Assert.Single(node.Links.Links).Key;
        Assert.Equal(device, node.Datapath.State.Endpoints[new(DatapathState.Cluster, attachment.Address)].Device);
        Assert.Equal(new NetworkEntry(AddressPair.Of([IpAddr.Parse("10.244.1.1")])), node.Datapath.State.Networks[DatapathState.Cluster]);

        await node.DeletePodAsync("s1");
        Assert.Empty(node.Links.Links);
        Assert.Empty(node.Datapath.State.Interfaces);
        Assert.DoesNotContain(new EndpointKey(DatapathState.Cluster, attachment.Address), node.Datapath.State.Endpoints.Keys);
        Assert.Empty(node.Kernel.Pods);
    }

    [Fact]
    public async Task What_came_while_a_pod_was_built_finds_it_complete()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        Task<AttachmentPhase>? next = null;
        node.Links.BeforeCreate = () => next ??= node.Loop.RunAsync(k => Assert.Single(Assert.Single(k.Pods.Values).Attachments).Phase);
        await node.AddAsync("s1", "web");
        Assert.Equal(AttachmentPhase.Up, await next!);
    }

    [Fact]
    public async Task What_an_intent_names_goes_before_and_without_a_block_nothing_else_is_served()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        await node.PostAsync(Samples.Endpoint("c1", 1));
        Assert.Equal(Samples.Address(1), Assert.Single((await node.AddAsync("s1", "c1")).Attachments).Address);

        node.Facts = Samples.Facts;
        var refused = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s2", "web"));
        Assert.Equal(ResolveFailure.NotPosted, refused.Failure);
    }

    [Fact]
    public async Task The_first_pod_of_a_block_leaves_by_the_nodes_address_as_soon_as_it_is_up_and_nobody_does_without_a_block()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        Assert.False(node.Links.Masquerades);

        // Nothing else has happened since, by which the loop would look again.
        node.Facts = Serving;
        await node.AddAsync("s1", "web");
        Assert.True(node.Links.Masquerades);

        node.Facts = Samples.Facts;
        node.Loop.Mark(new ClusterChange(true, [], false));
        await Eventually.HoldsAsync("the rule to go", () => !node.Links.Masquerades);
    }

    [Fact]
    public async Task While_the_node_waits_for_its_block_a_pod_is_to_be_tried_again_and_told_why()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        node.Awaited = "Kubernetes gave node host1 no pod CIDR";
        var refused = await Assert.ThrowsAsync<NotReadyException>(() => node.AddAsync("s1", "web"));
        Assert.Equal(node.Awaited, refused.Message);
        Assert.Equal(node.Awaited, node.Pods.AwaitsBlock);

        // A node may have a block for the pods that run, and no address for new ones.
        node.Facts = Serving;
        await node.Loop.ResyncAsync();
        await Assert.ThrowsAsync<NotReadyException>(() => node.AddAsync("s1", "web"));

        node.Awaited = null;
        Assert.Null(node.Pods.AwaitsBlock);
        Assert.Null(node.Kernel.DefaultNetworkIsFull);
        Assert.Single((await node.AddAsync("s1", "web")).Attachments);
    }

    [Fact]
    public async Task Adding_twice_answers_the_same()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var first = await node.AddAsync("s1", "web");
        Assert.Equal(first.Attachments, (await node.AddAsync("s1", "web")).Attachments);
        Assert.Single(node.Links.Links);
    }

    [Fact]
    public async Task No_two_pods_have_one_address_and_a_full_block_says_so()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var pods = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => node.AddAsync($"s{i}", $"pod{i}")));
        Assert.Equal(5, pods.Select(p => p.Attachments[0].Address).Distinct().Count());

        Assert.Contains("5 of 5", node.Kernel.DefaultNetworkIsFull, StringComparison.Ordinal);
        var full = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s9", "pod9"));
        Assert.Equal(ResolveFailure.Exhausted, full.Failure);
        Assert.Contains("10.244.1.0/29", full.Message, StringComparison.Ordinal);
        Assert.Contains("5 of 5", full.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(node.Kernel.Pods.Keys, key => key.Sandbox == "s9");
    }

    [Fact]
    public async Task A_freed_address_rests_before_it_is_given_again()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        for (var i = 0; i < 5; i++)
        {
            await node.AddAsync($"s{i}", $"pod{i}");
        }

        var freed = node.Kernel.Pods.Single(p => p.Key.Sandbox == "s2").Value.Attachments[0].Address;
        await node.DeletePodAsync("s2");
        Assert.Equal(ResolveFailure.Exhausted, (await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s9", "pod9"))).Failure);

        node.Time.Advance(TimeSpan.FromSeconds(180));
        Assert.Equal(freed, (await node.AddAsync("s9", "pod9")).Attachments[0].Address);
    }

    [Fact]
    public async Task A_restart_keeps_the_pods_and_their_addresses()
    {
        var first = await FakeNode.StartAsync(_folder, facts: Serving);
        var address = (await first.AddAsync("s1", "web")).Attachments[0].Address;
        await first.DisposeAsync();
        var before = first.Datapath.State;

        await using var second = await FakeNode.StartAsync(_folder, first);
        Assert.Equal(before.Interfaces, second.Datapath.State.Interfaces);
        Assert.NotEqual(address, (await second.AddAsync("s2", "other")).Attachments[0].Address);
        Assert.Contains(new EndpointKey(DatapathState.Cluster, address), second.Datapath.State.Endpoints.Keys);
    }

    [Fact]
    public async Task Whichever_kernel_call_fails_an_add_leaves_nothing_and_the_next_one_works()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving with { Blocks = [new AddressBlock(IpPrefix.Parse("10.244.1.0/24"))] });
        await node.AddFailingEachCallAsync(
            () => node.AddAsync("s1", "web"),
            () =>
            {
                Assert.Empty(node.Links.Links);
                Assert.Empty(node.Datapath.State.Interfaces);
                return Task.CompletedTask;
            });

        Assert.Single(node.Datapath.State.Interfaces);
    }

    [Fact]
    public async Task The_host_is_led_to_every_nodes_block_as_nodes_come_and_go()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        Assert.Equal(["10.244.1.0/29"], node.Links.Plane!.Blocks.Select(b => b.ToString()));
        Assert.Equal([Samples.Facts.Vtep], node.Links.Plane.Sources);
        await node.PostAsync(Samples.Endpoint("c1", 1));
        await node.Store.CommitAsync(new StoreTransaction([], [new StoreOperation.Put(
            StoreKeys.Node("host2"), RecordCodec.Encode(Samples.View().Nodes!["host2"] with { Blocks = [IpPrefix.Parse("10.244.2.0/29")] }))]), TestContext.Current.CancellationToken);
        BlockKey block = new(DatapathState.Cluster, IpPrefix.Parse("10.244.2.0/29"));
        EndpointKey gateway = new(DatapathState.Cluster, IpAddr.Parse("10.244.2.1"));

        // The host's routes and the datapath follow one after the other.
        await Eventually.HoldsAsync("the other node's block to be known", () => node.Links.Plane!.Blocks.Length == 2
            && node.Datapath.State.Blocks.ContainsKey(block) && node.Datapath.State.Endpoints.ContainsKey(gateway));
        Assert.Equal(IpAddr.Parse("192.168.2.11"), node.Datapath.State.Blocks[block]);
        Assert.Equal(IpAddr.Parse("192.168.2.11"), node.Datapath.State.Endpoints[gateway].Vtep);

        await node.DeleteAsync(StoreKeys.Node("host2"));
        await Eventually.HoldsAsync("the other node's block to be gone", () => node.Links.Plane!.Blocks.Length == 1
            && node.Datapath.State.Blocks.Count == 1 && !node.Datapath.State.Endpoints.ContainsKey(gateway));
    }

    [Fact]
    public async Task Two_nodes_with_one_block_are_told()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        await node.PostAsync(Samples.Endpoint("c1", 1));
        await node.Store.CommitAsync(new StoreTransaction([], [new StoreOperation.Put(
            StoreKeys.Node("host2"), RecordCodec.Encode(Samples.View().Nodes!["host2"] with { Blocks = [IpPrefix.Parse("10.244.0.0/16")] }))]), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync("the other node's block to be reported", () => node.Problems.Get("blocks")?.Contains("host2", StringComparison.Ordinal) == true);

        await node.DeleteAsync(StoreKeys.Node("host2"));
        await Eventually.HoldsAsync("the report to be taken back", () => node.Problems.Get("blocks") is null);
    }

    [Fact]
    public async Task When_the_hosts_routes_are_refused_it_is_said_and_tried_again()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        node.Failures.Restart(failAt: 1);
        await node.Loop.ResyncAsync();
        await Eventually.HoldsAsync("the routes to be tried again", () => node.Problems.Get("host-plane") is null && node.Links.Plane is not null);
    }
}
