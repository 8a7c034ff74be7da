using System.Collections.Immutable;
using Netplugin.Core.Model;
using Netplugin.Store.Json;

namespace Netplugin.Store.Posts;

/// <summary>
/// The lock of a post that takes more than one transaction. Nobody else posts meanwhile and no node leases addresses; who loaded the state before it was
/// taken must load again, since it touches the post record, whose revision is then the lock's.
/// </summary>
internal static class PostLock
{
    /// <summary>Takes it for a state that is loaded after, so that what others do cannot make it old.</summary>
    /// <returns>Null when somebody else posts.</returns>
    public static async Task<HeldKey?> TryTakeAsync(IStateStore store, string poster, TimeSpan time, CancellationToken cancellationToken)
    {
        var entry = await store.GetAsync(StoreKeys.Post, cancellationToken);
        var post = entry is null ? new PostRecord(0) : RecordCodec.DecodePost(entry);
        return await TryTakeAsync(store, poster, time, post, [StoreCompare.Unchanged(StoreKeys.Post, entry?.ModRevision ?? 0)], cancellationToken);
    }

    /// <summary>Takes it for a state that was loaded before.</summary>
    /// <param name="store">Where.</param>
    /// <param name="poster">Who, for others to see.</param>
    /// <param name="time">How long it outlives a poster that died.</param>
    /// <param name="post">The last post.</param>
    /// <param name="compares">What tells that the state is still as it was loaded.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when somebody was faster.</returns>
    public static Task<HeldKey?> TryTakeAsync(
        IStateStore store, string poster, TimeSpan time, PostRecord post, ImmutableArray<StoreCompare> compares, CancellationToken cancellationToken) =>
        HeldKey.TryTakeAsync(
            store, StoreKeys.PostLock, poster, time, compares, [new StoreOperation.Put(StoreKeys.Post, RecordCodec.Encode(post with { Moved = [] }))], cancellationToken);
}
