using System.Runtime.InteropServices;
using Netplugin.Core.Collections;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>The tables in use, with the reasons and the programs that they have.</summary>
/// <param name="atoms">The conditions that they ask.</param>
/// <param name="last">Where numbers go on from.</param>
internal sealed class TableBook(AtomBook atoms, uint last)
{
    private readonly Dictionary<TableKey, SubjectTable> _tables = [];
    private readonly HashSet<SubjectTable> _unused = [];
    private readonly List<SubjectTable> _new = [];
    private uint _last = last;

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
            table = new(++_last, key, atoms, Reasons);
            _new.Add(table);
        }

        table.Uses++;
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

    /// <summary>Forgets tables that no endpoint has: what they alone asked is asked no more.</summary>
    /// <returns>Their entries.</returns>
    public IEnumerable<PolicyChange> DropUnused()
    {
        List<PolicyChange> entries = [];
        foreach (var table in _unused.Where(table => table.Uses == 0))
        {
            _tables.Remove(table.Key);
            table.Release(atoms, Reasons);
            foreach (var (identity, verdict) in table.Verdicts)
            {
                Release(verdict);
                entries.Add(new PolicyChange.VerdictGone(table.Number, identity));
            }
        }

        _unused.Clear();
        return entries;
    }

    /// <summary>Forgets what tables say of identities that nobody has.</summary>
    public IEnumerable<PolicyChange> Drop(IReadOnlyCollection<Identity> identities)
    {
        List<PolicyChange> entries = [];
        foreach (var identity in identities)
        {
            foreach (var table in Asking(identity))
            {
                if (table.Verdicts.Remove(identity.Number, out var verdict))
                {
                    Release(verdict);
                    entries.Add(new PolicyChange.VerdictGone(table.Number, identity.Number));
                }
            }
        }

        return entries;
    }

    /// <summary>Works out what new tables say of all, and what the others say of new identities.</summary>
    public IEnumerable<PolicyChange> Fill(IReadOnlyCollection<Identity> identities)
    {
        List<PolicyChange> entries = [];
        foreach (var table in _new)
        {
            Write(table, 0, Decide(table, []), entries);
            foreach (var identity in table.Candidates())
            {
                Fill(table, identity, entries);
            }
        }

        var filled = _new.ToHashSet();
        _new.Clear();
        foreach (var identity in identities)
        {
            foreach (var table in Asking(identity))
            {
                if (!filled.Contains(table))
                {
                    Fill(table, identity, entries);
                }
            }
        }

        return entries;
    }

    private static HashSet<SubjectTable> Asking(Identity identity) => [.. identity.Atoms.SelectMany(atom => atom.Tables)];

    private void Fill(SubjectTable table, Identity identity, List<PolicyChange> entries)
    {
        var verdict = Decide(table, identity.Atoms);
        if (verdict == table.Verdicts[0])
        {
            Release(verdict);
            return;
        }

        Write(table, identity.Number, verdict, entries);
    }

    private static void Write(SubjectTable table, uint identity, Verdict verdict, List<PolicyChange> entries)
    {
        table.Verdicts.Add(identity, verdict);
        entries.Add(new PolicyChange.VerdictIs(table.Number, identity, verdict));
    }

    private Verdict Decide(SubjectTable table, Atom[] of)
    {
        var program = table.Decide(of).Program();
        return program.Count == 1 ? program[0].Verdict : new(VerdictKind.Program, Programs.Use(program));
    }

    private void Release(Verdict verdict)
    {
        if (verdict.Kind == VerdictKind.Program)
        {
            Programs.Release(verdict.Number);
        }
    }
}
