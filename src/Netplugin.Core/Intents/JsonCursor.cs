using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Netplugin.Core.Intents;

/// <summary>
/// Walks a JSON text once, with the place of each token at hand. What does not fit (a wrong type, an unknown or repeated
/// field) becomes a problem and is stepped over, so that the rest is still checked; only broken JSON ends the walk, by a
/// <see cref="JsonException"/>.
/// </summary>
internal ref struct JsonCursor
{
    /// <summary>An intent nests eight deep; the rest is room for ignored fields.</summary>
    public const int MaxDepth = 32;

    private readonly ProblemList _errors;
    private readonly ProblemList _warnings;
    private Utf8JsonReader _reader;
    private TextCounter _counter;

    public JsonCursor(ReadOnlySpan<byte> text, ProblemList errors, ProblemList warnings)
    {
        _reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MaxDepth });
        _counter = new TextCounter(text);
        _errors = errors;
        _warnings = warnings;
    }

    public readonly JsonTokenType TokenType => _reader.TokenType;

    /// <summary>The place of the current token.</summary>
    public TextPosition At => _counter.At((int)_reader.TokenStartIndex);

    /// <summary>How many errors were found so far.</summary>
    public readonly int ErrorCount => _errors.Count;

    public bool Read() => _reader.Read();

    public readonly void Error(TextPosition at, string message) => _errors.Add(at, message);

    /// <summary>Steps into an object; anything else is an error and stepped over.</summary>
    public bool EnterObject(string what) => Enter(JsonTokenType.StartObject, what, "an object");

    /// <summary>Steps into an array; null is an empty one, anything else is an error and stepped over.</summary>
    public bool EnterArray(string what) =>
        TokenType != JsonTokenType.Null && Enter(JsonTokenType.StartArray, what, "an array");

    /// <summary>Goes to the value of the object's next known field; false at the object's end.</summary>
    /// <param name="table">The object's fields.</param>
    /// <param name="seen">A bit for each field already met; start with 0.</param>
    /// <param name="field">The field's own name.</param>
    public bool NextField(FieldTable table, ref uint seen, out string field)
    {
        while (_reader.Read() && TokenType == JsonTokenType.PropertyName)
        {
            var index = FindField(table, out var unknown);
            if (index >= 0 && (seen & 1u << index) == 0)
            {
                seen |= 1u << index;
                field = table.NameOf(index);
                _reader.Read();
                return true;
            }

            if (index >= 0)
            {
                Error(At, $"field \"{table.NameOf(index)}\" is given twice in this {table.What}");
            }
            else if (unknown is not null)
            {
                var nearest = table.Nearest(unknown);
                Error(At, $"unknown field {Quoted.Text(unknown)}" + (nearest is null
                    ? $"; this {table.What} may have {table.Fields}"
                    : $" (did you mean \"{nearest}\"?)"));
            }

            _reader.Read();
            _reader.Skip();
        }

        field = "";
        return false;
    }

    /// <summary>Goes to the array's next element; false at its end.</summary>
    public bool NextElement() => _reader.Read() && TokenType != JsonTokenType.EndArray;

    /// <summary>A string that must be there, empty or not; null for anything else, which is an error.</summary>
    public Located<string>? RequiredText(string field)
    {
        var at = At;
        if (TokenType != JsonTokenType.String)
        {
            WrongType(field, "a string");
            return null;
        }

        return Unescape() is { } text ? new Located<string>(text, at) : null;
    }

    /// <summary>A string; null when it is empty or null, which is how many tools write "not given".</summary>
    public Located<string>? Text(string field) =>
        TokenType != JsonTokenType.Null && RequiredText(field) is { Value.Length: > 0 } text ? text : null;

    /// <summary>A string or, as some files have it, a number, whose digits are taken as text.</summary>
    public Located<string>? TextOrNumber(string field)
    {
        if (TokenType != JsonTokenType.Number)
        {
            return Text(field);
        }

        var digits = _reader.HasValueSequence ? _reader.ValueSequence.ToArray() : _reader.ValueSpan;
        return new(Encoding.ASCII.GetString(digits), At);
    }

    /// <summary>A whole number in 32 bits; null for null, and for anything else, which is an error.</summary>
    public Located<int>? Number(string field)
    {
        if (TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (TokenType == JsonTokenType.Number && _reader.TryGetInt32(out var value))
        {
            return new(value, At);
        }

        WrongType(field, "a whole number");
        return null;
    }

    /// <summary>Steps over a value that has no effect, and says so unless it is empty.</summary>
    public void Ignore(string field, string why)
    {
        var at = At;
        var isEmpty = TokenType == JsonTokenType.Null || (TokenType == JsonTokenType.String && _reader.ValueSpan.IsEmpty);
        if (TokenType == JsonTokenType.StartArray)
        {
            isEmpty = _reader.Read() && TokenType == JsonTokenType.EndArray;
            while (TokenType != JsonTokenType.EndArray)
            {
                _reader.Skip();
                _reader.Read();
            }
        }
        else
        {
            _reader.Skip();
        }

        if (!isEmpty)
        {
            _warnings.Add(at, $"{field} is ignored: {why}");
        }
    }

    private bool Enter(JsonTokenType wanted, string what, string wantedWord)
    {
        if (TokenType == wanted)
        {
            return true;
        }

        WrongType(what, wantedWord);
        return false;
    }

    private void WrongType(string what, string wanted)
    {
        Error(At, string.Create(CultureInfo.InvariantCulture, $"{what} must be {wanted}, not {KindWord()}"));
        _reader.Skip();
    }

    private readonly string KindWord() => TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        JsonTokenType.Null => "null",
        _ => $"the number {Quoted.Text(Encoding.ASCII.GetString(_reader.ValueSpan)).Trim('"')}",
    };

    private int FindField(FieldTable table, out string? unknown)
    {
        unknown = null;
        if (!_reader.ValueIsEscaped && table.Find(_reader.ValueSpan) is >= 0 and var plain)
        {
            return plain;
        }

        unknown = Unescape();
        return unknown is null ? -1 : table.Find(Encoding.UTF8.GetBytes(unknown));
    }

    /// <summary>The current string or name; null, with an error, when its bytes or escapes make no text.</summary>
    private string? Unescape()
    {
        try
        {
            return _reader.GetString();
        }
        catch (InvalidOperationException)
        {
            Error(At, "this string is not valid UTF-8 text");
            return null;
        }
    }
}
