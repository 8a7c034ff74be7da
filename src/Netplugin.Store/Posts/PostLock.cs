using System.Collections.Immutable;
using System.Text;
using Netplugin.Core.Model;
using Netplugin.Store.Json;

namespace Netplugin.Store.Posts;

/// <summary>
/// The lock of a post that takes more than one transaction. Nobody else posts meanwhile and no node leases addresses; who loaded the state before it was
/// taken must load again, since it touches the post record.
/// </summary>
internal sealed class PostLock : IAsyncDisposable
{
    private readonly IStoreLease _lease;

    private PostLock(IStoreLease lease, long revision) => (_lease, Revision) = (lease, revision);

    /// <summary>Revision at which it was taken: that of the post record too.</summary>
    public long Revision { get; }

    /// <summary>Takes it for a state that is loaded after, so that what others do cannot make it old.</summary>
    /// <returns>Null when somebody else posts.</returns>
    public static async Task<PostLock?> TakeAsync(IStateStore store, string poster, TimeSpan time, CancellationToken cancellationToken)
    {
        var entry = await store.GetAsync(StoreKeys.Post, cancellationToken);
        var post = entry is null ? new PostRecord(0) : RecordCodec.DecodePost(entry);
        return await TakeAsync(store, poster, time, post, [StoreCompare.Unchanged(StoreKeys.Post, entry?.ModRevision ?? 0)], cancellationToken);
    }

    /// <summary>Takes it for a state that was loaded before.</summary>
    /// <param name="store">Where.</param>
    /// <param name="poster">Who, for others to see.</param>
    /// <param name="time">How long it outlives a poster that died.</param>
    /// <param name="post">The last post.</param>
    /// <param name="compares">What tells that the state is still as it was loaded.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when somebody was faster.</returns>
    public static async Task<PostLock?> TakeAsync(
        IStateStore store, string poster, TimeSpan time, PostRecord post, ImmutableArray<StoreCompare> compares, CancellationToken cancellationToken)
    {
        var lease = await store.GrantLeaseAsync(time, cancellationToken);
        TransactionResult result = default;
        try
        {
            result = await store.CommitAsync(
                new(
                    [StoreCompare.Missing(StoreKeys.PostLock), .. compares],
                    [
                        new StoreOperation.Put(StoreKeys.PostLock, Encoding.UTF8.GetBytes(poster), lease),
                        new StoreOperation.Put(StoreKeys.Post, RecordCodec.Encode(post)),
                    ]),
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
