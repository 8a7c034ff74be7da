using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Tests.Bpf.Model;

namespace Netplugin.Tests.Bpf.Kernel;

/// <summary>
/// The datapath with its test entries, over maps of its own. Packets enter by <see cref="Device"/>, for test-run takes only devices that
/// exist and loopback always does.
/// </summary>
internal sealed class Datapath : IDisposable
{
    internal const int Device = 1;

    private readonly BpfDirectory _directory = new();
    private readonly BpfDatapath _datapath;
    private readonly RawMap<TupleValue, ConnectionValue> _connections;
    private readonly SafeFileHandle _fromPod;
    private readonly SafeFileHandle _fromOverlay;
    private readonly SafeFileHandle _fromUnderlay;
    private readonly SafeFileHandle _fromHost;
    private readonly byte[] _output = new byte[8192];
    private DatapathState _state = DatapathState.Empty;

    internal Datapath()
    {
        _datapath = BpfDatapath.Open(_directory.Path, new DatapathSizes { Endpoints = 1024, Networks = 64, Interfaces = 64, Vteps = 64, Blocks = 64, Frontends = 256, Backends = 65_536, Shared = 256 }, TestObject.Image);
        _connections = OpenCommon<TupleValue, ConnectionValue>("np_connections");
        _fromPod = _datapath.Program("np_test_from_pod");
        _fromOverlay = _datapath.Program("np_test_from_overlay");
        _fromUnderlay = _datapath.Program("np_test_from_underlay");
        _fromHost = _datapath.Program("np_test_from_host");
    }

    private static TupleValue ValueOf(FlowTuple tuple) => new()
    {
        Src = WireAddress.From(tuple.Source),
        Dst = WireAddress.From(tuple.Target),
        Sport = WirePort.From(tuple.SourcePort),
        Dport = WirePort.From(tuple.TargetPort),
        Proto = (TransportProtocol)tuple.Protocol,
    };

    private enum Verdict
    {
        Drop,
        Reply,
        Local,
        Tunnel,
        Host,
    }

    internal DatapathState State
    {
        get => _state;
        set
        {
            _datapath.Apply(DatapathDiff.Compute(value, _state));
            _state = value;
        }
    }

    /// <summary>The maps that policies are enforced by.</summary>
    internal KernelPolicyMaps Policies => _datapath.Policies;

    /// <summary>Opens a map that all generations share.</summary>
    internal RawMap<TKey, TValue> OpenCommon<TKey, TValue>(string name)
        where TKey : unmanaged
        where TValue : unmanaged
        => RawMap<TKey, TValue>.Common(_directory, name);

    /// <summary>What a client's packet becomes, as its connection has it; null when there is none.</summary>
    internal FlowTuple? TranslationOf(FlowTuple client) =>
        _connections.Find(ValueOf(client)) is { To: var to } ? new(to.Src.ToAddress(), to.Dst.ToAddress(), to.Sport.ToPort(), to.Dport.ToPort(), (byte)to.Proto) : null;

    /// <summary>Flows of the scenario before: nobody has a quota for them any more.</summary>
    internal void ForgetFlows()
    {
        State = State with { Interfaces = DatapathState.Empty.Interfaces };
        _datapath.SweepFlows();
    }

    /// <summary>Connections of the scenario before.</summary>
    internal void ForgetConnections()
    {
        using var affinity = OpenCommon<AffinityKey, AffinityValue>("np_affinity");
        using var quotas = OpenCommon<ulong, QuotaValue>("np_quotas");
        foreach (var key in _connections.Elements.Keys)
        {
            _connections.Delete(key);
        }

        foreach (var key in affinity.Elements.Keys)
        {
            affinity.Delete(key);
        }

        foreach (var key in quotas.Elements.Keys)
        {
            quotas.Set(key, default);
        }
    }

    public void Dispose()
    {
        _connections.Dispose();
        _datapath.Dispose();
        _directory.Dispose();
    }

    /// <summary>The number of the reason that policies dropped the last dropped packet for; 0: it was none of theirs.</summary>
    internal uint LastPolicy { get; private set; }

    internal DatapathCounters ReadCounters() => _datapath.ReadCounters();

    internal Outcome FromPod(byte[] frame, int gsoSize = 0)
    {
        var context = new SkBuff { Ifindex = Device, GsoSize = (uint)gsoSize, GsoSegs = gsoSize == 0 ? 0u : 2, Mark = 0xabcd };
        return Run(_fromPod, frame, frame, ref context, overlay: false);
    }

