using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Netplugin.Store;

namespace Netplugin.Tests.Netdcli.Fixtures;

/// <summary>A store in memory for tests of what netdcli shows; it can also fail. The drivers have their own tests.</summary>
internal sealed class MemoryStore : IStateStore
{
    private readonly SortedDictionary<string, StoreEntry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private long _revision;
    private long _lease;

    /// <summary>Thrown by every call while set.</summary>
    public StoreException? Failure { get; set; }

    public int Commits { get; private set; }

    public int LargestCommit { get; private set; }

    public int MaxOperations => int.MaxValue;

    public IEnumerable<string> Keys => _entries.Keys;

    public Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default) =>
        Run(() => _entries.GetValueOrDefault(key));

    public Task<ImmutableArray<StoreEntry?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default) =>
        Run(() => keys.Select(k => _entries.GetValueOrDefault(k)).ToImmutableArray());

    public Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken = default) =>
        Run(() => new StoreSnapshot(_revision, [.. _entries.Values.Where(e => e.Key.StartsWith(prefix, StringComparison.Ordinal))]));

    public Task<TransactionResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken = default) => Run(() =>
    {
        foreach (var compare in transaction.Compares)
        {
            var entry = _entries.GetValueOrDefault(compare.Key);
            var found = compare.Target == CompareTarget.CreateRevision ? entry?.CreateRevision : entry?.ModRevision;
            if ((found ?? 0) != compare.Revision)
            {
                return new TransactionResult(false, _revision);
            }
        }

        _revision++;
        Commits++;
        LargestCommit = Math.Max(LargestCommit, transaction.Operations.Length);
        foreach (var operation in transaction.Operations)
        {
            if (operation is StoreOperation.Put put)
            {
                var created = _entries.GetValueOrDefault(put.Key)?.CreateRevision ?? _revision;
                _entries[put.Key] = new(put.Key, put.Value.ToArray(), created, _revision);
            }
            else
            {
                _entries.Remove(operation.Key);
            }
        }

        return new TransactionResult(true, _revision);
    });

    public async IAsyncEnumerable<StoreEvent> FollowAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new StoreEvent.Snapshot(await ListAsync(prefix, cancellationToken));
        throw new InvalidOperationException("netdcli follows nothing");
    }

    public Task<IStoreLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default) =>
        Run<IStoreLease>(() => new Held(++_lease));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public void Put(string key, byte[] value) =>
        CommitAsync(new([], [new StoreOperation.Put(key, value)])).GetAwaiter().GetResult();

    private Task<T> Run<T>(Func<T> action)
    {
        if (Failure is not null)
        {
            return Task.FromException<T>(Failure);
        }

        lock (_lock)
        {
            return Task.FromResult(action());
        }
    }

    private sealed class Held(long id) : IStoreLease
    {
        public long Id => id;

        public CancellationToken Lost => CancellationToken.None;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
