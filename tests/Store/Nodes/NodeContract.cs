using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Store.Fixtures;
using Netplugin.Tests.Store.Posts;

namespace Netplugin.Tests.Store.Nodes;

/// <summary>Nodes that lease their blocks and are forgotten, on either driver; a subclass a driver. Every test begins with an empty store.</summary>
public abstract class NodeContract : DriverTests
{
    private static readonly PerFamily<BlockPool> Pool = [new(IpPrefix.Parse("10.128.0.0/14"), 24)];
    private static readonly PerFamily<BlockPool> SmallPool = [new(IpPrefix.Parse("10.128.0.0/23"), 24)];

    private NodeRegistry Registry => new(Store);

    [Fact]
    public async Task Each_node_gets_the_lowest_free_block_and_gets_it_again()
    {
        Assert.Equal("10.128.0.0/24", await LeaseAsync("host1"));
        Assert.Equal("10.128.1.0/24", await LeaseAsync("host2"));
        Assert.Equal("10.128.0.0/24", await LeaseAsync("host1"));
        Assert.Equal("10.128.1.0/24", await LeaseAsync("host2"));

        var records = (await Store.ListAsync(StoreKeys.Nodes, Cancel)).Entries.Select(RecordCodec.DecodeNode);
        Assert.Equal(["host1 10.128.0.0/24", "host2 10.128.1.0/24"], records.Select(node => $"{node.Host} {string.Join(' ', node.Blocks)}"));
    }

    [Fact]
    public async Task Blocks_that_others_were_given_are_not_leased()
    {
        await Registry.WriteAsync(Node("given") with { Blocks = [IpPrefix.Parse("10.128.0.0/23")] }, Cancel);
        Assert.Equal("10.128.2.0/24", await LeaseAsync("host1"));
    }

    [Fact]
    public async Task A_block_that_is_given_while_another_node_leases_is_seen()
    {
        // Between what the lease has read and its commit.
        var racing = new DyingStore(Store, Store.MaxOperations)
        {
            BeforeCommit = number => number > 1
                ? Task.CompletedTask
                : Registry.WriteAsync(Node("given") with { Blocks = [IpPrefix.Parse("10.128.0.0/24")] }, Cancel),
        };
        var (node, lease) = await new NodeRegistry(racing).LeaseAsync(Node("host1"), Pool, [], null, mayTake: true, Cancel);
        Assert.Equal("10.128.1.0/24", string.Join(' ', node.Blocks));
        Assert.Null(lease.Missing);
        Assert.Equal(2, racing.Commits);
    }

    [Fact]
    public async Task An_exhausted_pool_is_said_and_the_node_is_registered_all_the_same()
    {
        await LeaseAsync("host1", SmallPool);
        await LeaseAsync("host2", SmallPool);
        var (node, lease) = await Registry.LeaseAsync(Node("host3"), SmallPool, [], null, mayTake: true, Cancel);
        Assert.Empty(node.Blocks);
        Assert.Contains("10.128.0.0/23 is exhausted: of its 2 blocks of /24 none is free, and other nodes have 2 blocks in it", lease.Missing, StringComparison.Ordinal);
        Assert.Equal(node, RecordCodec.DecodeNode((await Store.GetAsync(StoreKeys.Node("host3"), Cancel))!));

        await Registry.ForgetAsync("host1", Cancel);
        Assert.Equal("10.128.0.0/24", await LeaseAsync("host3", SmallPool));
    }

    [Fact]
    public async Task A_lease_gives_the_store_its_identity_once()
    {
        await LeaseAsync("host1");
        var first = (await new ClusterRepository(Store, "test").LoadAsync(Cancel)).Cluster;
        await LeaseAsync("host2");
        await new ClusterRepository(Store, "test").PostAsync(Intents.Plan(PostMode.Replace, 1, 1), Cancel);
        Assert.NotNull(first);
        Assert.Equal(first, (await new ClusterRepository(Store, "test").LoadAsync(Cancel)).Cluster);
    }

    [Fact]
    public async Task After_a_wipe_each_node_gets_back_what_it_serves_whoever_comes_first()
    {
        Assert.Equal("10.128.0.0/24", await LeaseAsync("host1"));
        Assert.Equal("10.128.1.0/24", await LeaseAsync("host2"));
        await ClearAsync();

        // A newcomer that must wait, a node with its pods, and one without.
        Assert.Empty((await Registry.LeaseAsync(Node("host3"), Pool, [], null, mayTake: false, Cancel)).Node.Blocks);
        Assert.Equal("10.128.1.0/24", string.Join(' ', (await Registry.LeaseAsync(Node("host2"), Pool, [IpPrefix.Parse("10.128.1.0/24")], null, mayTake: false, Cancel)).Node.Blocks));
        var served = Node("host1") with { Blocks = [IpPrefix.Parse("10.128.0.0/24")] };
        Assert.Equal("10.128.0.0/24", string.Join(' ', (await Registry.LeaseAsync(served, Pool, [], null, mayTake: false, Cancel)).Node.Blocks));
        Assert.Equal("10.128.2.0/24", await LeaseAsync("host3"));
    }

