using System.Globalization;
using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Intents;
using Netplugin.Core.Policies;

namespace Netplugin.Kubernetes.Policies;

/// <summary>Goes through an object's fields and keeps what is wrong with them. A field that is null is one that is not there.</summary>
internal sealed class FieldReader
{
    private readonly List<FieldProblem> _problems = [];
    private int _inRules;

    /// <summary>How many problems there are so far: who looks before and after reading something knows whether it could be read.</summary>
    public int Count => _problems.Count;

    public ValueArray<FieldProblem> Problems => [.. _problems];

    /// <summary>True when something is wrong that is in none of the rules. That a list of rules is none, or too long, is outside them.</summary>
    public bool HasProblemsOutsideRules => Count > _inRules;

    public void Add(string path, string message) => _problems.Add(new(path, message));

    public void AddUnknown(Field field) => Add(field.Path, "unknown field");

    /// <summary>An object's fields.</summary>
    public IEnumerable<Field> Fields(Field of) => Members(of).Where(field => field.Value.ValueKind != JsonValueKind.Null);

    /// <summary>What the one field of an object is read as, where each of its fields would be another kind of the same; null when anything is wrong in it.</summary>
    /// <param name="of">The object.</param>
    /// <param name="read">Reads a field; null is what it says a problem about.</param>
    /// <param name="message">What is wrong when there is no field, or more than one.</param>
    public T? One<T>(Field of, Func<Field, T?> read, string message)
        where T : class
    {
        var before = Count;
        T?[] found = [.. Fields(of).Select(read)];
        if (Count == before && found.Length != 1)
        {
            Add(of.Path, message);
        }

        return Count == before ? found[0] : null;
    }

    /// <summary>A list's items.</summary>
    public Field[] Items(Field of, int least = 0, int most = int.MaxValue)
    {
        if (of.Value.ValueKind != JsonValueKind.Array)
        {
            Add(of.Path, "must be a list");
            return [];
        }

        Field[] items = [.. of.Value.EnumerateArray().Select((item, index) => new Field("", string.Create(CultureInfo.InvariantCulture, $"{of.Path}[{index}]"), item))];
        if (items.Length < least || items.Length > most)
        {
            Add(of.Path, string.Create(CultureInfo.InvariantCulture, $"must have {least} to {most} items, not {items.Length}"));
        }

        return items;
    }

    /// <summary>A list's items, each as <paramref name="read"/> makes it; those that it makes nothing of are left out.</summary>
    public ValueArray<T> List<T>(Field of, Func<Field, T?> read, int least = 0, int most = int.MaxValue)
        where T : class => [.. Items(of, least, most).Select(read).OfType<T>()];

    /// <summary>A list of rules, as <see cref="List"/> reads it. What is wrong in an item is wrong in a rule.</summary>
    public ValueArray<T> Rules<T>(Field list, Func<Field, T?> read, int most = int.MaxValue)
        where T : class => List(
            list,
            item =>
            {
                var before = Count;
                var rule = read(item);
                _inRules += Count - before;
                return rule;
            },
            most: most);

    public string? Text(Field of)
    {
        if (of.Value.ValueKind == JsonValueKind.String)
        {
            return of.Value.GetString();
        }

        Add(of.Path, "must be a text");
        return null;
    }

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public int? Number(Field of, int least, int most)
    {
        if (of.Value.ValueKind == JsonValueKind.Number && of.Value.TryGetInt32(out var number) && number >= least && number <= most)
        {
            return number;
        }

        Add(of.Path, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least} to {most}"));
        return null;
    }

    public ushort? Port(Field of) => (ushort?)Number(of, 1, ushort.MaxValue);

    /// <summary>One of a few words.</summary>
    public T? OneOf<T>(Field of, params (string Word, T Value)[] words)
        where T : struct
    {
        if (of.Value.ValueKind == JsonValueKind.String)
        {
            var text = of.Value.GetString();
            foreach (var (word, value) in words)
            {
                if (word == text)
                {
                    return value;
                }
            }
        }

        Add(of.Path, $"must be one of {string.Join(", ", words.Select(one => one.Word))}");
        return null;
    }

