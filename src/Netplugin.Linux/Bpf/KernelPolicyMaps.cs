using Microsoft.Win32.SafeHandles;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;
using Netplugin.Linux.Bpf.Interop;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Linux.Interop;

namespace Netplugin.Linux.Bpf;

/// <summary>
/// The maps in the kernel that policies are enforced by, what they count and what they show. They are the same for all generations of the datapath, and belong to the <see cref="BpfDatapath"/> that they are of. Their sizes
/// are fixed. One user at a time; but <see cref="TakeEvent"/>, <see cref="Observe"/> and <see cref="ReadDenied()"/> may be called beside.
/// </summary>
public sealed class KernelPolicyMaps : IPolicyMaps, IFlowEvents, IDisposable
{
    /// <summary>How many verdicts are made ready at a time.</summary>
    private const int Chunk = 4096;

    // An IPv4 address is one of ::ffff:0:0/96 to the map, so a short prefix of IPv6 would have it: there is always an entry for all of IPv4.
    private static readonly IpPrefix AllOfV4 = new(IpAddr.FromV4(0), 0);

    private readonly BpfMap<uint, PolicyStateValue> _state;
    private readonly BpfMap<EndpointKeyValue, SealedIdentityValue> _identities;
    private readonly BpfMap<IdentityBlockKeyValue, IdentityValue> _blocks;
    private readonly BpfMap<uint, SealedSubjectValue> _subjects;
    private readonly BpfMap<VerdictKeyValue, VerdictValue> _verdicts;
    private readonly BpfMap<PortKeyValue, VerdictValue> _ports;
    private readonly BpfMap<uint, CountValue> _denied;
    private readonly BpfMap<uint, FlowEventKinds> _observed;
    private readonly SafeFileHandle _events;
    private readonly GracePeriod _gracePeriod = new();

    internal KernelPolicyMaps(BpfObject loaded)
    {
        _state = Take<uint, PolicyStateValue>(loaded, "np_policy_state");
        _identities = Take<EndpointKeyValue, SealedIdentityValue>(loaded, "np_identities");
        _blocks = Take<IdentityBlockKeyValue, IdentityValue>(loaded, "np_identity_blocks");
        _subjects = Take<uint, SealedSubjectValue>(loaded, "np_subjects");
        _verdicts = Take<VerdictKeyValue, VerdictValue>(loaded, "np_verdicts");
        _ports = Take<PortKeyValue, VerdictValue>(loaded, "np_ports_of");
        _denied = Take<uint, CountValue>(loaded, "np_denied", LibBpf.PossibleCpus());
        _observed = Take<uint, FlowEventKinds>(loaded, "np_observed");
        _events = loaded.TakeMap("np_events");
        Sizes = new(SizeOf("np_identities"), SizeOf("np_identity_blocks") - 1, SizeOf("np_verdicts"), SizeOf("np_ports_of"), SizeOf("np_denied"));
        _blocks.Add(IdentityBlockKeyValue.From(AllOfV4), default);

        int SizeOf(string name) => (int)loaded.Definition(name).MaxEntries;
    }

    /// <inheritdoc/>
    public PolicyMapSizes Sizes { get; }

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map cannot be read.</exception>
    public ulong Generation => _state.Find(0)!.Value.Generation;

