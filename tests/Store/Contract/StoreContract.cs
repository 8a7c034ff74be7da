using System.Collections.Immutable;
using System.Text;
using Netplugin.Store;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Contract;

/// <summary>What every driver must do; a subclass a driver. Each test works under a prefix of its own.</summary>
public abstract partial class StoreContract : DriverTests
{
    protected string Prefix { get; } = $"/contract/{Guid.NewGuid():n}/";

    protected static StoreOperation Put(string key, string value, IStoreLease? lease = null) =>
        new StoreOperation.Put(key, Encoding.UTF8.GetBytes(value), lease);

    protected static StoreOperation Delete(string key) => new StoreOperation.Delete(key);

    protected static string Text(StoreEntry? entry) => Encoding.UTF8.GetString(Assert.IsType<StoreEntry>(entry).Value.Span);

    protected Task<TransactionResult> CommitAsync(params StoreOperation[] operations) => Store.CommitAsync(new([], [.. operations]), Cancel);

    protected Task<TransactionResult> CommitIfAsync(StoreCompare compare, params StoreOperation[] operations) =>
        Store.CommitAsync(new([compare], [.. operations]), Cancel);

    /// <summary>Writes keys <c>k00000</c>.. in transactions as large as allowed.</summary>
    protected async Task FillAsync(int count)
    {
        foreach (var chunk in Enumerable.Range(0, count).Chunk(Math.Min(Store.MaxOperations, 1000)))
        {
            await Store.CommitAsync(new([], [.. chunk.Select(i => Put($"{Prefix}k{i:d5}", $"{i}"))]), Cancel);
        }
    }

    [Fact]
    public async Task A_key_that_was_never_written_is_null() => Assert.Null(await Store.GetAsync(Prefix + "none", Cancel));

    [Fact]
    public async Task What_was_put_is_read_back_with_its_revisions()
    {
        var created = await CommitAsync(Put(Prefix + "a", "1"));
        var changed = await CommitAsync(Put(Prefix + "a", "2"));
        var entry = await Store.GetAsync(Prefix + "a", Cancel);
        Assert.Equal("2", Text(entry));
        Assert.Equal((created.Revision, changed.Revision), (entry!.CreateRevision, entry.ModRevision));
        Assert.True(changed.Revision > created.Revision);
    }

    [Fact]
    public async Task A_key_that_was_deleted_and_put_again_was_created_again()
    {
        var first = await CommitAsync(Put(Prefix + "a", "1"));
        await CommitAsync(Delete(Prefix + "a"));
        Assert.Null(await Store.GetAsync(Prefix + "a", Cancel));
        var again = await CommitAsync(Put(Prefix + "a", "1"));
        Assert.Equal(again.Revision, (await Store.GetAsync(Prefix + "a", Cancel))!.CreateRevision);
        Assert.True(again.Revision > first.Revision + 1);
    }

    [Fact]
    public async Task An_empty_value_and_an_odd_key_are_kept()
    {
        await CommitAsync(Put(Prefix + "é%2F ✓", ""), Put(Prefix, "the prefix itself"));
        Assert.Equal("", Text(await Store.GetAsync(Prefix + "é%2F ✓", Cancel)));
        var list = await Store.ListAsync(Prefix, Cancel);
        Assert.Equal([Prefix, Prefix + "é%2F ✓"], list.Entries.Select(entry => entry.Key));
    }

    [Fact]
    public async Task A_value_of_a_megabyte_is_kept()
    {
        var value = new string('x', 1_000_000);
        await CommitAsync(Put(Prefix + "large", value));
        Assert.Equal(value, Text(await Store.GetAsync(Prefix + "large", Cancel)));
    }

    [Fact]
    public async Task A_key_is_created_only_once()
    {
        Assert.True((await CommitIfAsync(StoreCompare.Missing(Prefix + "a"), Put(Prefix + "a", "1"))).Succeeded);
        Assert.False((await CommitIfAsync(StoreCompare.Missing(Prefix + "a"), Put(Prefix + "a", "2"))).Succeeded);
        Assert.Equal("1", Text(await Store.GetAsync(Prefix + "a", Cancel)));
    }

    [Fact]
    public async Task A_key_is_changed_only_as_it_was_read()
    {
        var first = await CommitAsync(Put(Prefix + "a", "1"));
        var second = await CommitIfAsync(StoreCompare.Unchanged(Prefix + "a", first.Revision), Put(Prefix + "a", "2"));
        Assert.True(second.Succeeded);
        Assert.False((await CommitIfAsync(StoreCompare.Unchanged(Prefix + "a", first.Revision), Put(Prefix + "a", "3"))).Succeeded);
        Assert.False((await CommitIfAsync(StoreCompare.Unchanged(Prefix + "none", first.Revision), Put(Prefix + "a", "3"))).Succeeded);
        Assert.True((await CommitIfAsync(StoreCompare.Unchanged(Prefix + "none", 0), Put(Prefix + "a", "4"))).Succeeded);
        Assert.True((await CommitIfAsync(new(Prefix + "a", CompareTarget.CreateRevision, first.Revision), Delete(Prefix + "a"))).Succeeded);
    }

