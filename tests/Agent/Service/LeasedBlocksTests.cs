using Netplugin.Store;
using Netplugin.Store.Embedded;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Service;

/// <summary>Nodes that lease their blocks, as their daemons register, on one store.</summary>
public sealed class LeasedBlocksTests : IAsyncLifetime
{
    private const string Pool = "10.128.0.0/14";
    private const string SmallPool = "10.128.0.0/24";
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-lease-").FullName;
    private EmbeddedStore _store = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _store = EmbeddedStore.Open(Path.Combine(_folder, "store.db"));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_node_that_stops_finds_its_block_again_whoever_came_meanwhile()
    {
        await using (var node = Start("host1"))
        {
            Assert.Contains("has not leased its block", node.Awaited, StringComparison.Ordinal);
            await ServesAsync(node, "10.128.0.0/24");
        }

        await using var other = Start("host2");
        await ServesAsync(other, "10.128.1.0/24");
        await using var again = Start("host1");
        await ServesAsync(again, "10.128.0.0/24");
        Assert.Null(again.Problem);
    }

    [Fact]
    public async Task A_node_waits_for_a_block_of_an_exhausted_pool_and_goes_on_when_one_is_free()
    {
        await using (var gone = Start("host1", SmallPool))
        {
            await ServesAsync(gone, "10.128.0.0/24");
        }

        await using var node = Start("host2", SmallPool);
        await node.Registration.WhenRegisteredAsync(Cancel);
        Assert.Equal("", node.Served);
        Assert.Equal("", await node.RecordedAsync());
        Assert.Contains("the pod pool 10.128.0.0/24 is exhausted: of its 1 blocks of /24 none is free", node.Awaited, StringComparison.Ordinal);
        Assert.Equal(node.Awaited, node.Problem);

        await new NodeRegistry(_store).ForgetAsync("host1", Cancel);
        await ServesAsync(node, "10.128.0.0/24");
        Assert.Null(node.Problem);
    }

    [Fact]
    public async Task A_block_that_is_anothers_by_now_keeps_its_pods_and_gets_no_new_ones()
    {
        // Down with its pods, forgotten, and its block leased to another: then it is back.
        await using var other = Start("host2");
        await ServesAsync(other, "10.128.0.0/24");
        await using var node = Start("host1", inUse: "10.128.0.0/24");
        await node.Registration.WhenRegisteredAsync(Cancel);
        Assert.Equal("10.128.0.0/24", node.Served);
        Assert.Equal("", await node.RecordedAsync());
        Assert.Contains("node host2 has 10.128.0.0/24", node.Awaited, StringComparison.Ordinal);

        // The last of its pods goes.
        node.InUse = [];
        await ServesAsync(node, "10.128.1.0/24");
    }

    [Fact]
    public async Task Pods_keep_a_block_that_is_not_of_the_pool_until_the_last_is_gone()
    {
        await using var node = Start("host1", inUse: "10.244.7.0/24");
        await ServesAsync(node, "10.244.7.0/24");
        Assert.Contains("10.244.7.0/24, which is not of the pod pool", node.Problem, StringComparison.Ordinal);
        node.InUse = [];
        await ServesAsync(node, "10.128.0.0/24");
        Assert.Null(node.Problem);
    }

    [Fact]
    public async Task Nodes_get_back_what_they_serve_when_the_reset_of_a_wiped_store_is_accepted()
    {
        await using var first = Start("host1");
        await ServesAsync(first, "10.128.0.0/24");
        await using var second = Start("host2");
        await ServesAsync(second, "10.128.1.0/24");
        await using var full = Start("host3", SmallPool);
        await full.Registration.WhenRegisteredAsync(Cancel);

        // Whether the node that waits hears first that blocks are free or that the store is another must not matter.
        var all = (await _store.ListAsync(StoreKeys.Root, Cancel)).Entries;
        await _store.CommitAsync(new([], [.. all.Select(entry => new StoreOperation.Delete(entry.Key))]), Cancel);

        LeasingNode[] nodes = [first, second, full];
        await Eventually.HoldsAsync("all to hold back", () => nodes.All(node => node.Held is not null));
        Assert.Empty((await _store.ListAsync(StoreKeys.Nodes, Cancel)).Entries);
        Assert.Equal(("10.128.0.0/24", "10.128.1.0/24"), (first.Served, second.Served));

        await new ClusterRepository(_store, "test").AcceptResetAsync(Cancel);
        await ServesAsync(first, "10.128.0.0/24");
        await ServesAsync(second, "10.128.1.0/24");

        // It had none, and waited until those that had one had written it down.
        await Eventually.HoldsAsync("it to be registered", async () => await full.RecordedAsync() is not null, TimeSpan.FromSeconds(60));
        Assert.Equal(("", ""), (full.Served, await full.RecordedAsync()));
    }

    [Fact]
    public async Task A_record_that_was_removed_under_a_node_is_written_anew()
    {
        await using var node = Start("host1");
        await ServesAsync(node, "10.128.0.0/24");
        await _store.CommitAsync(new([], [new StoreOperation.Delete(StoreKeys.Node("host1"))]), Cancel);
        node.Registration.IdentityChanged();
        await ServesAsync(node, "10.128.0.0/24");
    }

    private LeasingNode Start(string host, string pool = Pool, string? inUse = null) => new(_folder, _store, host, pool, inUse);

    private static Task ServesAsync(LeasingNode node, string block) => Eventually.HoldsAsync(
        $"{block} to be leased", async () => node.Awaited is null && node.Served == block && await node.RecordedAsync() == block, TimeSpan.FromSeconds(60));
}