    /// <summary>A packet that is dropped, very often; the counters tell what it was dropped for.</summary>
    internal void FromPodOften(byte[] frame, int times)
    {
        var context = new SkBuff { Ifindex = Device };
        Programs.Run(_fromPod, frame, ref context, _output, out _, times);
    }

    internal unsafe Outcome FromOverlay(uint vni, IpAddr vtep, byte[] frame)
    {
        var context = new SkBuff { Ifindex = Device, Mark = 0xabcd };
        context.Cb[0] = vni;
        vtep.WriteBytes(new Span<byte>(&context.Cb[1], 16));
        return Run(_fromOverlay, frame, frame, ref context, overlay: true);
    }

    internal Outcome FromUnderlay(byte[] frame)
    {
        var context = new SkBuff { Ifindex = Device, Mark = 0xabcd };
        return Run(_fromUnderlay, frame, frame.AsSpan(Math.Min(frame.Length, Wire.Overhead)).ToArray(), ref context, overlay: true);
    }

    internal unsafe Outcome FromHost(byte[] frame, int gsoSize = 0, uint mark = 0xabcd, bool byHost = false)
    {
        var context = new SkBuff { Ifindex = Device, GsoSize = (uint)gsoSize, GsoSegs = gsoSize == 0 ? 0u : 2, Mark = mark };
        context.Cb[0] = byHost ? 1u : 0;
        return Run(_fromHost, frame, frame, ref context, overlay: false);
    }

    // "dropped" is the frame as it is when it is dropped: from the uplink it has lost its outer headers by then.
    private unsafe Outcome Run(SafeFileHandle program, byte[] frame, byte[] dropped, ref SkBuff context, bool overlay)
    {
        var action = Programs.Run(program, frame, ref context, _output, out var length);
        if (action == Programs.Unspecified && program == _fromUnderlay)
        {
            return _output.AsSpan(0, length).SequenceEqual(frame) ? new Outcome.Pass() : throw new InvalidOperationException("a packet that goes on was changed");
        }

        var verdict = (Verdict)(context.Cb[0] & 0xff);
        var what = (int)(context.Cb[0] >> 8 & 0xff);
        if (action != (verdict == Verdict.Drop ? Programs.Shot : Programs.Redirect))
        {
            throw new InvalidOperationException($"{verdict} {what} ended with action {action}: nothing may go on to the host's stack");
        }

        var after = _output.AsSpan(0, length).ToArray();
        switch (verdict)
        {
            case Verdict.Drop when !after.AsSpan().SequenceEqual(dropped):
                throw new InvalidOperationException($"a packet dropped for {(DropReason)what} was changed");
            case Verdict.Drop:
                LastPolicy = context.Cb[1];
                return new Outcome.Drop(DatapathCounters.NameOf((DropReason)what));
            case Verdict.Reply:
                // enum np_reply: ARP, ND, two pings, two errors about size, two about Services.
                return new Outcome.Reply(after, what switch { 1 => "arp_answered", 2 => "nd_answered", 3 or 4 => "ping_answered", 5 or 6 => "too_big_answered", 7 or 8 => "service_refused", _ => $"reply {what}" });
            case Verdict.Local:
                return new Outcome.Local(
                    (int)context.Priority, context.Mark, after, overlay ? "tunnelled_in" : program == _fromHost ? "from_host" : "delivered_local");
            case Verdict.Host:
                return new Outcome.Host((int)context.Priority, context.Mark, after);
            case Verdict.Tunnel when length != frame.Length:
                // The Ethernet header is still the inner packet's: the kernel makes another with the neighbour's MAC.
                after[12] = 8;
                after[13] = 0;
                var wire = Wire.Parse(after) ?? throw new InvalidOperationException($"this is no VXLAN: {Convert.ToHexString(after)}");
                fixed (uint* next = &context.Cb[1])
                {
                    return new Outcome.Direct(
                        (int)context.Priority, IpAddr.FromBytes(new ReadOnlySpan<byte>(next, 16)), wire.Vni, wire.Source, wire.Target, wire.Ecn, wire.Inner);
                }

            default:
                fixed (uint* vtep = &context.Cb[1])
                {
                    return new Outcome.Tunnel((int)context.Priority, context.Mark, IpAddr.FromBytes(new ReadOnlySpan<byte>(vtep, 16)), after);
                }
        }
    }

    // struct np_affinity_key and struct np_affinity, which only the programs read.
    [InlineArray(36)]
    private struct AffinityKey
    {
        private byte _first;
    }

    [InlineArray(32)]
    private struct AffinityValue
    {
        private byte _first;
    }
}
