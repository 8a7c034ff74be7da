using System.Collections.Immutable;
using System.Text;

namespace Netplugin.Store;

/// <summary>A key that one holder at a time has, by a lease: it is there for as long as the holder lives and does not give it up.</summary>
public sealed class HeldKey : IAsyncDisposable
{
    private readonly IStoreLease _lease;

    private HeldKey(IStoreLease lease, long revision) => (_lease, Revision) = (lease, revision);

    /// <summary>Revision at which it was taken.</summary>
    public long Revision { get; }

    /// <summary>Cancelled when it is held no longer: the lease was lost, or given up.</summary>
    public CancellationToken Lost => _lease.Lost;

    /// <summary>Takes a key that nobody holds.</summary>
    /// <param name="store">Where.</param>
    /// <param name="key">The key.</param>
    /// <param name="holder">Who, for others to see.</param>
    /// <param name="time">How long it outlives a holder that died.</param>
    /// <param name="compares">What must hold besides.</param>
    /// <param name="writes">What is written with it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when somebody else has it, or a compare does not hold.</returns>
    /// <exception cref="StoreException">As for any write.</exception>
    public static async Task<HeldKey?> TryTakeAsync(
        IStateStore store, string key, string holder, TimeSpan time, ImmutableArray<StoreCompare> compares, ImmutableArray<StoreOperation> writes,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        var lease = await store.GrantLeaseAsync(time, cancellationToken);
        TransactionResult result = default;
        try
        {
            result = await store.CommitAsync(
                new([StoreCompare.Missing(key), .. compares], [new StoreOperation.Put(key, Encoding.UTF8.GetBytes(holder), lease), .. writes]),
                cancellationToken);
        }
        finally
        {
            if (!result.Succeeded)
            {
                await lease.DisposeAsync();
            }
        }

        return result.Succeeded ? new(lease, result.Revision) : null;
    }

    /// <summary>Gives it up.</summary>
    public ValueTask DisposeAsync() => _lease.DisposeAsync();
}
