using System.Collections.Immutable;
using Netplugin.Store;

namespace Netplugin.Tests.Store.Fixtures;

/// <summary>
/// A store seen by a process that may be killed: from the given commit on nothing goes through any more, and leases are left to
/// run out. It can also lower the transaction limit, so that small posts are staged.
/// </summary>
internal sealed class DyingStore(IStateStore inner, int maxOperations) : IStateStore
{
    private readonly List<IStoreLease> _leases = [];
    private int _commits;

    /// <summary>Number of the commit to die at, from 1; 0 = never.</summary>
    public int DieAt { get; init; }

    /// <summary>True: die after that commit was carried out; false: before.</summary>
    public bool CarriedOut { get; init; }

    /// <summary>Number of the commit whose answer is lost, from 1, with <see cref="CarriedOut"/> as for a death; 0 = none.</summary>
    public int LoseAnswerOf { get; init; }

    public int Commits => Volatile.Read(ref _commits);

    public bool IsDead { get; private set; }

    /// <summary>Called before each commit, with its number.</summary>
    public Func<int, Task>? BeforeCommit { get; init; }

    public int MaxOperations => maxOperations;

    public Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default) => Living().GetAsync(key, cancellationToken);

    public Task<ImmutableArray<StoreEntry?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default) =>
        Living().GetManyAsync(keys, cancellationToken);

    public Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken = default) => Living().ListAsync(prefix, cancellationToken);

    public async Task<TransactionResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken = default)
    {
        Assert.InRange(transaction.Operations.Length, 0, MaxOperations);
        Assert.InRange(transaction.Compares.Length, 0, MaxOperations);
        var number = Interlocked.Increment(ref _commits);
        if (BeforeCommit is { } before)
        {
            await before(number);
        }

        var store = Living();
        if (number == LoseAnswerOf)
        {
            if (CarriedOut)
            {
                await store.CommitAsync(transaction, cancellationToken);
            }

            throw new StoreException("test", StoreFailure.OutcomeUnknown, "the answer is lost here");
        }

        if (number != DieAt)
        {
            return await store.CommitAsync(transaction, cancellationToken);
        }

        IsDead = true;
        if (CarriedOut)
        {
            await store.CommitAsync(transaction, cancellationToken);
        }

        throw Death();
    }

    public IAsyncEnumerable<StoreEvent> FollowAsync(string prefix, CancellationToken cancellationToken = default) => Living().FollowAsync(prefix, cancellationToken);

    public async Task<IStoreLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        var lease = await Living().GrantLeaseAsync(timeToLive, cancellationToken);
        _leases.Add(lease);
        return new Kept(this, lease);
    }

    /// <summary>The dead process's leases run out.</summary>
    public async Task LeasesRunOutAsync()
    {
        foreach (var lease in _leases)
        {
            await lease.DisposeAsync();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private IStateStore Living() => IsDead ? throw Death() : inner;

    private static StoreException Death() => new("test", StoreFailure.Unreachable, "the process was killed here");

    private sealed class Kept(DyingStore store, IStoreLease lease) : IStoreLease
    {
        public long Id => lease.Id;

        public CancellationToken Lost => lease.Lost;

        public ValueTask DisposeAsync() => store.IsDead ? ValueTask.CompletedTask : lease.DisposeAsync();
    }
}
