using Netplugin.Core.Planning;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Store.Labels;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Labels;

/// <summary>Nodes and posters that meet.</summary>
public abstract partial class LabelContract
{
    [Theory]
    [InlineData(128)]
    [InlineData(FewOperations)]
    public async Task A_lease_that_is_taken_while_a_post_is_planned_makes_it_load_again(int maxOperations)
    {
        var content = await PostAsync("10.1.0.0/24", "c1");
        var plans = 0;
        var racing = new DyingStore(Store, maxOperations)
        {
            BeforeCommit = number => number > 1 ? Task.CompletedTask : AddAsync(new(Store, "host1"), "host1", "p1", content),
        };
        var plan = Plan("10.1.0.0/24", [.. Enumerable.Range(1, 10).Select(i => $"c{i}")]);
        await new ClusterRepository(racing, "test").PostAsync(
            state =>
            {
                plans++;
                return plan(state);
            },
            Cancel);
        Assert.Equal(2, plans);
        await AssertSoundAsync(endpoints: 11);
    }

    [Theory]
    [InlineData(128)]
    [InlineData(FewOperations)]
    public async Task A_post_between_a_leases_look_and_its_commit_is_seen(int maxOperations)
    {
        var content = await PostAsync("10.1.0.0/24", "c1");
        var racing = new DyingStore(Store, Store.MaxOperations)
        {
            BeforeCommit = async number =>
            {
                if (number == 1)
                {
                    await new ClusterRepository(new DyingStore(Store, maxOperations), "test").PostAsync(
                        Plan("10.1.0.0/24", [.. Enumerable.Range(1, 10).Select(i => $"c{i}")]), Cancel);
                }
            },
        };
        Assert.Equal("10.1.0.16", await AddAsync(new(racing, "host1"), "host1", "p1", content));
        await AssertSoundAsync(endpoints: 11);
    }

    [Fact]
    public async Task Leases_that_never_stop_do_not_keep_a_post_out()
    {
        var content = await PostAsync("10.1.0.0/16", "c1");
        var (leases, rounds) = (0, 0);
        var racing = new DyingStore(Store, Store.MaxOperations)
        {
            // With the lock it would wait for the post, and the post here for it.
            BeforeCommit = async _ =>
            {
                if (await Store.GetAsync(StoreKeys.PostLock, Cancel) is null)
                {
                    leases++;
                    await AddAsync(new(Store, $"host{leases}"), $"host{leases}", $"p{leases}", content);
                }
            },
        };
        var plan = Plan("10.1.0.0/16", ["c1", "c2"]);
        var outcome = await new ClusterRepository(racing, "test").PostAsync(
            state =>
            {
                rounds++;
                return plan(state);
            },
            Cancel);
        Assert.NotNull(outcome.Revision);
        Assert.Equal(4, rounds);
        Assert.Equal(4, leases);
        await AssertSoundAsync(endpoints: 2 + leases);
    }

    [Fact]
    public async Task While_a_large_post_is_under_way_nothing_is_leased()
    {
        var content = await PostAsync("10.1.0.0/24", "c1");
        await PutAsync(StoreKeys.PostLock, "another"u8.ToArray());
        var store = new DyingStore(Store, Store.MaxOperations);
        var adding = AddAsync(new(store, "host1"), "host1", "p1", content);

        // A large post of another is over when its lock is gone.
        await PutAsync(StoreKeys.Endpoint(new(Net, "x")), Posted("10.1.0.9"));
        Assert.Equal(0, store.Commits);
        await UnlockAsync();
        Assert.Equal("10.1.0.16", await adding);
    }

    [Fact]
    public async Task A_lock_that_is_taken_between_a_leases_look_and_its_commit_holds_it_up()
    {
        var content = await PostAsync("10.1.0.0/24", "c1");
        var store = new DyingStore(Store, Store.MaxOperations)
        {
            BeforeCommit = number => number == 1 ? PutAsync(StoreKeys.PostLock, "another"u8.ToArray()) : Task.CompletedTask,
        };
        var adding = AddAsync(new(store, "host1"), "host1", "p1", content);
        await Wait.UntilAsync("the lease was tried", () => Task.FromResult(store.Commits == 1));
        Assert.Empty((await Store.ListAsync(StoreKeys.AllLeases, Cancel)).Entries);
        await UnlockAsync();
        Assert.Equal("10.1.0.8", await adding);
    }

