using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies.Normal;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>Works out what is to be written.</summary>
public sealed partial class PolicyCompiler
{
    // Looking through the namespaces for each of more selections than these takes longer than matching all pods anew.
    private const int ManySelections = 16;

    /// <summary>The writes that take the maps from what they held when this was last called to what they are to hold now; to be applied in order, each once. None when nothing changed.</summary>
    public IReadOnlyList<PolicyChange> TakeChanges()
    {
        List<PolicyChange> staged = [];
        List<PolicyChange> removals = [];
        StageSubjects(staged, removals);
        removals.AddRange(_tables.DropUnused());
        var blocks = TouchWhatChanged();
        StageBlocks(blocks, staged, removals);
        var (arrived, gone) = _identities.Settle();
        removals.AddRange(_tables.Drop(gone));
        var verdicts = _tables.Fill(arrived);
        var programs = _tables.Programs.Settle();
        var reasons = _tables.Reasons.Settle();
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
            .. programs.Gone.Select(program => new PolicyChange.ProgramGone(program.Number, program.Value)),
            .. reasons.Gone.Select(reason => new PolicyChange.ReasonGone(reason.Number)),
        ];
    }

    private void StageSubjects(List<PolicyChange> staged, List<PolicyChange> removals)
    {
        foreach (var subject in _touchedSubjects)
        {
            SubjectTable?[] tables = subject.Holder is { } holder ? TablesOf(holder) : [];
            Array.ForEach(subject.Tables, _tables.Release);
            subject.Tables = tables;
            SubjectTables? numbers = tables is [var ingress, var egress, var selfIngress, var selfEgress]
                ? new(ingress?.Number ?? 0, egress?.Number ?? 0, selfIngress?.Number ?? 0, selfEgress?.Number ?? 0)
                : null;
            if (numbers is null)
            {
                _subjects.Remove(subject.Id);
            }

            if (numbers == subject.InMaps)
            {
                continue;
            }

            staged.Add(new PolicyChange.SubjectIs(subject.Id, Stage(subject.InMaps ?? SubjectTables.Closed, numbers ?? SubjectTables.Closed)));
            if (numbers is null)
            {
                removals.Add(new PolicyChange.SubjectGone(subject.Id));
            }

            subject.InMaps = numbers;
        }

        _touchedSubjects.Clear();
    }

    private SubjectTable?[] TablesOf(EndpointHolder holder)
    {
        var policies = _policies.For(holder);
        var (ingress, egress) = (Parts(PolicyDirection.Ingress), Parts(PolicyDirection.Egress));
        return [Table(PolicyDirection.Ingress, ingress), Table(PolicyDirection.Egress, egress), Table(PolicyDirection.Ingress, ToItself(ingress)), Table(PolicyDirection.Egress, ToItself(egress))];

        List<PolicyPart> Parts(PolicyDirection direction) => [.. policies.Select(policy => policy.Part(direction)).Where(part => !part.IsEmpty)];

        SubjectTable? Table(PolicyDirection direction, IEnumerable<PolicyPart> parts) => _tables.Use(TableKey.Of(direction, holder.Endpoint, parts));

        // The stage NetworkPolicy accepts it for a pod that is isolated, finally; the stage Intent is not asked.
        static IEnumerable<PolicyPart> ToItself(List<PolicyPart> parts)
        {
            var isIsolated = parts.Exists(part => part is { Stage: PolicyStage.NetworkPolicy, Isolates: true });
            return parts.Where(part => part.Stage == PolicyStage.Admin || (part.Stage == PolicyStage.Baseline && !isIsolated));
        }
    }

    /// <summary>Finds whose identity may have become another because conditions came or went.</summary>
    /// <returns>The blocks that such conditions are about.</returns>
    private PrefixMap<bool> TouchWhatChanged()
    {
        var blocks = new PrefixMap<bool>();
        List<PodSelection> pods = [];
        HashSet<(TransportProtocol, string)> ports = [];
        var nodes = false;
        foreach (var condition in _atoms.Changed)
        {
            switch (condition)
            {
                case Condition.Pods { Selection: var selection }:
                    pods.Add(selection);
                    break;
                case Condition.Nodes:
                    nodes = true;
                    break;
                case Condition.Network { Id: var network }:
                    TouchNetwork(network, null);
                    break;
                case Condition.Group { Id: var group }:
                    TouchNetwork(group.Network, group.Group);
                    break;
                case Condition.Port port:
                    ports.Add((port.Transport, port.Name));
                    break;
                case Condition.Block { Cidr: var cidr }:
                    blocks.Set(cidr, true);
                    break;
                default:
                    throw new InvalidOperationException($"unknown condition {condition}");
            }
        }

        _atoms.Changed.Clear();
        TouchPods(pods);
        if (nodes || blocks.Count > 0)
        {
            foreach (var node in _nodes.Values)
            {
                _addresses.Touch(node);
            }
        }

        if (blocks.Count > 0 || ports.Count > 0)
        {
            foreach (var holder in _endpoints.Values)
            {
                if (IsConcerned(holder, blocks, ports))
                {
                    _addresses.Touch(holder);
                }
            }
        }

        return blocks;
    }

    private static bool IsConcerned(EndpointHolder holder, PrefixMap<bool> blocks, HashSet<(TransportProtocol, string)> ports)
    {
        if (blocks.Count > 0)
        {
            foreach (var address in holder.Addresses)
            {
                if (blocks.Longest(IpPrefix.Alone(address.Address)))
                {
                    return true;
                }
            }
        }

        return ports.Count > 0 && holder.Endpoint.Pod is { } pod && pod.Ports.Any(port => ports.Contains((port.Protocol, port.Name)));
    }

    private void TouchPods(List<PodSelection> selections)
    {
        var labelled = selections.Count(selection => selection.Namespaces is NamespaceSelection.Labelled);
        foreach (var profile in labelled > ManySelections ? _profiles.All : selections.SelectMany(_profiles.In))
        {
            if (profile.Atoms is not null)
            {
                profile.Atoms = null;
                profile.Endpoints.ForEach(_addresses.Touch);
            }
        }
    }

    private void TouchNetwork(NetworkId network, string? group)
    {
        foreach (var holder in _networks.GetValueOrDefault(network) ?? [])
        {
            if (group is null || holder.Endpoint.Group == group)
            {
                _addresses.Touch(holder);
            }
        }
    }

    private void StageBlocks(PrefixMap<bool> changed, List<PolicyChange> staged, List<PolicyChange> removals)
    {
        var former = _blocks;
        if (changed.Count > 0)
        {
            _blocks = Blocks(changed);
            foreach (var block in former.Prefixes.Union(_blocks.Prefixes))
            {
                var isNew = _blocks.TryGet(block, out var identity);
                if (!former.TryGet(block, out var had) || !isNew || had != identity)
                {
                    staged.Add(new PolicyChange.BlockIs(block, Stage(NumberIn(former, block), NumberIn(_blocks, block))));
                    if (!isNew)
                    {
                        removals.Add(new PolicyChange.BlockGone(block));
                    }
                }
            }
        }

        StageAddresses(former, staged, removals);
        foreach (var block in changed.Count > 0 ? former.Prefixes : [])
        {
            former.TryGet(block, out var identity);
            _identities.Release(identity);
        }
    }

    private PrefixMap<Identity?> Blocks(PrefixMap<bool> changed)
    {
        var blocks = new PrefixMap<Identity?>();
        List<Atom> found = [];
        foreach (var block in _atoms.Prefixes())
        {
            found.Clear();
            if (_blocks.TryGet(block, out var identity) && !changed.AllOf(block).Any())
            {
                found.AddRange(identity?.Atoms ?? []);
            }
            else
            {
                _atoms.Find(block, found);
            }

            blocks.Set(block, _identities.Use(found));
        }

        return blocks;
    }

    private void StageAddresses(PrefixMap<Identity?> former, List<PolicyChange> staged, List<PolicyChange> removals)
    {
        List<Atom> found = [];
        foreach (var entry in _addresses.TakeTouched())
        {
            found.Clear();
            if (entry.Holder is EndpointHolder endpoint)
            {
                _atoms.Find(endpoint, entry.Key.Address, found);
            }
            else if (entry.Holder is NodeHolder node)
            {
                _atoms.Find(node.Node, entry.Key.Address, found);
            }

            var has = _identities.Use(found);
            var before = entry.InMaps ?? OfBlock(former);
            var after = entry.Holder is null ? OfBlock(_blocks) : has?.Number ?? 0;

            // Most are to this node what anybody at such an address is, and need no entry.
            var isOwn = after != OfBlock(_blocks);
            if (isOwn ? entry.InMaps != after : entry.InMaps is not null)
            {
                staged.Add(new PolicyChange.AddressIs(entry.Key, Stage(before, after)));
                if (!isOwn)
                {
                    removals.Add(new PolicyChange.AddressGone(entry.Key));
                }
            }

            entry.InMaps = isOwn ? after : null;
            _identities.Release(entry.Identity);
            entry.Identity = has;
            if (entry.Holder is null)
            {
                _addresses.Forget(entry);
            }

            // Networks' own planes have no blocks: who is not known there is nobody.
            uint OfBlock(PrefixMap<Identity?> blocks) => entry.Key.Plane == NetworkId.ClusterDefault ? NumberIn(blocks, IpPrefix.Alone(entry.Key.Address)) : 0;
        }
    }

    private Staged<T> Stage<T>(T before, T after)
        where T : struct => new(before, after, _generation + 1);

    private static uint NumberIn(PrefixMap<Identity?> blocks, IpPrefix inside) => blocks.Longest(inside)?.Number ?? 0;
}
