namespace Netplugin.Core.Flags;

/// <summary>One flag of a <see cref="GoFlagSet"/>: what the usage text says of it and how its value is read.</summary>
public abstract class GoFlag
{
    private protected GoFlag(string name, string valueName, string description)
    {
        Name = name;
        ValueName = valueName;
        Description = description;
    }

    /// <summary>The name without dashes.</summary>
    public string Name { get; }

    /// <summary>What stands for the value in the usage text; empty for a boolean.</summary>
    public string ValueName { get; }

    /// <summary>What the flag does, one sentence or more.</summary>
    public string Description { get; }

    /// <summary>The default as the usage text shows it; empty when there is nothing worth showing.</summary>
    public abstract string DefaultText { get; }

    internal virtual bool IsBoolean => false;

    /// <summary>Reads a value as typed; on failure <paramref name="problem"/> says what was wrong with it.</summary>
    internal abstract bool TryRead(string text, out object value, out string problem);
}

/// <summary>A flag with a value of type <typeparamref name="T"/>.</summary>
/// <typeparam name="T"><see cref="string"/>, <see cref="bool"/> or <see cref="int"/>.</typeparam>
public sealed class GoFlag<T> : GoFlag
    where T : notnull
{
    private readonly Func<string, (bool Ok, T Value, string Problem)> _read;

    internal GoFlag(
        string name, string valueName, string description, T defaultValue, Func<string, (bool Ok, T Value, string Problem)> read)
        : base(name, valueName, description)
    {
        Default = defaultValue;
        _read = read;
    }

    /// <summary>The value while the flag is not given.</summary>
    public T Default { get; }

    /// <inheritdoc/>
    public override string DefaultText => Default switch
    {
        "" or false or 0 => "",
        string text => $"\"{text}\"",
        var other => FormattableString.Invariant($"{other}"),
    };

    internal override bool IsBoolean => typeof(T) == typeof(bool);

    internal override bool TryRead(string text, out object value, out string problem)
    {
        (var ok, var read, problem) = _read(text);
        value = read;
        return ok;
    }
}