    /// <inheritdoc/>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public void SetGeneration(ulong generation)
    {
        foreach (var step in Steps(Generation, generation))
        {
            _state.Put([new(0, new() { Generation = step })]);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map is full, or memory is short.</exception>
    public void SetIdentity(IdentityKey address, Staged<uint> identity)
    {
        var key = KeyOf(address);
        _identities.Put([new(key, SealedIdentityValue.From(key, identity))]);
    }

    /// <inheritdoc/>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public void RemoveIdentity(IdentityKey address) => _identities.Delete(KeyOf(address));

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map is full, or memory is short.</exception>
    public void SetBlock(IpPrefix block, Staged<uint> identity) => _blocks.Put([new(IdentityBlockKeyValue.From(block), IdentityValue.From(identity))]);

    /// <inheritdoc/>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public void RemoveBlock(IpPrefix block)
    {
        if (block == AllOfV4)
        {
            SetBlock(block, default);
        }
        else
        {
            _blocks.Delete(IdentityBlockKeyValue.From(block));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map is full, or memory is short.</exception>
    public void SetSubject(IfIndex device, ulong endpointNumber, Staged<SubjectTables> tables) =>
        _subjects.Put([new((uint)device.Value, SealedSubjectValue.From((uint)device.Value, endpointNumber, tables))]);

    /// <inheritdoc/>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public void RemoveSubject(IfIndex device) => _subjects.Delete((uint)device.Value);

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map is full, or memory is short; some may be written.</exception>
    public void SetVerdicts(IReadOnlyCollection<KeyValuePair<VerdictKey, Verdict>> verdicts)
    {
        foreach (var some in verdicts.Select(one => KeyValuePair.Create(VerdictKeyValue.From(one.Key), VerdictValue.From(one.Value))).Chunk(Chunk))
        {
            _verdicts.Put(some);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public void RemoveVerdicts(IReadOnlyCollection<VerdictKey> verdicts)
    {
        foreach (var key in verdicts)
        {
            _verdicts.Delete(VerdictKeyValue.From(key));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map is full, or memory is short; some may be written.</exception>
    public void SetProgram(uint number, ValueArray<PortEntry> entries) =>
        _ports.Put([.. entries.Select(entry => KeyValuePair.Create(PortKeyValue.From(number, entry), VerdictValue.From(entry.Verdict)))]);

    /// <inheritdoc/>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public void RemoveProgram(uint number, ValueArray<PortEntry> entries)
    {
        foreach (var entry in entries)
        {
            _ports.Delete(PortKeyValue.From(number, entry));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map is full, or memory is short.</exception>
    public void AddReason(uint number) => _denied.Add(number, default);

    /// <inheritdoc/>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public DeniedCount RemoveReason(uint number)
    {
        var count = ReadDenied(number);
        _denied.Delete(number);
        return count;
    }

    /// <inheritdoc/>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public void Settle() => _gracePeriod.Wait();

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<IdentityKey, Staged<uint>>> ReadIdentities() =>
        _identities.ReadAll().Select(pair => KeyValuePair.Create(new IdentityKey(pair.Key.Network, pair.Key.Addr.ToAddress()), pair.Value.Identity.ToStaged()));

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<IpPrefix, Staged<uint>>> ReadBlocks() => _blocks.ReadAll()
        .Select(pair => KeyValuePair.Create(pair.Key.ToPrefix(), pair.Value.ToStaged()))
        .Where(pair => pair.Key != AllOfV4 || pair.Value != default);

    /// <inheritdoc/>
    public IEnumerable<SubjectEntry> ReadSubjects() =>
        _subjects.ReadAll().Select(pair => new SubjectEntry(new((int)pair.Key), pair.Value.Subject.Endpoint, pair.Value.Subject.ToStaged()));

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<VerdictKey, Verdict>> ReadVerdicts() => _verdicts.ReadAll().Select(pair => KeyValuePair.Create(pair.Key.ToKey(), pair.Value.ToVerdict()));

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<uint, PortEntry>> ReadPrograms() => _ports.ReadAll().Select(pair => pair.Key.ToEntry(pair.Value.ToVerdict()));

    /// <inheritdoc/>
    public IEnumerable<uint> ReadReasons() => _denied.ReadAll().Select(pair => pair.Key);

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map cannot be read.</exception>
    public Staged<uint>? FindIdentity(IdentityKey address) => _identities.Find(KeyOf(address))?.Identity.ToStaged();

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map cannot be read.</exception>
    public Staged<uint>? FindBlock(IpAddr address) => _blocks.Find(IdentityBlockKeyValue.From(IpPrefix.Alone(address)))?.ToStaged();

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map cannot be read.</exception>
    public Staged<SubjectTables>? FindSubject(IfIndex device) => _subjects.Find((uint)device.Value)?.Subject.ToStaged();

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map cannot be read.</exception>
    public Verdict? FindVerdict(VerdictKey key) => _verdicts.Find(VerdictKeyValue.From(key))?.ToVerdict();

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map cannot be read.</exception>
    public Verdict? FindPort(uint program, byte protocol, ushort port) =>
        _ports.Find(PortKeyValue.From(program, new(protocol, port, PortEntry.OnePort, default)))?.ToVerdict();

    /// <inheritdoc/>
    /// <exception cref="KernelException">The map cannot be read.</exception>
    public IReadOnlyDictionary<uint, DeniedCount> ReadDenied()
    {
        // A key may be read twice while others are added or removed.
        var denied = new Dictionary<uint, DeniedCount>();
        foreach (var (number, shares) in _denied.ReadAllOfCpus())
        {
            denied[number] = Sum(shares);
        }

        return denied;
    }

    /// <summary>What a reason has denied.</summary>
    /// <exception cref="KernelException">The map cannot be read.</exception>
    public DeniedCount ReadDenied(uint number) => Sum(_denied.FindAll(number));

    /// <inheritdoc/>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public void Observe(FlowEventKinds kinds) => _observed.Put([new(0, kinds)]);

    /// <inheritdoc/>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public unsafe FlowEvent? TakeEvent()
    {
        FlowEventValue value;
        var result = LibBpf.TakeElement(_events, null, &value);
        if (result < 0)
        {
            return -result == Errno.NoEntry ? null : throw new KernelException("take from the map", "np_events", -result);
        }

        ReadOnlySpan<byte> head = value.Head;
        return new(
            TimeSpan.FromTicks((long)(value.Time / (ulong)TimeSpan.NanosecondsPerTick)), value.Kind, value.Reason, value.Number, (PolicyDirection)value.Direction, value.Network,
            new((int)value.Ifindex), (int)value.Len, value.Dst.ToAddress(), value.Dport.ToPort(), [.. head[..(int)Math.Min(value.HeadLen, (uint)head.Length)]]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gracePeriod.Dispose();
        _events.Dispose();
        _observed.Dispose();
        _denied.Dispose();
        _ports.Dispose();
        _verdicts.Dispose();
        _subjects.Dispose();
        _blocks.Dispose();
        _identities.Dispose();
        _state.Dispose();
    }

    /// <summary>
    /// What is written to go from one generation to another. The kernel copies bytes, and may do so one by one: a packet that reads meanwhile has some of the former number and some of the next. Where more
    /// than the last byte changes, such a number could be less than both, and even none at all. With one between that has the bits of both it is neither: entries are of the former generation or of the next.
    /// </summary>
    internal static IEnumerable<ulong> Steps(ulong former, ulong next) => former >> 8 == next >> 8 ? [next] : [former | next, next];

    private static EndpointKeyValue KeyOf(IdentityKey key) => new() { Network = key.Network, Addr = WireAddress.From(key.Address) };

    private static DeniedCount Sum(CountValue[] shares)
    {
        var sum = CountValue.Sum(shares);
        return new(sum.Packets, sum.Bytes);
    }

    private static BpfMap<TKey, TValue> Take<TKey, TValue>(BpfObject loaded, string name, int shares = 1)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        var definition = loaded.Definition(name);
        return new(
            loaded.TakeMap(name), name, definition.ValueSize * (uint)shares,
            $"it has {definition.MaxEntries} entries, and its size is fixed. What was enforced goes on; use fewer policies, or rules that select namespaces or blocks and not single pods");
    }
}
