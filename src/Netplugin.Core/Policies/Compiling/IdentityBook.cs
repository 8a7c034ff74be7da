using System.Runtime.InteropServices;
using Netplugin.Core.Collections;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>The identities in use, by what holds of them.</summary>
/// <param name="last">Where numbers go on from.</param>
internal sealed class IdentityBook(uint last)
{
    private readonly Dictionary<ValueArray<Atom>, Identity> _identities = [];
    private readonly HashSet<Identity> _unused = [];
    private readonly HashSet<Identity> _used = [];
    private readonly HashSet<Identity> _new = [];
    private readonly NumberGiver _numbers = new(last);

    /// <summary>Those in use that are not in the maps.</summary>
    public IEnumerable<Identity> New => _new.Where(identity => identity.Uses > 0);

    /// <summary>The identity of whom these atoms hold, used once more; null when there are none.</summary>
    /// <param name="atoms">The atoms, in any order; the list is put in order.</param>
    public Identity? Use(List<Atom> atoms)
    {
        if (atoms.Count == 0)
        {
            return null;
        }

        atoms.Sort((left, right) => left.Id.CompareTo(right.Id));
        Atom[] set = [.. atoms.Where((atom, i) => i == 0 || atom != atoms[i - 1])];
        ref var identity = ref CollectionsMarshal.GetValueRefOrAddDefault(_identities, new(ImmutableCollectionsMarshal.AsImmutableArray(set)), out _);
        if (identity is null)
        {
            identity = new(_numbers.Next(), set);
            _new.Add(identity);
            foreach (var atom in set)
            {
                atom.Identities.Add(identity);
            }
        }

        if (identity.Uses++ == 0)
        {
            _used.Add(identity);
        }

        return identity;
    }

    /// <summary>Says that an identity is used once less. Until <see cref="Forget"/> it is the same if it is used again.</summary>
    public void Release(Identity? identity)
    {
        if (identity is not null && --identity.Uses == 0)
        {
            _unused.Add(identity);
        }
    }

    /// <summary>Those that came to be used since this was last called.</summary>
    public List<Identity> TakeUsed()
    {
        List<Identity> used = [.. _used.Where(identity => identity.Uses > 0)];
        _used.Clear();
        return used;
    }

    /// <summary>Forgets those that nobody has.</summary>
    public List<Identity> Forget()
    {
        List<Identity> gone = [.. _unused.Where(identity => identity.Uses == 0)];
        foreach (var identity in gone)
        {
            _identities.Remove(new(ImmutableCollectionsMarshal.AsImmutableArray(identity.Atoms)));
            foreach (var atom in identity.Atoms)
            {
                atom.Identities.Remove(identity);
            }

            if (_new.Remove(identity))
            {
                _numbers.GiveBack(identity.Number);
            }
        }

        _unused.Clear();
        return gone;
    }

    /// <summary>Says that the maps have all that are in use.</summary>
    public void Written()
    {
        foreach (var identity in _new)
        {
            identity.IsWritten = true;
        }

        _new.Clear();
    }
}
