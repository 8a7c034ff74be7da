using System.Diagnostics;
using System.Globalization;
using System.Text;
using Netplugin.Store;
using Netplugin.Store.Etcd;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Etcd;

/// <summary>An etcd that is stopped, restored, compacted or frozen; one of its own for each test.</summary>
public sealed class EtcdTroubleTests : IAsyncLifetime
{
    private readonly EtcdServer _server = new();
    private EtcdStore? _store;

    private EtcdStore Store => _store!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.InitializeAsync();
        _store = _server.Open();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_follow_goes_on_after_a_restart_without_a_gap_and_without_beginning_anew()
    {
        await PutAsync("/t/a", "1");
        await using var follower = new Follower(Store, "/t/");
        await follower.NextAsync<StoreEvent.Snapshot>();
        await _server.StopAsync();
        var lost = await follower.NextAsync<StoreEvent.Disconnected>();
        Assert.Contains(_server.Url.Authority, lost.Reason, StringComparison.Ordinal);
        await StartAsync();

        // Written before the follow may be back: it must not be missed.
        await PutAsync("/t/b", "2");
        await follower.UntilAsync(f => f.State.ContainsKey("/t/b"));
        Assert.Equal((1, 1), (follower.Snapshots, follower.Losses));
    }

    [Fact]
    public async Task A_follow_says_when_it_is_back_even_when_nothing_changed()
    {
        await PutAsync("/t/a", "1");
        await using var follower = new Follower(Store, "/t/");
        await follower.NextAsync<StoreEvent.Snapshot>();
        for (var i = 1; i <= 2; i++)
        {
            await _server.StopAsync();
            await follower.NextAsync<StoreEvent.Disconnected>();
            _server.Start();
            Assert.Empty((await follower.NextAsync<StoreEvent.Changed>()).Changes);
        }

        Assert.Equal((1, 2), (follower.Snapshots, follower.Losses));
    }

    [Fact]
    public async Task A_follow_that_saw_a_deletion_last_goes_on_after_a_restart()
    {
        await PutAsync("/t/a", "1");
        await using var follower = new Follower(Store, "/t/");
        await follower.NextAsync<StoreEvent.Snapshot>();
        await Store.CommitAsync(new([], [new StoreOperation.Delete("/t/a")]), Cancel);
        await follower.UntilAsync(f => f.State.Count == 0);
        await _server.StopAsync();
        await follower.NextAsync<StoreEvent.Disconnected>();
        await StartAsync();
        await PutAsync("/t/b", "2");
        await follower.UntilAsync(f => f.State.ContainsKey("/t/b"));
        Assert.Equal(1, follower.Snapshots);
    }

    [Fact]
    public async Task A_follow_that_fell_behind_a_compaction_begins_anew()
    {
        await PutAsync("/t/a", "1");
        await using var follower = new Follower(Store, "/t/");
        await follower.NextAsync<StoreEvent.Snapshot>();
        await _server.StopAsync();
        await follower.NextAsync<StoreEvent.Disconnected>();
        await using (var other = _server.Open())
        {
            // The follower is kept waiting by not reading from it, so all of this happens behind its back.
            await StartAsync();
            await PutAsync("/t/a", "2", other);
            var last = await PutAsync("/t/c", "3", other);
            await _server.ControlAsync("compact", last.ToString(CultureInfo.InvariantCulture));
        }

        var snapshot = await follower.NextAsync<StoreEvent.Snapshot>();
        Assert.Equal(["/t/a", "/t/c"], snapshot.State.Entries.Select(entry => entry.Key));
        await PutAsync("/t/d", "4");
        await follower.UntilAsync(f => f.State.ContainsKey("/t/d"));
        Assert.Equal(2, follower.Snapshots);
    }

