using System.Runtime.InteropServices;
using Netplugin.Core.Collections;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>
/// The tables in use, with the reasons and the programs that they have. One that is not used is kept, with what it says, until it is forgotten: who sees that new tables do not fit goes back to it.
/// </summary>
/// <param name="atoms">The conditions that they ask.</param>
/// <param name="last">Where numbers go on from.</param>
internal sealed class TableBook(AtomBook atoms, uint last)
{
    private readonly Dictionary<TableKey, SubjectTable> _tables = [];
    private readonly HashSet<SubjectTable> _used = [];
    private readonly HashSet<SubjectTable> _unused = [];
    private readonly HashSet<SubjectTable> _unfilled = [];
    private readonly HashSet<SubjectTable> _new = [];
    private readonly NumberGiver _numbers = new(last);

    public NumberBook<PolicyReason> Reasons { get; } = new(last);

    public NumberBook<ValueArray<PortEntry>> Programs { get; } = new(last);

    /// <summary>The table of a content, used once more; null when no policy says anything.</summary>
    public SubjectTable? Use(TableKey key)
    {
        if (key.Parts.IsEmpty)
        {
            return null;
        }

        ref var table = ref CollectionsMarshal.GetValueRefOrAddDefault(_tables, key, out _);
        if (table is null)
        {
            table = new(_numbers.Next(), key, atoms, Reasons);
            _new.Add(table);
            _unfilled.Add(table);
        }

        if (table.Uses++ == 0)
        {
            _used.Add(table);
        }

        return table;
    }

    /// <summary>Says that a table is used once less.</summary>
    public void Release(SubjectTable? table)
    {
        if (table is not null && --table.Uses == 0)
        {
            _unused.Add(table);
        }
    }

    /// <summary>Lets the tables ask that are used, and no others.</summary>
    public void Ask()
    {
        foreach (var table in _used.Where(table => table.Uses > 0 && !table.IsAsking))
        {
            table.Ask(atoms);
            _unfilled.Add(table);
        }

        foreach (var table in _unused.Where(table => table.Uses == 0 && table.IsAsking))
        {
            table.Leave(atoms);
        }

        _used.Clear();
    }

    /// <summary>Works out what tables that came to be used say of all, and what the others say of identities that came to be used.</summary>
    public void Fill(IReadOnlyCollection<Identity> identities)
    {
        foreach (var table in _unfilled.Where(table => table.IsAsking))
        {
            table.OfNobody ??= Decide(table, []);
            foreach (var identity in table.Candidates())
            {
                Fill(table, identity);
            }
        }

        foreach (var identity in identities)
        {
            foreach (var table in Asking(identity))
            {
                if (!_unfilled.Contains(table))
                {
                    Fill(table, identity);
                }
            }
        }

        _unfilled.Clear();
    }

    /// <summary>The entries that the maps do not have yet: those of new tables, and those of the others for new identities.</summary>
    public IEnumerable<(SubjectTable Table, Identity? Identity, Verdict Verdict)> Unwritten(IEnumerable<Identity> identities)
    {
        foreach (var table in NewTables)
        {
            yield return (table, null, table.OfNobody!.Value);
            foreach (var (identity, verdict) in table.Verdicts)
            {
                if (identity.Uses > 0)
                {
                    yield return (table, identity, verdict);
                }
            }
        }

        foreach (var identity in identities)
        {
            foreach (var table in Asking(identity))
            {
                if (table.IsWritten && table.Verdicts.TryGetValue(identity, out var verdict))
                {
                    yield return (table, identity, verdict);
                }
            }
        }
    }

    /// <summary>How much more than now the maps have when what is new is written.</summary>
    public PolicyMapSizes Growth(IEnumerable<Identity> identities)
    {
        var verdicts = 0;
        HashSet<uint> programs = [];
        foreach (var (_, _, verdict) in Unwritten(identities))
        {
            verdicts++;
            if (verdict.Kind == VerdictKind.Program && Programs.IsNew(verdict.Number))
            {
                programs.Add(verdict.Number);
            }
        }

        return new(0, 0, verdicts, programs.Sum(number => Programs[number].Count), NewTables.SelectMany(table => table.Reasons).Where(Reasons.IsNew).Distinct().Count());
    }

    /// <summary>Forgets tables that no endpoint has, and what the others say of identities that nobody has.</summary>
    /// <returns>The entries that the maps have of them.</returns>
    public List<PolicyChange> Forget(IEnumerable<Identity> identities)
    {
        List<PolicyChange> entries = [];
        foreach (var table in _unused.Where(table => table.Uses == 0))
        {
            _tables.Remove(table.Key);
            foreach (var reason in table.Reasons)
            {
                Reasons.Release(reason);
            }

            if (_new.Remove(table))
            {
                _numbers.GiveBack(table.Number);
            }

            Release(table.OfNobody);
            AddIf(table.IsWritten, table, null);
            foreach (var (identity, verdict) in table.Verdicts)
            {
                Release(verdict);
                AddIf(table.IsWritten && identity.IsWritten, table, identity);
            }
        }

        _unused.Clear();
        foreach (var identity in identities)
        {
            foreach (var table in Asking(identity))
            {
                if (table.Verdicts.Remove(identity, out var verdict))
                {
                    Release(verdict);
                    AddIf(table.IsWritten && identity.IsWritten, table, identity);
                }
            }
        }

        return entries;

        void AddIf(bool isWritten, SubjectTable table, Identity? identity)
        {
            if (isWritten)
            {
                entries.Add(new PolicyChange.VerdictGone(table.Number, identity?.Number ?? 0));
            }
        }
    }

    /// <summary>Says that the maps have all that are used.</summary>
    public void Written()
    {
        foreach (var table in _new)
        {
            table.IsWritten = true;
        }

        _new.Clear();
    }

    /// <summary>The tables that ask something of an identity.</summary>
    public static HashSet<SubjectTable> Asking(Identity identity) => [.. identity.Atoms.SelectMany(atom => atom.Tables)];

    private IEnumerable<SubjectTable> NewTables => _new.Where(table => table.Uses > 0);

    private void Fill(SubjectTable table, Identity identity)
    {
        if (table.Verdicts.ContainsKey(identity))
        {
            return;
        }

        var verdict = Decide(table, identity.Atoms);
        if (verdict == table.OfNobody)
        {
            Release(verdict);
            return;
        }

        table.Verdicts.Add(identity, verdict);
    }

    private Verdict Decide(SubjectTable table, Atom[] of)
    {
        var program = table.Decide(of).Program();
        return program.Count == 1 ? program[0].Verdict : new(VerdictKind.Program, Programs.Use(program));
    }

    private void Release(Verdict? verdict)
    {
        if (verdict is { Kind: VerdictKind.Program, Number: var number })
        {
            Programs.Release(number);
        }
    }
}
