using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Netplugin.Linux.Sockets;

/// <summary>A connection's bytes; the first read also takes the descriptor that came with them.</summary>
internal sealed class DescriptorStream(Socket socket) : Stream
{
    private SafeFileHandle? _descriptor;
    private bool _began;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_began && !buffer.IsEmpty)
        {
            var received = DescriptorMessage.TryReceive(socket.SafeHandle, buffer.Span, out _descriptor);
            if (received >= 0)
            {
                _began = true;
                return received;
            }

            // An empty read ends when there is something to read, and reads nothing.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
        }

        return await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            buffer = buffer[await socket.SendAsync(buffer, SocketFlags.None, cancellationToken)..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
        // Nothing is held back here.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    internal SafeFileHandle? TakeDescriptor()
    {
        var taken = _descriptor;
        _descriptor = null;
        return taken;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _descriptor?.Dispose();
            socket.Dispose();
        }

        base.Dispose(disposing);
    }
}
