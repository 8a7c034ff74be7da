using System.Runtime.InteropServices;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>Dictionaries of lists: a key is there while its list has something.</summary>
internal static class Listing
{
    /// <summary>Adds to the list under a key.</summary>
    public static void AddUnder<TKey, TValue>(this Dictionary<TKey, List<TValue>> lists, TKey key, TValue value)
        where TKey : notnull
    {
        ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(lists, key, out _);
        (list ??= new(1)).Add(value);
    }

    /// <summary>Takes out of the list under a key.</summary>
    public static void RemoveUnder<TKey, TValue>(this Dictionary<TKey, List<TValue>> lists, TKey key, TValue value)
        where TKey : notnull
    {
        if (lists.TryGetValue(key, out var list) && list.Remove(value) && list.Count == 0)
        {
            lists.Remove(key);
        }
    }
}
