using System.Text.Json;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Kubernetes;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Linux.Links;
using Netplugin.Store;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Service;

/// <summary>Pods that an intent names, on a node that has blocks: each has a cluster address of every block beside its network's.</summary>
public sealed class ClusterAddressTests : IDisposable
{
    private static readonly AddressBlock Four = Block("10.244.1.0/29");
    private static readonly AddressBlock Six = Block("fd00:10:244:1::/64");
    private static readonly NetworkId Purple = new("tenant-one", "purple");
    private static readonly NodeFacts Serving = Samples.Facts with { Blocks = [Four, Six], Masquerades = true };
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-cluster-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_pod_has_a_cluster_address_of_each_block_by_which_its_default_routes_lead()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        await node.PostAsync(Samples.Endpoint("c1", 1));
        var pod = await node.AddAsync("s1", "c1");
        var attachment = Assert.Single(pod.Attachments);
        var (four, six) = (attachment.ClusterAddresses.First, attachment.ClusterAddresses.Second!.Value);

        Assert.True(Four.Prefix.Contains(four.Address) && Six.Prefix.Contains(six.Address));
        Assert.Equal([Samples.Address(1)], attachment.Addresses.Select(a => a.Address));
        var (device, link) = Assert.Single(node.Links.Wishes);
        Assert.Equal([new IpPrefix(four.Address, 32), new IpPrefix(six.Address, 128), new IpPrefix(Samples.Address(1), 24)], link.Addresses.AsEnumerable());
        Assert.Equal(
            [
                PodRoute.OnLink(Four.Gateway, four.Address), PodRoute.DefaultVia(Four.Gateway, four.Address),
                PodRoute.OnLink(Six.Gateway, six.Address), PodRoute.DefaultVia(Six.Gateway, six.Address),
            ],
            link.Routes.AsEnumerable());
        Assert.Equal(
            new InterfaceEntry(10001, attachment.Number, attachment.Mac, AddressPair.Of([Samples.Address(1)]), new(four.Address, six.Address)),
            node.Datapath.State.Interfaces[device]);
        Assert.Equal(new EndpointEntry(device, default, attachment.Mac, 10001), node.Datapath.State.Endpoints[new(DatapathState.Cluster, six.Address)]);
        Assert.Equal(new EndpointEntry(device, default, attachment.Mac), node.Datapath.State.Endpoints[new(10001, Samples.Address(1))]);
        Assert.Equal([Samples.Subnet], node.Datapath.State.Networks[10001].Subnets);

        using var status = JsonDocument.Parse(PodNetworkStatus.Of(node.Kernel.Pods[pod.Key], 1450)!);
        var shown = Assert.Single(status.RootElement.EnumerateArray());
        Assert.Equal(["11.1.0.1"], Texts(shown, "ips"));
        Assert.Equal([four.Address.ToString(), six.Address.ToString()], Texts(shown, "netplugin.io/cluster-ips"));
        Assert.True(shown.GetProperty("default").GetBoolean());

        await node.DeletePodAsync("s1");
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task Its_record_has_them_from_its_binding_until_it_is_gone()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        await node.PostAsync(Samples.Endpoint("c1", 1), Samples.Endpoint("c2", 2));
        var first = await node.AddAsync("s1", "c1");

        // One that is read from the store, and one whose endpoint this node follows by now.
        await AssertRecordHasAsync(node, first);
        await Eventually.HoldsAsync("the network to be followed", () => node.Follower.View.Endpoint(Samples.Endpoint("c2", 2).Id) is not null);
        var (second, reads) = await node.Store.CountReadsAsync(() => node.AddAsync("s2", "c2"));
        Assert.Equal(0, reads);
        await AssertRecordHasAsync(node, second);

