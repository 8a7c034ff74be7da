using System.Net.Sockets;
using Netplugin.NodeApi.Framing;
using Netplugin.NodeApi.Messages;

namespace Netplugin.NodeApi.Client;

/// <summary>One open connection to a daemon: a request was sent, answers come.</summary>
internal sealed class NodeConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly FrameChannel _frames;

    public NodeConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _frames = new FrameChannel(_stream);
    }

    public ValueTask SendAsync(NodeRequest request, CancellationToken cancellationToken) =>
        _frames.WriteAsync(NodeCodec.Encode(request), cancellationToken);

    /// <summary>The next answer; null when the daemon closed.</summary>
    public async ValueTask<NodeReply?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _frames.ReadAsync(cancellationToken) is { } frame ? NodeCodec.DecodeReply(frame.Span) : null;
        }
        catch (IOException e)
        {
            throw new NodeApiException(NodeErrorCode.Unavailable, "the daemon broke the connection off: see its log", e);
        }
    }

    /// <summary>Tells the daemon that nothing more comes: how following and leases are ended in order.</summary>
    public void CompleteSending() => _socket.Shutdown(SocketShutdown.Send);

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