    [Fact]
    public async Task Nothing_is_leased_of_a_store_that_is_not_the_one_followed()
    {
        await LeaseAsync("host1");
        var content = (await new ClusterRepository(Store, "test").LoadAsync(Cancel)).Cluster!.ClusterId;
        await ClearAsync();
        await Assert.ThrowsAsync<StoreException>(() => Registry.LeaseAsync(Node("host2"), Pool, [], content, mayTake: true, Cancel));
        Assert.Empty((await Store.ListAsync(StoreKeys.Root, Cancel)).Entries);

        await LeaseAsync("host3");
        await Assert.ThrowsAsync<StoreException>(() => Registry.LeaseAsync(Node("host2"), Pool, [], content, mayTake: true, Cancel));
        content = (await new ClusterRepository(Store, "test").LoadAsync(Cancel)).Cluster!.ClusterId;
        Assert.NotEmpty((await Registry.LeaseAsync(Node("host2"), Pool, [], content, mayTake: true, Cancel)).Node.Blocks);
    }

    [Fact]
    public async Task Many_nodes_at_once_share_no_address_whatever_their_pools()
    {
        var any = Gen.Select(Gen.Int[0, 7], Gen.Int[18, 23], Gen.Int[24, 27], Gen.Bool, (third, length, block, comesBack) =>
            (Pool: new BlockPool(new IpPrefix(IpAddr.FromV4(0x0a80_0000u | ((uint)third << 8)), length).Masked, block), ComesBack: comesBack));
        await any.Array[24].SampleAsync(
            async nodes =>
            {
                await ClearAsync();
                await Task.WhenAll(nodes.Select((node, i) => Task.Run(async () =>
                {
                    var first = await Registry.LeaseAsync(Node($"host{i}"), [node.Pool], [], null, mayTake: true, Cancel);
                    if (node.ComesBack)
                    {
                        var second = await Registry.LeaseAsync(Node($"host{i}"), [node.Pool], [], null, mayTake: true, Cancel);
                        Assert.True(first.Node.Blocks.IsEmpty || first.Node == second.Node);
                    }
                })));
                var records = (await Store.ListAsync(StoreKeys.Nodes, Cancel)).Entries.Select(RecordCodec.DecodeNode).ToArray();
                Assert.Equal(nodes.Length, records.Length);
                var blocks = records.SelectMany(record => record.Blocks).ToArray();
                Assert.NotEmpty(blocks);
                Assert.All(blocks, (block, i) => Assert.DoesNotContain(blocks.Skip(i + 1), block.Overlaps));
            },
            iter: 5,
            threads: 1);
    }

    [Fact]
    public async Task Who_dies_after_its_lease_was_written_finds_it_again()
    {
        var dying = new DyingStore(Store, Store.MaxOperations) { DieAt = 1, CarriedOut = true };
        await Assert.ThrowsAsync<StoreException>(() => new NodeRegistry(dying).LeaseAsync(Node("host1"), Pool, [], null, mayTake: true, Cancel));
        Assert.Equal("10.128.1.0/24", await LeaseAsync("host2"));
        Assert.Equal("10.128.0.0/24", await LeaseAsync("host1"));
    }

    [Fact]
    public async Task A_node_that_is_alive_is_not_forgotten()
    {
        await LeaseAsync("host1");
        await using (var lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(60), Cancel))
        {
            var status = new NodeStatus("host1", "test", DateTimeOffset.UnixEpoch, "ready", 1450, 0, 0, 0, null, []);
            await Store.CommitAsync(new([], [new StoreOperation.Put(StoreKeys.NodeAlive("host1"), RecordCodec.Encode(status), lease)]), Cancel);
            var refused = await Assert.ThrowsAsync<StoreException>(() => Registry.ForgetAsync("host1", Cancel));
            Assert.Contains("node host1 is alive", refused.Message, StringComparison.Ordinal);
            Assert.NotNull(await Store.GetAsync(StoreKeys.Node("host1"), Cancel));
        }

