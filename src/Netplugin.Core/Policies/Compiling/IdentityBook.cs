using System.Runtime.InteropServices;
using Netplugin.Core.Collections;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>The identities in use, by what holds of them.</summary>
/// <param name="last">Where numbers go on from.</param>
internal sealed class IdentityBook(uint last)
{
    private readonly Dictionary<ValueArray<Atom>, Identity> _identities = [];
    private readonly HashSet<Identity> _unused = [];
    private readonly HashSet<Identity> _new = [];
    private uint _last = last;

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
            identity = new(++_last, set);
            _new.Add(identity);
            foreach (var atom in set)
            {
                atom.Identities.Add(identity);
            }
        }

        identity.Uses++;
        return identity;
    }

    /// <summary>Says that an identity is used once less.</summary>
    public void Release(Identity? identity)
    {
        if (identity is not null && --identity.Uses == 0)
        {
            _unused.Add(identity);
        }
    }

    /// <summary>Forgets those that nobody has, and says which came and which went since it was last called.</summary>
    public (IReadOnlyCollection<Identity> New, IReadOnlyCollection<Identity> Gone) Settle()
    {
        List<Identity> gone = [];
        foreach (var identity in _unused.Where(identity => identity.Uses == 0))
        {
            _identities.Remove(new(ImmutableCollectionsMarshal.AsImmutableArray(identity.Atoms)));
            foreach (var atom in identity.Atoms)
            {
                atom.Identities.Remove(identity);
            }

            if (!_new.Remove(identity))
            {
                gone.Add(identity);
            }
        }

        _unused.Clear();
        List<Identity> arrived = [.. _new];
        _new.Clear();
        return (arrived, gone);
    }
}
