using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Netplugin.Core.Flags;

/// <summary>
/// The flags of one program, read by the rules of Go's <c>flag</c> package, which the original programs used: <c>-f</c> equals
/// <c>--f</c>, a value follows as <c>-f v</c> or <c>-f=v</c>, a boolean takes one only as <c>-f=v</c>, reading stops at the
/// first positional, a lone <c>-</c> is a positional, and <c>--</c> ends the flags. A flag given twice has its last value.
/// </summary>
/// <param name="program">The program's name for the usage text.</param>
public sealed class GoFlagSet(string program)
{
    private const int WrapColumn = 100;
    private const string DescriptionIndent = "        ";

    private readonly List<GoFlag> _inOrder = [];
    private readonly Dictionary<string, GoFlag> _byName = new(StringComparer.Ordinal);

    /// <summary>The flags in the order they were defined.</summary>
    public IReadOnlyList<GoFlag> Flags => _inOrder;

    /// <summary>Defines a flag with any text as its value.</summary>
    /// <param name="name">The name without dashes.</param>
    /// <param name="defaultValue">The value while the flag is not given.</param>
    /// <param name="description">For the usage text.</param>
    /// <param name="valueName">What stands for the value in the usage text.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public GoFlag<string> Text(string name, string defaultValue, string description, string valueName = "string") =>
        Define(new GoFlag<string>(name, valueName, description, defaultValue, static text => (true, text, "")));

    /// <summary>Defines a boolean flag, false while not given.</summary>
    /// <param name="name">The name without dashes.</param>
    /// <param name="description">For the usage text.</param>
    /// <param name="defaultValue">The value while the flag is not given.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public GoFlag<bool> Boolean(string name, string description, bool defaultValue = false) =>
        Define(new GoFlag<bool>(name, "", description, defaultValue, ReadBool));

    /// <summary>Defines a flag with a whole number as its value: decimal, <c>0x</c> hexadecimal, <c>0</c> or <c>0o</c> octal, <c>0b</c> binary.</summary>
    /// <param name="name">The name without dashes.</param>
    /// <param name="defaultValue">The value while the flag is not given.</param>
    /// <param name="description">For the usage text.</param>
    /// <param name="valueName">What stands for the value in the usage text.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public GoFlag<int> Number(string name, int defaultValue, string description, string valueName = "int") =>
        Define(new GoFlag<int>(name, valueName, description, defaultValue, ReadInt));

    /// <summary>Defines a flag whose value is one of a few words.</summary>
    /// <param name="name">The name without dashes.</param>
    /// <param name="defaultValue">The value while the flag is not given; need not be one of the words.</param>
    /// <param name="description">For the usage text.</param>
    /// <param name="values">The words.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public GoFlag<string> Choice(string name, string defaultValue, string description, params ImmutableArray<string> values) =>
        Define(new GoFlag<string>(name, string.Join('|', values), description, defaultValue, text =>
            values.Contains(text) ? (true, text, "") : (false, "", $"must be one of {string.Join(", ", values)}")));

    /// <summary>Reads a command line. Nothing is thrown for what a user typed.</summary>
    /// <param name="arguments">The arguments without the program's own name.</param>
    public GoFlagResult Parse(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var values = new Dictionary<GoFlag, object>();
        var next = 0;
        while (next < arguments.Count)
        {
            var argument = arguments[next];
            if (argument.Length < 2 || argument[0] != '-')
            {
                break;
            }

            next++;
            if (argument == "--")
            {
                break;
            }

            var name = argument[(argument[1] == '-' ? 2 : 1)..];
            if (name[0] is '-' or '=')
            {
                return Refuse($"bad flag syntax: {argument}");
            }

            string? text = null;
            if (name.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            {
                text = name[(equals + 1)..];
                name = name[..equals];
            }

            if (!_byName.TryGetValue(name, out var flag))
            {
                return name is "h" or "help"
                    ? new GoFlagResult(values, [], null, helpRequested: true)
                    : Refuse($"flag provided but not defined: -{name}");
            }

            if (flag.IsBoolean)
            {
                text ??= "true";
            }
            else if (text is null)
            {
                if (next == arguments.Count)
                {
                    return Refuse($"flag needs an argument: -{name}");
                }

                text = arguments[next++];
            }

            if (!flag.TryRead(text, out var value, out var problem))
            {
                return Refuse(flag.IsBoolean
                    ? $"invalid boolean value \"{text}\" for -{name}: {problem}"
                    : $"invalid value \"{text}\" for flag -{name}: {problem}");
            }

            values[flag] = value;
        }

        return new(values, [.. arguments.Skip(next)], null, helpRequested: false);

        GoFlagResult Refuse(string error) => new(values, [], error, helpRequested: false);
    }

    /// <summary>The usage text: a head line, then each flag with its value's name, description and default, by name.</summary>
    public string Usage()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"Usage of {program}:\n");
        foreach (var flag in _inOrder.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            text.Append("  -").Append(flag.Name);
            if (flag.ValueName.Length > 0)
            {
                text.Append(' ').Append(flag.ValueName);
            }

            text.Append('\n');
            var description = flag.DefaultText.Length > 0 ? $"{flag.Description} (default {flag.DefaultText})" : flag.Description;
            AppendWrapped(text, description);
        }

        return text.ToString();
    }

    private static void AppendWrapped(StringBuilder text, string description)
    {
        var column = 0;
        foreach (var word in description.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && column + 1 + word.Length <= WrapColumn)
            {
                text.Append(' ').Append(word);
                column += 1 + word.Length;
                continue;
            }

            if (column > 0)
            {
                text.Append('\n');
            }

            text.Append(DescriptionIndent).Append(word);
            column = DescriptionIndent.Length + word.Length;
        }

        text.Append('\n');
    }

    private static (bool Ok, bool Value, string Problem) ReadBool(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => (true, true, ""),
        "0" or "f" or "F" or "false" or "FALSE" or "False" => (true, false, ""),
        _ => (false, false, "must be true or false"),
    };

    private static (bool Ok, int Value, string Problem) ReadInt(string text)
    {
        var negative = text.StartsWith('-');
        var digits = negative || text.StartsWith('+') ? text[1..] : text;
        var (radix, body) = digits switch
        {
            ['0', 'x' or 'X', ..] => (16, digits[2..]),
            ['0', 'o' or 'O', ..] => (8, digits[2..]),
            ['0', 'b' or 'B', ..] => (2, digits[2..]),
            ['0', _, ..] => (8, digits[1..]),
            _ => (10, digits),
        };
        if (body.Length == 0)
        {
            return (false, 0, "not a whole number");
        }

        long magnitude = 0;
        foreach (var c in body)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : int.MaxValue;
            if (digit >= radix)
            {
                return (false, 0, "not a whole number");
            }

            magnitude = magnitude * radix + digit;
            if (magnitude > int.MaxValue + 1L)
            {
                return (false, 0, "value out of range");
            }
        }

        var value = negative ? -magnitude : magnitude;
        return value > int.MaxValue ? (false, 0, "value out of range") : (true, (int)value, "");
    }

    private GoFlag<T> Define<T>(GoFlag<T> flag)
        where T : notnull
    {
        if (!_byName.TryAdd(flag.Name, flag))
        {
            throw new ArgumentException($"flag -{flag.Name} is defined twice", nameof(flag));
        }

        _inOrder.Add(flag);
        return flag;
    }
}
