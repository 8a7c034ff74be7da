using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Netplugin.Core.Collections;

/// <summary>
/// An immutable dictionary in key order that takes little more memory than its entries: they lie side by side in blocks of up to 128.
/// A lookup is a binary search; <see cref="With"/> and <see cref="Rebuild"/> make changed ones, which share the blocks that no change falls into.
/// Made for 100,000 entries, where a tree's nodes weigh as much again as what they hold and are left behind at each change.
/// </summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TValue">The value, best a structure: it then lies in the block itself.</typeparam>
public sealed class PackedDictionary<TKey, TValue> : IReadOnlyDictionary<TKey, TValue>
    where TKey : notnull
{
    // Most entries of a block: the more, the more an edit copies, and the shorter is the list of blocks, which it copies too.
    private const int BlockSize = 128;

    // A block that an edit leaves with fewer is joined with the next one, so that removals leave no crumbs.
    private const int SmallBlock = BlockSize / 4;

    private readonly IComparer<TKey> _order;

    // None is empty; keys grow within a block and from block to block. A block is never written again: it is shared.
    private readonly KeyValuePair<TKey, TValue>[][] _blocks;

    /// <summary>Makes an empty one.</summary>
    /// <param name="order">The order of keys; keys that it does not tell apart are one key.</param>
    public PackedDictionary(IComparer<TKey> order)
        : this(order, [])
    {
    }

    private PackedDictionary(IComparer<TKey> order, KeyValuePair<TKey, TValue>[][] blocks)
    {
        _order = order;
        _blocks = blocks;
        Count = blocks.Sum(block => block.Length);
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public IEnumerable<TKey> Keys => this.Select(entry => entry.Key);

    /// <inheritdoc/>
    public IEnumerable<TValue> Values => this.Select(entry => entry.Value);

    /// <inheritdoc/>
    public TValue this[TKey key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"{key} is not there");

    /// <inheritdoc/>
    public bool ContainsKey(TKey key) => TryGetValue(key, out _);

    /// <inheritdoc/>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var (block, index) = Find(key);
        value = index < 0 ? default : _blocks[block][index].Value;
        return index >= 0;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator() => _blocks.SelectMany(block => block).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>
    /// This dictionary with edits carried out as if one after the other: of several for one key the last counts. A key that is there already stays
    /// the object it was, so that no edit keeps its own copy of it alive.
    /// </summary>
    /// <param name="edits">The edits, in any order of keys.</param>
    public PackedDictionary<TKey, TValue> With(IReadOnlyList<DictionaryEdit<TKey, TValue>> edits)
    {
        ArgumentNullException.ThrowIfNull(edits);
        if (edits.Count == 0)
        {
            return this;
        }

        var sorted = InKeyOrder(edits);
        var writer = new Writer(_blocks.Length + sorted.Length / BlockSize + 1);
        for (var i = 0; i < Math.Max(_blocks.Length, 1); i++)
        {
            KeyValuePair<TKey, TValue>[] block = _blocks.Length > 0 ? _blocks[i] : [];
            var reach = sorted.Length;
            if (i + 1 < _blocks.Length)
            {
                for (reach = 0; reach < sorted.Length && _order.Compare(edits[sorted[reach]].Key, _blocks[i + 1][0].Key) < 0; reach++)
                {
                }
            }

            if (reach == 0 && writer.IsBetweenBlocks)
            {
                writer.Share(block);
            }
            else
            {
                Merge(block, edits, sorted[..reach], writer);
                writer.EndBlock(isLast: i + 1 >= _blocks.Length);
            }

            sorted = sorted[reach..];
        }

        return new(_order, writer.Blocks);
    }

    /// <summary>
    /// The dictionary of exactly these entries, of several for one key the last. It shares with this one what is the same, and is this one
    /// when nothing differs: then no more garbage is made than a bit an entry.
    /// </summary>
    /// <param name="entries">The entries, in any order.</param>
    public PackedDictionary<TKey, TValue> Rebuild(IEnumerable<KeyValuePair<TKey, TValue>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var starts = new int[_blocks.Length];
        for (var i = 1; i < starts.Length; i++)
        {
            starts[i] = starts[i - 1] + _blocks[i - 1].Length;
        }

        var seen = new BitArray(Count);
        var edits = new List<DictionaryEdit<TKey, TValue>>();
        foreach (var (key, value) in entries)
        {
            var (block, index) = Find(key);
            var isAgain = index >= 0 && seen[starts[block] + index];
            if (index < 0 || isAgain || !EqualityComparer<TValue>.Default.Equals(_blocks[block][index].Value, value))
            {
                edits.Add(new(key, value));
            }

            if (index >= 0)
            {
                seen[starts[block] + index] = true;
            }
        }

        if (!seen.HasAllSet())
        {
            edits.AddRange(Keys.Where((_, i) => !seen[i]).Select(key => new DictionaryEdit<TKey, TValue>(key)));
        }

        return With(edits);
    }

    // Where a key's entry is; an index below zero when there is none.
    private (int Block, int Index) Find(TKey key)
    {
        int first = 0, last = _blocks.Length - 1;
        while (first < last)
        {
            var middle = (first + last + 1) / 2;
            (first, last) = _order.Compare(_blocks[middle][0].Key, key) <= 0 ? (middle, last) : (first, middle - 1);
        }

        for (int from = 0, to = _blocks.Length > 0 ? _blocks[first].Length - 1 : -1; from <= to;)
        {
            var middle = (from + to) / 2;
            var order = _order.Compare(_blocks[first][middle].Key, key);
            if (order == 0)
            {
                return (first, middle);
            }

            (from, to) = order < 0 ? (middle + 1, to) : (from, middle - 1);
        }

        return (first, -1);
    }

    // The indexes of the edits that count.
    private ReadOnlySpan<int> InKeyOrder(IReadOnlyList<DictionaryEdit<TKey, TValue>> edits)
    {
        var indexes = new int[edits.Count];
        var isSorted = true;
        for (var i = 1; i < indexes.Length; i++)
        {
            indexes[i] = i;
            isSorted &= _order.Compare(edits[i - 1].Key, edits[i].Key) < 0;
        }

        if (isSorted)
        {
            return indexes;
        }

        Array.Sort(indexes, (left, right) => _order.Compare(edits[left].Key, edits[right].Key) is not 0 and var order ? order : left - right);
        var count = 0;
        for (var i = 0; i < indexes.Length; i++)
        {
            if (i + 1 == indexes.Length || _order.Compare(edits[indexes[i]].Key, edits[indexes[i + 1]].Key) != 0)
            {
                indexes[count++] = indexes[i];
            }
        }

        return indexes.AsSpan(0, count);
    }

    private void Merge(KeyValuePair<TKey, TValue>[] block, IReadOnlyList<DictionaryEdit<TKey, TValue>> edits, ReadOnlySpan<int> sorted, Writer writer)
    {
        foreach (var entry in block)
        {
            while (!sorted.IsEmpty && _order.Compare(edits[sorted[0]].Key, entry.Key) < 0)
            {
                writer.Add(edits[sorted[0]].Key, edits[sorted[0]]);
                sorted = sorted[1..];
            }

            if (!sorted.IsEmpty && _order.Compare(edits[sorted[0]].Key, entry.Key) == 0)
            {
                writer.Add(entry.Key, edits[sorted[0]]);
                sorted = sorted[1..];
            }
            else
            {
                writer.Add(entry);
            }
        }

        foreach (var index in sorted)
        {
            writer.Add(edits[index].Key, edits[index]);
        }
    }

    /// <summary>Cuts entries into blocks.</summary>
    private sealed class Writer(int blocks)
    {
        private readonly List<KeyValuePair<TKey, TValue>[]> _blocks = new(blocks);
        private readonly List<KeyValuePair<TKey, TValue>> _open = [];

        public KeyValuePair<TKey, TValue>[][] Blocks => [.. _blocks];

        public bool IsBetweenBlocks => _open.Count == 0;

        public void Share(KeyValuePair<TKey, TValue>[] block) => _blocks.Add(block);

        public void Add(TKey key, DictionaryEdit<TKey, TValue> edit)
        {
            if (!edit.IsRemoval)
            {
                Add(new(key, edit.Value!));
            }
        }

        public void Add(KeyValuePair<TKey, TValue> entry)
        {
            _open.Add(entry);
            if (_open.Count == 2 * BlockSize)
            {
                Cut(BlockSize);
            }
        }

        public void EndBlock(bool isLast)
        {
            if (_open.Count > BlockSize)
            {
                Cut(_open.Count / 2);
            }

            if (_open.Count >= SmallBlock || (isLast && _open.Count > 0))
            {
                Cut(_open.Count);
            }
        }

        private void Cut(int entries)
        {
            _blocks.Add(CollectionsMarshal.AsSpan(_open)[..entries].ToArray());
            _open.RemoveRange(0, entries);
        }
    }
}

/// <summary>One edit of a <see cref="PackedDictionary{TKey, TValue}"/>.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TValue">The value.</typeparam>
/// <param name="Key">Whose entry.</param>
/// <param name="Value">The entry's new value; nothing for a removal.</param>
/// <param name="IsRemoval">True: there is no entry afterwards.</param>
public readonly record struct DictionaryEdit<TKey, TValue>(TKey Key, TValue? Value, bool IsRemoval)
{
    /// <summary>Adds or replaces an entry.</summary>
    public DictionaryEdit(TKey key, TValue value)
        : this(key, value, false)
    {
    }

    /// <summary>Removes an entry; one that is not there is no error.</summary>
    public DictionaryEdit(TKey key)
        : this(key, default, true)
    {
    }
}
