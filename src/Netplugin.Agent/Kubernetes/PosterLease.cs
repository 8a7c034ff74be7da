using Netplugin.Store;

namespace Netplugin.Agent.Kubernetes;

/// <summary>
/// Who posts the cluster's resources: the node that holds a key of the store by a lease. The others watch that key, and cost the store and the API server
/// nothing more.
/// </summary>
internal static class PosterLease
{
    // How long nobody posts after the poster's machine died.
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(10);

    // Every node hears at once that the key is free: the first few to ask for it are enough.
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    // A store that is held back is so until an operator spoke.
    private static readonly TimeSpan HeldBack = TimeSpan.FromSeconds(5);

    /// <summary>Waits until this node may post, which it may until the lease is lost or given up.</summary>
    /// <param name="store">Where the key is.</param>
    /// <param name="host">This node's label.</param>
    /// <param name="mayWrite">False: the store is not to be written to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreException">As for any write.</exception>
    public static async Task<HeldKey> TakeAsync(
        IStateStore store, string host, Func<CancellationToken, Task<bool>> mayWrite, CancellationToken cancellationToken)
    {
        await foreach (var happened in store.FollowAsync(StoreKeys.ResourcesPoster, cancellationToken))
        {
            var isFree = happened switch
            {
                StoreEvent.Snapshot(var state) => state.Entries.IsEmpty,
                StoreEvent.Changed { Changes: [.., var last] } => last.Entry is null,
                _ => false,
            };
            while (isFree)
            {
                await Task.Delay(LongestPause * Random.Shared.NextDouble(), cancellationToken);
                if (await store.GetAsync(StoreKeys.ResourcesPoster, cancellationToken) is not null)
                {
                    break;
                }

                if (!await mayWrite(cancellationToken))
                {
                    await Task.Delay(HeldBack, cancellationToken);
                }
                else if (await HeldKey.TryTakeAsync(store, StoreKeys.ResourcesPoster, host, TimeToLive, [], [], cancellationToken) is { } held)
                {
                    return held;
                }
            }
        }

        throw new OperationCanceledException(cancellationToken);
    }
}
