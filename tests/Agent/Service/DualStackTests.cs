using System.Globalization;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Planning;
using Netplugin.Core.Services;
using Netplugin.Linux.Links;
using Netplugin.NodeApi.Cni;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Service;

/// <summary>Pods of the default network on a node with a block of each family.</summary>
public sealed class DualStackTests : IDisposable
{
    private static readonly AddressBlock Four = Block("10.244.1.0/29");
    private static readonly AddressBlock Six = Block("fd00:10:244:1::/64");
    private static readonly NodeFacts Serving = Samples.Facts with { Blocks = [Four, Six], Masquerades = true };
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-dual-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_pod_gets_an_address_of_each_block_in_their_order_on_its_one_interface_and_a_del_leaves_nothing()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving with { Blocks = [Six, Four] });
        var attachment = Assert.Single((await node.AddAsync("s1", "web", "shop")).Attachments);
        var (six, four) = (attachment.Addresses.First, attachment.Addresses.Second!.Value);

        Assert.Equal((Six.Prefix, Six.Gateway, Four.Prefix, Four.Gateway, true), (six.Subnet, six.Gateway, four.Subnet, four.Gateway, attachment.HasDefaultRoute));
        Assert.True(Six.Prefix.Contains(six.Address) && Four.Prefix.Contains(four.Address));
        var (device, link) = Assert.Single(node.Links.Wishes);
        Assert.Equal([six.OnLink, four.OnLink], link.Addresses);
        Assert.Equal([PodRoute.DefaultVia(Six.Gateway), PodRoute.DefaultVia(Four.Gateway)], link.Routes);
        Assert.Equal(new AddressPair(four.Address, six.Address), node.Datapath.State.Interfaces[device].Addresses);
        Assert.Equal(new NetworkEntry(new(Four.Gateway, Six.Gateway)), node.Datapath.State.Networks[DatapathState.Cluster]);
        Assert.Equal(2, attachment.Endpoints.Count());
        Assert.All(attachment.Endpoints, one => Assert.Equal(new EndpointEntry(device, default, attachment.Mac), node.Datapath.State.Endpoints[one.Key]));
        Assert.Equal([Six.Gateway, Samples.Facts.Vtep], node.Links.Plane!.Sources);
        Assert.Equal(["10.244.1.0/29", "fd00:10:244:1::/64"], node.Links.Plane.Blocks.Select(b => b.ToString()));

        await node.DeletePodAsync("s1");
        Assert.Empty(node.Datapath.State.Interfaces);
        Assert.All(attachment.Endpoints, one => Assert.DoesNotContain(one.Key, node.Datapath.State.Endpoints.Keys));
    }

    [Fact]
    public async Task What_is_missing_of_one_family_is_found_by_CHECK()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var pod = await node.AddAsync("s1", "web");
        var key = pod.Attachments[0].Endpoints.Last().Key;
        Assert.Empty(await node.Pods.CheckAsync(pod.Key, new FakeNamespace("/run/netns/s1"), CancellationToken.None));

        node.Datapath.Apply([new DatapathChange.RemoveEndpoint(key)]);
        var wrong = Assert.Single(await node.Pods.CheckAsync(pod.Key, new FakeNamespace("/run/netns/s1"), CancellationToken.None));
        Assert.Contains(key.Address.ToString(), wrong, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_each_family_an_address_rests_and_the_block_that_is_full_is_named()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        for (var i = 0; i < 5; i++)
        {
            await node.AddAsync($"s{i}", $"pod{i}");
        }

        Assert.Equal("the block 10.244.1.0/29 of this node has no free address: 5 of 5 are in use", node.Kernel.DefaultNetworkIsFull);
        var freed = node.Kernel.Pods.Single(p => p.Key.Sandbox == "s2").Value.Attachments[0];
        await node.DeletePodAsync("s2");
        Assert.Null(node.Kernel.DefaultNetworkIsFull);
        var full = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s9", "pod9"));
        Assert.Equal(ResolveFailure.Exhausted, full.Failure);
        Assert.StartsWith("the block 10.244.1.0/29 of this node has no free address: 4 of 5 are in use and 1 rest", full.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(node.Kernel.Pods.Keys, key => key.Sandbox == "s9");

        node.Time.Advance(TimeSpan.FromSeconds(180));
        Assert.Equal(freed.Address, (await node.AddAsync("s9", "pod9")).Attachments[0].Address);
    }

    [Fact]
    public async Task A_full_IPv6_block_is_named_too()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving with { Blocks = [Four, Block("fd00:10:244:1::/126")] });
        await node.AddAsync("s1", "one");
        await node.AddAsync("s2", "two");

        Assert.StartsWith("the block fd00:10:244:1::/126", node.Kernel.DefaultNetworkIsFull, StringComparison.Ordinal);
        Assert.Contains("fd00:10:244:1::/126", (await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s3", "three"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pods_keep_what_they_have_when_a_second_block_comes_or_goes_and_new_ones_get_what_there_is()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving with { Blocks = [Four] });
        var single = await node.AddAsync("s1", "single");

        node.Facts = Serving;
        await node.Loop.ResyncAsync();
        var dual = await node.AddAsync("s2", "dual");
        Assert.Equal([false, true], new[] { single, dual }.Select(p => node.Kernel.Pods[p.Key].Attachments[0].Addresses.Second is not null));
        Assert.Equal(single.Attachments, (await node.AddAsync("s1", "single")).Attachments);
        Assert.Equal([Four.Prefix, Six.Prefix], node.Kernel.BlocksInUse.OrderBy(b => b.Address));

        node.Facts = Serving with { Blocks = [Four] };
        await node.Loop.ResyncAsync();
        var (_, interfaceOfDual) = node.Datapath.State.Interfaces.Single(i => i.Value.EndpointNumber == dual.Attachments[0].Number);
        Assert.Equal(dual.Attachments[0].InterfaceEntry.Addresses, interfaceOfDual.Addresses);
        Assert.All(dual.Attachments[0].Endpoints, one => Assert.Contains(one.Key, node.Datapath.State.Endpoints.Keys));
        Assert.Null((await node.AddAsync("s3", "after")).Attachments[0].Addresses.Second);
    }

    [Fact]
    public async Task A_restart_keeps_both_addresses_and_gives_neither_again()
    {
        var first = await FakeNode.StartAsync(_folder, facts: Serving);
        var attachment = (await first.AddAsync("s1", "web")).Attachments[0];
        await first.DisposeAsync();
        var before = first.Datapath.State;

        await using var second = await FakeNode.StartAsync(_folder, first);
        Assert.Equal(before.Interfaces, second.Datapath.State.Interfaces);
        Assert.Equal(attachment.Addresses, second.Kernel.Pods.Single().Value.Attachments[0].Addresses);
        var other = (await second.AddAsync("s2", "other")).Attachments[0];
        Assert.Empty(other.Addresses.Select(a => a.Address).Intersect(attachment.Addresses.Select(a => a.Address)));
    }

    [Fact]
    public async Task Whichever_kernel_call_fails_an_add_leaves_nothing_of_either_family()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving with { Blocks = [Block("10.244.1.0/24"), Six] });
        var before = node.Datapath.State.Endpoints.Count;
        await node.AddFailingEachCallAsync(
            () => node.AddAsync("s1", "web"),
            () =>
            {
                Assert.Empty(node.Links.Links);
                Assert.Equal((0, before), (node.Datapath.State.Interfaces.Count, node.Datapath.State.Endpoints.Count));
                return Task.CompletedTask;
            });

        Assert.Equal((1, before + 2), (node.Datapath.State.Interfaces.Count, node.Datapath.State.Endpoints.Count));
    }

    [Fact]
    public async Task A_port_of_the_node_leads_to_both_addresses()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var pod = await node.AddAsync("s1", "web", hostPorts: new CniPortMapping(TransportProtocol.Tcp, IpAddr.Unspecified, 8080, 80));
        Assert.Equal(pod.Attachments[0].Addresses.Select(a => a.Address).ToHashSet(), node.Links.HostPorts.Select(p => p.Address).ToHashSet());

        await node.DeletePodAsync("s1");
        Assert.Empty(node.Links.HostPorts);
    }

    [Fact]
    public async Task The_block_that_another_node_has_too_is_told_by_its_name()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        await node.PostAsync(Samples.Endpoint("c1", 1));
        await node.Store.CommitAsync(new StoreTransaction([], [new StoreOperation.Put(
            StoreKeys.Node("host2"), RecordCodec.Encode(Samples.View().Nodes!["host2"] with { Blocks = [IpPrefix.Parse("10.244.2.0/24"), Six.Prefix] }))]), TestContext.Current.CancellationToken);

        await Eventually.HoldsAsync("the other node's block to be reported", () => node.Problems.Get("blocks") is not null);
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"the block {Six} of this node overlaps that of host2: give nodes blocks that do not overlap, each another -pod-cidr or all one -pod-pool"),
            node.Problems.Get("blocks"));
    }

    private static AddressBlock Block(string prefix) => new(IpPrefix.Parse(prefix));
}
