using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Bpf.Policies;

/// <summary>Somebody who sends and gets packets, by one address.</summary>
/// <param name="Name">What the test calls them.</param>
/// <param name="End">Who they are.</param>
/// <param name="Plane">The network that the address is of, by number.</param>
/// <param name="Identity">The number by which tables know the address.</param>
/// <param name="IsLocal">True: a pod of this node, whose tables are asked.</param>
internal sealed record Actor(string Name, AttemptEnd End, uint Plane, uint Identity, bool IsLocal)
{
    /// <summary>The node whose programs these are.</summary>
    internal bool IsThisNode { get; init; }

    internal IpAddr Address => End.Address;
}

/// <summary>What a packet is to its flow.</summary>
internal enum FlowPart
{
    /// <summary>Anything but what follows.</summary>
    Any,

    /// <summary>It begins a flow: a SYN without ACK, an INIT, an echo's request.</summary>
    Opens,

    /// <summary>An ICMP error about another packet.</summary>
    Error,

    /// <summary>A first fragment.</summary>
    FirstFragment,

    /// <summary>A first fragment that does not have its whole transport header.</summary>
    CutFragment,

    /// <summary>A later fragment.</summary>
    LaterFragment,
}

/// <summary>A packet, as whoever sent it would tell of it.</summary>
internal sealed record FlowPacket(Actor From, Actor To, byte Protocol, ushort SourcePort, ushort TargetPort, FlowPart Part)
{
    /// <summary>Of an error: what it is about.</summary>
    internal FlowPacket? About { get; init; }

    /// <summary>Of a fragment: the datagram's number.</summary>
    internal ushort Id { get; init; }

    /// <summary>An echo's reply.</summary>
    internal bool Answers { get; init; }
}

/// <summary>
/// Which packets policies let through, from what the documentation says: each is judged as the first packet of its flow would be now. An answer is of the flow that it answers; what begins a flow is
/// never an answer; an error is of the flow of what it is about, where it goes to who sent that; a later fragment is what its first one was.
/// </summary>
internal sealed class FlowModel
{
    private readonly Dictionary<(uint, (IpAddr, ushort), (IpAddr, ushort), byte), ((IpAddr, ushort) Began, bool ByNode)> _flows = [];
    private readonly Dictionary<(uint, IpAddr, IpAddr, ushort, byte), (ushort, ushort)> _fragments = [];

    /// <summary>What the tables say now.</summary>
    internal FlowRules Rules { get; set; } = new();

    /// <summary>What becomes of a packet: null: it goes on; else the reason's name, and the number of the policies' own reason.</summary>
    internal (string Reason, uint Number)? Judge(FlowPacket packet)
    {
        var plane = packet.From.IsLocal ? packet.From.Plane : packet.To.Plane;
        if (packet.Part == FlowPart.CutFragment)
        {
            return ("fragment", 0);
        }

        if (Rules.Unknown.Contains(packet.From) || Rules.Unknown.Contains(packet.To))
        {
            return ("policy_unknown", 0);
        }

        if (packet is { Part: FlowPart.Error, About: { } about } && packet.To.Address == about.From.Address && ((!packet.From.IsLocal && !about.To.IsLocal) || packet.From.Address == about.To.Address)
            && _flows.TryGetValue(KeyOf(plane, about), out var flow))
        {
            var isFirstWay = flow.Began == SourceOf(about);
            var (began, other) = isFirstWay ? (packet.To, OtherEnd(about.To)) : (OtherEnd(about.To), packet.To);
            return Ask(began, other, about.Protocol, isFirstWay ? about.TargetPort : about.SourcePort, isFirstWay ? flow.ByNode : packet.From.IsThisNode);
        }

        packet = packet.Part == FlowPart.Error ? packet with { SourcePort = 0, TargetPort = 0, Part = FlowPart.Any } : packet;
        var fragment = (plane, packet.From.Address, packet.To.Address, packet.Id, packet.Protocol);
        if (packet.Part == FlowPart.LaterFragment)
        {
            if (!_fragments.TryGetValue(fragment, out var ports))
            {
                return Rules.IsFree(packet.From) && Rules.IsFree(packet.To) ? null : ("fragment", 0);
            }

            packet = packet with { SourcePort = ports.Item1, TargetPort = ports.Item2 };
        }

        var key = KeyOf(plane, packet);
        var isKnown = _flows.TryGetValue(key, out var known);
        var isAnswer = isKnown && known.Began != SourceOf(packet) && packet.Part != FlowPart.Opens;
        var isExempt = isAnswer ? known.ByNode : packet.From.IsThisNode;
        var denied = isAnswer
            ? Ask(packet.To, packet.From, packet.Protocol, packet.SourcePort, isExempt)
            : Ask(packet.From, packet.To, packet.Protocol, packet.TargetPort, isExempt);
        if (denied is not null)
        {
            return denied;
        }

        if (packet.Part == FlowPart.FirstFragment)
        {
            _fragments[fragment] = (packet.SourcePort, packet.TargetPort);
        }

        if (!isKnown || packet.Part == FlowPart.Opens)
        {
            _flows[key] = (SourceOf(packet), isExempt);
        }

        return null;

        // Of a quoted packet the other end is asked where it is the error's sender.
        Actor OtherEnd(Actor actor) => actor.Address == packet.From.Address ? packet.From : actor with { IsLocal = false };
    }

