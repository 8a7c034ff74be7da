using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Store.Fixtures;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Store.Posts;

/// <summary>Posts on either driver; a subclass a driver. Every test begins with an empty store.</summary>
public abstract class PostContract : DriverTests
{
    // Small enough that posts of a few networks have every stage several times.
    private const int FewOperations = 8;

    private ClusterRepository Repository => new(Store, "test");

    [Fact]
    public async Task An_empty_store_holds_nothing_posted()
    {
        var loaded = await Repository.LoadAsync(Cancel);
        Assert.Null(loaded.Cluster);
        Assert.Equal(Intents.Lines(ClusterState.Empty), Intents.Lines(loaded.State));
    }

    [Theory]
    [InlineData(128)]
    [InlineData(FewOperations)]
    public async Task What_was_posted_is_loaded_whatever_it_took(int maxOperations)
    {
        var repository = new ClusterRepository(new DyingStore(Store, maxOperations), "test");
        (PostMode Mode, int Networks, int Endpoints, string Host)[] posts =
            [(PostMode.Replace, 3, 5, ""), (PostMode.Add, 1, 20, ""), (PostMode.Replace, 4, 20, "host1"), (PostMode.Replace, 2, 3, ""), (PostMode.Replace, 0, 0, "")];
        foreach (var (mode, networks, endpoints, host) in posts)
        {
            var outcome = await repository.PostAsync(Intents.Plan(mode, networks, endpoints, shared: true, host: host), Cancel);
            Assert.NotNull(outcome.Revision);
            await HoldsExactlyAsync(outcome.Result.Plan!.After);
        }
    }

    [Fact]
    public async Task The_first_post_gives_the_store_its_identity_and_later_ones_keep_it()
    {
        await Repository.PostAsync(Intents.Plan(PostMode.Replace, 1, 1), Cancel);
        var first = (await Repository.LoadAsync(Cancel)).Cluster;
        await Repository.PostAsync(Intents.Plan(PostMode.Replace, 2, 1), Cancel);
        Assert.NotNull(first);
        Assert.Equal(first, (await Repository.LoadAsync(Cancel)).Cluster);
        Assert.Equal(ClusterRecord.CurrentSchema, first.Schema);
    }

    [Fact]
    public async Task Posting_the_same_again_writes_nothing()
    {
        await Repository.PostAsync(Intents.Plan(PostMode.Replace, 3, 4, shared: true), Cancel);
        var before = (await Store.ListAsync(StoreKeys.Root, Cancel)).Revision;
        var again = await Repository.PostAsync(Intents.Plan(PostMode.Replace, 3, 4, shared: true), Cancel);
        Assert.Empty(again.Result.Plan!.Changes);
        Assert.Equal(before, (await Store.ListAsync(StoreKeys.Root, Cancel)).Revision);
    }

    [Fact]
    public async Task A_refused_plan_writes_nothing()
    {
        await Repository.PostAsync(Intents.Plan(PostMode.Replace, 1, 1), Cancel);
        var before = (await Store.ListAsync(StoreKeys.Root, Cancel)).Revision;
        var outcome = await Repository.PostAsync(Intents.Plan(PostMode.Add, 5000, 0), Cancel);
        Assert.NotEmpty(outcome.Result.Errors);
        Assert.Null(outcome.Revision);
        Assert.Equal(before, (await Store.ListAsync(StoreKeys.Root, Cancel)).Revision);
    }

    [Theory]
    [InlineData(128)]
    [InlineData(FewOperations)]
    public async Task Posts_made_at_the_same_time_all_land_and_share_no_id(int maxOperations)
    {
        const int Posters = 6;
        var posts = Enumerable.Range(0, Posters).Select(i => Task.Run(
            async () =>
            {
                var repository = new ClusterRepository(new DyingStore(Store, maxOperations), $"poster {i}");
                return await repository.PostAsync(Intents.Plan(PostMode.Add, 2, 5, first: 2 * i), Cancel);
            },
            Cancel));
        await Task.WhenAll(posts);
        var state = (await Repository.LoadAsync(Cancel)).State;
        Assert.Equal(Posters, state.Post.Number);
        Assert.Equal(2 * Posters, state.Networks.Values.Select(network => network.Tag).Distinct().Count());
        Assert.Equal(2 * Posters, state.Networks.Values.Select(network => network.Subnet).Distinct().Count());
        await HoldsExactlyAsync(state);
    }

