using System.Diagnostics;
using System.Globalization;
using System.Text;
using Netplugin.Store;
using Netplugin.Store.Embedded;
using Netplugin.Tests.Store.Fixtures;

namespace Netplugin.Tests.Store.Embedded;

/// <summary>The embedded store when its process is killed, and when its file is not what it should be.</summary>
public sealed class EmbeddedCrashTests : IDisposable
{
    private const string ChildDirectory = "NETPLUGIN_TEST_STORE_CHILD";
    private const int Kills = 6;

    private readonly string _directory = Directory.CreateTempSubdirectory("netplugin-store-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Database => Path.Combine(_directory, "state.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>
    /// The test starts itself as a child process (told by the environment), which writes until it is killed: each transaction puts
    /// one number into two keys, and is then noted in a file as acknowledged.
    /// </summary>
    [Fact]
    public async Task What_was_acknowledged_survives_the_process_being_killed()
    {
        if (Environment.GetEnvironmentVariable(ChildDirectory) is { } directory)
        {
            await WriteUntilKilledAsync(directory);
        }

        long revision = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var child = new Child(_directory);
            var before = Acknowledged();
            await Wait.UntilAsync("the child acknowledges writes", () => Acknowledged() > before + (20 * (kill + 1)) || child.HasExited);
            Assert.False(child.HasExited, "the child ended by itself");
            await child.KillAsync();

            await using var store = EmbeddedStore.Open(Database);
            var list = await store.ListAsync("/t/", Cancel);
            var numbers = list.Entries.Where(entry => entry.Key != "/t/leased").Select(entry => Number(entry.Value)).ToArray();
            Assert.Equal(2, numbers.Length);
            Assert.Equal(numbers[0], numbers[1]);
            Assert.True(numbers[0] >= Acknowledged(), $"{Acknowledged()} was acknowledged, {numbers[0]} is there");
            Assert.True(list.Revision > revision, $"revision {list.Revision} after {revision}");
            Assert.DoesNotContain(list.Entries, entry => entry.Key == "/t/leased");
            revision = list.Revision;
        }
    }

    [Fact]
    public async Task A_file_that_another_process_has_is_refused_by_name()
    {
        await using var child = new Child(_directory);
        await Wait.UntilAsync("the child writes", () => Acknowledged() > 0 || child.HasExited);
        var thrown = Assert.Throws<StoreException>(() => EmbeddedStore.Open(Database));
        Assert.Equal(StoreFailure.Refused, thrown.Reason);
        Assert.Contains(Database, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_there_is_there_again_after_closing_but_for_what_hung_on_a_lease()
    {
        await using (var store = EmbeddedStore.Open(Database))
        {
            var lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(60), Cancel);
            await store.CommitAsync(
                new([], [new StoreOperation.Put("/t/a", "1"u8.ToArray()), new StoreOperation.Put("/t/leased", "1"u8.ToArray(), lease)]), Cancel);
        }

        await using var again = EmbeddedStore.Open(Database);
        var list = await again.ListAsync("/", Cancel);
        var entry = Assert.Single(list.Entries);
        Assert.Equal(("/t/a", 1, 2), (entry.Key, entry.ModRevision, list.Revision));
    }

    [Fact]
    public void A_file_that_is_no_database_is_unreadable_and_left_alone()
    {
        File.WriteAllText(Database, new string('x', 10_000));
        var thrown = Assert.Throws<StoreException>(() => EmbeddedStore.Open(Database));
        Assert.Equal(StoreFailure.Unreadable, thrown.Reason);
        Assert.Equal(10_000, new FileInfo(Database).Length);
    }

    [Fact]
    public async Task A_file_of_a_newer_layout_is_refused()
    {
        await EmbeddedStore.Open(Database).DisposeAsync();
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Database};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 2";
            command.ExecuteNonQuery();
        }

        var thrown = Assert.Throws<StoreException>(() => EmbeddedStore.Open(Database));
        Assert.Equal(StoreFailure.Unreadable, thrown.Reason);
        Assert.Contains("newer version", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_store_and_an_ended_lease_say_so()
    {
        var store = EmbeddedStore.Open(Database);
        var lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(1), Cancel);
        await lease.DisposeAsync();
        var thrown = await Assert.ThrowsAsync<StoreException>(
            () => store.CommitAsync(new([], [new StoreOperation.Put("/t/a", "1"u8.ToArray(), lease)]), Cancel));
        Assert.Equal(StoreFailure.Refused, thrown.Reason);
        await store.DisposeAsync();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.GetAsync("/t/a", Cancel));
    }

    private static async Task WriteUntilKilledAsync(string directory)
    {
        // The pipe closes when the parent ends, however it ends.
        new Thread(() =>
        {
            Console.In.ReadToEnd();
            Environment.Exit(1);
        })
        { IsBackground = true }.Start();
        await using var store = EmbeddedStore.Open(Path.Combine(directory, "state.db"));
        await using var acknowledged = new FileStream(Path.Combine(directory, "acknowledged"), FileMode.Create, FileAccess.Write, FileShare.Read);
        var lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(60), Cancel);
        await store.CommitAsync(new([], [new StoreOperation.Put("/t/leased", "1"u8.ToArray(), lease)]), Cancel);
        var first = await store.GetAsync("/t/a", Cancel);
        for (var i = first is null ? 1 : Number(first.Value) + 1; ; i++)
        {
            var value = Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture));
            await store.CommitAsync(new([], [new StoreOperation.Put("/t/a", value), new StoreOperation.Put("/t/b", value)]), Cancel);
            acknowledged.Position = 0;
            await acknowledged.WriteAsync(Encoding.UTF8.GetBytes($"{i:d10}"), Cancel);
            await acknowledged.FlushAsync(Cancel);
        }
    }

    private static long Number(ReadOnlyMemory<byte> value) => long.Parse(Encoding.UTF8.GetString(value.Span), CultureInfo.InvariantCulture);

    private long Acknowledged()
    {
        var path = Path.Combine(_directory, "acknowledged");
        if (!File.Exists(path))
        {
            return 0;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return long.TryParse(reader.ReadToEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    /// <summary>This program once more, as the writer.</summary>
    private sealed class Child : IAsyncDisposable
    {
        private readonly Process _process;

        public Child(string directory)
        {
            var executable = Path.ChangeExtension(typeof(EmbeddedCrashTests).Assembly.Location, null);
            var start = new ProcessStartInfo(
                executable, ["--filter-method", $"{typeof(EmbeddedCrashTests).FullName}.{nameof(What_was_acknowledged_survives_the_process_being_killed)}"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            start.Environment[ChildDirectory] = directory;
            _process = Process.Start(start)!;
            _process.BeginOutputReadLine();
        }

        public bool HasExited => _process.HasExited;

        public async Task KillAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await KillAsync();
            _process.Dispose();
        }
    }
}