    private static (IpAddr, ushort) SourceOf(FlowPacket packet) => (packet.From.Address, packet.SourcePort);

    private static (uint, (IpAddr, ushort), (IpAddr, ushort), byte) KeyOf(uint plane, FlowPacket packet)
    {
        var (one, other) = (SourceOf(packet), (packet.To.Address, packet.TargetPort));
        return one.CompareTo(other) < 0 ? (plane, one, other, packet.Protocol) : (plane, other, one, packet.Protocol);
    }

    private (string, uint)? Ask(Actor began, Actor other, byte protocol, ushort port, bool isExempt)
    {
        port = protocol is PolicyFrames.Icmp or PolicyFrames.IcmpV6 ? (ushort)0 : port;
        return (began.IsLocal ? Rules.Ask(began, PolicyDirection.Egress, other, protocol, port) : null)
            ?? (other.IsLocal && !isExempt ? Rules.Ask(other, PolicyDirection.Ingress, began, protocol, port) : null);
    }
}

/// <summary>The tables of this node's pods.</summary>
internal sealed class FlowRules
{
    /// <summary>By pod and direction; what is not here is open.</summary>
    internal Dictionary<(Actor, PolicyDirection), FlowTable> Tables { get; } = [];

    /// <summary>Pods that are not known.</summary>
    internal HashSet<Actor> Unknown { get; } = [];

    /// <summary>True where nothing can be denied.</summary>
    internal bool IsFree(Actor actor) => !actor.IsLocal || (!Tables.ContainsKey((actor, PolicyDirection.Ingress)) && !Tables.ContainsKey((actor, PolicyDirection.Egress)));

    /// <summary>Why a flow may not begin; null: it may.</summary>
    internal (string, uint)? Ask(Actor subject, PolicyDirection direction, Actor peer, byte protocol, ushort port)
    {
        if (!Tables.TryGetValue((subject, direction), out var table))
        {
            return null;
        }

        var verdict = table.Verdicts.TryGetValue(peer.Identity, out var own) ? own : table.Verdicts[0];
        if (verdict.Kind == VerdictKind.Program)
        {
            verdict = PolicyTables.Find(table.Programs[verdict.Number], protocol, port);
        }

        return verdict.Kind == VerdictKind.Allow ? null : ("policy", verdict.Number);
    }
}

/// <summary>A table.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Verdicts">By identity; 0 is there.</param>
/// <param name="Programs">By number.</param>
internal sealed record FlowTable(uint Number, Dictionary<uint, Verdict> Verdicts, Dictionary<uint, PortEntry[]> Programs);
