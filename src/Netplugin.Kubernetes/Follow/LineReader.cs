namespace Netplugin.Kubernetes.Follow;

/// <summary>Cuts a stream into lines. It reads only when asked to, so that who does not ask lets the server wait.</summary>
internal sealed class LineReader(Stream stream)
{
    // A watch's usual line fits; a slice of a hundred endpoints lets the buffer grow for as long as it is read.
    private const int UsualBytes = 16 << 10;

    // Ten times the largest object that etcd stores by default.
    private const int MostBytes = 16 << 20;

    private byte[] _buffer = new byte[UsualBytes];
    private int _start;
    private int _end;

    /// <summary>True when the stream ended within a line.</summary>
    public bool HasRemainder => _end > _start;

    /// <summary>The next line that was read already, without its end; it is valid until the next call.</summary>
    public bool TryTake(out ReadOnlySpan<byte> line)
    {
        line = _buffer.AsSpan(_start, _end - _start);
        var length = line.IndexOf((byte)'\n');
        if (length < 0)
        {
            return false;
        }

        line = line[..length];
        _start += length + 1;
        return true;
    }

    /// <summary>Reads more; false at the stream's end.</summary>
    /// <exception cref="InvalidDataException">A line of over 16 MiB.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        return read > 0;
    }

    private void MakeRoom()
    {
        var length = _end - _start;
        if (length >= MostBytes)
        {
            throw new InvalidDataException($"a line of over {MostBytes >> 20} MiB");
        }

        var size = length < UsualBytes ? UsualBytes : length == _buffer.Length ? 2 * length : _buffer.Length;
        var target = size == _buffer.Length ? _buffer : new byte[size];
        _buffer.AsSpan(_start, length).CopyTo(target);
        (_buffer, _start, _end) = (target, 0, length);
    }
}