        await node.DeletePodAsync("s1");
        Assert.Equal(Samples.Endpoint("c1", 1), await node.RecordAsync(Samples.Endpoint("c1", 1).Id));
    }

    [Fact]
    public async Task A_binding_without_them_that_an_older_daemon_wrote_gets_them_and_can_be_cleared()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var (c1, c2) = (Samples.Endpoint("c1", 1), Samples.Endpoint("c2", 2));
        await node.PostAsync(c1, c2);
        var pod = await node.AddAsync("s1", "c1");
        await Eventually.HoldsAsync("the keeper to believe the store", () => node.Keeper.MayRemove);

        await node.WriteAsync(c1 with { Binding = new(Samples.Me, "s1", "eth0"), PostedGroup = "web" });

        await Eventually.HoldsAsync("the binding to be whole", async () => !(await node.RecordAsync(c1.Id))!.Binding!.ClusterAddresses.IsEmpty);
        await AssertRecordHasAsync(node, pod);
        Assert.Equal("web", (await node.RecordAsync(c1.Id))!.Group);

        // One that goes before it is.
        await node.AddAsync("s2", "c2");
        using var lag = node.Store.Lag();
        await node.WriteAsync(c2 with { Binding = new(Samples.Me, "s2", "eth0") });
        await node.DeletePodAsync("s2");
        Assert.Null((await node.RecordAsync(c2.Id))!.Binding);
    }

    [Fact]
    public async Task They_are_nobody_elses_before_the_binding_is_cleared()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving with { Blocks = [Block("10.244.1.0/30")] });
        await node.PostAsync(Samples.Endpoint("c1", 1), Samples.Endpoint("c2", 2));
        var pod = await node.AddAsync("s1", "c1");
        node.Store.IsAway = true;
        await node.DeletePodAsync("s1");
        node.Time.Advance(TimeSpan.FromSeconds(180));

        await Assert.ThrowsAsync<ResolveException>(() => node.Loop.RunAsync(k => k.WishInDefaultNetwork(Samples.Pod("s2", PodOrigin.Cni))));

        node.Store.IsAway = false;
        node.Keeper.Signal(resolve: false);
        await Eventually.HoldsAsync("the binding to be cleared", async () => (await node.RecordAsync(Samples.Endpoint("c1", 1).Id))!.Binding is null);
        await Eventually.HoldsAsync("the pod to be forgotten", () => node.Kernel.Pods.IsEmpty);
        Assert.Equal(pod.Attachments[0].PodAddress, (await node.AddAsync("s2", "c2")).Attachments[0].PodAddress);
    }

    [Fact]
    public async Task After_an_accepted_reset_bindings_are_written_with_them_and_those_that_no_pod_has_are_cleared()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        var (c1, c2) = (Samples.Endpoint("c1", 1), Samples.Endpoint("c2", 2));
        await node.PostAsync(c1, c2);
        var pod = await node.AddAsync("s1", "c1");
        await Eventually.HoldsAsync("the keeper to believe the store", () => node.Keeper.MayRemove);

        // A backup of before: a pod that is no more had the addresses.
        await node.WriteAsync(c1);
        await node.WriteAsync(c2 with { Binding = pod.Attachments[0].BindingOf(Samples.Me, new("old", "eth0")) });
        await new ClusterRepository(node.Store, "test").AcceptResetAsync(TestContext.Current.CancellationToken);

        await Eventually.HoldsAsync("the orphan to be cleared", async () => (await node.RecordAsync(c2.Id))!.Binding is null);
        await Eventually.HoldsAsync("the pod to be bound", async () => (await node.RecordAsync(c1.Id))!.Binding is not null);
        await AssertRecordHasAsync(node, pod);
    }

    [Fact]
    public async Task Twins_of_two_networks_differ_by_their_cluster_addresses_and_a_pod_that_no_intent_names_has_another()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        await node.PostAsync(Samples.Endpoint("c1", 1), Samples.Endpoint("p1", 1, Purple));
        Pod[] pods = [await node.AddAsync("s1", "c1"), await node.AddAsync("s2", "p1"), await node.AddAsync("s3", "web")];

        Assert.Equal(pods[0].Attachments[0].Address, pods[1].Attachments[0].Address);
        Assert.Equal(6, pods.SelectMany(p => p.Attachments[0].OfBlocks).Select(a => a.Address).Distinct().Count());
        Assert.Equal([10001, 10002, 0], pods.Select(p => node.Datapath.State.Endpoints[new(DatapathState.Cluster, p.Attachments[0].PodAddress)].Network));
    }

    [Fact]
    public async Task Of_a_pods_several_interfaces_the_first_has_them_and_what_comes_later_too_when_that_is_gone()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        await node.PostAsync(Samples.Endpoint("c1", 1), Samples.Endpoint("c1", 1, Purple));
        var pod = await node.AddAsync("s1", "c1");
        Assert.Equal([true, false], pod.Attachments.Select(a => !a.ClusterAddresses.IsEmpty));
        Assert.Equal([true, false], pod.Attachments.Select(a => a.HasDefaultRoute));

        await node.DeleteAsync(StoreKeys.Endpoint(Samples.Endpoint("c1", 1).Id));
        node.Keeper.Signal(resolve: true);
        await Eventually.HoldsAsync("the interface to be gone", () => node.Kernel.Pods[pod.Key].Attachments.Length == 1);
        await node.PostAsync(Samples.Endpoint("c1", 1), Samples.Endpoint("c1", 1, Purple));
        node.Keeper.Signal(resolve: true);
        await Eventually.HoldsAsync(
            "the new interface to have cluster addresses", () => node.Kernel.Pods[pod.Key].Attachments is [_, { Phase: AttachmentPhase.Up, HasDefaultRoute: true, ClusterAddresses.IsEmpty: false }]);
    }

    [Fact]
    public async Task While_it_is_unknown_whether_the_node_has_blocks_no_pod_starts_without()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(Samples.Endpoint("c1", 1), Samples.Endpoint("c2", 2));
        node.Awaited = "Kubernetes has not said yet which pod CIDRs node host1 has";
        Assert.Equal(node.Awaited, (await Assert.ThrowsAsync<NotReadyException>(() => node.AddAsync("s1", "c1"))).Message);
        Assert.Empty(node.Kernel.Pods);
        Assert.Null((await node.RecordAsync(Samples.Endpoint("c1", 1).Id))!.Binding);

        (node.Facts, node.Awaited) = (Serving, null);
        Assert.False((await node.AddAsync("s1", "c1")).Attachments[0].ClusterAddresses.IsEmpty);

        // Also the pod whose network's endpoints are followed, and not read.
        node.Awaited = "this node has not leased its block of addresses yet";
        await Assert.ThrowsAsync<NotReadyException>(() => node.AddAsync("s2", "c2"));
        Assert.Single(node.Kernel.Pods);
    }

    [Fact]
    public async Task A_node_that_has_none_gives_the_networks_address_alone_and_the_networks_gateway_is_the_pods()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(Samples.Endpoint("c1", 1));
        var attachment = Assert.Single((await node.AddAsync("s1", "c1")).Attachments);
        Assert.True(attachment.ClusterAddresses.IsEmpty);
        Assert.Equal([attachment.Addresses.First.OnLink], node.Links.Wishes.Single().Value.Addresses.AsEnumerable());
        Assert.Empty(node.Links.Wishes.Single().Value.Routes);
        Assert.DoesNotContain("cluster-ips", PodNetworkStatus.Of(node.Kernel.Pods.Single().Value, 1450), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_rests_and_a_full_block_keeps_a_pod_from_starting_with_half()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        await node.PostAsync([.. Enumerable.Range(1, 6).Select(i => Samples.Endpoint($"c{i}", i))]);
        for (var i = 1; i <= 4; i++)
        {
            await node.AddAsync($"s{i}", $"c{i}");
        }

        await node.AddAsync("s5", "unnamed");
        Assert.Equal("the block 10.244.1.0/29 of this node has no free address: 5 of 5 are in use", node.Kernel.DefaultNetworkIsFull);
        var freed = node.Kernel.Pods.Single(p => p.Key.Sandbox == "s2").Value.Attachments[0].ClusterAddresses.First.Address;
        await node.DeletePodAsync("s2");
        var full = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s6", "c6"));
        Assert.Equal(ResolveFailure.Exhausted, full.Failure);
        Assert.Contains("4 of 5 are in use and 1 rest", full.Message, StringComparison.Ordinal);
        Assert.Null((await node.RecordAsync(Samples.Endpoint("c6", 6).Id))!.Binding);
        Assert.Equal(4, node.Links.Links.Count);

        node.Time.Advance(TimeSpan.FromSeconds(180));
        Assert.Equal(freed, (await node.AddAsync("s6", "c6")).Attachments[0].ClusterAddresses.First.Address);
    }

    [Fact]
    public async Task A_restart_keeps_the_addresses_and_gives_none_again_and_the_block_is_in_use()
    {
        var first = await FakeNode.StartAsync(_folder, facts: Serving);
        await first.PostAsync(Samples.Endpoint("c1", 1), Samples.Endpoint("c2", 2));
        var attachment = (await first.AddAsync("s1", "c1")).Attachments[0];
        Assert.Equal([Four.Prefix, Six.Prefix], first.Kernel.BlocksInUse.OrderBy(b => b.Address));
        await first.DisposeAsync();
        var before = first.Datapath.State;

        await using var second = await FakeNode.StartAsync(_folder, first);
        Assert.Equal(before.Interfaces, second.Datapath.State.Interfaces);
        Assert.Equal(attachment.ClusterAddresses, second.Kernel.Pods.Single().Value.Attachments[0].ClusterAddresses);
        Assert.Equal([attachment.Number], (await second.AddAsync("s1", "c1")).Attachments.Select(a => a.Number));
        var other = (await second.AddAsync("s2", "c2")).Attachments[0];
        Assert.Empty(other.ClusterAddresses.Select(a => a.Address).Intersect(attachment.ClusterAddresses.Select(a => a.Address)));
    }

    [Fact]
    public async Task A_pod_that_ran_before_the_node_had_blocks_keeps_what_it_has()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(Samples.Endpoint("c1", 1));
        var before = await node.AddAsync("s1", "c1");
        node.Facts = Serving;
        await node.Loop.ResyncAsync();
        Assert.Equal(before.Attachments.Select(a => a.Number), (await node.AddAsync("s1", "c1")).Attachments.Select(a => a.Number));
        Assert.Empty(await node.Pods.CheckAsync(before.Key, new FakeNamespace("/run/netns/s1"), CancellationToken.None));
    }

    [Fact]
    public async Task What_is_missing_of_a_cluster_address_is_found_by_CHECK()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving);
        await node.PostAsync(Samples.Endpoint("c1", 1));
        var pod = await node.AddAsync("s1", "c1");
        var attachment = pod.Attachments[0];
        var (key, entry) = attachment.Endpoints.Last();
        Assert.Empty(await CheckAsync());

        // Anybody's, it is not as it was made.
        node.Datapath.Apply([new DatapathChange.SetEndpoint(key, entry with { Network = DatapathState.Cluster })]);
        Assert.Contains(key.Address.ToString(), Assert.Single(await CheckAsync()), StringComparison.Ordinal);
        node.Datapath.Apply([new DatapathChange.SetEndpoint(key, entry), new DatapathChange.SetInterface(attachment.Device, attachment.InterfaceEntry with { ClusterAddresses = default })]);
        Assert.Contains("interface map", Assert.Single(await CheckAsync()), StringComparison.Ordinal);

        async Task<IEnumerable<string>> CheckAsync() => await node.Pods.CheckAsync(pod.Key, new FakeNamespace("/run/netns/s1"), CancellationToken.None);
    }

    [Fact]
    public async Task Whichever_kernel_call_fails_an_add_leaves_nothing_of_either_plane()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Serving with { Blocks = [Block("10.244.1.0/24"), Six] });
        await node.PostAsync(Samples.Endpoint("c1", 1));
        var before = node.Datapath.State.Endpoints.Count;
        await node.AddFailingEachCallAsync(
            () => node.AddAsync("s1", "c1"),
            async () =>
            {
                Assert.Empty(node.Links.Links);
                Assert.Equal((0, before), (node.Datapath.State.Interfaces.Count, node.Datapath.State.Endpoints.Count));
                await Eventually.HoldsAsync("the binding to be cleared", async () => (await node.RecordAsync(Samples.Endpoint("c1", 1).Id))!.Binding is null);
            });

        Assert.Equal((1, before + 3), (node.Datapath.State.Interfaces.Count, node.Datapath.State.Endpoints.Count));
    }

    private static async Task AssertRecordHasAsync(FakeNode node, Pod pod)
    {
        var attachment = pod.Attachments[0];
        Assert.NotEmpty(attachment.ClusterAddresses);
        var binding = new EndpointBinding(Samples.Me, pod.Key.Sandbox, "eth0") { ClusterAddresses = [.. attachment.ClusterAddresses.Select(a => a.Address)] };
        Assert.Equal(binding, (await node.RecordAsync(attachment.Endpoint))!.Binding);
    }

    private static AddressBlock Block(string prefix) => new(IpPrefix.Parse(prefix));

    private static IEnumerable<string?> Texts(JsonElement of, string name) => of.GetProperty(name).EnumerateArray().Select(text => text.GetString());
}
