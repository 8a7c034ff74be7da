using Microsoft.Extensions.Logging;
using Netplugin.Agent.Kernel;
using Netplugin.Agent.Metrics;
using Netplugin.Linux.Sockets;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Cni;
using Netplugin.NodeApi.Framing;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Agent.Api;

/// <summary>
/// Serves the node API on its Unix socket. A client is never believed: only root may speak, a frame has a limit in bytes and in time, the number of
/// connections has one too, and what is not a request is answered with why.
/// </summary>
internal sealed class NodeApiServer : IAsyncDisposable
{
    private const int MaxConnections = 256;
    private static readonly TimeSpan RequestPatience = TimeSpan.FromSeconds(5);
    private readonly UnixListener _listener;
    private readonly INodeRequests _requests;
    private readonly IPodNamespaces _namespaces;
    private readonly AgentMetrics _metrics;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _slots = new(MaxConnections, MaxConnections);
    private Task _acceptor = Task.CompletedTask;

    /// <summary>Makes the server on a socket that listens already; clients wait until <see cref="Start"/>.</summary>
    public NodeApiServer(UnixListener listener, INodeRequests requests, IPodNamespaces namespaces, AgentMetrics metrics, ILogger log)
    {
        _listener = listener;
        _requests = requests;
        _namespaces = namespaces;
        _metrics = metrics;
        _log = log;
    }

    /// <summary>Begins to serve.</summary>
    public void Start()
    {
        _acceptor = Task.Run(AcceptAsync);
        ApiLog.Listening(_log, _listener.Path);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _acceptor;

        // Requests that are under way end by the cancellation; the runtime asks again.
        for (var i = 0; i < MaxConnections; i++)
        {
            await _slots.WaitAsync();
        }

        _listener.Dispose();
        _slots.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                // With every slot taken, clients wait in the listen queue and beyond it get an error of connect(2).
                await _slots.WaitAsync(_stop.Token);
                UnixConnection connection;
                try
                {
                    connection = await _listener.AcceptAsync(_stop.Token);
                }
                catch
                {
                    _slots.Release();
                    throw;
                }

                _ = Task.Run(() => ServeAsync(connection));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or Linux.KernelException)
            {
                ApiLog.Gone(_log, e.Message);
            }
        }
    }

    private async Task ServeAsync(UnixConnection connection)
    {
        try
        {
            using (connection)
            {
                if (connection.Peer.User != 0)
                {
                    _metrics.ApiRefused("not-root");
                    ApiLog.Refused(_log, $"user {connection.Peer.User} is not root");
                    return;
                }

                await ServeAsync(connection, new FrameChannel(connection.Stream, NodeProtocol.MaxFrame));
            }
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or OperationCanceledException or ObjectDisposedException or Linux.KernelException)
        {
            ApiLog.Gone(_log, e.Message);
        }
#pragma warning disable CA1031 // A client must not be able to end the daemon, whatever it found.
        catch (Exception e)
#pragma warning restore CA1031
        {
            ApiLog.Unexpected(_log, e);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task ServeAsync(UnixConnection connection, FrameChannel frames)
    {
        NodeRequest request;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            patience.CancelAfter(RequestPatience);
            if (await frames.ReadAsync(patience.Token) is not { } frame)
            {
                return;
            }

            if (frame.Length > NodeProtocol.MaxRuntimeFrame && !IsStore(frame.Span))
            {
                throw new NodeApiException(NodeErrorCode.BadRequest, $"a request of {frame.Length} bytes is too long");
            }

            request = NodeCodec.DecodeRequest(frame.Span);
        }
        catch (NodeApiException e)
        {
            _metrics.ApiRefused(e.Code);
            ApiLog.Refused(_log, e.Message);
            await frames.WriteAsync(NodeCodec.Encode(new NodeReply.Refused(e.Code, e.Message)), _stop.Token);
            return;
        }

        using var closed = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var answering = AnswerAsync(connection, request, frames, closed.Token);
        await WatchAsync(connection, request, answering, closed);
        await answering;
    }

    /// <summary>A client that follows, leases or observes ends that by closing: the one thing it may still send is the end.</summary>
    private static async Task WatchAsync(UnixConnection connection, NodeRequest request, Task answering, CancellationTokenSource closed)
    {
        if (request is not (NodeRequest.StoreFollow or NodeRequest.StoreLease or NodeRequest.Observe))
        {
            return;
        }

        using var watching = CancellationTokenSource.CreateLinkedTokenSource(closed.Token);
        Task end = connection.Stream.ReadAsync(new byte[1], watching.Token).AsTask();
        await Task.WhenAny(end, answering);
        await closed.CancelAsync();
        await end.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AnswerAsync(UnixConnection connection, NodeRequest request, FrameChannel frames, CancellationToken closed)
    {
        ValueTask Send(NodeReply reply, CancellationToken token) => frames.WriteAsync(NodeCodec.Encode(reply), token);
        try
        {
            if (request is NodeRequest.Observe || StoreProxy.Serves(request))
            {
                await _requests.ServeAsync(request, Send, closed);
                return;
            }

            using var handed = request is NodeRequest.RunCni cni ? TakeNamespace(connection, cni) : null;
            await Send(await _requests.AnswerAsync(request, handed, closed), closed);
        }
        catch (CniException e) when (request is NodeRequest.RunCni refused)
        {
            await Send(CniHandler.Fail(refused, e), closed);
        }
        catch (ArgumentException e)
        {
            await Send(new NodeReply.Refused(NodeErrorCode.BadRequest, e.Message), closed);
        }
        catch (OperationCanceledException)
        {
            // The client closed, or the daemon stops.
        }
#pragma warning disable CA1031 // The client gets an answer and the log the reason.
        catch (Exception e) when (e is not (IOException or System.Net.Sockets.SocketException))
#pragma warning restore CA1031
        {
            ApiLog.Unexpected(_log, e);
            await Send(
                request is NodeRequest.RunCni call ? CniHandler.Fail(call, e) : new NodeReply.Refused(NodeErrorCode.Internal, $"netplugin failed: {e.Message}; see its log"),
                closed);
        }
    }

    /// <summary>The namespace that came along. When it is none, ADD and CHECK are refused; for the others, which need none, it is as good as gone.</summary>
    private IPodNamespace? TakeNamespace(UnixConnection connection, NodeRequest.RunCni call)
    {
        if (connection.TakeDescriptor() is not { } descriptor)
        {
            return null;
        }

        try
        {
            return _namespaces.FromDescriptor(descriptor, call.Environment.Netns);
        }
        catch (ArgumentException e)
        {
            return call.Environment.Command is "ADD" or "CHECK"
                ? throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_NETNS {call.Environment.Netns} is not a network namespace", inner: e)
                : null;
        }
    }

    private static bool IsStore(ReadOnlySpan<byte> frame) => frame.IndexOf("\"store."u8) >= 0;
}
