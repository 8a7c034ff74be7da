using System.Text;

namespace K8contivnet;

/// <summary>
/// Writes the little JSON this program makes. Not <c>Utf8JsonWriter</c>: that and its encoders would take the program over 2 MiB.
/// </summary>
internal sealed class JsonText
{
    private byte[] _buffer = new byte[1024];
    private int _length;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Adds punctuation and names, as they are.</summary>
    public JsonText Raw(ReadOnlySpan<byte> json)
    {
        json.CopyTo(Room(json.Length));
        _length += json.Length;
        return this;
    }

    /// <summary>Adds a string with its quotes.</summary>
    public JsonText String(string text) => String(Encoding.UTF8.GetBytes(text));

    /// <summary>Adds a string, given as valid UTF-8, with its quotes: <c>"</c>, <c>\</c> and what is below U+0020 escaped (RFC 8259 section 7).</summary>
    public JsonText String(ReadOnlySpan<byte> utf8)
    {
        Room(6 * utf8.Length + 2);
        _buffer[_length++] = (byte)'"';
        foreach (var b in utf8)
        {
            switch (b)
            {
                case (byte)'"' or (byte)'\\':
                    _buffer[_length++] = (byte)'\\';
                    _buffer[_length++] = b;
                    break;
                case < 0x20:
                    "\\u00"u8.CopyTo(_buffer.AsSpan(_length));
                    _buffer[_length + 4] = (byte)('0' + (b >> 4));
                    _buffer[_length + 5] = "0123456789abcdef"u8[b & 15];
                    _length += 6;
                    break;
                default:
                    _buffer[_length++] = b;
                    break;
            }
        }

        _buffer[_length++] = (byte)'"';
        return this;
    }

    /// <summary>Adds a number that is not negative.</summary>
    public JsonText Number(int value) => Raw(Encoding.UTF8.GetBytes(((uint)value).ToString()));

    private Span<byte> Room(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        }

        return _buffer.AsSpan(_length);
    }
}
