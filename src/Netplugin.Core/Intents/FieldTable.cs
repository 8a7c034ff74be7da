using System.Collections.Immutable;
using System.Text;

namespace Netplugin.Core.Intents;

/// <summary>The fields an object of an intent may have. Names match without regard to case, as they always did.</summary>
internal sealed class FieldTable
{
    private readonly ImmutableArray<(string Spelling, int Field)> _spellings;
    private readonly ImmutableArray<string> _fields;

    /// <param name="what">What the object is, for messages.</param>
    /// <param name="fields">Field names; spellings of one field are joined by <c>|</c>, its own name first.</param>
    public FieldTable(string what, params string[] fields)
    {
        What = what;
        _fields = [.. fields.Select(field => field.Split('|')[0])];
        _spellings = [.. fields.SelectMany((field, index) => field.Split('|').Select(spelling => (spelling, index)))];
    }

    public string What { get; }

    public string Fields => string.Join(", ", _fields);

    public string NameOf(int field) => _fields[field];

    /// <summary>The index of a field by its own name.</summary>
    public int IndexOf(string field) => _fields.IndexOf(field);

    /// <summary>The field's index, or -1 when the object has no such field.</summary>
    public int Find(ReadOnlySpan<byte> name)
    {
        foreach (var (spelling, field) in _spellings)
        {
            if (Ascii.EqualsIgnoreCase(name, spelling))
            {
                return field;
            }
        }

        return -1;
    }

    public string? Nearest(string name) => NearestName.Find(name, _spellings.Select(s => s.Spelling));
}
