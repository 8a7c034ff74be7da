using System.Runtime.InteropServices;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>Gives things numbers by their content while they are in use. No number is given twice.</summary>
/// <typeparam name="T">The things.</typeparam>
/// <param name="last">Where numbers go on from.</param>
internal sealed class NumberBook<T>(uint last)
    where T : notnull
{
    private readonly Dictionary<T, uint> _numbers = [];
    private readonly Dictionary<uint, (T Value, int Uses)> _values = [];
    private readonly HashSet<uint> _unused = [];
    private readonly List<uint> _new = [];
    private uint _last = last;

    /// <summary>The number of a thing that is used once more.</summary>
    public uint Use(T value)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, value, out var isKnown);
        if (!isKnown)
        {
            number = ++_last;
            _values[number] = (value, 0);
            _new.Add(number);
        }

        CollectionsMarshal.GetValueRefOrNullRef(_values, number).Uses++;
        return number;
    }

    /// <summary>Says that a thing is used once less.</summary>
    public void Release(uint number)
    {
        if (--CollectionsMarshal.GetValueRefOrNullRef(_values, number).Uses == 0)
        {
            _unused.Add(number);
        }
    }

    /// <summary>Forgets what is not used, and says what came to be used and what is not any more since it was last called.</summary>
    public (List<(uint Number, T Value)> New, List<(uint Number, T Value)> Gone) Settle()
    {
        List<(uint, T)> gone = [];
        var added = _new.ToHashSet();
        foreach (var number in _unused.Where(number => _values[number].Uses == 0))
        {
            _values.Remove(number, out var one);
            _numbers.Remove(one.Value);
            if (!added.Remove(number))
            {
                gone.Add((number, one.Value));
            }
        }

        List<(uint, T)> arrived = [.. _new.Where(added.Contains).Select(number => (number, _values[number].Value))];
        _new.Clear();
        _unused.Clear();
        return (arrived, gone);
    }
}
