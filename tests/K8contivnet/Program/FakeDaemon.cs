using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Sockets;
using Netplugin.NodeApi.Framing;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Tests.K8contivnet.Program;

/// <summary>Answers one connection as told and keeps what it was asked.</summary>
internal sealed class FakeDaemon : IDisposable
{
    private readonly UnixListener _listener;
    private readonly Task _served;

    private FakeDaemon(string socket, Func<FrameChannel, Stream, ReadOnlyMemory<byte>, Task> answer)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(socket)!);
        _listener = UnixListener.Listen(socket);
        _served = ServeAsync(answer);
    }

    public NodeRequest? Request { get; private set; }

    public SafeFileHandle? Descriptor { get; private set; }

    /// <summary>How many threads the client had while it waited.</summary>
    public int ClientThreads { get; private set; }

    public static FakeDaemon Replying(string socket, NodeReply reply) =>
        new(socket, async (frames, _, _) => await frames.WriteAsync(NodeCodec.Encode(reply)));

    public static FakeDaemon Sending(string socket, byte[] raw) => new(socket, async (_, stream, _) => await stream.WriteAsync(raw));

    /// <summary>Takes the request and waits until the client gives up.</summary>
    public static FakeDaemon Silent(string socket) => new(socket, async (frames, _, _) => await frames.ReadAsync());

    public async Task<NodeRequest> FinishAsync()
    {
        await _served.WaitAsync(TimeSpan.FromSeconds(30));
        return Request ?? throw new InvalidOperationException("nothing was asked");
    }

    public void Dispose()
    {
        _listener.Dispose();
        Descriptor?.Dispose();
    }

    private async Task ServeAsync(Func<FrameChannel, Stream, ReadOnlyMemory<byte>, Task> answer)
    {
        using var connection = await _listener.AcceptAsync(CancellationToken.None);
        var frames = new FrameChannel(connection.Stream);
        var frame = await frames.ReadAsync() ?? throw new InvalidOperationException("the client closed");
        Request = NodeCodec.DecodeRequest(frame.Span);
        Descriptor = connection.TakeDescriptor();
        ClientThreads = Directory.GetDirectories($"/proc/{connection.Peer.Process}/task").Length;
        await answer(frames, connection.Stream, frame);
    }
}
