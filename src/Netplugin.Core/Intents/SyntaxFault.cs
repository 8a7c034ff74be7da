using System.Globalization;

namespace Netplugin.Core.Intents;

/// <summary>
/// Finds the first fault of a text that is not JSON (RFC 8259) and says it in words for the person who typed it. The
/// framework's reader finds faults too, but speaks of its own state and its place can be off by a token.
/// </summary>
internal ref struct SyntaxFault
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly int _maxDepth;
    private readonly Stack<int> _open = new();
    private int _at;
    private string? _message;

    private SyntaxFault(ReadOnlySpan<byte> text, int maxDepth)
    {
        _text = text;
        _maxDepth = maxDepth;
    }

    /// <summary>What may come next.</summary>
    private enum Expected
    {
        Value,
        ValueOrEnd,
        Name,
        NameOrEnd,
        Colon,
        CommaOrEnd,
        Nothing,
    }

    /// <summary>The byte offset of the first fault and its description; null when the text is JSON.</summary>
    public static (int Offset, string Message)? Find(ReadOnlySpan<byte> text, int maxDepth)
    {
        var scan = new SyntaxFault(text, maxDepth);
        scan.Run();
        return scan._message is null ? null : (scan._at, scan._message);
    }

    private void Run()
    {
        var expected = Expected.Value;
        while (_message is null)
        {
            while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                _at++;
            }

            if (_at == _text.Length)
            {
                _message = expected == Expected.Nothing ? null : EndedEarly();
                return;
            }

            expected = Step(expected, _text[_at]);
        }
    }

    private Expected Step(Expected expected, byte next) => (expected, next) switch
    {
        (Expected.ValueOrEnd, (byte)']') or (Expected.NameOrEnd, (byte)'}') => Close(),
        (Expected.Value or Expected.ValueOrEnd, _) => Value(next),
        (Expected.Name or Expected.NameOrEnd, (byte)'"') => ScanString(Expected.Colon),
        (Expected.Name, (byte)'}') => Fail(expected, "a comma before `}` is one too many"),
        (Expected.Name or Expected.NameOrEnd, _) => Fail(expected, $"a field name in double quotes was expected here, not {Shown(next)}"),
        (Expected.Colon, (byte)':') => Step(Expected.Value),
        (Expected.Colon, _) => Fail(expected, $"a colon was expected after the field name, not {Shown(next)}"),
        (Expected.CommaOrEnd, (byte)',') => Step(InObject ? Expected.Name : Expected.Value),
        (Expected.CommaOrEnd, (byte)'}') when InObject => Close(),
        (Expected.CommaOrEnd, (byte)']') when !InObject => Close(),
        (Expected.CommaOrEnd, _) => Fail(expected, $"a comma or `{(InObject ? '}' : ']')}` was expected here, not {Shown(next)}"),
        _ => Fail(expected, $"the intent ended before this; {Shown(next)} does not belong here"),
    };

    private readonly bool InObject => _text[_open.Peek()] == '{';

    private readonly Expected AfterValue => _open.Count == 0 ? Expected.Nothing : Expected.CommaOrEnd;

    private Expected Step(Expected expected)
    {
        _at++;
        return expected;
    }

    private Expected Fail(Expected expected, string message)
    {
        _message = message;
        return expected;
    }

    private Expected Close()
    {
        _open.Pop();
        _at++;
        return AfterValue;
    }

    private Expected Value(byte next)
    {
        switch (next)
        {
            case (byte)'{' or (byte)'[' when _open.Count == _maxDepth:
                return Fail(Expected.Value, string.Create(CultureInfo.InvariantCulture, $"nested deeper than {_maxDepth} levels"));
            case (byte)'{' or (byte)'[':
                _open.Push(_at++);
                return next == '{' ? Expected.NameOrEnd : Expected.ValueOrEnd;
            case (byte)'"':
                return ScanString(AfterValue);
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                return ScanNumber();
            case (byte)'t':
                return ScanWord("true"u8);
            case (byte)'f':
                return ScanWord("false"u8);
            case (byte)'n':
                return ScanWord("null"u8);
            case (byte)']' when _open.Count > 0 && !InObject:
                return Fail(Expected.Value, "a comma before `]` is one too many");
            case (byte)'\'':
                return Fail(Expected.Value, "text stands in double quotes, not in single ones");
            case (byte)'/' or (byte)'#':
                return Fail(Expected.Value, "a value was expected here; JSON has no comments");
            default:
                return Fail(Expected.Value, $"a value was expected here, not {Shown(next)}");
        }
    }

    private Expected ScanString(Expected after)
    {
        var start = _at++;
        while (_at < _text.Length && _text[_at] != '"')
        {
            if (_text[_at] < 0x20)
            {
                return Fail(after, _text[_at] is (byte)'\n' or (byte)'\r'
                    ? "this line ends inside a string; its closing quote is missing"
                    : $"{Shown(_text[_at])} inside a string must be written as an escape such as \\t");
            }

            if (_text[_at] == '\\' && !ScanEscape())
            {
                return after;
            }

            _at++;
        }

        if (_at < _text.Length)
        {
            _at++;
            return after;
        }

        return Fail(after, $"the text ends inside the string that begins on line {LineOf(start)}");
    }

    private bool ScanEscape()
    {
        var escape = _at + 1 < _text.Length ? _text[_at + 1] : (byte)0;
        if (escape == 'u')
        {
            var digits = _text[Math.Min(_at + 2, _text.Length)..Math.Min(_at + 6, _text.Length)];
            foreach (var digit in digits)
            {
                if (!char.IsAsciiHexDigit((char)digit))
                {
                    digits = default;
                    break;
                }
            }

            if (digits.Length == 4)
            {
                _at += 5;
                return true;
            }

            _message = "\\u is followed by four hexadecimal digits";
            return false;
        }

        if ("\"\\/bfnrt"u8.Contains(escape))
        {
            _at++;
            return true;
        }

        _message = "a backslash in a string is followed by one of \" \\ / b f n r t u";
        return false;
    }

    private Expected ScanNumber()
    {
        if (_text[_at] == '-')
        {
            _at++;
        }

        var whole = _at;
        if (!Digits())
        {
            return AfterValue;
        }

        if (_text[whole] == '0' && _at > whole + 1)
        {
            _at = whole;
            return Fail(AfterValue, "a number does not begin with 0");
        }

        if (Take('.') && !Digits())
        {
            return AfterValue;
        }

        if (Take('e') || Take('E'))
        {
            _ = Take('+') || Take('-');
            Digits();
        }

        return AfterValue;
    }

    private bool Take(char wanted)
    {
        if (_at == _text.Length || _text[_at] != wanted)
        {
            return false;
        }

        _at++;
        return true;
    }

    private bool Digits()
    {
        var start = _at;
        while (_at < _text.Length && _text[_at] is >= (byte)'0' and <= (byte)'9')
        {
            _at++;
        }

        if (_at > start)
        {
            return true;
        }

        _message = "a digit is missing in this number";
        return false;
    }

    private Expected ScanWord(ReadOnlySpan<byte> word)
    {
        if (!_text[_at..].StartsWith(word))
        {
            return Fail(AfterValue, "a value was expected here; words without quotes are only true, false and null");
        }

        _at += word.Length;
        return AfterValue;
    }

    private readonly string EndedEarly()
    {
        if (_open.Count == 0)
        {
            return "there is no JSON here; an intent is at least `{}`";
        }

        var (kind, close) = InObject ? ("object", '}') : ("array", ']');
        return $"the text ends, but the {kind} that begins on line {LineOf(_open.Peek())} lacks its `{close}`";
    }

    private readonly string LineOf(int offset) => (_text[..offset].Count((byte)'\n') + 1).ToString(CultureInfo.InvariantCulture);

    private static string Shown(byte b) => b switch
    {
        > 0x20 and < 0x7f => $"`{(char)b}`",
        (byte)'\t' => "a tab",
        < 0x20 or 0x7f => string.Create(CultureInfo.InvariantCulture, $"control character 0x{b:x2}"),
        _ => "a character outside ASCII",
    };
}
