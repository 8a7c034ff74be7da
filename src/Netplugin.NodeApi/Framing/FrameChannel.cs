using System.Buffers.Binary;

namespace Netplugin.NodeApi.Framing;

/// <summary>Frames over a stream, for either side. Not for use by several readers or several writers at once.</summary>
/// <param name="stream">The connection; stays the caller's to dispose.</param>
/// <param name="maxFrame">Longest frame read, in bytes.</param>
public sealed class FrameChannel(Stream stream, int maxFrame = NodeProtocol.MaxFrame)
{
    private readonly FrameDecoder _decoder = new(maxFrame);
    private readonly byte[] _chunk = new byte[16 << 10];

    /// <summary>Gives bytes that were received before this stream took over (those that came with a descriptor).</summary>
    public void Prepend(ReadOnlySpan<byte> received) => _decoder.Append(received);

    /// <summary>Reads one frame.</summary>
    /// <returns>The frame, valid until the next read; null when the peer closed between two frames.</returns>
    /// <exception cref="NodeApiException">The peer closed inside a frame, or does not speak this protocol.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_decoder.TryRead(out var frame))
            {
                return frame;
            }

            var got = await stream.ReadAsync(_chunk, cancellationToken);
            if (got == 0)
            {
                return _decoder.Buffered == 0
                    ? null
                    : throw new NodeApiException(
                        Messages.NodeErrorCode.BadRequest, $"the peer closed the connection {_decoder.Buffered} bytes into a frame");
            }

            _decoder.Append(_chunk.AsSpan(0, got));
        }
    }

    /// <summary>Writes one frame in one piece.</summary>
    /// <exception cref="NodeApiException">Longer than a frame may be.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default)
    {
        if (payload.Length is 0 or > NodeProtocol.MaxFrame)
        {
            throw new NodeApiException(
                Messages.NodeErrorCode.BadRequest,
                $"a message of {payload.Length} bytes does not fit the node API's frames of 1 to {NodeProtocol.MaxFrame} bytes");
        }

        var whole = new byte[4 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(whole, (uint)payload.Length);
        payload.CopyTo(whole.AsMemory(4));
        await stream.WriteAsync(whole, cancellationToken);
    }
}
