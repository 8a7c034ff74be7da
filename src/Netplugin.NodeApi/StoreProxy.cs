using System.Collections.Concurrent;
using Netplugin.NodeApi.Messages;
using Netplugin.Store;

namespace Netplugin.NodeApi;

/// <summary>
/// The daemon's end of <see cref="Client.NodeApiStore"/>: carries out the <c>store.*</c> requests on the daemon's own store.
/// One for the daemon's life, since a lease granted on one connection is used on others.
/// </summary>
/// <param name="store">The daemon's store.</param>
public sealed class StoreProxy(IStateStore store)
{
    private readonly ConcurrentDictionary<long, IStoreLease> _leases = new();

    /// <summary>True for a request that this type serves.</summary>
    public static bool Serves(NodeRequest request) => request is NodeRequest.StoreGet or NodeRequest.StoreList
        or NodeRequest.StoreCommit or NodeRequest.StoreFollow or NodeRequest.StoreLease;

    /// <summary>Serves a request; a store failure becomes a <see cref="NodeReply.Refused"/>.</summary>
    /// <param name="request">One for which <see cref="Serves"/> holds.</param>
    /// <param name="send">Sends one answer.</param>
    /// <param name="closed">Cancelled when the client closed the connection or the daemon stops; it ends following and leases.</param>
    public async Task ServeAsync(NodeRequest request, Func<NodeReply, CancellationToken, ValueTask> send, CancellationToken closed)
    {
        ArgumentNullException.ThrowIfNull(send);
        try
        {
            switch (request)
            {
                case NodeRequest.StoreFollow follow:
                    await FollowAsync(follow, send, closed);
                    break;
                case NodeRequest.StoreLease lease:
                    await LeaseAsync(lease, send, closed);
                    break;
                default:
                    await send(await AnswerAsync(request, closed), closed);
                    break;
            }
        }
        catch (StoreException e)
        {
            await send(new NodeReply.Refused(NodeErrorCode.ForStore(e.Reason), e.Message), closed);
        }
        catch (ArgumentException e)
        {
            await send(new NodeReply.Refused(NodeErrorCode.BadRequest, e.Message), closed);
        }
    }

    private async Task<NodeReply> AnswerAsync(NodeRequest request, CancellationToken cancellationToken)
    {
        switch (request)
        {
            case NodeRequest.StoreGet get:
                var entries = await store.GetManyAsync(get.Keys, cancellationToken);
                return new NodeReply.Entries([.. entries.Select(entry => entry is null ? null : EntryMessage.From(entry))]);
            case NodeRequest.StoreList list:
                return ToReply(await store.ListAsync(list.Prefix, cancellationToken));
            case NodeRequest.StoreCommit commit:
                var result = await store.CommitAsync(ToTransaction(commit), cancellationToken);
                return new NodeReply.Committed(result.Succeeded, result.Revision);
            default:
                return new NodeReply.Refused(NodeErrorCode.BadRequest, $"{request.GetType().Name} is not a request to the store");
        }
    }

    private async Task FollowAsync(NodeRequest.StoreFollow follow, Func<NodeReply, CancellationToken, ValueTask> send, CancellationToken closed)
    {
        await foreach (var happened in store.FollowAsync(follow.Prefix, closed))
        {
            NodeReply reply = happened switch
            {
                StoreEvent.Snapshot snapshot => ToReply(snapshot.State),
                StoreEvent.Changed changed => new NodeReply.Changed(changed.Revision, [.. changed.Changes.Select(ToMessage)]),
                StoreEvent.Disconnected disconnected => new NodeReply.Disconnected(disconnected.Reason),
                _ => throw new InvalidOperationException($"a store does not say {happened.GetType().Name}"),
            };
            await send(reply, closed);
        }
    }

    private async Task LeaseAsync(NodeRequest.StoreLease request, Func<NodeReply, CancellationToken, ValueTask> send, CancellationToken closed)
    {
        if (request.TimeToLiveMilliseconds is < 1 or > int.MaxValue)
        {
            throw new ArgumentException($"a lease cannot live {request.TimeToLiveMilliseconds} ms");
        }

        await using var lease = await store.GrantLeaseAsync(TimeSpan.FromMilliseconds(request.TimeToLiveMilliseconds), closed);
        _leases[lease.Id] = lease;
        try
        {
            await send(new NodeReply.Leased(lease.Id), closed);
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var onLost = lease.Lost.Register(() => ended.TrySetResult());
            await using var onClosed = closed.Register(() => ended.TrySetCanceled(closed));
            await ended.Task;
            await send(new NodeReply.Refused(NodeErrorCode.ForStore(StoreFailure.Unreachable), "the lease was lost"), closed);
        }
        finally
        {
            _leases.TryRemove(lease.Id, out _);
        }
    }

    private StoreTransaction ToTransaction(NodeRequest.StoreCommit commit) => new(
        [.. commit.Compares.Select(c => c.ToCompare())],
        [.. commit.Writes.Select(ToOperation)]);

    private StoreOperation ToOperation(WriteMessage write)
    {
        if (write.Value is null)
        {
            return new StoreOperation.Delete(write.Key);
        }

        if (write.Lease == 0)
        {
            return new StoreOperation.Put(write.Key, write.Value);
        }

        return _leases.TryGetValue(write.Lease, out var lease)
            ? new StoreOperation.Put(write.Key, write.Value, lease)
            : throw new StoreException("commit", StoreFailure.Refused, $"lease {write.Lease} is not held here (any more)");
    }

    private static NodeReply.Snapshot ToReply(StoreSnapshot snapshot) =>
        new(snapshot.Revision, [.. snapshot.Entries.Select(EntryMessage.From)]);

    private static EntryMessage ToMessage(StoreChange change) =>
        change.Entry is null ? new(change.Key, null, 0, change.Revision) : EntryMessage.From(change.Entry);
}
