using Netplugin.Core.Policies.Compiling;

namespace Netplugin.Core.Policies.Maps;

/// <summary>What an earlier daemon left.</summary>
public sealed partial class PolicyMapWriter
{
    private bool _hasOwnGeneration;

    /// <summary>The highest number of a table, identity, program or reason that the maps had at the beginning.</summary>
    public uint LastNumber { get; private set; }

    /// <summary>
    /// How many entries of a compiler's the maps have room for, as <see cref="PolicyCompiler.Sizes"/> is to be whenever it is asked for changes: all of it, but beside tables of an earlier daemon what these leave. Addresses and
    /// blocks are mostly the same ones, and not counted twice.
    /// </summary>
    public PolicyMapSizes Room { get; private set; }

    /// <summary>
    /// Looks at what is in the maps; to be called once, before all else. What an earlier daemon left stays in force until the first <see cref="Apply"/>, and what it wrote that nothing led to goes before anything
    /// else is written: a content that did not fit must not take the room of the next.
    /// </summary>
    public void Begin()
    {
        Generation = maps.Generation;
        _isSwapWanted = true;
        HashSet<uint> identities = [0];
        HashSet<uint> tables = [];
        foreach (var (address, identity) in maps.ReadIdentities())
        {
            _identities.Find(address, identity.At(Generation));
            NoteIdentity(identity);
        }

        foreach (var (block, identity) in maps.ReadBlocks())
        {
            _blocks.Find(block, identity.At(Generation));
            _blocksBefore.Set(block, identity.At(Generation));
            NoteIdentity(identity);
        }

        foreach (var subject in maps.ReadSubjects())
        {
            _subjects.Find(subject, Generation);
            tables.UnionWith(NumbersOf(subject.Tables.At(Generation)));
            NumbersOf(subject.Tables.Before).ForEach(NoteNumber);
            NumbersOf(subject.Tables.After).ForEach(NoteNumber);
        }

        FindContent(key => tables.Contains(key.Table) && identities.Contains(key.Identity));
        Room = maps.Sizes - _going.Count;

        void NoteIdentity(Staged<uint> identity)
        {
            identities.Add(identity.At(Generation));
            NoteNumber(identity.Before);
            NoteNumber(identity.After);
        }
    }

    private static List<uint> NumbersOf(SubjectTables tables) => [tables.Ingress, tables.Egress, tables.SelfIngress, tables.SelfEgress];

    private void FindContent(Func<VerdictKey, bool> isMet)
    {
        HashSet<uint> programs = [];
        HashSet<uint> reasons = [];
        foreach (var (key, verdict) in maps.ReadVerdicts())
        {
            NoteNumber(key.Table);
            NoteNumber(key.Identity);
            var isInUse = isMet(key);
            (isInUse ? _going : _abandoned).AddVerdict(key, default);
            if (isInUse)
            {
                (verdict.Kind == VerdictKind.Program ? programs : reasons).Add(verdict.Number);
            }
        }

        foreach (var program in maps.ReadPrograms().GroupBy(entry => entry.Key, entry => entry.Value))
        {
            NoteNumber(program.Key);
            var isInUse = programs.Contains(program.Key);
            (isInUse ? _going : _abandoned).AddProgram(program.Key, [.. program]);
            if (isInUse)
            {
                reasons.UnionWith(program.Select(entry => entry.Verdict.Number));
            }
        }

        foreach (var reason in maps.ReadReasons())
        {
            NoteNumber(reason);
            (reasons.Contains(reason) ? _going : _abandoned).AddReason(reason);
        }
    }

    // What is found and has not been set since is to go; what is attached is to have what its endpoint has.
    private void TakeFound()
    {
        // The earlier daemon may have ended just now, after a generation.
        maps.Settle();
        _identities.RemoveOthers();
        _blocks.RemoveOthers();
        _subjects.TakeFound();
    }

    // The table that is never there is the highest number of all, and nobody's.
    private void NoteNumber(uint number) => LastNumber = number == SubjectTables.ClosedTable ? LastNumber : Math.Max(LastNumber, number);
}
