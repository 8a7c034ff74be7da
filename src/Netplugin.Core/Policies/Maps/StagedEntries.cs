using Netplugin.Core.Policies.Compiling;

namespace Netplugin.Core.Policies.Maps;

/// <summary>The entries of a map of identities that are to say something else from the next generation on, or to go.</summary>
/// <typeparam name="TKey">What has an identity.</typeparam>
internal sealed class StagedEntries<TKey>
    where TKey : notnull
{
    private readonly Dictionary<TKey, uint> _before = [];
    private readonly Dictionary<TKey, uint> _after = [];
    private readonly HashSet<TKey> _going = [];

    /// <summary>What they will say.</summary>
    public IReadOnlyDictionary<TKey, uint> After => _after;

    /// <summary>Those that go when the next generation is there.</summary>
    public IReadOnlyCollection<TKey> Going => _going;

    /// <summary>An entry is in the map, left by an earlier daemon.</summary>
    public void Find(TKey key, uint before) => _before[key] = before;

    /// <summary>An entry is to say something else.</summary>
    /// <param name="key">Which.</param>
    /// <param name="before">What packets find now; of no account when the entry was staged, or found, since the last generation.</param>
    /// <param name="after">What they are to find.</param>
    public void Set(TKey key, uint before, uint after)
    {
        _before.TryAdd(key, before);
        _after[key] = after;
        _going.Remove(key);
    }

    /// <summary>An entry is to go.</summary>
    /// <param name="key">Which.</param>
    /// <param name="before">As above.</param>
    public void Remove(TKey key, uint before)
    {
        _before.TryAdd(key, before);
        _after.Remove(key);
        _going.Add(key);
    }

    /// <summary>All entries that were found and that nobody has set are to go.</summary>
    public void RemoveOthers() => _going.UnionWith(_before.Keys.Where(key => !_after.ContainsKey(key)));

    /// <summary>The entries to be written.</summary>
    /// <param name="generation">The next generation.</param>
    /// <param name="without">What packets will find without an entry.</param>
    public IEnumerable<KeyValuePair<TKey, Staged<uint>>> Writes(ulong generation, Func<TKey, uint> without)
    {
        foreach (var (key, after) in _after)
        {
            yield return new(key, new(_before[key], after, generation));
        }

        foreach (var key in _going)
        {
            yield return new(key, new(_before[key], without(key), generation));
        }
    }

    /// <summary>The generation is there.</summary>
    public void Swapped()
    {
        _before.Clear();
        _after.Clear();
    }

    /// <summary>Those that were to go are gone.</summary>
    public void Removed() => _going.Clear();
}
