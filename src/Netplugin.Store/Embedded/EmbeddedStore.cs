using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Netplugin.Store.Embedded;

/// <summary>
/// The single-host driver: one SQLite file, held by one process, which serves followers itself. What was acknowledged survives
/// the process and the machine being killed. A lease lives as long as the process that holds the file.
/// </summary>
public sealed class EmbeddedStore : IStateStore
{
    // A reader this far behind gets a new snapshot instead: the file keeps no history to resume from.
    private const int QueuedEvents = 1024;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly EmbeddedDatabase _database;
    private readonly HashSet<Follower> _followers = [];
    private readonly HashSet<long> _leases = [];
    private readonly string _path;
    private long _lastLease;
    private bool _closed;

    private EmbeddedStore(string path, EmbeddedDatabase database) => (_path, _database) = (path, database);

    /// <inheritdoc/>
    public int MaxOperations => int.MaxValue;

    /// <summary>Opens the file, or creates it and its folder.</summary>
    /// <exception cref="StoreException">Refused: another process has it, or it cannot be written. Unreadable: damaged, or of a newer version.</exception>
    public static EmbeddedStore Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new(path, EmbeddedDatabase.Open(path));
        }
        catch (SqliteException e)
        {
            throw Failure("open", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException("open", StoreFailure.Refused, $"the folder of {path} cannot be made: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default) =>
        WithinAsync("get", () => _database.Get(key), cancellationToken);

    /// <inheritdoc/>
    public Task<ImmutableArray<StoreEntry?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default) =>
        WithinAsync<ImmutableArray<StoreEntry?>>("get", () => [.. keys.Select(_database.Get)], cancellationToken);

    /// <inheritdoc/>
    public Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken = default) =>
        WithinAsync("list", () => _database.List(prefix), cancellationToken);

    /// <inheritdoc/>
    public Task<TransactionResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken = default)
    {
        TransactionRules.Check(transaction, MaxOperations);
        return WithinAsync(
            "commit",
            () =>
            {
                if (transaction.Operations.OfType<StoreOperation.Put>().FirstOrDefault(put => put.Lease is { } lease && !_leases.Contains(lease.Id)) is { } put)
                {
                    throw new StoreException("commit", StoreFailure.Refused, $"the lease of {put.Key} has ended.");
                }

                var changes = _database.Commit(transaction);
                Publish(changes ?? []);
                return new TransactionResult(changes is not null, _database.Revision);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreEvent> FollowAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        while (true)
        {
            var follower = new Follower(prefix, Channel.CreateBounded<StoreEvent>(new BoundedChannelOptions(QueuedEvents) { SingleReader = true }));
            try
            {
                // The snapshot goes through the queue, so that nothing here holds on to it.
                await WithinAsync(
                    "follow",
                    () =>
                    {
                        follower.Events.Writer.TryWrite(new StoreEvent.Snapshot(_database.List(prefix)));
                        return _followers.Add(follower);
                    },
                    cancellationToken);
                while (await follower.Events.Reader.WaitToReadAsync(cancellationToken))
                {
                    while (follower.Events.Reader.TryRead(out var next))
                    {
                        yield return next;
                        next = null;
                    }
                }
            }
            finally
            {
                await _gate.WaitAsync(CancellationToken.None);
                _followers.Remove(follower);
                _gate.Release();
            }
        }
    }

    /// <inheritdoc/>
    public async Task<IStoreLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        return await WithinAsync(
            "lease",
            () =>
            {
                _leases.Add(++_lastLease);
                return new EmbeddedLease(this, _lastLease);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        if (!_closed)
        {
            _closed = true;
            _database.Dispose();
        }

        _gate.Release();
    }

    /// <summary>Ends a lease and removes what hangs on it.</summary>
    internal Task EndLeaseAsync(long id) => WithinAsync(
        "lease",
        () =>
        {
            if (_leases.Remove(id))
            {
                Publish(_database.RemoveLeased(id));
            }

            return true;
        },
        CancellationToken.None);

    private static StoreException Failure(string operation, string path, SqliteException e) => e.SqliteErrorCode switch
    {
        // Numbers of sqlite3.h: BUSY 5, LOCKED 6, CORRUPT 11, FULL 13, NOTADB 26.
        5 or 6 => new(operation, StoreFailure.Refused, $"{path} is in use by another process: stop it, or talk to the daemon that has it.", e),
        11 or 26 => new(operation, StoreFailure.Unreadable, $"{path} is damaged ({e.Message}): restore a copy, or move it away to begin anew.", e),
        13 => new(operation, StoreFailure.Refused, $"no space is left for {path}.", e),
        _ when operation == "commit" => new(operation, StoreFailure.OutcomeUnknown, $"{path}: {e.Message}", e),
        _ => new(operation, StoreFailure.Refused, $"{path}: {e.Message}", e),
    };

    // SQLite works synchronously: callers wait for their turn asynchronously and then for the disk.
    private async Task<T> WithinAsync<T>(string operation, Func<T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return work();
        }
        catch (SqliteException e)
        {
            throw Failure(operation, _path, e);
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Publish(ImmutableArray<StoreChange> changes)
    {
        if (changes.IsEmpty)
        {
            return;
        }

        foreach (var follower in _followers)
        {
            var seen = changes.All(change => Matches(follower, change)) ? changes : [.. changes.Where(change => Matches(follower, change))];
            if (!seen.IsEmpty && !follower.Events.Writer.TryWrite(new StoreEvent.Changed(_database.Revision, seen)))
            {
                follower.Events.Writer.TryComplete();
            }
        }

        static bool Matches(Follower follower, StoreChange change) => change.Key.StartsWith(follower.Prefix, StringComparison.Ordinal);
    }

    private sealed record Follower(string Prefix, Channel<StoreEvent> Events);
}
