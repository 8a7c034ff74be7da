using System.Collections.Immutable;
using Netplugin.Store;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>A store that can be away: every call then fails as one to an unreachable server does.</summary>
internal sealed class SwitchedStore(IStateStore inner) : IStateStore
{
    public bool IsAway { get; set; }

    public int MaxOperations => inner.MaxOperations;

    public Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default) => Here().GetAsync(key, cancellationToken);

    public Task<ImmutableArray<StoreEntry?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default) =>
        Here().GetManyAsync(keys, cancellationToken);

    public Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken = default) => Here().ListAsync(prefix, cancellationToken);

    public Task<TransactionResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken = default) =>
        Here().CommitAsync(transaction, cancellationToken);

    public IAsyncEnumerable<StoreEvent> FollowAsync(string prefix, CancellationToken cancellationToken = default) => Here().FollowAsync(prefix, cancellationToken);

    public Task<IStoreLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default) =>
        Here().GrantLeaseAsync(timeToLive, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private IStateStore Here() => IsAway ? throw new StoreException("call", StoreFailure.Unreachable, "made to be away") : inner;
}