    /// <summary>A CIDR prefix, host bits cleared.</summary>
    public IpPrefix? Prefix(Field of)
    {
        if (of.Value.ValueKind == JsonValueKind.String && IpPrefix.TryParse(of.Value.GetString(), out var prefix))
        {
            return prefix.Masked;
        }

        Add(of.Path, "must be a CIDR prefix such as 10.1.0.0/16 or fd00:1::/64");
        return null;
    }

    /// <summary>A label selector (meta/v1). What is read of one with problems selects something else, so who calls must look at <see cref="Count"/>.</summary>
    public LabelSelector Selector(Field of)
    {
        ValueArray<LabelRequirement> labels = [], expressions = [];
        foreach (var field in Fields(of))
        {
            switch (field.Name)
            {
                case "matchLabels":
                    labels = [.. Members(field).Select(MatchLabel).OfType<LabelRequirement>()];
                    break;
                case "matchExpressions":
                    expressions = List(field, MatchExpression);
                    break;
                default:
                    AddUnknown(field);
                    break;
            }
        }

        return new([.. labels, .. expressions]);
    }

    /// <summary>A map's entries, those that are null too.</summary>
    private IEnumerable<Field> Members(Field of)
    {
        if (of.Value.ValueKind != JsonValueKind.Object)
        {
            Add(of.Path, "must be an object");
            yield break;
        }

        foreach (var property in of.Value.EnumerateObject())
        {
            yield return new(property.Name, PathOf(of.Path, property.Name), property.Value);
        }
    }

    // A name may be anything: one that no field and no key of a label has is quoted.
    private static string PathOf(string path, string name) =>
        name.Length == 0 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_' or '/')) ? $"{path}[{Quoted.Text(name)}]"
        : path.Length == 0 ? name
        : $"{path}.{name}";

    private LabelRequirement? MatchLabel(Field field)
    {
        Check(field.Path, LabelRules.CheckKey(field.Name));
        return LabelValue(field) is { } value ? new(field.Name, LabelOperator.In, [value]) : null;
    }

    private LabelRequirement? MatchExpression(Field expression)
    {
        string? key = null;
        LabelOperator? asked = null;
        ValueArray<string> values = [];
        var before = Count;
        foreach (var field in Fields(expression))
        {
            switch (field.Name)
            {
                case "key":
                    key = Text(field);
                    Check(field.Path, key is null ? null : LabelRules.CheckKey(key));
                    break;
                case "operator":
                    asked = OneOf(
                        field, ("In", LabelOperator.In), ("NotIn", LabelOperator.NotIn), ("Exists", LabelOperator.Exists), ("DoesNotExist", LabelOperator.DoesNotExist));
                    break;
                case "values":
                    values = List(field, LabelValue);
                    break;
                default:
                    AddUnknown(field);
                    break;
            }
        }

        if (Count > before)
        {
            return null;
        }

        if (key is null || asked is null)
        {
            Add(expression.Path, "must have a key and an operator");
        }
        else if (asked is LabelOperator.In or LabelOperator.NotIn == values.IsEmpty)
        {
            Add($"{expression.Path}.values", values.IsEmpty ? $"must have a value when the operator is {asked}" : $"must have no value when the operator is {asked}");
        }

        return Count > before ? null : new(key!, asked!.Value, values);
    }

    private string? LabelValue(Field field)
    {
        var value = Text(field);
        Check(field.Path, value is null ? null : LabelRules.CheckValue(value));
        return value;
    }

    private void Check(string path, string? problem)
    {
        if (problem is not null)
        {
            Add(path, problem);
        }
    }

    /// <summary>A field, or an item of a list.</summary>
    /// <param name="Name">Its name; empty for an item.</param>
    /// <param name="Path">The way to it.</param>
    /// <param name="Value">What is there.</param>
    public readonly record struct Field(string Name, string Path, JsonElement Value);
}
