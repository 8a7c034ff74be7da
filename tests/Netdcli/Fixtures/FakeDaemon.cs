using System.Net.Sockets;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Framing;
using Netplugin.NodeApi.Messages;
using Netplugin.Store;

namespace Netplugin.Tests.Netdcli.Fixtures;

/// <summary>A daemon's end of the node API on a socket of its own, with a store behind it.</summary>
internal sealed class FakeDaemon : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netdcli-daemon-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<NodeRequest, NodeReply> _answer;
    private readonly StoreProxy _proxy;
    private readonly Task _serving;

    /// <summary>Starts listening.</summary>
    /// <param name="answer">Answers what is not for the store.</param>
    /// <param name="store">Behind the store requests.</param>
    public FakeDaemon(Func<NodeRequest, NodeReply> answer, IStateStore? store = null)
    {
        _answer = answer;
        _proxy = new(store ?? new MemoryStore());
        _socket.Bind(new UnixDomainSocketEndPoint(Path));
        _socket.Listen();
        _serving = ServeAsync();
    }

    public string Path => System.IO.Path.Combine(_folder, "netplugin.sock");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _serving;
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _socket.AcceptAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            await Task.WhenAll(connections);
        }
    }

    // A lease lives as long as its connection: the client's closing ends it.
    private async Task ServeAsync(Socket connection)
    {
        await using var stream = new NetworkStream(connection, ownsSocket: true);
        using var closed = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var frames = new FrameChannel(stream);
        try
        {
            if (await frames.ReadAsync(closed.Token) is not { } frame)
            {
                return;
            }

            var request = NodeCodec.DecodeRequest(frame.Span);
            if (!StoreProxy.Serves(request))
            {
                await frames.WriteAsync(NodeCodec.Encode(_answer(request)), closed.Token);
                if (request is NodeRequest.Observe)
                {
                    // It goes on until the client closes.
                    await frames.ReadAsync(closed.Token);
                }

                return;
            }

            var serving = _proxy.ServeAsync(request, (reply, token) => frames.WriteAsync(NodeCodec.Encode(reply), token), closed.Token);
            if (request is NodeRequest.StoreLease)
            {
                await frames.ReadAsync(closed.Token);
                await closed.CancelAsync();
            }

            await serving;
        }
        catch (OperationCanceledException) when (closed.IsCancellationRequested)
        {
            return;
        }
    }
}