    [Fact]
    public async Task A_reader_never_sees_half_a_post()
    {
        const int Networks = 6;
        const int Endpoints = 9;
        var poster = new ClusterRepository(new DyingStore(Store, FewOperations), "poster");
        var posting = Task.Run(
            async () =>
            {
                for (var round = 0; round < 6; round++)
                {
                    // All there; none there; all there, homed; all there, not homed...
                    await poster.PostAsync(Intents.Plan(PostMode.Replace, round % 3 == 2 ? 0 : Networks, Endpoints, host: round % 3 == 1 ? "host1" : ""), Cancel);
                }
            },
            Cancel);
        var seen = new HashSet<long>();
        while (!posting.IsCompleted)
        {
            var state = (await Repository.LoadAsync(Cancel)).State;
            seen.Add(state.Post.Number);
            Assert.True(state.Networks.Count is 0 or Networks);
            Assert.Equal(state.Networks.Count * Endpoints, state.Endpoints.Count);
            Assert.Equal(state.Endpoints.Count, state.Containers.Count);
            Assert.Single(state.Endpoints.Values.Select(endpoint => endpoint.Host).DefaultIfEmpty("").Distinct());
        }

        await posting;
        Assert.True(seen.Count > 2, $"the reader saw only the posts {string.Join(' ', seen)}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_poster_that_dies_anywhere_leaves_all_or_nothing(bool carriedOut)
    {
        // New and removed networks, new endpoints in networks that stay, a new home for every endpoint, and containers that are in
        // several networks.
        var first = Intents.Plan(PostMode.Replace, 3, 6, first: 0, shared: true);
        var second = Intents.Plan(PostMode.Replace, 3, 8, first: 1, shared: true, host: "host1");
        var third = Intents.Plan(PostMode.Add, 1, 2, first: 9);
        var (held, died) = (0, 0);
        for (var step = 1; ; step++)
        {
            await ClearAsync();
            var before = (await Repository.PostAsync(first, Cancel)).Result.Plan!.After;
            var after = second(before).Plan!.After;
            await using var dying = new DyingStore(Store, FewOperations) { DieAt = step, CarriedOut = carriedOut };
            try
            {
                await new ClusterRepository(dying, "the one that dies").PostAsync(second, Cancel);
            }
            catch (StoreException) when (dying.IsDead)
            {
                died++;
            }

            if (!dying.IsDead)
            {
                break;
            }

            var loaded = Intents.Lines((await Repository.LoadAsync(Cancel)).State);
            var holds = loaded.SequenceEqual(Intents.Lines(after));
            held += holds ? 1 : 0;
            Assert.Equal(Intents.Lines(holds ? after : before), loaded);

            await dying.LeasesRunOutAsync();
            Assert.Equal(loaded, Intents.Lines((await Repository.LoadAsync(Cancel)).State));
            var next = await Repository.PostAsync(third, Cancel);
            Assert.Equal(Intents.Lines(third(holds ? after : before).Plan!.After), Intents.Lines(next.Result.Plan!.After));
            await HoldsExactlyAsync(next.Result.Plan!.After);
        }

        Assert.True(died > 10 && held > 2 && held < died, $"died {died} times, {held} of them after the post held");
    }

    [Fact]
    public async Task While_a_dead_posters_lock_lasts_others_wait_for_it()
    {
        var dying = new DyingStore(Store, FewOperations) { DieAt = 3 };
        await Assert.ThrowsAsync<StoreException>(
            () => new ClusterRepository(dying, "the one that dies") { LockTime = TimeSpan.FromSeconds(30) }.PostAsync(Intents.Plan(PostMode.Replace, 3, 6), Cancel));
        var impatient = await Assert.ThrowsAsync<StoreException>(
            () => new ClusterRepository(Store, "test") { Patience = TimeSpan.Zero }.PostAsync(Intents.Plan(PostMode.Replace, 1, 1), Cancel));
        Assert.Contains("the one that dies", impatient.Message, StringComparison.Ordinal);
        var waiting = Repository.PostAsync(Intents.Plan(PostMode.Replace, 1, 1), Cancel);
        await dying.LeasesRunOutAsync();
        await HoldsExactlyAsync((await waiting).Result.Plan!.After);
    }

    [Theory]
    [InlineData(128)]
    [InlineData(FewOperations)]
    public async Task What_was_loaded_before_another_poster_came_and_died_is_not_committed(int maxOperations)
    {
        // Committing it would give the dead poster's records a number that readers accept.
        var repository = new ClusterRepository(new DyingStore(Store, maxOperations), "test");
        await repository.PostAsync(Intents.Plan(PostMode.Replace, 1, 6), Cancel);
        var loaded = await repository.LoadAsync(Cancel);
        var dying = new DyingStore(Store, FewOperations) { DieAt = 3, CarriedOut = true };
        await Assert.ThrowsAsync<StoreException>(
            () => new ClusterRepository(dying, "the one that dies").PostAsync(Intents.Plan(PostMode.Add, 1, 20), Cancel));
        await dying.LeasesRunOutAsync();
        var plan = Intents.Plan(PostMode.Add, 2, 1, first: 3);
        Assert.Null(await repository.CommitAsync(loaded, plan(loaded.State).Plan!, Cancel));
        await HoldsExactlyAsync((await repository.PostAsync(plan, Cancel)).Result.Plan!.After);
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(FewOperations)]
    public async Task Whatever_takes_endpoints_away_or_changes_their_groups_says_of_which_networks(int maxOperations)
    {
        var repository = new ClusterRepository(new DyingStore(Store, Math.Min(maxOperations, Store.MaxOperations)), "test");
        await repository.PostAsync(Intents.Plan(PostMode.Replace, 3, 9), Cancel);
        var known = (await Store.ListAsync(StoreKeys.Endpoints, Cancel)).Entries.ToDictionary(entry => entry.Key, RecordCodec.DecodeEndpoint, StringComparer.Ordinal);
        await using var events = new EndlessReader<StoreEvent>(cancellation => Store.FollowAsync(StoreKeys.Root, cancellation));
        Assert.IsType<StoreEvent.Snapshot>(await events.NextAsync());
        var last = 0L;
        foreach (var (networks, endpoints, isMoved) in ((int, int, bool)[])[(3, 9, true), (3, 4, true), (2, 4, false), (2, 4, false), (0, 0, false)])
        {
            last = (await repository.PostAsync(Intents.Plan(PostMode.Replace, networks, endpoints, isMoved: isMoved), Cancel)).Result.Plan!.After.Post.Number;
        }

        var moved = 0;
        for (var post = 0L; post < last || known.Count > 0;)
        {
            var changes = Assert.IsType<StoreEvent.Changed>(await events.NextAsync()).Changes;
            HashSet<NetworkId> expected = [];
            foreach (var change in changes.Where(change => change.Key.StartsWith(StoreKeys.Endpoints, StringComparison.Ordinal)))
            {
                var now = change.Entry is { } entry ? RecordCodec.DecodeEndpoint(entry) : null;
                if (known.Remove(change.Key, out var was) && was.Group != now?.Group)
                {
                    expected.Add(was.Id.Network);
                }

                if (now is not null)
                {
                    known.Add(change.Key, now);
                }
            }

            // Of a reader that is behind several transactions come together.
            PostRecord[] written = [.. changes.Where(change => change.Key == StoreKeys.Post).Select(change => RecordCodec.DecodePost(change.Entry!))];
            Assert.Equal(expected.Order(), written.SelectMany(one => one.Moved).Distinct().Order());
            post = written.Length > 0 ? written[^1].Number : post;
            moved += expected.Count;
        }

        Assert.True(moved >= 8, $"{moved} times a network's endpoints were moved");
    }

    [Theory]
    [InlineData(128)]
    [InlineData(FewOperations)]
    public async Task A_binding_made_during_a_post_is_kept(int maxOperations)
    {
        await Repository.PostAsync(Intents.Plan(PostMode.Replace, 2, 12), Cancel);
        var bound = new HashSet<EndpointId>();
        var all = (await Repository.LoadAsync(Cancel)).State.Endpoints.Keys.OrderBy(id => id.ToString(), StringComparer.Ordinal).ToArray();

        // A node binds one more endpoint before every commit of the post that rewrites them all.
        var store = new DyingStore(Store, maxOperations)
        {
            BeforeCommit = async number =>
            {
                if (number <= all.Length && bound.Add(all[^number]))
                {
                    await BindAsync(all[^number]);
                }
            },
        };
        await new ClusterRepository(store, "test").PostAsync(Intents.Plan(PostMode.Replace, 2, 12, host: "host1"), Cancel);
        Assert.NotEmpty(bound);
        foreach (var endpoint in (await Repository.LoadAsync(Cancel)).State.Endpoints.Values)
        {
            Assert.Equal("host1", endpoint.Host);
            Assert.Equal(bound.Contains(endpoint.Id), endpoint.Binding is not null);
        }
    }

    [Theory]
    [InlineData(ClusterRecord.CurrentSchema + 1, "a newer one")]
    [InlineData(ClusterRecord.CurrentSchema - 1, "post the intents again")]
    public async Task Another_schema_is_refused_plainly(int schema, string what)
    {
        await PutAsync(StoreKeys.Cluster, RecordCodec.Encode(new ClusterRecord(Guid.NewGuid(), 0, schema)));
        var thrown = await Assert.ThrowsAsync<StoreException>(() => Repository.LoadAsync(Cancel));
        Assert.Equal(StoreFailure.Unreadable, thrown.Reason);
        Assert.Contains(what, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_record_is_refused_by_its_key()
    {
        var id = new NetworkId("t", "n0");
        await Repository.PostAsync(Intents.Plan(PostMode.Replace, 1, 1), Cancel);
        await PutAsync(StoreKeys.Network(id), "{"u8.ToArray());
        var thrown = await Assert.ThrowsAsync<StoreException>(() => Repository.LoadAsync(Cancel));
        Assert.Contains(StoreKeys.Network(id), thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Accepting_a_reset_raises_the_generation_above_any_of_a_history_that_is_gone()
    {
        await Repository.PostAsync(Intents.Plan(PostMode.Replace, 1, 1), Cancel);
        var first = await Repository.AcceptResetAsync(Cancel);
        var second = await Repository.AcceptResetAsync(Cancel);
        Assert.True(second.Generation > first.Generation);
        Assert.Equal(first.ClusterId, second.ClusterId);
        Assert.Equal(second, (await Repository.LoadAsync(Cancel)).Cluster);

        await ClearAsync();
        var afterWipe = await Repository.AcceptResetAsync(Cancel);
        Assert.NotEqual(first.ClusterId, afterWipe.ClusterId);
        Assert.True(afterWipe.Generation >= first.Generation);
    }

    [Fact]
    public async Task Nodes_are_shown_with_their_status_if_they_have_one()
    {
        var node = new NodeRecord("host1", default, 1500, "0.1.0");
        await PutAsync(StoreKeys.Node("host1"), RecordCodec.Encode(node));
        await PutAsync(StoreKeys.Node("host2"), RecordCodec.Encode(node with { Host = "host2" }));
        await PutAsync(StoreKeys.NodeAlive("host2"), RecordCodec.Encode(new NodeStatus("host2", "0.1.0", default, "ready", 1450, 0, 0, 0, null, [])));
        var nodes = await Repository.LoadNodesAsync(Cancel);
        Assert.Equal([("host1", null), ("host2", "ready")], nodes.Select(view => (view.Node.Host, view.Status?.State)));
    }

    /// <summary>Loads back as this state, and no other key is left anywhere.</summary>
    private async Task HoldsExactlyAsync(ClusterState state)
    {
        var loaded = await Repository.LoadAsync(Cancel);
        Assert.Equal(Intents.Lines(state), Intents.Lines(loaded.State));
        await Wait.UntilAsync("the lock is gone", async () => await Store.GetAsync(StoreKeys.PostLock, Cancel) is null);
        Assert.Equal(Intents.Keys(state), (await Store.ListAsync(StoreKeys.Root, Cancel)).Entries.Select(entry => entry.Key));
    }

    private async Task BindAsync(EndpointId id)
    {
        while (true)
        {
            var entry = (await Store.GetAsync(StoreKeys.Endpoint(id), Cancel))!;
            var endpoint = RecordCodec.DecodeEndpoint(entry) with { Binding = new("host1", "sandbox", "eth0") };
            var write = new StoreOperation.Put(entry.Key, RecordCodec.Encode(endpoint));
            if ((await Store.CommitAsync(new([StoreCompare.Unchanged(entry.Key, entry.ModRevision)], [write]), Cancel)).Succeeded)
            {
                return;
            }
        }
    }

    private Task<TransactionResult> PutAsync(string key, byte[] value) => Store.CommitAsync(new([], [new StoreOperation.Put(key, value)]), Cancel);
}
