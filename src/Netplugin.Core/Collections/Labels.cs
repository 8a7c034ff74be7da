using System.Collections.Immutable;

namespace Netplugin.Core.Collections;

/// <summary>
/// An object's labels or annotations: immutable, equal when their content is. A sorted array: most objects have few, and a node may have to know those
/// of every pod.
/// </summary>
public sealed class Labels : IEquatable<Labels>
{
    /// <summary>Makes them.</summary>
    /// <param name="pairs">Keys and values in any order; of several values for one key the last counts.</param>
    public Labels(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs)
        {
            sorted[key] = value;
        }

        Pairs = [.. sorted];
    }

    /// <summary>None.</summary>
    public static Labels None { get; } = new([]);

    /// <summary>Keys and values, by key (ordinal), each key once.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Pairs { get; }

    /// <summary>A key's value; null when there is no such key.</summary>
    public string? this[string key]
    {
        get
        {
            for (int from = 0, to = Pairs.Length - 1; from <= to;)
            {
                var middle = (from + to) / 2;
                var order = string.CompareOrdinal(Pairs[middle].Key, key);
                if (order == 0)
                {
                    return Pairs[middle].Value;
                }

                (from, to) = order < 0 ? (middle + 1, to) : (from, middle - 1);
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public bool Equals(Labels? other) => other is not null && Pairs.AsSpan().SequenceEqual(other.Pairs.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Labels);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var pair in Pairs)
        {
            hash.Add(pair);
        }

        return hash.ToHashCode();
    }

    /// <summary><c>key=value,key=value</c>.</summary>
    public override string ToString() => string.Join(',', Pairs.Select(pair => $"{pair.Key}={pair.Value}"));
}
