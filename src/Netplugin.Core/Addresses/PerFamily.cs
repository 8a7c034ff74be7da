using System.Collections;
using System.Runtime.CompilerServices;

namespace Netplugin.Core.Addresses;

/// <summary>What is of one of the two families.</summary>
public interface IOfFamily
{
    /// <summary>True for IPv4, false for IPv6.</summary>
    bool IsV4 { get; }
}

/// <summary>At most one value of each family, in an order: where only one can be told, it is the first. <c>default</c> holds none.</summary>
/// <typeparam name="T">What it holds.</typeparam>
[CollectionBuilder(typeof(PerFamily), nameof(PerFamily.Of))]
public readonly record struct PerFamily<T> : IEnumerable<T>
    where T : struct, IOfFamily
{
    private readonly T? _first;
    private readonly T? _second;

    internal PerFamily(T? first, T? second) => (_first, _second) = (first, second);

    /// <summary>True when it holds nothing.</summary>
    public bool IsEmpty => _first is null;

    /// <summary>The first; <c>default</c> when it holds nothing.</summary>
    public T First => _first.GetValueOrDefault();

    /// <summary>The second; null when it holds one or none.</summary>
    public T? Second => _second;

    /// <summary>The one of a family; null when it holds none of it.</summary>
    public T? Of(bool isV4) => _first is { } first && first.IsV4 == isV4 ? _first : _second is { } second && second.IsV4 == isV4 ? _second : null;

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        if (_first is { } first)
        {
            yield return first;
        }

        if (_second is { } second)
        {
            yield return second;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The values in their order, with commas between.</summary>
    public override string ToString() => string.Join(", ", this);
}

/// <summary>Makes <see cref="PerFamily{T}"/>.</summary>
public static class PerFamily
{
    /// <summary>Makes one from its values, in their order.</summary>
    /// <exception cref="ArgumentException">There are more than one of a family.</exception>
    public static PerFamily<T> Of<T>(ReadOnlySpan<T> values)
        where T : struct, IOfFamily => values switch
        {
            [] => default,
            [var only] => new(only, null),
            [var first, var second] when first.IsV4 != second.IsV4 => new(first, second),
            _ => throw new ArgumentException("there are several of one family", nameof(values)),
        };
}
