using System.Diagnostics.CodeAnalysis;
using Netplugin.Core.Addresses;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>Values by prefixes, found by address: a dictionary that is asked once for each length that there is.</summary>
/// <typeparam name="T">The values.</typeparam>
internal sealed class PrefixMap<T>
{
    private readonly Dictionary<IpPrefix, T> _values = [];
    private readonly int[] _countV4 = new int[33];
    private readonly int[] _countV6 = new int[129];

    public IEnumerable<IpPrefix> Prefixes => _values.Keys;

    public int Count => _values.Count;

    public void Set(IpPrefix prefix, T value)
    {
        if (_values.TryAdd(prefix, value))
        {
            Counts(prefix.IsV4)[prefix.Length]++;
        }
        else
        {
            _values[prefix] = value;
        }
    }

    public void Remove(IpPrefix prefix)
    {
        if (_values.Remove(prefix))
        {
            Counts(prefix.IsV4)[prefix.Length]--;
        }
    }

    public bool TryGet(IpPrefix prefix, [MaybeNullWhen(false)] out T value) => _values.TryGetValue(prefix, out value);

    /// <summary>The value of the longest prefix that has all of another; <c>default</c> when there is none.</summary>
    public T? Longest(IpPrefix inside) => AllOf(inside).FirstOrDefault();

    /// <summary>The values of all prefixes that have all of another, the longest first.</summary>
    public IEnumerable<T> AllOf(IpPrefix inside)
    {
        var counts = Counts(inside.IsV4);
        for (var length = inside.Length; length >= 0; length--)
        {
            if (counts[length] > 0 && _values.TryGetValue(new IpPrefix(inside.Address, length).Masked, out var value))
            {
                yield return value;
            }
        }
    }

    private int[] Counts(bool isV4) => isV4 ? _countV4 : _countV6;
}
