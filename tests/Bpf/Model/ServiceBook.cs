using System.Buffers.Binary;
using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>
/// What Services make of packets, in plain words. Where the programs choose by chance, the book says between what, and looks up what they chose.
/// </summary>
/// <param name="chosen">What the programs have a client's new connection become; null: they have none. The book may doubt it.</param>
internal sealed class ServiceBook(Func<FlowTuple, FlowTuple?> chosen)
{
    private const int FirstEphemeral = 32768;
    private const int FirstOwn = 1024;

    private readonly Dictionary<FlowTuple, Flow> _flows = [];
    private readonly Dictionary<(IpAddr Source, IpAddr Target, int Protocol, uint Id), (ushort Source, ushort Target)> _fragments = [];
    private readonly Dictionary<(IpAddr Client, FrontendKey Frontend), Backend> _stays = [];

    /// <summary>The frontends there are now.</summary>
    internal IReadOnlyDictionary<FrontendKey, Frontend> Frontends { get; set; } = DatapathState.Empty.Frontends;

    /// <summary>Connections that were learnt: what a client's packet becomes.</summary>
    internal IReadOnlyCollection<FlowTuple> Translated => [.. _flows.Values.Select(flow => flow.To)];

    internal static IpAddr HairpinOf(bool v4) => IpAddr.Parse(v4 ? "169.254.78.80" : "100::4e50");

    /// <summary>What becomes of a packet that a pod sends and that is for no pod; null: nothing.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="isForNode">Whether it is for an address of a node.</param>
    internal Fate? FromPod(ModelPacket packet, bool isForNode)
    {
        if (TupleOf(packet) is not { } tuple)
        {
            return null;
        }

        var flow = _flows.GetValueOrDefault(tuple);
        if (flow is not null && Holds(flow, tuple, packet, isForNode))
        {
            Note(packet, tuple);
            flow.ClientEnded |= Has(packet, 1);
            flow.IsReset |= Has(packet, 4);
            return new Fate.Sent(flow.To);
        }

        if (_flows.Values.FirstOrDefault(other => other.Back == tuple && other.To.Source == tuple.Target) is { } hairpin)
        {
            Note(packet, tuple);
            hairpin.BackendEnded |= Has(packet, 1);
            hairpin.IsReset |= Has(packet, 4);
            return new Fate.Sent(hairpin.Client.Turned);
        }

        return Find(tuple, isForNode) is not var (key, frontend) ? null : frontend.Action switch
        {
            FrontendAction.Reject => new Fate.Refused(),
            FrontendAction.Drop => new Fate.Lost("no_local_backend"),
            _ => Balance(packet, tuple, key, frontend),
        };
    }

    private Fate Balance(ModelPacket packet, FlowTuple tuple, FrontendKey key, Frontend frontend)
    {
        // Whatever becomes of the packet, the port leads there no longer.
        _flows.Remove(tuple);
        var stay = (tuple.Source, key);
        var kept = frontend.Affinity > TimeSpan.Zero && _stays.TryGetValue(stay, out var before) && frontend.Backends.Contains(before) ? before : (Backend?)null;
        var candidates = (kept is { } one ? [one] : frontend.Backends).ToArray();
        if (chosen(tuple) is not { } to)
        {
            // SCTP's port stays, so that there may be none for another connection; and nobody knows then which backend it would have been.
            if (kept is null && frontend.Affinity > TimeSpan.Zero)
            {
                _stays.Remove(stay);
            }

            return tuple.Protocol == 132 && candidates.Any(backend => _flows.Values.Any(other => other.To == Towards(tuple, backend, null)))
                ? new Fate.Lost("connection_ports")
                : new Fate.Sent(Towards(tuple, candidates[0], null));
        }

        var backend = candidates.FirstOrDefault(candidate => Towards(tuple, candidate, to.SourcePort) == to, candidates[0]);
        var right = Towards(tuple, backend, to.SourcePort);
        Note(packet, tuple);
        if (frontend.Affinity > TimeSpan.Zero)
        {
            _stays[stay] = backend;
        }

        _flows[tuple] = new Flow(tuple, right);
        return new Fate.Sent(right);
    }

    /// <summary>What a packet becomes as it enters a pod.</summary>
    internal byte[] ToPod(byte[] frame)
    {
        var packet = new ModelPacket(frame);
        if (packet.Protocol is 1 or 58)
        {
            return QuotedBy(packet) is { } quoted && _flows.Values.FirstOrDefault(flow => flow.To == quoted) is { } about ? about.Client.PutQuoted(packet) : frame;
        }

        if (TupleOf(packet) is not { } tuple || _flows.Values.FirstOrDefault(flow => flow.Back == tuple) is not { } known)
        {
            return frame;
        }

        Note(packet, tuple);
        known.BackendEnded |= Has(packet, 1);
        known.IsReset |= Has(packet, 4);
        return known.Client.Turned.Put(packet);
    }

    /// <summary>Whether two clients' tuples can become the same packet: then the second gets another port.</summary>
    private bool MayCollide(FlowTuple tuple) => _flows.Keys.Any(other => other != tuple && other.SourcePort == tuple.SourcePort && other.Protocol == tuple.Protocol);