    [Fact]
    public async Task A_key_is_changed_only_while_it_holds_a_value()
    {
        await CommitAsync(Put(Prefix + "a", "1"), Put(Prefix + "empty", ""));
        Assert.False((await CommitIfAsync(StoreCompare.Holds(Prefix + "a", "10"u8.ToArray()), Put(Prefix + "a", "2"))).Succeeded);
        Assert.False((await CommitIfAsync(StoreCompare.Holds(Prefix + "a", default), Put(Prefix + "a", "2"))).Succeeded);
        Assert.False((await CommitIfAsync(StoreCompare.Holds(Prefix + "none", default), Put(Prefix + "a", "2"))).Succeeded);
        Assert.True((await CommitIfAsync(StoreCompare.Holds(Prefix + "empty", default), Put(Prefix + "a", "1"))).Succeeded);
        Assert.True((await CommitIfAsync(StoreCompare.Holds(Prefix + "a", "1"u8.ToArray()), Put(Prefix + "a", "2"))).Succeeded);
        Assert.Equal("2", Text(await Store.GetAsync(Prefix + "a", Cancel)));
    }

    [Fact]
    public async Task A_transaction_is_carried_out_whole_or_not_at_all()
    {
        await CommitAsync(Put(Prefix + "a", "1"));
        var failed = await Store.CommitAsync(
            new([StoreCompare.Missing(Prefix + "b"), StoreCompare.Missing(Prefix + "a")], [Put(Prefix + "b", "2"), Delete(Prefix + "a")]), Cancel);
        Assert.False(failed.Succeeded);
        Assert.Equal([Prefix + "a"], (await Store.ListAsync(Prefix, Cancel)).Entries.Select(entry => entry.Key));

        var done = await CommitIfAsync(StoreCompare.Missing(Prefix + "b"), Put(Prefix + "b", "2"), Put(Prefix + "c", "3"), Delete(Prefix + "a"));
        var list = await Store.ListAsync(Prefix, Cancel);
        Assert.Equal([(Prefix + "b", done.Revision), (Prefix + "c", done.Revision)], list.Entries.Select(entry => (entry.Key, entry.ModRevision)));
    }

    [Fact]
    public async Task A_key_written_twice_in_one_transaction_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => CommitAsync(Put(Prefix + "a", "1"), Delete(Prefix + "a")));
        Assert.Null(await Store.GetAsync(Prefix + "a", Cancel));
    }

    [Fact]
    public async Task A_transaction_over_the_limit_is_refused_and_one_at_the_limit_is_not()
    {
        if (Store.MaxOperations == int.MaxValue)
        {
            await FillAsync(5000);
            return;
        }

        ImmutableArray<StoreOperation> Operations(int count) => [.. Enumerable.Range(0, count).Select(i => Put($"{Prefix}{i}", "v"))];
        ImmutableArray<StoreCompare> Compares(int count) => [.. Enumerable.Range(0, count).Select(i => StoreCompare.Missing($"{Prefix}{i}"))];
        await Assert.ThrowsAsync<ArgumentException>(() => Store.CommitAsync(new([], Operations(Store.MaxOperations + 1)), Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.CommitAsync(new(Compares(Store.MaxOperations + 1), Operations(1)), Cancel));
        Assert.True((await Store.CommitAsync(new(Compares(Store.MaxOperations), Operations(Store.MaxOperations)), Cancel)).Succeeded);
    }

    [Fact]
    public async Task A_list_holds_the_prefix_in_key_order_and_nothing_else()
    {
        await CommitAsync(Put(Prefix + "b", "2"), Put(Prefix + "a/x", "1"), Put(Prefix + "a", "0"), Put(Prefix[..^1] + "0", "outside"));
        var list = await Store.ListAsync(Prefix, Cancel);
        Assert.Equal(["a", "a/x", "b"], list.Entries.Select(entry => entry.Key[Prefix.Length..]));
        Assert.Empty((await Store.ListAsync(Prefix + "none/", Cancel)).Entries);
    }

    [Fact]
    public async Task A_long_list_is_one_state_while_others_write()
    {
        // Every commit moves the same mark in the first and the last key: a list that pages over two states shows two marks.
        const int Count = 3500;
        await FillAsync(Count);
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (var mark = 0; !stop.IsCancellationRequested; mark++)
            {
                await CommitAsync(Put($"{Prefix}k00000", $"m{mark}"), Put($"{Prefix}k{Count - 1:d5}", $"m{mark}"));
            }
        }, Cancel);
        await Wait.UntilAsync("the writer writes", async () => Text(await Store.GetAsync($"{Prefix}k00000", Cancel)).StartsWith('m'));
        for (var i = 0; i < 10; i++)
        {
            var list = await Store.ListAsync(Prefix, Cancel);
            Assert.Equal(Count, list.Entries.Length);
            Assert.Equal(Text(list.Entries[0]), Text(list.Entries[^1]));
            Assert.Equal(list.Entries.Select(entry => entry.Key).Order(StringComparer.Ordinal), list.Entries.Select(entry => entry.Key));
            Assert.True(list.Revision >= list.Entries.Max(entry => entry.ModRevision));
        }

        await stop.CancelAsync();
        await writer;
    }

    [Fact]
    public async Task Many_keys_are_read_in_the_order_asked()
    {
        await FillAsync(300);
        var keys = Enumerable.Range(0, 300).Reverse().Select(i => $"{Prefix}k{i:d5}").Append(Prefix + "none").ToArray();
        var entries = await Store.GetManyAsync(keys, Cancel);
        Assert.Equal(keys, entries.Select(entry => entry?.Key ?? Prefix + "none"));
        Assert.Null(entries[^1]);
        Assert.Empty(await Store.GetManyAsync([], Cancel));
    }

    [Fact]
    public async Task A_cancelled_call_says_so()
    {
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.GetAsync(Prefix, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ListAsync(Prefix, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.CommitAsync(new([], [Put(Prefix + "a", "1")]), cancelled));
    }
}
