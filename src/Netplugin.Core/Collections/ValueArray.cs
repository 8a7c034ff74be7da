using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Netplugin.Core.Collections;

/// <summary>An immutable array that is equal to another when its content is, so that records of lists are values without more ado. <c>default</c> is empty.</summary>
/// <typeparam name="T">What it holds.</typeparam>
/// <param name="items">Its items.</param>
[CollectionBuilder(typeof(ValueArray), nameof(ValueArray.Of))]
public readonly struct ValueArray<T>(ImmutableArray<T> items) : IReadOnlyList<T>, IEquatable<ValueArray<T>>
{
    private readonly ImmutableArray<T> _items = items;

    /// <summary>Its items.</summary>
    public ImmutableArray<T> Items => _items.IsDefault ? [] : _items;

    /// <summary>How many there are.</summary>
    public int Count => Items.Length;

    /// <summary>True when there are none.</summary>
    public bool IsEmpty => Items.IsEmpty;

    /// <inheritdoc/>
    public T this[int index] => Items[index];

    /// <summary>Equal in items and their order.</summary>
    public bool Equals(ValueArray<T> other) => Items.AsSpan().SequenceEqual(other.Items.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ValueArray<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var item in Items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    /// <summary>Its items' texts, for tests and messages.</summary>
    public override string ToString() => $"[{string.Join(", ", Items)}]";

    /// <summary>Goes through the items without taking memory.</summary>
    public ImmutableArray<T>.Enumerator GetEnumerator() => Items.GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)Items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)Items).GetEnumerator();

    /// <summary>Equal in items and their order.</summary>
    public static bool operator ==(ValueArray<T> left, ValueArray<T> right) => left.Equals(right);

    /// <summary>Different in an item or in order.</summary>
    public static bool operator !=(ValueArray<T> left, ValueArray<T> right) => !left.Equals(right);
}

/// <summary>Makes <see cref="ValueArray{T}"/>s: what a collection expression calls.</summary>
public static class ValueArray
{
    /// <summary>Of these items.</summary>
    public static ValueArray<T> Of<T>(ReadOnlySpan<T> items) => new([.. items]);
}
