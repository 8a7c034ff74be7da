using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Netplugin.Store;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>
/// A store that can be away: every call then fails as one to an unreachable server does; or slow to tell followers; or lose the answer of a write.
/// </summary>
internal sealed class SwitchedStore(IStateStore inner) : IStateStore
{
    private readonly AsyncLocal<StrongBox<int>?> _reads = new();
    private volatile Lagging? _lag;

    public bool IsAway { get; set; }

    /// <summary>The next write is carried out, and its answer lost.</summary>
    public bool LosesAnswer { get; set; }

    /// <summary>What a write waits for before it is carried out; null: nothing.</summary>
    public Task? HoldsWrites { get; set; }

    public int MaxOperations => inner.MaxOperations;

    public Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default) => Here().GetAsync(key, cancellationToken);

    public Task<ImmutableArray<StoreEntry?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        if (_reads.Value is { } reads)
        {
            Interlocked.Increment(ref reads.Value);
        }

        return Here().GetManyAsync(keys, cancellationToken);
    }

    /// <summary>Does something, and says how often it read several keys at once; what others read meanwhile does not count.</summary>
    public async Task<(T Result, int Reads)> CountReadsAsync<T>(Func<Task<T>> work)
    {
        StrongBox<int> reads = new();
        _reads.Value = reads;
        return (await work(), reads.Value);
    }

    public Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken = default) => Here().ListAsync(prefix, cancellationToken);

    public async Task<TransactionResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken = default)
    {
        await (HoldsWrites ?? Task.CompletedTask);
        var result = await Here().CommitAsync(transaction, cancellationToken);
        if (LosesAnswer)
        {
            LosesAnswer = false;
            throw new StoreException("commit", StoreFailure.OutcomeUnknown, "made to lose the answer");
        }

        return result;
    }

    public async IAsyncEnumerable<StoreEvent> FollowAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var happened in Here().FollowAsync(prefix, cancellationToken))
        {
            if (_lag is { } lag && prefix.StartsWith(lag.Prefix, StringComparison.Ordinal))
            {
                await lag.Ended.WaitAsync(cancellationToken);
            }

            yield return happened;
        }
    }

    /// <summary>Followers of what begins with a prefix see nothing more until the result is disposed.</summary>
    public IDisposable Lag(string prefix = "")
    {
        var lag = new Lagging(this, prefix);
        _lag = lag;
        return lag;
    }

    public Task<IStoreLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default) =>
        Here().GrantLeaseAsync(timeToLive, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private IStateStore Here() => IsAway ? throw new StoreException("call", StoreFailure.Unreachable, "made to be away") : inner;

    private sealed class Lagging(SwitchedStore store, string prefix) : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Prefix => prefix;

        public Task Ended => _ended.Task;

        public void Dispose()
        {
            store._lag = null;
            _ended.TrySetResult();
        }
    }
}
