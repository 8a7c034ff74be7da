using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;

namespace Netplugin.Tests.Support.Policies;

/// <summary>The maps that policies are enforced by, and what a packet finds in them: the model of what the kernel's programs do.</summary>
public sealed class PolicyTables
{
    private Dictionary<uint, PolicyReason> _reasons = [];
    private Dictionary<uint, ValueArray<PortEntry>> _programs = [];
    private Dictionary<(uint Table, uint Identity), Verdict> _verdicts = [];
    private Dictionary<PlaneAddress, Staged<uint>> _addresses = [];
    private Dictionary<IpPrefix, Staged<uint>> _blocks = [];
    private Dictionary<EndpointId, Staged<SubjectTables>> _subjects = [];

    /// <summary>The generation that packets are in.</summary>
    public ulong Generation { get; private set; }

    /// <summary>How many entries the map of verdicts has.</summary>
    public int Verdicts => _verdicts.Count;

    /// <summary>How many addresses are known by themselves.</summary>
    public int Addresses => _addresses.Count;

    /// <summary>How many entries each map has.</summary>
    public PolicyMapSizes Sizes => new(_addresses.Count, _blocks.Count, _verdicts.Count, _programs.Values.Sum(entries => entries.Count), _reasons.Count);

    /// <summary>What a port program says of a protocol and port: its longest prefix that they are in.</summary>
    public static Verdict Find(IEnumerable<PortEntry> program, byte protocol, ushort port) =>
        program.Where(entry => IsIn(entry, protocol, port)).MaxBy(entry => entry.Length).Verdict;

    /// <summary>The same maps, to be changed by themselves.</summary>
    public PolicyTables Copy() => new()
    {
        Generation = Generation,
        _reasons = new(_reasons),
        _programs = new(_programs),
        _verdicts = new(_verdicts),
        _addresses = new(_addresses),
        _blocks = new(_blocks),
        _subjects = new(_subjects),
    };

    /// <summary>Applies writes. What is written twice, or removed without being there, is refused.</summary>
    public void Apply(IEnumerable<PolicyChange> changes)
    {
        foreach (var change in changes)
        {
            Apply(change);
        }
    }

    /// <summary>Applies a write.</summary>
    public void Apply(PolicyChange change)
    {
        switch (change)
        {
            case PolicyChange.ReasonIs(var number, var reason):
                _reasons.Add(number, reason);
                break;
            case PolicyChange.ProgramIs(var number, var entries):
                _programs.Add(number, entries);
                break;
            case PolicyChange.VerdictIs(var table, var identity, var verdict):
                _verdicts.Add((table, identity), verdict);
                break;
            case PolicyChange.AddressIs(var address, var identity):
                _addresses[address] = identity;
                break;
            case PolicyChange.BlockIs(var block, var identity):
                _blocks[block] = identity;
                break;
            case PolicyChange.SubjectIs(var endpoint, var tables):
                _subjects[endpoint] = tables;
                break;
            case PolicyChange.GenerationIs(var generation):
                Generation = generation > Generation ? generation : throw new InvalidOperationException($"generation {generation} after {Generation}");
                break;
            default:
                if (!Remove(change))
                {
                    throw new InvalidOperationException($"{change}: it is not there");
                }

                break;
        }
    }

    /// <summary>The decision about an attempt, in a direction, and by what; null: no policy. An endpoint without tables is closed, by nothing.</summary>
    /// <param name="subject">The endpoint whose tables are asked.</param>
    /// <param name="direction">The direction.</param>
    /// <param name="peer">The other end's address.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="port">The destination port.</param>
    /// <param name="isItself">True: the subject speaks to itself through a Service.</param>
    public (bool IsAllowed, PolicyReason? Reason) Decide(EndpointId subject, PolicyDirection direction, PlaneAddress peer, byte protocol, ushort port, bool isItself)
    {
        var tables = _subjects.TryGetValue(subject, out var staged) ? staged.At(Generation) : SubjectTables.Closed;
        var table = (direction, isItself) switch
        {
            (PolicyDirection.Ingress, false) => tables.Ingress,
            (PolicyDirection.Egress, false) => tables.Egress,
            (PolicyDirection.Ingress, true) => tables.SelfIngress,
            _ => tables.SelfEgress,
        };
        if (table == 0)
        {
            return (true, null);
        }

        if (!_verdicts.TryGetValue((table, IdentityOf(peer)), out var verdict) && !_verdicts.TryGetValue((table, 0), out verdict))
        {
            return (false, null);
        }

        if (verdict.Kind == VerdictKind.Program)
        {
            verdict = Find(_programs[verdict.Number], protocol, port);
        }

        return (verdict.Kind == VerdictKind.Allow, verdict.Number == 0 ? null : _reasons[verdict.Number]);
    }

