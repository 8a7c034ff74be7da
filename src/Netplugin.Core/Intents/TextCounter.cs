namespace Netplugin.Core.Intents;

/// <summary>Turns byte offsets into lines and columns. Offsets that grow cost no more than one pass over the text together.</summary>
internal ref struct TextCounter(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private int _counted;
    private int _line = 1;
    private int _column = 1;

    public TextPosition At(int offset)
    {
        if (offset < _counted)
        {
            (_counted, _line, _column) = (0, 1, 1);
        }

        foreach (var b in _text[_counted..Math.Min(offset, _text.Length)])
        {
            if (b == '\n')
            {
                _line++;
                _column = 1;
            }
            else if ((b & 0xc0) != 0x80)
            {
                // Every byte of a character but its first has the form 10xxxxxx.
                _column++;
            }
        }

        _counted = Math.Min(offset, _text.Length);
        return new(_line, _column);
    }
}
