using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Netplugin.NodeApi.Messages;
using Netplugin.Store;

namespace Netplugin.NodeApi.Client;

/// <summary>
/// A daemon's store, reached through its socket: this is how netdcli posts where no etcd is configured and the daemon keeps the
/// embedded store. <see cref="StoreProxy"/> is the other end.
/// </summary>
/// <param name="client">Leads to the daemon.</param>
public sealed class NodeApiStore(NodeClient client) : IStateStore
{
    /// <inheritdoc/>
    /// <remarks>
    /// The daemon's store may be etcd, which takes 128 by default. A larger post is staged, which an embedded store does as well.
    /// </remarks>
    public int MaxOperations => 128;

    /// <inheritdoc/>
    public async Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default) =>
        (await GetManyAsync([key], cancellationToken))[0];

    /// <inheritdoc/>
    public async Task<ImmutableArray<StoreEntry?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        var reply = await AskAsync<NodeReply.Entries>("get", new NodeRequest.StoreGet([.. keys]), cancellationToken);
        return reply.Items.Length == keys.Count
            ? [.. reply.Items.Select(item => item?.ToEntry())]
            : throw new StoreException("get", StoreFailure.Unreadable, $"the daemon answered {reply.Items.Length} of {keys.Count} keys");
    }

    /// <inheritdoc/>
    public async Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken = default) =>
        ToSnapshot(await AskAsync<NodeReply.Snapshot>("list", new NodeRequest.StoreList(prefix), cancellationToken));

    /// <inheritdoc/>
    public async Task<TransactionResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken = default)
    {
        TransactionRules.Check(transaction, MaxOperations);
        var request = new NodeRequest.StoreCommit(
            [.. transaction.Compares.Select(CompareMessage.From)],
            [.. transaction.Operations.Select(ToMessage)]);
        var reply = await AskAsync<NodeReply.Committed>("commit", request, cancellationToken);
        return new(reply.Succeeded, reply.Revision);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreEvent> FollowAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            string? lost = null;
            await using var replies = client.StreamAsync(new NodeRequest.StoreFollow(prefix), cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (lost is null)
            {
                StoreEvent? next = null;
                try
                {
                    next = await replies.MoveNextAsync() ? ToEvent(replies.Current) : null;
                    lost = next is null ? "the daemon closed the connection" : null;
                }
                catch (NodeApiException e)
                {
                    lost = e.Message;
                }

                if (next is not null)
                {
                    yield return next;
                }
            }

            yield return new StoreEvent.Disconnected(lost);
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<IStoreLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        NodeConnection? connection = null;
        try
        {
            connection = await client.OpenAsync(new NodeRequest.StoreLease((long)timeToLive.TotalMilliseconds), cancellationToken);
            var first = await connection.NextAsync(cancellationToken)
                ?? throw new NodeApiException(NodeErrorCode.Unavailable, "the daemon closed the connection without an answer: see its log");
            var lease = new NodeApiLease(NodeClient.Expect<NodeReply.Leased>(first).Id, connection);
            connection = null;
            return lease;
        }
        catch (NodeApiException e)
        {
            throw Translate("lease", e, wrote: false);
        }
        finally
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<TReply> AskAsync<TReply>(string operation, NodeRequest request, CancellationToken cancellationToken)
        where TReply : NodeReply
    {
        try
        {
            return await client.AskAsync<TReply>(request, cancellationToken);
        }
        catch (NodeApiException e)
        {
            throw Translate(operation, e, wrote: request is NodeRequest.StoreCommit);
        }
    }

    // Without an answer nobody knows whether the daemon had committed; that it could not be connected to is the one clear case.
    private static StoreException Translate(string operation, NodeApiException e, bool wrote) =>
        new(
            operation,
            NodeErrorCode.ToStore(e.Code) ?? e.Code switch
            {
                NodeErrorCode.Unavailable when wrote && e.InnerException is not System.Net.Sockets.SocketException => StoreFailure.OutcomeUnknown,
                NodeErrorCode.Unavailable => StoreFailure.Unreachable,
                _ => StoreFailure.Refused,
            },
            e.Message,
            e);

    private static WriteMessage ToMessage(StoreOperation operation) => operation switch
    {
        StoreOperation.Put put => new(put.Key, put.Value.ToArray(), put.Lease?.Id ?? 0),
        _ => new(operation.Key, null),
    };

    private static StoreSnapshot ToSnapshot(NodeReply.Snapshot snapshot) =>
        new(snapshot.Revision, [.. snapshot.Items.Select(item => item.ToEntry()).OfType<StoreEntry>()]);

    private static StoreEvent? ToEvent(NodeReply reply) => reply switch
    {
        NodeReply.Snapshot snapshot => new StoreEvent.Snapshot(ToSnapshot(snapshot)),
        NodeReply.Changed changed => new StoreEvent.Changed(
            changed.Revision, [.. changed.Items.Select(item => new StoreChange(item.Key, item.ToEntry(), item.Modified))]),
        NodeReply.Disconnected disconnected => new StoreEvent.Disconnected(disconnected.Reason),
        _ => throw new NodeApiException(NodeErrorCode.BadRequest, $"the daemon sent {reply.GetType().Name} where a change was due"),
    };
}