    /// <summary>
    /// All of it with numbers by first mention, in an order that does not depend on them: two that say the same have the same text.
    /// </summary>
    public string Describe()
    {
        Dictionary<uint, int> identities = new() { [0] = 0 };
        Dictionary<uint, int> tables = new() { [0] = 0 };
        List<string> lines =
        [
            .. _addresses.OrderBy(one => (one.Key.Plane, one.Key.Address)).Select(one => $"{one.Key.Plane} {one.Key.Address} identity {Rename(identities, one.Value.At(Generation))}"),
            .. _blocks.OrderBy(one => (one.Key.Address, one.Key.Length)).Select(one => $"{one.Key} identity {Rename(identities, one.Value.At(Generation))}"),
            .. _subjects.OrderBy(one => one.Key).Select(one => one.Value.At(Generation)
                is var (ingress, egress, self, other) ? $"{one.Key} tables {string.Join(' ', ((uint[])[ingress, egress, self, other]).Select(table => Rename(tables, table)))}" : ""),
        ];
        var (mentioned, used) = (identities.Count, tables.Count);
        lines.AddRange(_verdicts.Select(one => $"table {Rename(tables, one.Key.Table)} identity {Rename(identities, one.Key.Identity)} {Text(one.Value)}").Order(StringComparer.Ordinal));
        lines.AddRange(_programs.Values.Select(entries => $"program {Text(entries)}").Order(StringComparer.Ordinal));
        lines.AddRange(_reasons.Values.Select(reason => $"reason {reason}").Order(StringComparer.Ordinal));
        return mentioned == identities.Count && used == tables.Count
            ? string.Join('\n', lines)
            : throw new InvalidOperationException($"there are verdicts about tables or identities that nothing has:\n{string.Join('\n', lines)}");
    }

    private static int Rename(Dictionary<uint, int> names, uint number) => names.TryGetValue(number, out var name) ? name : names[number] = names.Count;

    private string Text(Verdict verdict) => verdict.Kind == VerdictKind.Program
        ? Text(_programs[verdict.Number])
        : $"{verdict.Kind} {(verdict.Number == 0 ? "" : _reasons[verdict.Number])}";

    private string Text(ValueArray<PortEntry> entries) => string.Join(
        "; ", entries.OrderBy(entry => (entry.Protocol, entry.Port, entry.Length)).Select(entry => $"{entry.Protocol}/{entry.Port}:{entry.Length} {Text(entry.Verdict)}"));

    private static bool IsIn(PortEntry entry, byte protocol, ushort port)
    {
        // Program, protocol and port as one number, the program's bits left out: they are the same.
        var left = PortEntry.OnePort - entry.Length;
        return ((entry.Protocol << 16) | entry.Port) >> left == ((protocol << 16) | port) >> left;
    }

    private uint IdentityOf(PlaneAddress peer)
    {
        if (_addresses.TryGetValue(peer, out var identity))
        {
            return identity.At(Generation);
        }

        var (longest, found) = (-1, 0u);
        foreach (var (block, ofBlock) in _blocks)
        {
            if (peer.Plane == NetworkId.ClusterDefault && block.Length > longest && block.Contains(peer.Address))
            {
                (longest, found) = (block.Length, ofBlock.At(Generation));
            }
        }

        return found;
    }

    private bool Remove(PolicyChange change) => change switch
    {
        PolicyChange.AddressGone(var address) => _addresses.Remove(address),
        PolicyChange.BlockGone(var block) => _blocks.Remove(block),
        PolicyChange.SubjectGone(var endpoint) => _subjects.Remove(endpoint),
        PolicyChange.VerdictGone(var table, var identity) => _verdicts.Remove((table, identity)),
        PolicyChange.ProgramGone(var number, _) => _programs.Remove(number),
        PolicyChange.ReasonGone(var number) => _reasons.Remove(number),
        _ => throw new ArgumentException($"unknown change {change}", nameof(change)),
    };
}