    [Theory]
    [InlineData(128)]
    [InlineData(FewOperations)]
    public async Task A_container_is_not_posted_over_the_endpoint_of_a_pod_that_starts_meanwhile(int maxOperations)
    {
        var content = await PostAsync("10.1.0.0/24");
        var node = new LabelledEndpoints(Store, "host1");
        await AddAsync(node, "host1", "p0", content);
        var racing = new DyingStore(Store, maxOperations)
        {
            BeforeCommit = number => number > 2 ? Task.CompletedTask : AddAsync(node, "host1", "p1", content),
        };
        var outcome = await new ClusterRepository(racing, "test").PostAsync(
            Plan("10.1.0.0/24", ["ns.p1", .. Enumerable.Range(1, 10).Select(i => $"c{i}")]), Cancel);
        Assert.Contains("is that of pod ns/p1", Assert.Single(outcome.Result.Errors).Message, StringComparison.Ordinal);
        await AssertSoundAsync(endpoints: 2);
    }

    [Theory]
    [InlineData("10.1.0.0/24")]
    [InlineData("10.1.0.0/27")]
    public async Task Nodes_and_posters_at_once_never_give_one_address_twice(string subnet)
    {
        const int Rounds = 12;
        var content = await PostAsync(subnet, "c1");
        var nodes = Enumerable.Range(1, 3).Select(n => Task.Run(
            async () =>
            {
                var host = $"host{n}";
                var node = new LabelledEndpoints(Store, host);
                for (var i = 0; i < Rounds; i++)
                {
                    await Task.WhenAll(Enumerable.Range(0, 3).Select(j => AddAsync(node, host, $"{host}-{(i + j) % 5}", content)));
                    if (i % 3 == 2)
                    {
                        await node.RemoveAsync(new(Net, $"ns.{host}-{i % 5}"), Bound(host, $"{host}-{i % 5}"), Cancel);
                        await node.GiveBackAsync(content, Cancel);
                    }
                }
            },
            Cancel));
        var posters = Enumerable.Range(1, 2).Select(n => Task.Run(
            async () =>
            {
                var repository = new ClusterRepository(new DyingStore(Store, n == 1 ? FewOperations : Store.MaxOperations), $"poster {n}");
                for (var i = 0; i < Rounds; i++)
                {
                    var read = Plan(subnet, [$"poster{n}-{i % 4}", $"poster{n}-{(i + 1) % 4}"], i % 3 == 2 ? PostMode.Delete : PostMode.Add);
                    await repository.PostAsync(read, Cancel);
                }
            },
            Cancel));
        await Task.WhenAll(nodes.Concat(posters));
        await AssertSoundAsync(endpoints: null);
    }

    /// <summary>Every address is one endpoint's, and of a lease if, and only if, a pod has it by labels.</summary>
    private async Task AssertSoundAsync(int? endpoints)
    {
        var state = (await Repository.LoadAsync(Cancel)).State;
        Assert.Equal(endpoints ?? state.Endpoints.Count, state.Endpoints.Count);
        Assert.Contains(state.Endpoints.Values, endpoint => endpoint.Pod is not null);
        var leases = state.Leases[Net].Leases;
        Assert.All(leases, (lease, i) => Assert.DoesNotContain(leases.Skip(i + 1), other => other.Block.Overlaps(lease.Block)));
        Assert.Equal(state.Endpoints.Count, state.Endpoints.Values.Select(endpoint => endpoint.Address).Distinct().Count());
        Assert.All(state.Endpoints.Values, endpoint => Assert.Equal(
            endpoint.Binding?.Host, leases.Where(lease => lease.Block.Contains(endpoint.Address)).Select(lease => lease.Host).SingleOrDefault()));
    }

    private static byte[] Posted(string address) => RecordCodec.Encode(
        new Netplugin.Core.Model.EndpointRecord(new(Net, "x"), Netplugin.Core.Addresses.IpAddr.Parse(address), default, "", "", null, 1));
}
