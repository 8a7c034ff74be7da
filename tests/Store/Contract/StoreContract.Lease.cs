using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Contract;

public abstract partial class StoreContract
{
    [Fact]
    public async Task The_keys_of_a_lease_go_with_it_and_followers_see_them_go()
    {
        var lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(5), Cancel);
        await CommitAsync(Put(Prefix + "a", "1", lease), Put(Prefix + "b", "2", lease), Put(Prefix + "c", "3"));
        await using var follower = new Follower(Store, Prefix);
        await follower.UntilAsync(f => f.State.Count == 3);
        await lease.DisposeAsync();
        await follower.UntilAsync(f => f.State.Count == 1);
        Assert.Equal([Prefix + "c"], follower.State.Keys);
        Assert.Equal([Prefix + "c"], (await Store.ListAsync(Prefix, Cancel)).Entries.Select(entry => entry.Key));
    }

    [Fact]
    public async Task A_key_put_again_without_the_lease_outlives_it()
    {
        var lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(5), Cancel);
        await CommitAsync(Put(Prefix + "a", "1", lease));
        await CommitAsync(Put(Prefix + "a", "2"));
        await lease.DisposeAsync();
        await lease.DisposeAsync();
        Assert.Equal("2", Text(await Store.GetAsync(Prefix + "a", Cancel)));
    }

    [Fact]
    public async Task A_lease_is_kept_alive_beyond_its_time()
    {
        var lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(2), Cancel);
        await CommitAsync(Put(Prefix + "a", "1", lease));
        var began = TimeProvider.System.GetTimestamp();
        await Wait.UntilAsync("three lifetimes pass with the key there", async () =>
        {
            Assert.NotNull(await Store.GetAsync(Prefix + "a", Cancel));
            return TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(6);
        });
        Assert.False(lease.Lost.IsCancellationRequested);
        await lease.DisposeAsync();
    }
}
