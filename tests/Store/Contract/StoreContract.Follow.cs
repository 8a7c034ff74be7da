using Netplugin.Store;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Contract;

public abstract partial class StoreContract
{
    [Fact]
    public async Task A_follow_begins_with_what_is_there()
    {
        await CommitAsync(Put(Prefix + "a", "1"));
        await using var follower = new Follower(Store, Prefix);
        var snapshot = await follower.NextAsync<StoreEvent.Snapshot>();
        Assert.Equal(Prefix + "a", Assert.Single(snapshot.State.Entries).Key);
    }

    [Fact]
    public async Task A_follow_of_nothing_begins_with_an_empty_snapshot()
    {
        await using var follower = new Follower(Store, Prefix);
        Assert.Empty((await follower.NextAsync<StoreEvent.Snapshot>()).State.Entries);
        var done = await CommitAsync(Put(Prefix + "a", "1"));
        var changed = await follower.NextAsync<StoreEvent.Changed>();
        Assert.Equal(done.Revision, changed.Revision);
        var change = Assert.Single(changed.Changes);
        Assert.Equal((done.Revision, done.Revision), (change.Entry!.CreateRevision, change.Entry.ModRevision));
    }

    [Fact]
    public async Task A_transaction_is_seen_whole_in_one_event_and_only_inside_the_prefix()
    {
        await CommitAsync(Put(Prefix + "old", "1"));
        await using var follower = new Follower(Store, Prefix);
        await follower.NextAsync<StoreEvent.Snapshot>();
        await CommitAsync(Put(Prefix[..^1] + "0", "outside"));
        var done = await CommitAsync(Put(Prefix + "a", "1"), Put(Prefix + "b", "2"), Delete(Prefix + "old"), Delete(Prefix + "never"));
        var changed = await follower.NextAsync<StoreEvent.Changed>();
        Assert.All(changed.Changes, change => Assert.Equal(done.Revision, change.Revision));
        Assert.Equal(["a", "b", "old"], changed.Changes.Select(change => change.Key[Prefix.Length..]).Order(StringComparer.Ordinal));
        Assert.Null(changed.Changes.Single(change => change.Key == Prefix + "old").Entry);
        Assert.Equal(["a", "b"], follower.State.Keys.Select(key => key[Prefix.Length..]));
    }

    [Fact]
    public async Task A_follow_that_begins_among_writers_misses_nothing()
    {
        const int Writers = 4;
        const int Writes = 100;
        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Writes; i++)
            {
                await CommitAsync(Put($"{Prefix}{writer}/{i % 7}", $"{i}"), Put($"{Prefix}{writer}/last", $"{i}"));
                if (i % 5 == 0)
                {
                    await CommitAsync(Delete($"{Prefix}{writer}/{i % 7}"));
                }
            }
        }, Cancel)).ToArray();
        var followers = Enumerable.Range(0, 5).Select(_ => new Follower(Store, Prefix)).ToArray();
        await Task.WhenAll(writers);
        var list = await Store.ListAsync(Prefix, Cancel);
        foreach (var follower in followers)
        {
            await follower.UntilAsync(f => f.Revision >= list.Entries.Max(entry => entry.ModRevision));
            Assert.Equal(list.Entries.Select(entry => (entry.Key, Text(entry))), follower.State.Select(pair => (pair.Key, pair.Value)));
            Assert.Equal((1, 0), (follower.Snapshots, follower.Losses));
            await follower.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_slow_reader_loses_nothing()
    {
        await using var follower = new Follower(Store, Prefix);
        await follower.NextAsync<StoreEvent.Snapshot>();
        for (var i = 0; i < 1500; i++)
        {
            await CommitAsync(Put($"{Prefix}{i % 10}", $"{i}"));
        }

        var list = await Store.ListAsync(Prefix, Cancel);
        await follower.UntilAsync(f => f.Revision >= list.Revision);
        Assert.Equal(list.Entries.Select(entry => (entry.Key, Text(entry))), follower.State.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal(0, follower.Losses);
    }

    [Fact]
    public async Task Many_follows_each_see_their_own_prefix()
    {
        var followers = Enumerable.Range(0, 300).Select(i => new Follower(Store, $"{Prefix}{i}/")).ToArray();
        foreach (var follower in followers)
        {
            await follower.NextAsync<StoreEvent.Snapshot>();
        }

        for (var i = 0; i < followers.Length; i++)
        {
            await CommitAsync(Put($"{Prefix}{i}/key", $"{i}"));
        }

        for (var i = 0; i < followers.Length; i++)
        {
            await followers[i].UntilAsync(f => f.State.Count > 0);
            Assert.Equal(($"{Prefix}{i}/key", $"{i}"), followers[i].State.Select(pair => (pair.Key, pair.Value)).Single());
            await followers[i].DisposeAsync();
        }
    }

    [Fact]
    public async Task A_follow_does_not_hold_on_to_the_snapshot_it_gave()
    {
        await FillAsync(10);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var events = Store.FollowAsync(Prefix, Cancel).GetAsyncEnumerator(cancel.Token);
        var (snapshot, waiting) = await FirstAsync(events);
        await Wait.UntilAsync("the snapshot is collected", () =>
        {
            GC.Collect();
            return !snapshot.IsAlive;
        });
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await events.DisposeAsync();

        static async Task<(WeakReference Snapshot, Task<bool> Next)> FirstAsync(IAsyncEnumerator<StoreEvent> events)
        {
            Assert.True(await events.MoveNextAsync());
            var snapshot = new WeakReference(Assert.IsType<StoreEvent.Snapshot>(events.Current).State.Entries[0]);
            return (snapshot, events.MoveNextAsync().AsTask());
        }
    }
}
