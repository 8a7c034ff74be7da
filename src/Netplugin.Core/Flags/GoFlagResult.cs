using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Netplugin.Core.Flags;

/// <summary>What a command line said. Look at <see cref="Error"/> and <see cref="HelpRequested"/> first.</summary>
public sealed class GoFlagResult
{
    private readonly FrozenDictionary<GoFlag, object> _values;

    internal GoFlagResult(
        IReadOnlyDictionary<GoFlag, object> values, ImmutableArray<string> positionals, string? error, bool helpRequested)
    {
        _values = values.ToFrozenDictionary();
        Positionals = positionals;
        Error = error;
        HelpRequested = helpRequested;
    }

    /// <summary>
    /// Why the command line was refused, in the words of Go's flag package; null when it was fine. The caller prints it and
    /// the usage text to stderr and exits with 2.
    /// </summary>
    public string? Error { get; }

    /// <summary>True when <c>-h</c> or <c>-help</c> was given and no flag of that name is defined.</summary>
    public bool HelpRequested { get; }

    /// <summary>Everything from the first positional on (or after <c>--</c>), flags or not.</summary>
    public ImmutableArray<string> Positionals { get; }

    /// <summary>The value given last, or the default.</summary>
    /// <typeparam name="T">The flag's type.</typeparam>
    public T Get<T>(GoFlag<T> flag)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(flag);
        return _values.TryGetValue(flag, out var value) ? (T)value : flag.Default;
    }

    /// <summary>True when the flag was given, be it with its default value.</summary>
    public bool IsSet(GoFlag flag) => _values.ContainsKey(flag);
}
