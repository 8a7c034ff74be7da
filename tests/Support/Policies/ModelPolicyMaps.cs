using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;

namespace Netplugin.Tests.Support.Policies;

/// <summary>The maps that policies are enforced by, in memory: they tell of every single write, and may end whoever writes, or be full.</summary>
public sealed class ModelPolicyMaps : IPolicyMaps
{
    private Dictionary<IdentityKey, Staged<uint>> _identities = [];
    private Dictionary<IpPrefix, Staged<uint>> _blocks = [];
    private Dictionary<IfIndex, SubjectEntry> _subjects = [];
    private Dictionary<VerdictKey, Verdict> _verdicts = [];
    private Dictionary<(uint Program, byte Protocol, ushort Port, byte Length), Verdict> _ports = [];
    private Dictionary<uint, DeniedCount> _reasons = [];

    // Since no program runs any more that began before.
    private readonly HashSet<IdentityKey> _replaced = [];

    /// <inheritdoc/>
    public ulong Generation { get; private set; }

    /// <summary>The generation that programs which still run may have read; null: the present one.</summary>
    public ulong? Former { get; private set; }

    /// <summary>How many writes there were.</summary>
    public int Writes { get; private set; }

    /// <summary>The write before which the writer ends, or before it waits for running programs.</summary>
    public int? EndsBefore { get; set; }

    /// <inheritdoc/>
    public PolicyMapSizes Sizes { get; set; } = PolicyMapSizes.OfMaps;

    /// <summary>Is called after every write.</summary>
    public Action Written { get; set; } = () => { };

    /// <summary>The same content, to be written by itself.</summary>
    public ModelPolicyMaps Copy() => new()
    {
        Generation = Generation,
        Former = Former,
        _identities = new(_identities),
        _blocks = new(_blocks),
        _subjects = new(_subjects),
        _verdicts = new(_verdicts),
        _ports = new(_ports),
        _reasons = new(_reasons),
    };

    /// <summary>Counts what a reason denies.</summary>
    public void Deny(uint reason, DeniedCount count) => _reasons[reason] = count;

    /// <summary>What packets find.</summary>
    /// <param name="networkOf">The network that has a number.</param>
    /// <param name="endpointOf">The endpoint behind a device.</param>
    /// <param name="reasons">What reasons' numbers mean.</param>
    /// <param name="generation">The generation that the packets are in; null: the present one.</param>
    public PolicyTables Tables(
        Func<uint, NetworkId> networkOf, Func<IfIndex, EndpointId> endpointOf, IReadOnlyDictionary<uint, PolicyReason> reasons, ulong? generation = null)
    {
        var tables = new PolicyTables();
        tables.Apply(
        [
            .. _reasons.Keys.Select(number => new PolicyChange.ReasonIs(number, reasons[number])),
            .. ReadPrograms().GroupBy(entry => entry.Key, entry => entry.Value).Select(program => new PolicyChange.ProgramIs(program.Key, [.. program])),
            .. _verdicts.Select(verdict => new PolicyChange.VerdictIs(verdict.Key.Table, verdict.Key.Identity, verdict.Value)),
            .. _identities.Select(one => new PolicyChange.AddressIs(
                new(one.Key.Network == DatapathState.Cluster ? NetworkId.ClusterDefault : networkOf(one.Key.Network), one.Key.Address), one.Value)),
            .. _blocks.Select(one => new PolicyChange.BlockIs(one.Key, one.Value)),
            .. _subjects.Values.Select(subject => new PolicyChange.SubjectIs(endpointOf(subject.Device), subject.Tables)),
        ]);
        if ((generation ?? Generation) is > 0 and var reached)
        {
            tables.Apply(new PolicyChange.GenerationIs(reached));
        }

        return tables;
    }

    /// <inheritdoc/>
    public void SetGeneration(ulong generation) => Write(() => (Former, Generation) = (Generation, generation));

    /// <inheritdoc/>
    public void SetIdentity(IdentityKey address, Staged<uint> identity) => Write(() =>
    {
        if (_identities.ContainsKey(address) && !_replaced.Add(address))
        {
            throw new InvalidOperationException($"{address} is replaced again while a program may run that saw it replaced: a program looks twice");
        }

        _identities[address] = identity;
    });

    /// <inheritdoc/>
    public void RemoveIdentity(IdentityKey address) => Write(() => _identities.Remove(address));

    /// <inheritdoc/>
    public void SetBlock(IpPrefix block, Staged<uint> identity) => Write(() => _blocks[block] = identity);

