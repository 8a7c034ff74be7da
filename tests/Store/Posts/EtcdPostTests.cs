using Netplugin.Core.Planning;
using Netplugin.Store;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Posts;

/// <summary>Posts on a real etcd.</summary>
public sealed class EtcdPostTests(EtcdServer server) : PostContract, IClassFixture<EtcdServer>
{
    protected override ValueTask<IStateStore> OpenAsync() => ValueTask.FromResult<IStateStore>(server.Open());

    protected override ValueTask CloseAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_hundred_networks_of_a_hundred_endpoints_take_few_large_transactions()
    {
        // What it takes in time depends on the machine and is measured by the bench; this is what keeps it short.
        var counting = new DyingStore(Store, Store.MaxOperations);
        var repository = new ClusterRepository(counting, "test");
        var outcome = await repository.PostAsync(Intents.Plan(PostMode.Replace, 100, 100), Cancel);
        var changes = outcome.Result.Plan!.Changes.Length;
        Assert.InRange(counting.Commits, 1, (changes / Store.MaxOperations) + 5);
        Assert.Equal(10_000, (await repository.LoadAsync(Cancel)).State.Endpoints.Count);
    }
}
