using System.Text;
using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Store.Labels;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Labels;

/// <summary>Pods that have a network by labels, on either driver; a subclass a driver. Every test begins with an empty store.</summary>
public abstract partial class LabelContract : DriverTests
{
    private const int FewOperations = 8;

    private static readonly NetworkId Net = new("t", "n");

    private ClusterRepository Repository => new(Store, "test");

    [Fact]
    public async Task A_nodes_first_pod_takes_a_lease_and_the_next_ones_take_one_transaction()
    {
        var content = await PostAsync("10.1.0.0/24", "c1");
        var store = new DyingStore(Store, Store.MaxOperations);
        var node = new LabelledEndpoints(store, "host1");
        var first = await node.AddAsync(Net, Pod("p1", "web"), Bound("host1", "s1"), content, cancellationToken: Cancel);
        Assert.Null(first.Refusal);
        Assert.Equal(2, store.Commits);
        Assert.Equal(Net, first.Network!.Id);
        var record = RecordCodec.DecodeEndpoint((await Store.GetAsync(StoreKeys.Endpoint(new(Net, "ns.p1")), Cancel))!);
        Assert.Equal(first.Endpoint, record);
        Assert.Equal(
            new EndpointRecord(new(Net, "ns.p1"), IpAddr.Parse("10.1.0.8"), MacAddress.ForEndpoint(IpAddr.Parse("10.1.0.8")), "", "", Bound("host1", "s1"), 1)
            {
                Pod = new("ns", "p1", "web"),
            },
            record);

        Assert.Equal("10.1.0.9", await AddAsync(node, "host1", "p2", content));
        Assert.Equal(3, store.Commits);
        Assert.Equal("10.1.0.16", await AddAsync(new(Store, "host2"), "host2", "p3", content));
        Assert.Equal(["host1 10.1.0.8/29", "host2 10.1.0.16/29"], await LeasesAsync());

        // What the other leased is seen, and nothing is lost.
        Assert.Equal("10.1.0.10", await AddAsync(node, "host1", "p4", content));

        // Nor is it by a daemon that begins anew.
        Assert.Equal("10.1.0.11", await AddAsync(new(Store, "host1"), "host1", "p5", content));
    }

    [Fact]
    public async Task What_is_foreseen_of_a_pod_is_what_is_made_of_it_and_nobody_elses()
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        Assert.Null(await node.ForeseeAsync(Net, Pod("p1"), Bound("host1", "p1"), Cancel));
        await AddAsync(node, "host1", "p1", content);
        var second = await node.ForeseeAsync(Net, Pod("p2", "web"), Bound("host1", "s2"), Cancel);
        Assert.Equal("10.1.0.3", await AddAsync(node, "host1", "p3", content));

        // A lower address that is free by now is not what was foreseen. The pod has got cluster addresses meanwhile.
        await node.RemoveAsync(new(Net, "ns.p1"), Bound("host1", "p1"), Cancel);
        second = second! with { Endpoint = second.Endpoint! with { Binding = Bound("host1", "s2") with { ClusterAddresses = [IpAddr.Parse("10.244.1.2")] } } };
        var revision = await node.AddForeseenAsync(second, "p2", content, Cancel);
        Assert.Equal("10.1.0.2", second.Endpoint!.Address.ToString());
        var record = (await Store.GetAsync(StoreKeys.Endpoint(new(Net, "ns.p2")), Cancel))!;
        Assert.Equal((second.Endpoint, revision), (RecordCodec.DecodeEndpoint(record), record.ModRevision));

        // Of a pod that has one nothing is foreseen, nor of a full block; and what is not made after all is free again.
        Assert.Null(await node.ForeseeAsync(Net, Pod("p2", "web"), Bound("host1", "s3"), Cancel));
        Assert.Equal("10.1.0.1", (await node.ForeseeAsync(Net, Pod("p4"), Bound("host1", "p4"), Cancel))!.Endpoint!.Address.ToString());
        await node.RemoveAsync(new(Net, "ns.p4"), Bound("host1", "p4"), Cancel);
        foreach (var address in new[] { 1, 4, 5, 6, 7 })
        {
            Assert.Equal($"10.1.0.{address}", await AddAsync(node, "host1", $"more{address}", content));
        }