        Assert.NotNull(await Registry.ForgetAsync("host1", Cancel));
    }

    [Fact]
    public async Task A_node_that_comes_alive_while_it_is_being_forgotten_is_kept()
    {
        await LeaseAsync("host1");
        await using var lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(60), Cancel);
        var status = new NodeStatus("host1", "test", DateTimeOffset.UnixEpoch, "ready", 1450, 0, 0, 0, null, []);
        var racing = new DyingStore(Store, Store.MaxOperations)
        {
            BeforeCommit = number => number > 1
                ? Task.CompletedTask
                : Store.CommitAsync(new([], [new StoreOperation.Put(StoreKeys.NodeAlive("host1"), RecordCodec.Encode(status), lease)]), Cancel),
        };
        await Assert.ThrowsAsync<StoreException>(() => new NodeRegistry(racing).ForgetAsync("host1", Cancel));
        Assert.NotNull(await Store.GetAsync(StoreKeys.Node("host1"), Cancel));
    }

    [Theory]
    [InlineData(128)]
    [InlineData(4)]
    public async Task Forgetting_clears_what_the_node_held_and_nothing_else(int maxOperations)
    {
        var state = await PostAndBindAsync(endpoints: 9);
        await LeaseAsync("host1");
        await LeaseAsync("host2");
        var forgotten = await new NodeRegistry(new DyingStore(Store, maxOperations)).ForgetAsync("host1", Cancel);

        Assert.Equal("10.128.0.0/24", string.Join(' ', forgotten!.Blocks));
        Assert.Equal(Held(state, "host1"), forgotten.Endpoints.Select(id => id.ToString()).Order());
        Assert.True(forgotten.IsPosted);
        Assert.Null(await Store.GetAsync(StoreKeys.Node("host1"), Cancel));
        var after = (await new ClusterRepository(Store, "test").LoadAsync(Cancel)).State;
        Assert.Empty(Held(after, "host1"));
        Assert.Equal(Held(state, "host2"), Held(after, "host2"));
        Assert.Equal(
            state.Endpoints.Values.Select(endpoint => endpoint.Address).Order(), after.Endpoints.Values.Select(endpoint => endpoint.Address).Order());
        Assert.Equal("10.128.0.0/24", await LeaseAsync("host3"));
        Assert.Null(await Registry.ForgetAsync("host1", Cancel));
        Assert.False((await Registry.ForgetAsync("host3", Cancel))!.IsPosted);
    }

    [Fact]
    public async Task Who_dies_while_forgetting_is_followed_by_one_who_does_the_rest()
    {
        for (var dieAt = 1; ; dieAt++)
        {
            await ClearAsync();
            var state = await PostAndBindAsync(endpoints: 27);
            await LeaseAsync("host1");
            var dying = new DyingStore(Store, 4) { DieAt = dieAt, CarriedOut = dieAt % 2 == 0 };
            try
            {
                await new NodeRegistry(dying).ForgetAsync("host1", Cancel);
                Assert.True(dieAt > 3, "one transaction held all of it");
                return;
            }
            catch (StoreException)
            {
                await Registry.ForgetAsync("host1", Cancel);
                Assert.Null(await Store.GetAsync(StoreKeys.Node("host1"), Cancel));
                var after = (await new ClusterRepository(Store, "test").LoadAsync(Cancel)).State;
                Assert.Empty(Held(after, "host1"));
                Assert.Equal(Held(state, "host2"), Held(after, "host2"));
            }
        }
    }

    [Fact]
    public async Task A_node_that_nobody_knows_is_not_forgotten() => Assert.Null(await Registry.ForgetAsync("nobody", Cancel));

    private async Task<string> LeaseAsync(string host, PerFamily<BlockPool>? pools = null) =>
        string.Join(' ', (await Registry.LeaseAsync(Node(host), pools ?? Pool, [], null, mayTake: true, Cancel)).Node.Blocks);

    /// <summary>Posts endpoints and binds two of three, to host1 and host2.</summary>
    private async Task<ClusterState> PostAndBindAsync(int endpoints)
    {
        var repository = new ClusterRepository(Store, "test");
        await repository.PostAsync(Intents.Plan(PostMode.Replace, 1, endpoints), Cancel);
        foreach (var (endpoint, i) in (await repository.LoadAsync(Cancel)).State.Endpoints.Values.Select((endpoint, i) => (endpoint, i)))
        {
            if (i % 3 > 0)
            {
                var bound = endpoint with { Binding = new($"host{i % 3}", $"sandbox{i}", "eth0") };
                await Store.CommitAsync(new([], [new StoreOperation.Put(StoreKeys.Endpoint(endpoint.Id), RecordCodec.Encode(bound))]), Cancel);
            }
        }

        return (await repository.LoadAsync(Cancel)).State;
    }

    private static IEnumerable<string> Held(ClusterState state, string host) =>
        state.Endpoints.Values.Where(endpoint => endpoint.Binding?.Host == host).Select(endpoint => endpoint.Id.ToString()).Order();

    private static NodeRecord Node(string host) => new(host, IpAddr.Parse("192.168.2.10"), 1500, "test");
}
