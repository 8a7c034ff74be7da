using System.Collections.Concurrent;
using Netplugin.Linux.Sockets;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Framing;
using Netplugin.NodeApi.Messages;
using Netplugin.Store;

namespace Netplugin.Tests.K8contivnet.NodeApi;

/// <summary>A daemon that is nothing but its proxied store.</summary>
internal sealed class StoreServer : IAsyncDisposable
{
    private readonly UnixListener _listener;
    private readonly StoreProxy _proxy;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _served = [];
    private readonly Task _accepting;

    public StoreServer(string socket, IStateStore store)
    {
        _listener = UnixListener.Listen(socket);
        _proxy = new StoreProxy(store);
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        await Task.WhenAll(_served);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _served.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(UnixConnection connection)
    {
        using (connection)
        using (var closed = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token))
        {
            try
            {
                var frames = new FrameChannel(connection.Stream);
                if (await frames.ReadAsync(closed.Token) is not { } frame)
                {
                    return;
                }

                var request = NodeCodec.DecodeRequest(frame.Span);
                var ended = connection.Stream.ReadAsync(new byte[1], closed.Token).AsTask();
                var serving = _proxy.ServeAsync(request, (reply, cancel) => frames.WriteAsync(NodeCodec.Encode(reply), cancel), closed.Token);
                await Task.WhenAny(ended, serving);
                await closed.CancelAsync();
                await serving;
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // How following and leases end: the client closed.
                return;
            }
        }
    }
}
