using System.Collections.Immutable;
using System.Globalization;

namespace Netplugin.Core.Intents;

/// <summary>Collects problems, so that an operator sees all of them at once.</summary>
internal sealed class ProblemList
{
    /// <summary>A file of rubbish has millions of errors; nobody reads more than this, and memory stays bounded.</summary>
    public const int Most = 1000;

    private readonly List<IntentProblem> _problems = [];
    private int _omitted;

    public int Count => _problems.Count + _omitted;

    public bool IsEmpty => _problems.Count == 0;

    public void Add(TextPosition at, string message)
    {
        if (_problems.Count < Most)
        {
            _problems.Add(new(at, message));
        }
        else
        {
            _omitted++;
        }
    }

    /// <summary>The problems in the file's order, those of one place in the order they were found.</summary>
    public ImmutableArray<IntentProblem> ToImmutable()
    {
        var sorted = _problems.OrderBy(p => p.At);
        return _omitted == 0
            ? [.. sorted]
            : [.. sorted, new(_problems.Max(p => p.At), string.Create(CultureInfo.InvariantCulture, $"and {_omitted} more"))];
    }
}
