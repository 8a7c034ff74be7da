using System.Buffers.Binary;

namespace Netplugin.NodeApi.Framing;

/// <summary>
/// Cuts a byte stream into frames: 4 bytes of length in network order, then that many bytes. Pure: feed it what arrived, ask
/// for what is complete. Memory grows with what really arrived, never with what a length announces.
/// </summary>
/// <param name="maxFrame">Longest frame accepted, in bytes.</param>
public sealed class FrameDecoder(int maxFrame)
{
    private const int HeaderSize = 4;
    private byte[] _buffer = new byte[512];
    private int _start;
    private int _end;

    /// <summary>Bytes that are waiting for the rest of their frame.</summary>
    public int Buffered => _end - _start;

    /// <summary>Adds what arrived.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        MakeRoom(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>Takes the next complete frame.</summary>
    /// <param name="frame">The frame's bytes, valid until the next <see cref="Append"/>.</param>
    /// <returns>False when more bytes are needed.</returns>
    /// <exception cref="NodeApiException">The announced length is zero or over the limit: not our protocol.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> frame)
    {
        frame = default;
        if (Buffered < HeaderSize)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start));
        if (length == 0 || length > (uint)maxFrame)
        {
            throw new NodeApiException(
                Messages.NodeErrorCode.BadRequest,
                $"a frame of {length} bytes was announced; the node API's frames are 1 to {maxFrame} bytes");
        }

        if (Buffered - HeaderSize < (int)length)
        {
            return false;
        }

        frame = _buffer.AsMemory(_start + HeaderSize, (int)length);
        _start += HeaderSize + (int)length;
        return true;
    }

    private void MakeRoom(int count)
    {
        if (_buffer.Length - _end >= count)
        {
            return;
        }

        var kept = Buffered;
        var target = kept + count <= _buffer.Length ? _buffer : new byte[Math.Max(kept + count, _buffer.Length * 2)];
        _buffer.AsSpan(_start, kept).CopyTo(target);
        _buffer = target;
        _start = 0;
        _end = kept;
    }
}
