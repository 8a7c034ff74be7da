using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using Netplugin.Store.Etcd.Wire;

namespace Netplugin.Store.Etcd;

/// <summary>
/// All watches of a store over one gRPC stream, told apart by ids this side chooses. The stream is opened by the first watch;
/// when it breaks every watch on it ends with the reason, and whoever still wants one opens it again.
/// </summary>
internal sealed class EtcdWatchStream(EtcdConnection connection, Watch.WatchClient client) : IAsyncDisposable
{
    // With this, a member that lost its leader ends the stream instead of keeping it open and silent.
    private static readonly Metadata Headers = new() { { "hasleader", "true" } };

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private Session? _session;
    private long _lastId;

    /// <summary>Starts a watch of [<paramref name="key"/>, <paramref name="end"/>) that begins with what changed at <paramref name="revision"/>.</summary>
    public EtcdWatch Open(ByteString key, ByteString end, long revision)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
            if (_session is null)
            {
                _session = new Session(client.Watch(Headers, cancellationToken: _closing.Token));
                _ = ReadAsync(_session);
                _ = WriteAsync(_session);
            }

            var watch = new EtcdWatch(this, _session, ++_lastId);
            _session.Watches.Add(watch.Id, watch);
            _session.Requests.Writer.TryWrite(new WatchRequest
            {
                CreateRequest = new WatchCreateRequest
                {
                    Key = key,
                    RangeEnd = end,
                    StartRevision = revision,
                    WatchId = watch.Id,
                    ProgressNotify = true,
                    Fragment = true,
                },
            });
            return watch;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Session? session;
        lock (_lock)
        {
            session = _session;
        }

        await _closing.CancelAsync();
        if (session is not null)
        {
            await session.Ended.Task;
        }

        _closing.Dispose();
    }

    /// <summary>Forgets a watch and tells the server so.</summary>
    internal void Close(EtcdWatch watch)
    {
        lock (_lock)
        {
            if (watch.Session.Watches.Remove(watch.Id))
            {
                watch.Session.Requests.Writer.TryWrite(new WatchRequest { CancelRequest = new WatchCancelRequest { WatchId = watch.Id } });
            }
        }
    }

    // The stream takes one write at a time, so one task does them all.
    private static async Task WriteAsync(Session session)
    {
        try
        {
            await foreach (var request in session.Requests.Reader.ReadAllAsync())
            {
                await session.Call.RequestStream.WriteAsync(request);
            }
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or OperationCanceledException)
        {
            // The reading side of the same call fails with the cause and tells the watches.
            session.Requests.Writer.TryComplete();
        }
    }

    private async Task ReadAsync(Session session)
    {
        StoreException failure;
        try
        {
            // Off the caller's stack: it holds the lock.
            await Task.Yield();
            while (await session.Call.ResponseStream.MoveNext(CancellationToken.None))
            {
                Deliver(session, session.Call.ResponseStream.Current);
            }

            failure = new("follow", StoreFailure.Unreachable, $"etcd at {connection.Options.Names} ended the watch.");
        }
        catch (RpcException e)
        {
            failure = EtcdErrors.Map("follow", isWrite: false, e, connection.Options);
            if (!EtcdErrors.NeverConnected(e) && failure.IsTransient && !_closing.IsCancellationRequested)
            {
                connection.NextMember();
            }
        }
        catch (StoreException e)
        {
            failure = e;
        }

        lock (_lock)
        {
            _session = null;
            foreach (var watch in session.Watches.Values)
            {
                watch.End(failure);
            }

            session.Watches.Clear();
        }

        session.Requests.Writer.TryComplete();
        session.Call.Dispose();
        session.Ended.SetResult();
    }

    private void Deliver(Session session, WatchResponse response)
    {
        // etcd 3.5 refuses a watch without saying which; all begin again, and the refused one hears its reason.
        if (response is { Created: true, Canceled: true, CompactRevision: 0 })
        {
            throw new StoreException("follow", StoreFailure.Denied, $"etcd refused a watch: {response.CancelReason}.");
        }

        lock (_lock)
        {
            if (!session.Watches.TryGetValue(response.WatchId, out var watch))
            {
                return;
            }

            if (!watch.Offer(response))
            {
                Close(watch);
            }
            else if (response.Canceled)
            {
                session.Watches.Remove(watch.Id);
            }
        }
    }

    /// <summary>One opened stream.</summary>
    internal sealed class Session(AsyncDuplexStreamingCall<WatchRequest, WatchResponse> call)
    {
        public AsyncDuplexStreamingCall<WatchRequest, WatchResponse> Call { get; } = call;

        public Channel<WatchRequest> Requests { get; } = Channel.CreateUnbounded<WatchRequest>(new() { SingleReader = true });

        public Dictionary<long, EtcdWatch> Watches { get; } = [];

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
