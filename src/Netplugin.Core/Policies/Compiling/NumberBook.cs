using System.Runtime.InteropServices;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>Gives numbers in order. One that was ever written is not given again; one that was given back unwritten is.</summary>
/// <param name="last">Where they go on from.</param>
internal sealed class NumberGiver(uint last)
{
    private readonly Stack<uint> _free = [];
    private uint _last = last;

    public uint Next() => _free.TryPop(out var number) ? number : ++_last;

    public void GiveBack(uint number) => _free.Push(number);
}

/// <summary>Gives things numbers by their content while they are in use.</summary>
/// <typeparam name="T">The things.</typeparam>
/// <param name="last">Where numbers go on from.</param>
internal sealed class NumberBook<T>(uint last)
    where T : notnull
{
    private readonly Dictionary<T, uint> _numbers = [];
    private readonly Dictionary<uint, (T Value, int Uses)> _values = [];
    private readonly HashSet<uint> _unused = [];
    private readonly HashSet<uint> _new = [];
    private readonly NumberGiver _giver = new(last);

    /// <summary>What has a number.</summary>
    public T this[uint number] => _values[number].Value;

    /// <summary>True when the maps do not have it.</summary>
    public bool IsNew(uint number) => _new.Contains(number);

    /// <summary>The number of a thing that is used once more.</summary>
    public uint Use(T value)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, value, out var isKnown);
        if (!isKnown)
        {
            number = _giver.Next();
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

    /// <summary>Forgets what is not used, and says what the maps must have besides, and what they have no more.</summary>
    public (List<(uint Number, T Value)> New, List<(uint Number, T Value)> Gone) Settle()
    {
        List<(uint, T)> gone = [];
        foreach (var number in _unused.Where(number => _values[number].Uses == 0))
        {
            _values.Remove(number, out var one);
            _numbers.Remove(one.Value);
            if (_new.Remove(number))
            {
                _giver.GiveBack(number);
            }
            else
            {
                gone.Add((number, one.Value));
            }
        }

        List<(uint, T)> arrived = [.. _new.Order().Select(number => (number, _values[number].Value))];
        _new.Clear();
        _unused.Clear();
        return (arrived, gone);
    }
}