    private FlowTuple Towards(FlowTuple tuple, Backend backend, ushort? seen)
    {
        var own = tuple.Protocol == 132 || tuple.SourcePort < FirstEphemeral
            ? tuple.SourcePort
            : (ushort)(FirstOwn + (tuple.SourcePort - FirstEphemeral) % (FirstEphemeral - FirstOwn));
        var port = seen is >= FirstOwn and < FirstEphemeral && tuple.Protocol != 132 && MayCollide(tuple) ? seen.Value : own;
        return new(backend.Address == tuple.Source ? HairpinOf(tuple.Source.IsV4) : tuple.Source, backend.Address, port, backend.Port, tuple.Protocol);
    }

    private bool Holds(Flow flow, FlowTuple tuple, ModelPacket packet, bool isForNode)
    {
        if (tuple.Protocol == 6 && (!Has(packet, 2) || Has(packet, 16)))
        {
            return true;
        }

        var hasEnded = flow.IsReset || (flow.ClientEnded && flow.BackendEnded);
        return !hasEnded && Find(tuple, isForNode) is var (_, frontend) && frontend.Backends.Contains(new(flow.To.Target, flow.To.TargetPort));
    }

    private (FrontendKey Key, Frontend Frontend)? Find(FlowTuple tuple, bool isForNode)
    {
        foreach (var address in isForNode ? [tuple.Target, tuple.Target.IsV4 ? IpAddr.FromV4(0) : IpAddr.Unspecified] : new[] { tuple.Target })
        {
            var key = new FrontendKey(address, tuple.TargetPort, (TransportProtocol)tuple.Protocol);
            if (Frontends.TryGetValue(key, out var frontend))
            {
                return (key, frontend);
            }
        }

        return null;
    }

    /// <summary>A packet's addresses and ports; null when it has no ports that are known.</summary>
    internal FlowTuple? TupleOf(ModelPacket packet)
    {
        if (packet.Fault is not null || packet.Protocol is not (6 or 17 or 132))
        {
            return null;
        }

        (ushort Source, ushort Target) ports;
        if (packet.IsLaterFragment)
        {
            if (!_fragments.TryGetValue((packet.Source, packet.Target, packet.Protocol, packet.FragmentId), out ports))
            {
                return null;
            }
        }
        else if (packet.Transport.Length >= (packet.Protocol == 6 ? 20 : 8))
        {
            ports = (BinaryPrimitives.ReadUInt16BigEndian(packet.Transport), BinaryPrimitives.ReadUInt16BigEndian(packet.Transport[2..]));
        }
        else
        {
            return null;
        }

        return new(packet.Source, packet.Target, ports.Source, ports.Target, (byte)packet.Protocol);
    }

    /// <summary>The packet that an ICMP error is about.</summary>
    private static FlowTuple? QuotedBy(ModelPacket packet)
    {
        var isError = packet.Icmp is (var type, _) && (packet.IsIpv6 ? type < 128 : type is 3 or 4 or 5 or 11 or 12);
        var quote = isError && packet.Transport.Length > 8 ? packet.Transport[8..] : [];
        var header = packet.IsIpv6 ? 40 : 20;
        if (quote.Length < header + 4 || (!packet.IsIpv6 && (quote[0] != 0x45 || (BinaryPrimitives.ReadUInt16BigEndian(quote[6..]) & 0x1fff) != 0)))
        {
            return null;
        }

        var (source, target) = packet.IsIpv6
            ? (IpAddr.FromBytes(quote[8..24]), IpAddr.FromBytes(quote[24..40]))
            : (IpAddr.FromV4(BinaryPrimitives.ReadUInt32BigEndian(quote[12..])), IpAddr.FromV4(BinaryPrimitives.ReadUInt32BigEndian(quote[16..])));
        return new(
            source, target, BinaryPrimitives.ReadUInt16BigEndian(quote[header..]), BinaryPrimitives.ReadUInt16BigEndian(quote[(header + 2)..]),
            packet.IsIpv6 ? quote[6] : quote[9]);
    }

    /// <summary>The rest of a datagram goes where its first fragment goes.</summary>
    private void Note(ModelPacket packet, FlowTuple tuple)
    {
        if (packet is { IsFragment: true, IsLaterFragment: false })
        {
            _fragments[(packet.Source, packet.Target, packet.Protocol, packet.FragmentId)] = (tuple.SourcePort, tuple.TargetPort);
        }
    }

    private static bool Has(ModelPacket packet, int flag) =>
        packet is { Protocol: 6, IsLaterFragment: false, Transport.Length: >= 14 } && (packet.Transport[13] & flag) != 0;

    private sealed class Flow(FlowTuple client, FlowTuple to)
    {
        internal FlowTuple Client => client;

        internal FlowTuple To => to;

        internal FlowTuple Back => to.Turned;

        internal bool ClientEnded { get; set; }

        internal bool BackendEnded { get; set; }

        internal bool IsReset { get; set; }
    }
}

/// <summary>What Services make of a packet.</summary>
internal abstract record Fate
{
    private Fate()
    {
    }

    /// <summary>It goes on as another.</summary>
    internal sealed record Sent(FlowTuple To) : Fate;

    /// <summary>It is refused.</summary>
    internal sealed record Refused : Fate;

    /// <summary>It is dropped.</summary>
    internal sealed record Lost(string Reason) : Fate;
}
