using System.Collections.Immutable;
using Netplugin.Agent.Cluster;
using Netplugin.Store;

namespace Netplugin.Agent.Binding;

/// <summary>A store that tells the daemon's health record how each call went.</summary>
/// <param name="inner">The store.</param>
/// <param name="health">Told of answers and failures.</param>
internal sealed class NotingStore(IStateStore inner, StoreHealth health) : IStateStore
{
    /// <inheritdoc/>
    public int MaxOperations => inner.MaxOperations;

    /// <inheritdoc/>
    public Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default) => Note(inner.GetAsync(key, cancellationToken));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoreEntry?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default) =>
        Note(inner.GetManyAsync(keys, cancellationToken));

    /// <inheritdoc/>
    public Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken = default) => Note(inner.ListAsync(prefix, cancellationToken));

    /// <inheritdoc/>
    public async Task<TransactionResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken = default)
    {
        var result = await Note(inner.CommitAsync(transaction, cancellationToken));
        health.Answered(result.Revision);
        return result;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreEvent> FollowAsync(string prefix, CancellationToken cancellationToken = default) => inner.FollowAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    public Task<IStoreLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default) =>
        Note(inner.GrantLeaseAsync(timeToLive, cancellationToken));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task<T> Note<T>(Task<T> call)
    {
        try
        {
            var result = await call;
            health.Answered(0);
            return result;
        }
        catch (StoreException e) when (e.IsTransient || e.Reason == StoreFailure.Denied)
        {
            health.Failed(e.Message);
            throw;
        }
    }
}