        Assert.Null(await node.ForeseeAsync(Net, Pod("p4"), Bound("host1", "p4"), Cancel));
    }

    [Fact]
    public async Task What_was_foreseen_of_a_lease_that_is_another_nodes_by_now_is_not_made()
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        await AddAsync(node, "host1", "p1", content);
        var foreseen = (await node.ForeseeAsync(Net, Pod("p2"), Bound("host1", "p2"), Cancel))!;
        Assert.Equal("10.1.0.2", foreseen.Endpoint!.Address.ToString());
        await PutAsync(StoreKeys.Leases(Net), RecordCodec.Encode(new LeasesRecord(Net, [new("host2", IpPrefix.Parse("10.1.0.0/29"))])));
        Assert.Null(await node.AddForeseenAsync(foreseen, "p2", content, Cancel));
    }

    [Fact]
    public async Task What_was_foreseen_is_made_when_others_leased_meanwhile_and_not_of_a_pod_that_was_posted_meanwhile()
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        await AddAsync(node, "host1", "p1", content);
        var (second, third) = (await node.ForeseeAsync(Net, Pod("p2"), Bound("host1", "p2"), Cancel), await node.ForeseeAsync(Net, Pod("p3"), Bound("host1", "p3"), Cancel));
        await AddAsync(new(Store, "host2"), "host2", "p9", content);
        Assert.NotNull(await node.AddForeseenAsync(second!, "p2", content, Cancel));

        await PostAsync("10.1.0.0/24", "p3");
        Assert.Null(await node.AddForeseenAsync(third!, "p3", content, Cancel));
        Assert.Null(await Store.GetAsync(StoreKeys.Endpoint(new(Net, "ns.p3")), Cancel));
        await node.RemoveAsync(new(Net, "ns.p3"), Bound("host1", "p3"), Cancel);
        Assert.Equal("10.1.0.3", await AddAsync(node, "host1", "p4", content));
    }

    [Fact]
    public async Task A_post_gives_no_leased_address_and_leaves_the_pods_alone()
    {
        var content = await PostAsync("10.1.0.0/24", "c1");
        await AddAsync(new(Store, "host1"), "host1", "p1", content);
        await PostAsync("10.1.0.0/24", [.. Enumerable.Range(1, 20).Select(i => $"c{i}")]);
        var state = (await Repository.LoadAsync(Cancel)).State;
        Assert.Equal("10.1.0.8", state.Endpoints[new(Net, "ns.p1")].Address.ToString());
        Assert.Equal("10.1.0.28", state.Endpoints[new(Net, "c20")].Address.ToString());
        Assert.Equal(21, state.Endpoints.Count);

        var refused = await Repository.PostAsync(Plan("10.1.0.0/24", ["ns.p1"]), Cancel);
        Assert.Contains("is that of pod ns/p1", Assert.Single(refused.Result.Errors).Message, StringComparison.Ordinal);
        refused = await Repository.PostAsync(state => Planner.Plan(state, new Intent([], []), PostMode.Replace), Cancel);
        Assert.Contains("1 now: ns/p1", Assert.Single(refused.Result.Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_network_takes_its_leases_along()
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        await AddAsync(node, "host1", "p1", content);
        await node.RemoveAsync(new(Net, "ns.p1"), Bound("host1", "p1"), Cancel);
        await Repository.PostAsync(state => Planner.Plan(state, new Intent([], []), PostMode.Replace), Cancel);
        Assert.Empty((await Store.ListAsync(StoreKeys.AllLeases, Cancel)).Entries);
        Assert.Equal(LabelRefusalReason.NoNetwork, await RefusalAsync(node, "host1", "p2", content));

        // Posted anew it is another, and what the node knew of the old one is void.
        await PostAsync("10.1.0.0/24", "c1");
        Assert.Equal("10.1.0.8", await AddAsync(node, "host1", "p2", content));
    }

    [Fact]
    public async Task An_endpoint_that_was_made_while_its_network_was_being_removed_is_not_there()
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        await AddAsync(node, "host1", "p1", content);
        await node.RemoveAsync(new(Net, "ns.p1"), Bound("host1", "p1"), Cancel);
        var racing = new DyingStore(Store, Store.MaxOperations) { BeforeCommit = _ => AddAsync(node, "host1", "p2", content) };
        await new ClusterRepository(racing, "test").PostAsync(state => Planner.Plan(state, new Intent([], []), PostMode.Replace), Cancel);
        Assert.Empty((await Repository.LoadAsync(Cancel)).State.Endpoints);
        Assert.Single((await Store.ListAsync(StoreKeys.Endpoints, Cancel)).Entries);

        // The next post clears it away.
        await PostAsync("10.1.0.0/24", "c1");
        Assert.Equal("c1", Assert.Single((await Repository.LoadAsync(Cancel)).State.Endpoints).Key.Container);
        Assert.Single((await Store.ListAsync(StoreKeys.Endpoints, Cancel)).Entries);
    }

    [Fact]
    public async Task Asked_again_a_node_finds_what_it_made_and_a_new_sandbox_keeps_the_address()
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        var first = await node.AddAsync(Net, Pod("p1"), Bound("host1", "s1"), content, cancellationToken: Cancel);
        Assert.Equal(first, await node.AddAsync(Net, Pod("p1"), Bound("host1", "s1"), content, cancellationToken: Cancel));
        Assert.Equal(first, await new LabelledEndpoints(Store, "host1").AddAsync(Net, Pod("p1"), Bound("host1", "s1"), content, cancellationToken: Cancel));
        await AddAsync(node, "host1", "p2", content);

        var second = await node.AddAsync(Net, Pod("p1"), Bound("host1", "s2"), content, cancellationToken: Cancel);
        Assert.Equal(first.Endpoint! with { Binding = Bound("host1", "s2") }, second.Endpoint);

        // The late end of the first sandbox is not that of the pod.
        await node.RemoveAsync(new(Net, "ns.p1"), Bound("host1", "s1"), Cancel);
        Assert.Equal("10.1.0.3", await AddAsync(node, "host1", "p3", content));
        await node.RemoveAsync(new(Net, "ns.p1"), Bound("host1", "s2"), Cancel);
        await node.RemoveAsync(new(Net, "ns.p1"), Bound("host1", "s2"), Cancel);
        Assert.Equal("10.1.0.1", await AddAsync(node, "host1", "p4", content));
    }

    [Fact]
    public async Task A_pod_that_moved_has_an_address_of_its_new_node_and_its_old_one_cannot_remove_it()
    {
        var content = await PostAsync("10.1.0.0/24");
        var (one, two) = (new LabelledEndpoints(Store, "host1"), new LabelledEndpoints(Store, "host2"));
        Assert.Equal("10.1.0.1", (await one.AddAsync(Net, Pod("p1"), Bound("host1", "s1"), content, cancellationToken: Cancel)).Endpoint!.Address.ToString());
        Assert.Equal("10.1.0.8", (await two.AddAsync(Net, Pod("p1"), Bound("host2", "s2"), content, cancellationToken: Cancel)).Endpoint!.Address.ToString());
        Assert.Equal("10.1.0.2", await AddAsync(one, "host1", "p2", content));

        await one.RemoveAsync(new(Net, "ns.p1"), Bound("host1", "s1"), Cancel);
        var moved = RecordCodec.DecodeEndpoint((await Store.GetAsync(StoreKeys.Endpoint(new(Net, "ns.p1")), Cancel))!);
        Assert.Equal(Bound("host2", "s2"), moved.Binding);
        Assert.Equal("10.1.0.1", await AddAsync(one, "host1", "p3", content));
    }

    [Fact]
    public async Task A_posted_endpoint_is_not_removed()
    {
        var content = await PostAsync("10.1.0.0/24", "ns.p1");
        var key = StoreKeys.Endpoint(new(Net, "ns.p1"));
        var bound = RecordCodec.DecodeEndpoint((await Store.GetAsync(key, Cancel))!) with { Binding = Bound("host1", "s1") };
        await PutAsync(key, RecordCodec.Encode(bound));
        var node = new LabelledEndpoints(Store, "host1");
        await node.RemoveAsync(new(Net, "ns.p1"), Bound("host1", "s1"), Cancel);
        Assert.Equal(bound, RecordCodec.DecodeEndpoint((await Store.GetAsync(key, Cancel))!));
        await AddAsync(node, "host1", "p0", content);
        Assert.Equal(LabelRefusalReason.Posted, await RefusalAsync(node, "host1", "p1", content));
        Assert.Equal("10.1.0.9", await AddAsync(node, "host1", "p2", content));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_with_its_reason()
    {
        var content = await PostAsync("10.1.0.0/29", "c1");
        var node = new LabelledEndpoints(Store, "host1");
        Assert.Equal(LabelRefusalReason.Vlan, (await node.AddAsync(new("t", "vlan"), Pod("p1"), Bound("host1", "s1"), content, cancellationToken: Cancel)).Refusal!.Reason);
        Assert.Equal(LabelRefusalReason.NoNetwork, (await node.AddAsync(new("t", "none"), Pod("p1"), Bound("host1", "s1"), content, cancellationToken: Cancel)).Refusal!.Reason);
        for (var i = 0; i < 5; i++)
        {
            await AddAsync(node, "host1", $"p{i}", content);
        }

        var full = await node.AddAsync(Net, Pod("last"), Bound("host1", "s1"), content, cancellationToken: Cancel);
        Assert.Equal(
            new(LabelRefusalReason.Exhausted, "network t/n has no address left in 10.1.0.0/29, which holds 6 endpoints (leased by nodes: host1 6)"), full.Refusal);
        await node.RemoveAsync(new(Net, "ns.p3"), Bound("host1", "p3"), Cancel);
        Assert.NotNull(await AddAsync(node, "host1", "last", content));

        await Assert.ThrowsAsync<StoreException>(() => node.AddAsync(new("t", "none"), Pod("p1"), Bound("host1", "s1"), Guid.NewGuid(), cancellationToken: Cancel));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public async Task An_answer_that_was_lost_costs_no_address(int lost, bool carriedOut)
    {
        var content = await PostAsync("10.1.0.0/24");
        var store = new DyingStore(Store, Store.MaxOperations) { LoseAnswerOf = lost, CarriedOut = carriedOut };
        var node = new LabelledEndpoints(store, "host1");
        Assert.Equal("10.1.0.1", await AddAsync(node, "host1", "p1", content));
        Assert.Equal("10.1.0.2", await AddAsync(node, "host1", "p2", content));
        Assert.Equal(["host1 10.1.0.0/29"], await LeasesAsync());
    }

    [Fact]
    public async Task Idle_blocks_are_given_back_and_others_lease_them()
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        for (var i = 1; i <= 9; i++)
        {
            await AddAsync(node, "host1", $"p{i}", content);
        }

        await AddAsync(new(Store, "host2"), "host2", "q", content);
        await node.GiveBackAsync(content, Cancel);
        Assert.Equal(["host1 10.1.0.0/29", "host1 10.1.0.8/29", "host2 10.1.0.16/29"], await LeasesAsync());
        for (var i = 1; i <= 7; i++)
        {
            await node.RemoveAsync(new(Net, $"ns.p{i}"), Bound("host1", $"p{i}"), Cancel);
        }

        await node.GiveBackAsync(content, Cancel);
        Assert.Equal(["host1 10.1.0.8/29", "host2 10.1.0.16/29"], await LeasesAsync());
        Assert.Equal("10.1.0.10", await AddAsync(node, "host1", "p10", content));
        Assert.Equal("10.1.0.1", await AddAsync(new(Store, "host3"), "host3", "r", content));
        await Assert.ThrowsAsync<StoreException>(() => node.GiveBackAsync(Guid.NewGuid(), cancellationToken: Cancel));
    }

    [Theory]
    [InlineData(128)]
    [InlineData(4)]
    public async Task A_forgotten_node_has_no_endpoint_of_its_pods_left_and_its_leases_are_free(int maxOperations)
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        for (var i = 1; i <= 5; i++)
        {
            await AddAsync(node, "host1", $"p{i}", content);
        }

        await AddAsync(new(Store, "host2"), "host2", "q", content);
        var forgotten = await new NodeRegistry(new DyingStore(Store, maxOperations)).ForgetAsync("host1", Cancel);
        Assert.Equal((Net, IpPrefix.Parse("10.1.0.0/29")), Assert.Single(forgotten!.Leases));
        Assert.Equal(["ns.p1", "ns.p2", "ns.p3", "ns.p4", "ns.p5"], forgotten.Removed.Select(id => id.Container).Order());
        Assert.Empty(forgotten.Endpoints);
        Assert.Equal("ns.q", Assert.Single((await Repository.LoadAsync(Cancel)).State.Endpoints.Keys).Container);
        Assert.Null(await new NodeRegistry(Store).ForgetAsync("host1", Cancel));

        // It lives after all, and another has its block: what it makes now is of a block that it leases anew.
        Assert.Equal("10.1.0.1", await AddAsync(new(Store, "host3"), "host3", "r", content));
        Assert.Equal("10.1.0.16", await AddAsync(node, "host1", "p6", content));
    }

    [Fact]
    public async Task A_pods_endpoint_is_removed_by_who_has_it_whatever_cluster_addresses_it_says()
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        var bound = Bound("host1", "s1") with { ClusterAddresses = [IpAddr.Parse("10.244.1.2"), IpAddr.Parse("fd00::2")] };
        var key = StoreKeys.Endpoint(new(Net, "ns.p1"));
        foreach (var (written, removed) in new[] { (bound, Bound("host1", "s1")), (Bound("host1", "s1"), bound) })
        {
            Assert.Equal(written, (await node.AddAsync(Net, Pod("p1"), written, content, cancellationToken: Cancel)).Endpoint!.Binding);
            await node.RemoveAsync(new(Net, "ns.p1"), removed with { Sandbox = "s0" }, Cancel);
            Assert.NotNull(await Store.GetAsync(key, Cancel));
            await node.RemoveAsync(new(Net, "ns.p1"), removed, Cancel);
            Assert.Null(await Store.GetAsync(key, Cancel));
        }
    }

    [Fact]
    public async Task What_a_reset_store_brought_back_is_seen()
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        await AddAsync(node, "host1", "p1", content);
        var key = StoreKeys.Endpoint(new(Net, "ns.p1"));
        var backup = (await Store.GetAsync(key, Cancel))!;
        await node.RemoveAsync(new(Net, "ns.p1"), Bound("host1", "p1"), Cancel);
        await PutAsync(key, backup.Value);
        await Repository.AcceptResetAsync(Cancel);
        Assert.Equal("10.1.0.2", await AddAsync(node, "host1", "p2", content));
    }

    private static async Task<string?> AddAsync(LabelledEndpoints node, string host, string pod, Guid content) =>
        (await node.AddAsync(Net, Pod(pod), Bound(host, pod), content, cancellationToken: Cancel)).Endpoint?.Address.ToString();

    private static async Task<LabelRefusalReason?> RefusalAsync(LabelledEndpoints node, string host, string pod, Guid content) =>
        (await node.AddAsync(Net, Pod(pod), Bound(host, pod), content, cancellationToken: Cancel)).Refusal?.Reason;

    private static LabelledPod Pod(string name, string group = "") => new("ns", name, group);

    private static EndpointBinding Bound(string host, string sandbox) => new(host, sandbox, "eth0");

    private async Task<IEnumerable<string>> LeasesAsync() =>
        (await Store.ListAsync(StoreKeys.AllLeases, Cancel)).Entries.SelectMany(entry => RecordCodec.DecodeLeases(entry).Leases).Select(lease => $"{lease.Host} {lease.Block}");

    private static Func<ClusterState, PlanResult> Plan(string subnet, string[] containers, PostMode mode = PostMode.Replace)
    {
        var endpoints = string.Join(',', containers.Select(name => $$"""{"Container":"{{name}}"}"""));
        var read = IntentReader.Read(Encoding.UTF8.GetBytes(
            $$"""
            {"Tenants":[{"Name":"t","DefaultNetType":"vxlan","Vxlans":"100-110","Networks":[{"Name":"n","SubnetCIDR":"{{subnet}}","Endpoints":[{{endpoints}}]},
             {"Name":"vlan","PktTagType":"vlan","PktTag":7,"SubnetCIDR":"10.2.0.0/24"}]}]}
            """));
        Assert.Empty(read.Errors);
        return state => Planner.Plan(state, read.Value!, mode);
    }

    /// <summary>Posts the network and gives the store's identity.</summary>
    private async Task<Guid> PostAsync(string subnet, params string[] containers)
    {
        Assert.Empty((await Repository.PostAsync(Plan(subnet, containers), Cancel)).Result.Errors);
        return (await Repository.LoadAsync(Cancel)).Cluster!.ClusterId;
    }

    private async Task PutAsync(string key, ReadOnlyMemory<byte> value) =>
        Assert.True((await Store.CommitAsync(new([], [new StoreOperation.Put(key, value)]), Cancel)).Succeeded);

    private Task<TransactionResult> UnlockAsync() => Store.CommitAsync(new([], [new StoreOperation.Delete(StoreKeys.PostLock)]), Cancel);
}
