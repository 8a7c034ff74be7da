namespace Netplugin.Core.Policies.Compiling;

/// <summary>Writes what was worked out.</summary>
public sealed partial class PolicyCompiler
{
    /// <summary>Forgets what is not needed any more, and gives the writes that take the maps from what they have to what was worked out.</summary>
    private PolicyChange[] Write(IEnumerable<Subject> subjects)
    {
        List<PolicyChange> staged = [];
        List<PolicyChange> removals = [];
        StageSubjects(subjects, staged, removals);
        StageBlocks(staged, removals);
        StageAddresses(staged, removals);
        removals.AddRange(_tables.Forget(_identities.Forget()));
        _atoms.Forget();
        PolicyChange[] verdicts = [.. _tables.Unwritten(_identities.New).Select(one => new PolicyChange.VerdictIs(one.Table.Number, one.Identity?.Number ?? 0, one.Verdict))];
        var programs = _tables.Programs.Settle();
        var reasons = _tables.Reasons.Settle();
        _tables.Written();
        _identities.Written();
        _addresses.Written();
        _written = _blocks;
        removals.AddRange(programs.Gone.Select(program => new PolicyChange.ProgramGone(program.Number, program.Value)));
        removals.AddRange(reasons.Gone.Select(reason => new PolicyChange.ReasonGone(reason.Number)));
        _held -= PolicyMapSizes.Of(removals);
        if (staged.Count > 0)
        {
            staged.Add(new PolicyChange.GenerationIs(++_generation));
        }

        return
        [
            .. reasons.New.Select(reason => new PolicyChange.ReasonIs(reason.Number, reason.Value)),
            .. programs.New.Select(program => new PolicyChange.ProgramIs(program.Number, program.Value)),
            .. verdicts,
            .. staged,
            .. removals,
        ];
    }

    private void StageSubjects(IEnumerable<Subject> subjects, List<PolicyChange> staged, List<PolicyChange> removals)
    {
        foreach (var subject in subjects)
        {
            SubjectTables? tables = subject switch
            {
                { Holder: null } => null,
                { Tables: [var ingress, var egress, var selfIngress, var selfEgress] } =>
                    new(ingress?.Number ?? 0, egress?.Number ?? 0, selfIngress?.Number ?? 0, selfEgress?.Number ?? 0),
                _ => SubjectTables.Closed,
            };
            if (tables is null)
            {
                _subjects.Remove(subject.Id);
            }

            if (tables != subject.InMaps)
            {
                staged.Add(new PolicyChange.SubjectIs(subject.Id, Stage(subject.InMaps ?? SubjectTables.Closed, tables ?? SubjectTables.Closed)));
                if (tables is null)
                {
                    removals.Add(new PolicyChange.SubjectGone(subject.Id));
                }
            }

            subject.InMaps = tables;
            subject.Former = subject.Keys;
        }
    }

    private void StageBlocks(List<PolicyChange> staged, List<PolicyChange> removals)
    {
        if (_blocks == _written)
        {
            return;
        }

        foreach (var block in _written.Prefixes.Union(_blocks.Prefixes))
        {
            var isThere = _blocks.TryGet(block, out var identity);
            if (!_written.TryGet(block, out var had) || !isThere || had != identity)
            {
                staged.Add(new PolicyChange.BlockIs(block, Stage(_written.Longest(block)?.Number ?? 0, _blocks.Longest(block)?.Number ?? 0)));
                if (!isThere)
                {
                    removals.Add(new PolicyChange.BlockGone(block));
                }
            }
        }
    }

    private void StageAddresses(List<PolicyChange> staged, List<PolicyChange> removals)
    {
        foreach (var entry in _addresses.Different)
        {
            staged.Add(new PolicyChange.AddressIs(entry.Key, Stage(NumberOf(entry, entry.InMaps, _written), NumberOf(entry, entry.Wanted, _blocks))));
            if (entry.Wanted is null)
            {
                removals.Add(new PolicyChange.AddressGone(entry.Key));
            }
        }
    }

    private static uint NumberOf(AddressEntry entry, AddressIdentity? own, PrefixMap<Identity?> blocks) => own is { } one ? one.Number : OfBlock(blocks, entry.Key)?.Number ?? 0;

    private Staged<T> Stage<T>(T before, T after)
        where T : struct => new(before, after, _generation + 1);
}