    /// <inheritdoc/>
    public void RemoveBlock(IpPrefix block) => Write(() => _blocks.Remove(block));

    /// <inheritdoc/>
    public void SetSubject(IfIndex device, ulong endpointNumber, Staged<SubjectTables> tables) => Write(() => _subjects[device] = new(device, endpointNumber, tables));

    /// <inheritdoc/>
    public void RemoveSubject(IfIndex device) => Write(() => _subjects.Remove(device));

    /// <inheritdoc/>
    public void SetVerdicts(IReadOnlyCollection<KeyValuePair<VerdictKey, Verdict>> verdicts)
    {
        foreach (var (key, verdict) in verdicts)
        {
            if (_verdicts.TryGetValue(key, out var former) && former != verdict)
            {
                throw new InvalidOperationException($"{key} is {former} and changes to {verdict}: programs do not expect that");
            }

            Write(() => _verdicts[key] = _verdicts.Count < Sizes.Verdicts || _verdicts.ContainsKey(key) ? verdict : throw new InvalidOperationException("the map is full"));
        }
    }

    /// <inheritdoc/>
    public void RemoveVerdicts(IReadOnlyCollection<VerdictKey> verdicts)
    {
        foreach (var key in verdicts)
        {
            Write(() => _verdicts.Remove(key));
        }
    }

    /// <inheritdoc/>
    public void SetProgram(uint number, ValueArray<PortEntry> entries)
    {
        foreach (var entry in entries)
        {
            Write(() => _ports[(number, entry.Protocol, entry.Port, entry.Length)] = entry.Verdict);
        }
    }

    /// <inheritdoc/>
    public void RemoveProgram(uint number, ValueArray<PortEntry> entries)
    {
        foreach (var entry in entries)
        {
            Write(() => _ports.Remove((number, entry.Protocol, entry.Port, entry.Length)));
        }
    }

    /// <inheritdoc/>
    public void AddReason(uint number) => Write(() => _reasons.TryAdd(number, default));

    /// <inheritdoc/>
    public DeniedCount RemoveReason(uint number)
    {
        var count = _reasons.GetValueOrDefault(number);
        Write(() => _reasons.Remove(number));
        return count;
    }

    /// <inheritdoc/>
    public void Settle()
    {
        ThrowIfEnded();
        Former = null;
        _replaced.Clear();
    }

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<IdentityKey, Staged<uint>>> ReadIdentities() => _identities;

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<IpPrefix, Staged<uint>>> ReadBlocks() => _blocks;

    /// <inheritdoc/>
    public IEnumerable<SubjectEntry> ReadSubjects() => _subjects.Values;

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<VerdictKey, Verdict>> ReadVerdicts() => _verdicts;

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<uint, PortEntry>> ReadPrograms() =>
        _ports.Select(entry => KeyValuePair.Create(entry.Key.Program, new PortEntry(entry.Key.Protocol, entry.Key.Port, entry.Key.Length, entry.Value)));

    /// <inheritdoc/>
    public IEnumerable<uint> ReadReasons() => _reasons.Keys;

    /// <inheritdoc/>
    public IReadOnlyDictionary<uint, DeniedCount> ReadDenied() => new Dictionary<uint, DeniedCount>(_reasons);

    /// <inheritdoc/>
    public Staged<uint>? FindIdentity(IdentityKey address) => _identities.TryGetValue(address, out var identity) ? identity : null;

    /// <inheritdoc/>
    public Staged<uint>? FindBlock(IpAddr address) =>
        _blocks.Where(block => block.Key.Contains(address)).OrderByDescending(block => block.Key.Length).Select(block => (Staged<uint>?)block.Value).FirstOrDefault();

    /// <inheritdoc/>
    public Staged<SubjectTables>? FindSubject(IfIndex device) => _subjects.TryGetValue(device, out var subject) ? subject.Tables : null;

    /// <inheritdoc/>
    public Verdict? FindVerdict(VerdictKey key) => _verdicts.TryGetValue(key, out var verdict) ? verdict : null;

    /// <inheritdoc/>
    public Verdict? FindPort(uint program, byte protocol, ushort port) =>
        PolicyTables.Find(ReadPrograms().Where(entry => entry.Key == program).Select(entry => entry.Value), protocol, port);

    private void Write(Action write)
    {
        ThrowIfEnded();
        write();
        Writes++;
        Written();
    }

    private void ThrowIfEnded()
    {
        if (Writes == EndsBefore)
        {
            throw new OperationCanceledException("the writer has ended");
        }
    }
}