    [Fact]
    public async Task A_list_survives_a_compaction_between_its_pages()
    {
        foreach (var chunk in Enumerable.Range(0, 5000).Chunk(100))
        {
            await Store.CommitAsync(new([], [.. chunk.Select(i => new StoreOperation.Put($"/t/{i:d5}", new byte[500]))]), Cancel);
        }

        using var stop = new CancellationTokenSource();
        var compacting = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var revision = await PutAsync("/other", "1");
                    await _server.ControlAsync("compact", revision.ToString(CultureInfo.InvariantCulture));
                }
            },
            Cancel);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(5000, (await Store.ListAsync("/t/", Cancel)).Entries.Length);
        }

        await stop.CancelAsync();
        await compacting;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task A_store_restored_from_a_backup_begins_the_follow_anew(int writesAfterwards)
    {
        // With writes enough, the restored store's revision has passed the one the follow knew before it is back.
        await PutAsync("/t/old", "1");
        await _server.StopAsync();
        _server.Backup("backup");
        await StartAsync();
        await PutAsync("/t/lost", "2");
        await using var follower = new Follower(Store, "/t/");
        await follower.NextAsync<StoreEvent.Snapshot>();
        await PutAsync("/t/lost", "3");
        await follower.UntilAsync(f => f.State["/t/lost"] == "3");
        await _server.StopAsync();
        await follower.NextAsync<StoreEvent.Disconnected>();

        _server.Restore("backup");
        await StartAsync();
        await using var other = _server.Open();
        for (var i = 0; i < writesAfterwards; i++)
        {
            await PutAsync("/other", $"{i}", other);
        }

        Assert.Equal(["/t/old"], (await follower.NextAsync<StoreEvent.Snapshot>()).State.Entries.Select(entry => entry.Key));
    }

    [Fact]
    public async Task A_store_that_comes_back_empty_begins_the_follow_anew()
    {
        await PutAsync("/t/a", "1");
        await using var follower = new Follower(Store, "/t/");
        await follower.NextAsync<StoreEvent.Snapshot>();
        await _server.StopAsync();
        await follower.NextAsync<StoreEvent.Disconnected>();
        Directory.Delete(_server.DataDirectory, recursive: true);
        _server.Start();
        Assert.Empty((await follower.NextAsync<StoreEvent.Snapshot>()).State.Entries);
    }

    [Fact]
    public async Task A_follow_that_begins_while_the_store_is_away_says_so_once_and_begins_when_it_is_there()
    {
        await _server.StopAsync();
        await using var follower = new Follower(Store, "/t/");
        await follower.NextAsync<StoreEvent.Disconnected>();
        _server.Start();
        await follower.NextAsync<StoreEvent.Snapshot>();
        Assert.Equal(1, follower.Losses);
    }

    [Fact]
    public async Task An_absent_server_is_unreachable_for_reads_and_writes_alike()
    {
        await _server.StopAsync();
        var read = await Assert.ThrowsAsync<StoreException>(() => Store.GetAsync("/t/a", Cancel));
        Assert.Equal(StoreFailure.Unreachable, read.Reason);
        Assert.Contains(_server.Url.Authority, read.Message, StringComparison.Ordinal);
        Assert.True(read.IsTransient);
        await using var fresh = _server.Open();
        var write = await Assert.ThrowsAsync<StoreException>(() => PutAsync("/t/a", "1", fresh));
        Assert.Equal(StoreFailure.Unreachable, write.Reason);
    }

    [Fact]
    public async Task A_frozen_server_leaves_a_writes_outcome_unknown_and_a_read_without_answer()
    {
        await using var store = new EtcdStore(_server.Options with { CallTimeout = TimeSpan.FromMilliseconds(500) });
        await PutAsync("/t/a", "1", store);
        Signal("-STOP");
        var write = await Assert.ThrowsAsync<StoreException>(() => PutAsync("/t/a", "2", store));
        Assert.Equal(StoreFailure.OutcomeUnknown, write.Reason);
        var read = await Assert.ThrowsAsync<StoreException>(() => store.GetAsync("/t/a", Cancel));
        Assert.Equal(StoreFailure.Unreachable, read.Reason);
        Signal("-CONT");
        Assert.Contains(Encoding.UTF8.GetString((await Store.GetAsync("/t/a", Cancel))!.Value.Span), (string[])["1", "2"]);
    }

    [Fact]
    public async Task A_follow_notices_a_frozen_server_although_nothing_is_written()
    {
        await using var follower = new Follower(Store, "/t/");
        await follower.NextAsync<StoreEvent.Snapshot>();
        Signal("-STOP");
        await follower.NextAsync<StoreEvent.Disconnected>();
        Signal("-CONT");
        await follower.NextAsync();
    }

    [Fact]
    public async Task When_one_member_is_gone_the_next_one_is_asked()
    {
        await using var second = new EtcdServer();
        await second.InitializeAsync();
        await using (var direct = second.Open())
        {
            await PutAsync("/t/second", "1", direct);
        }

        await using var store = new EtcdStore(new([_server.Url, second.Url]));
        Assert.Null(await store.GetAsync("/t/second", Cancel));
        await _server.StopAsync();
        await Wait.UntilAsync("the second server answers", async () => await store.GetAsync("/t/second", Cancel) is not null);
    }

    [Fact]
    public async Task A_lease_that_etcd_ended_is_lost_and_its_keys_are_gone()
    {
        await using var lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(2), Cancel);
        await Store.CommitAsync(new([], [new StoreOperation.Put("/t/a", "1"u8.ToArray(), lease)]), Cancel);
        await _server.ControlAsync("lease", "revoke", lease.Id.ToString("x", CultureInfo.InvariantCulture));
        await Wait.UntilAsync("the lease is lost", () => lease.Lost.IsCancellationRequested);
        Assert.Null(await Store.GetAsync("/t/a", Cancel));
        var thrown = await Assert.ThrowsAsync<StoreException>(
            () => Store.CommitAsync(new([], [new StoreOperation.Put("/t/a", "1"u8.ToArray(), lease)]), Cancel));
        Assert.Equal(StoreFailure.Refused, thrown.Reason);
    }

    [Fact]
    public async Task A_lease_survives_a_restart_of_the_server()
    {
        await using var lease = await Store.GrantLeaseAsync(TimeSpan.FromSeconds(3), Cancel);
        await Store.CommitAsync(new([], [new StoreOperation.Put("/t/a", "1"u8.ToArray(), lease)]), Cancel);
        await _server.StopAsync();
        await StartAsync();
        var began = Stopwatch.GetTimestamp();
        await Wait.UntilAsync("two lifetimes pass with the key there", async () =>
        {
            Assert.NotNull(await Store.GetAsync("/t/a", Cancel));
            return Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(6);
        });
        Assert.False(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_process_that_dies_takes_its_leased_keys_along()
    {
        // Closing the connection without revoking is what the server sees of a killed process.
        var dying = _server.Open();
        var lease = await dying.GrantLeaseAsync(TimeSpan.FromSeconds(2), Cancel);
        await dying.CommitAsync(new([], [new StoreOperation.Put("/t/a", "1"u8.ToArray(), lease)]), Cancel);
        await dying.DisposeAsync();
        await Wait.UntilAsync("the key is gone", async () => await Store.GetAsync("/t/a", Cancel) is null);
        await lease.DisposeAsync();
    }

    [Fact]
    public async Task A_value_too_large_for_the_server_is_refused()
    {
        var thrown = await Assert.ThrowsAsync<StoreException>(
            () => Store.CommitAsync(new([], [new StoreOperation.Put("/t/a", new byte[2_000_000])]), Cancel));
        Assert.Equal(StoreFailure.Refused, thrown.Reason);
    }

    private async Task StartAsync()
    {
        _server.Start();
        await _server.ServesAsync(_server.Options);
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [signal, _server.Pid.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    private Task<long> PutAsync(string key, string value) => PutAsync(key, value, Store);

    private static async Task<long> PutAsync(string key, string value, EtcdStore store) =>
        (await store.CommitAsync(new([], [new StoreOperation.Put(key, Encoding.UTF8.GetBytes(value))]), Cancel)).Revision;
}
