namespace Netplugin.Core.Policies.Compiling;

/// <summary>Chooses the tables that subjects have, so that all of it fits the maps.</summary>
public sealed partial class PolicyCompiler
{
    /// <summary>
    /// The writes that take the maps from what they held when this was last called to what they are to hold now; to be applied in order, each once. None when nothing changed. After some there may
    /// be more at once when there are <see cref="Unfit"/> endpoints: what was removed has made room.
    /// </summary>
    public IReadOnlyList<PolicyChange> TakeChanges()
    {
        foreach (var subject in _touchedSubjects)
        {
            // What says the same as before is what there was: it needs no room.
            TableKey[]? wanted = subject.Holder is { } holder ? KeysOf(holder) : null;
            subject.Wanted = wanted is not null && subject.Former is { } former && former.AsSpan().SequenceEqual(wanted) ? former : wanted;
        }

        HashSet<Subject> changed = [.. _touchedSubjects, .. _unfit.Keys];
        _touchedSubjects.Clear();
        _unfit.Clear();
        foreach (var subject in changed)
        {
            Have(subject, subject.Wanted);
        }

        WorkOut();
        var growth = Growth();
        if (Shortage(growth) is not null)
        {
            Retreat(changed);
            growth = Growth();
        }

        _held += growth;
        return Write(changed);
    }

    /// <summary>Goes back to what endpoints had, and from there on as far as there is room.</summary>
    /// <param name="changed">The subjects whose tables are to be others; those that are closed for want of room join them.</param>
    private void Retreat(HashSet<Subject> changed)
    {
        foreach (var subject in changed.Where(subject => subject.Holder is not null))
        {
            Have(subject, subject.Former);
        }

        WorkOut();
        List<Subject> closed = [];
        if (Shortage(Growth()) is not null)
        {
            // Others' pods alone need the room. A table that does not know them would take them for nobody, which may be to let through what it denies.
            var growing = _addresses.Different.Select(entry => entry.Wanted?.Identity).OfType<Identity>().Distinct().SelectMany(TableBook.Asking).ToHashSet();
            foreach (var subject in _subjects.Values
                .Where(subject => subject.Keys is not null)
                .OrderByDescending(subject => subject.Tables!.Any(table => table is not null && growing.Contains(table)))
                .ThenByDescending(subject => subject.Id)
                .ToArray())
            {
                Have(subject, null);
                closed.Add(subject);
                WorkOut();
                if (Shortage(Growth()) is null)
                {
                    break;
                }
            }
        }

        foreach (var subject in closed.OrderBy(subject => subject.Id))
        {
            Try(subject, subject.Former);
            changed.Add(subject);
        }

        foreach (var subject in changed.Where(subject => subject.Keys != subject.Wanted).OrderBy(subject => subject.Id))
        {
            if (Try(subject, subject.Wanted) is { } shortage)
            {
                _unfit[subject] = new(subject.Id, [.. subject.Wanted!.SelectMany(key => key.Parts).Select(part => part.Id).Distinct().Order()], shortage, subject.Keys is null);
            }
        }
    }

    /// <summary>Gives a subject tables if all fits then, else leaves it those that it has.</summary>
    private PolicyMapShortage? Try(Subject subject, TableKey[]? keys)
    {
        var had = subject.Keys;
        Have(subject, keys);
        WorkOut();
        if (Shortage(Growth()) is not { } shortage)
        {
            return null;
        }

        Have(subject, had);
        WorkOut();
        return shortage;
    }

    private void Have(Subject subject, TableKey[]? keys)
    {
        var former = subject.Tables;
        subject.Keys = keys;
        subject.Tables = keys is null ? null : Array.ConvertAll(keys, _tables.Use);
        Array.ForEach(former ?? [], _tables.Release);
    }

    /// <summary>What does not fit when all that was worked out is written beside what the maps have; null: nothing. A map that is to get no more always has room, also one that was made smaller.</summary>
    private PolicyMapShortage? Shortage(PolicyMapSizes growth)
    {
        var needed = _held + growth;
        foreach (var map in Enum.GetValues<PolicyMap>())
        {
            if (growth[map] > 0 && needed[map] > Sizes[map])
            {
                return new(map, needed[map], Sizes[map]);
            }
        }

        return null;
    }

    private PolicyMapSizes Growth()
    {
        var blocks = _blocks == _written ? 0 : _blocks.Prefixes.Count(block => !_written.TryGet(block, out _));
        return _tables.Growth(_identities.New) + new PolicyMapSizes(_addresses.Growth, blocks, 0, 0, 0);
    }
}
