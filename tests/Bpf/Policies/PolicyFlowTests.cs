using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;
using Netplugin.Tests.Bpf.Kernel;
using Netplugin.Tests.Bpf.Model;

namespace Netplugin.Tests.Bpf.Policies;

/// <summary>
/// Flows against the model: packets of few ends and ports, so that they meet each other's flows often, under tables that change. The seed is printed; NETPLUGIN_SEED runs it again.
/// </summary>
public sealed class PolicyFlowTests(ITestOutputHelper output)
{
    private const int PacketsOfARound = 1_000;
    private const int PacketsBetweenChanges = 60;

    // Fragments are remembered over rounds.
    private const int IdsOfARound = 4;
    private const string Node = "n0";
    private static readonly byte[] Protocols = [PolicyFrames.Tcp, PolicyFrames.Tcp, PolicyFrames.Udp, PolicyFrames.Sctp, PolicyFrames.Icmp, 47];
    private static readonly ushort[] Ports = [80, 443, 1000, 1001];

    private static readonly PolicyEndpoint[] Endpoints =
    [
        Default("p", "10.1.0.1", Node), Default("q", "10.1.0.2", Node), Default("r", "10.1.0.3", "n1"),
        Tenant("t", "s", "11.1.0.1", Node), Tenant("t", "u", "11.1.0.2", "n1"), Tenant("other", "s", "11.1.0.1", Node), Tenant("other", "u", "11.1.0.2", "n1"),
    ];

    private static readonly (string Name, IpAddr Address)[] Nodes = [(Node, IpAddr.Parse("192.168.2.0")), ("n1", IpAddr.Parse("192.168.2.1"))];

    [Fact]
    public void The_programs_follow_flows_as_the_model_does()
    {
        var (seed, packets) = Generated.Begin(output, 300_000);
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        using var datapath = new Datapath();
        for (var done = 0; done < packets; done += PacketsOfARound)
        {
            Compare(datapath, done / PacketsOfARound, new Random(seed + done), $"seed {seed} + {done}", seen);
        }

        Generated.Report(output, seen);
        string[] expected =
        [
            .. from part in Enum.GetValues<FlowPart>() from fate in (string[])["goes on", "policy"] where part != FlowPart.CutFragment select $"{part}: {fate}",
            $"{FlowPart.CutFragment}: fragment", $"{FlowPart.LaterFragment}: fragment", $"{FlowPart.Any}: policy_unknown", "an answer that its own direction denies goes on", "a flow is stopped",
        ];
        Assert.Empty(expected.Except(seen.Keys));
    }

    private static void Compare(Datapath datapath, int round, Random random, string place, SortedDictionary<string, int> seen)
    {
        var world = new PolicyWorld(Node, Endpoints, Nodes);
        var groups = Groups(world);
        var model = new FlowModel();
        var maps = new PolicyState(datapath.Policies, random, world);
        datapath.State = world.Base;
        maps.Identify(groups.SelectMany(group => group));
        List<FlowPacket> sent = [];
        HashSet<FlowPacket> passed = [];
        for (var i = 0; i < PacketsOfARound; i++)
        {
            if (i % PacketsBetweenChanges == 0)
            {
                model.Rules = maps.Change(groups.SelectMany(group => group).Where(actor => actor.IsLocal));
            }

            var packet = Next(random, groups, sent);
            packet = packet with { Id = (ushort)((packet.Id % IdsOfARound) + (round * IdsOfARound)) };
            if (packet.From is { IsLocal: true, End: AttemptEnd.OfEndpoint { Endpoint: var sender } })
            {
                datapath.State = world.Sending(sender);
                maps.Send(packet.From);
            }

            var got = world.Send(datapath, packet.From.End, packet.To.End, mac => Frame(packet, mac));
            var wanted = model.Judge(packet);
            var fate = wanted?.Reason ?? "goes on";
            if ((got is Outcome.Drop drop ? drop.Reason : "goes on") != fate || (wanted?.Number ?? 0) != (got is Outcome.Drop ? datapath.LastPolicy : 0))
            {
                Assert.Fail($"{place}, packet {i}: {Describe(packet)}: the model says {wanted}, the programs {got} {datapath.LastPolicy}");
            }

            Note($"{packet.Part}: {fate}");
            var same = packet with { Id = 0, Part = FlowPart.Any };
            if (wanted is null && packet.From.IsLocal && packet.Part == FlowPart.Any
                && model.Rules.Ask(packet.From, PolicyDirection.Egress, packet.To, packet.Protocol, packet.Protocol is 1 ? (ushort)0 : packet.TargetPort) is not null)
            {
                Note("an answer that its own direction denies goes on");
            }

            if (wanted is not null && passed.Remove(same))
            {
                Note("a flow is stopped");
            }
            else if (wanted is null)
            {
                passed.Add(same);
            }

            sent.Add(packet);
        }

        maps.Clear();
        datapath.ForgetFlows();

        void Note(string what) => seen[what] = seen.GetValueOrDefault(what) + 1;
    }

    // Within a group everybody can send to everybody but himself, as long as either is a pod of this node.
    private static Actor[][] Groups(PolicyWorld world)
    {
        var identity = 0u;
        Actor Pod(PolicyEndpoint endpoint) => new(
            $"{endpoint.Id}", new AttemptEnd.OfEndpoint(endpoint, endpoint.Addresses.Concat(endpoint.ClusterAddresses).First()), world.NumberOf(endpoint.Id.Network)!.Value, ++identity, world.IsHere(endpoint));
        return
        [
            [
                .. Endpoints[..3].Select(Pod),
                .. Nodes.Select(node => new Actor(node.Name, new AttemptEnd.OfNode(new(node.Name, new([])), node.Address), 0, ++identity, false) { IsThisNode = node.Name == Node }),
                new("outside", new AttemptEnd.Outside(IpAddr.Parse("203.0.113.7")), 0, 0, false),
            ],
            [.. Endpoints[3..5].Select(Pod)],
            [.. Endpoints[5..].Select(Pod)],
        ];
    }

    private static FlowPacket Next(Random random, Actor[][] groups, List<FlowPacket> sent)
    {
        while (true)
        {
            var packet = random.Next(4) switch
            {
                // The same again, an answer to it, an error about it, another fragment of it.
                0 or 1 when sent.Count > 0 => After(random, groups, sent[random.Next(Math.Max(0, sent.Count - 40), sent.Count)]),
                _ => Fresh(random, groups),
            };
            if (packet.From.IsLocal || packet.To.IsLocal)
            {
                return packet;
            }
        }
    }

    private static FlowPacket Fresh(Random random, Actor[][] groups)
    {
        var group = groups[random.Next(2) == 0 ? 0 : random.Next(3)];
        var (from, to) = (group[random.Next(group.Length)], group[random.Next(group.Length)]);
        while (to == from)
        {
            to = group[random.Next(group.Length)];
        }

        var protocol = Protocols[random.Next(Protocols.Length)];
        var hasPorts = protocol is PolicyFrames.Tcp or PolicyFrames.Udp or PolicyFrames.Sctp;
        var part = random.Next(8) switch
        {
            0 when hasPorts => FlowPart.FirstFragment,
            1 when hasPorts => FlowPart.CutFragment,
            2 => FlowPart.LaterFragment,
            _ => random.Next(2) == 0 && protocol is PolicyFrames.Tcp or PolicyFrames.Sctp or PolicyFrames.Icmp ? FlowPart.Opens : FlowPart.Any,
        };

        // A packet of ICMP that is not an echo is made as an error.
        return Shape(new(from, to, protocol, Port(random, protocol), Port(random, protocol), part) { Id = (ushort)random.Next(IdsOfARound), Answers = part == FlowPart.Any });
    }

    private static FlowPacket After(Random random, Actor[][] groups, FlowPacket before)
    {
        var turned = before with { From = before.To, To = before.From, SourcePort = before.TargetPort, TargetPort = before.SourcePort };
        switch (random.Next(8))
        {
            case 0:
                return before;
            case 1 when before.Part is not (FlowPart.Error or FlowPart.LaterFragment or FlowPart.CutFragment or FlowPart.FirstFragment):
                var group = groups.First(group => group.Contains(before.From));
                var by = random.Next(3) == 0 ? group[random.Next(group.Length)] : before.To;
                var to = random.Next(6) == 0 ? group[random.Next(group.Length)] : before.From;
                return by == to ? before : new(by, to, PolicyFrames.Icmp, 0, 0, FlowPart.Error) { About = before };
            case 2 or 3 when before.Part is FlowPart.FirstFragment or FlowPart.LaterFragment:
                return before with { Part = FlowPart.LaterFragment };
            case 4 when before.Part is FlowPart.Any or FlowPart.Opens && before.Protocol is PolicyFrames.Tcp or PolicyFrames.Sctp:
                return turned with { Part = FlowPart.Opens };
            default:
                return before.Part is FlowPart.Error or FlowPart.LaterFragment or FlowPart.CutFragment ? before
                    : Shape(turned with { Part = FlowPart.Any, Answers = before.Protocol == PolicyFrames.Icmp });
        }
    }

    // An echo has its id at the asker's end.
    private static FlowPacket Shape(FlowPacket packet) => packet switch
    {
        { Part: FlowPart.LaterFragment } => packet with { SourcePort = 0, TargetPort = 0 },
        { Protocol: PolicyFrames.Icmp, Answers: true } => packet with { SourcePort = 0, TargetPort = Math.Max(packet.SourcePort, packet.TargetPort) },
        { Protocol: PolicyFrames.Icmp } => packet with { SourcePort = Math.Max(packet.SourcePort, packet.TargetPort), TargetPort = 0 },
        _ => packet,
    };

    private static ushort Port(Random random, byte protocol) =>
        protocol is PolicyFrames.Tcp or PolicyFrames.Udp or PolicyFrames.Sctp or PolicyFrames.Icmp ? Ports[random.Next(Ports.Length)] : (ushort)0;

    private static byte[] Frame(FlowPacket packet, MacAddress mac)
    {
        if (packet is { Part: FlowPart.Error, About: { } about })
        {
            return IpFrame.Of(packet.From.Address, packet.To.Address, PolicyFrames.Icmp, PolicyFrames.Unreachable(Frame(about, mac)), mac);
        }

        var flags = packet.Part == FlowPart.Opens ? TcpFlags.Syn : TcpFlags.Ack;
        var (source, target) = packet.Protocol == PolicyFrames.Icmp ? (Math.Max(packet.SourcePort, packet.TargetPort), (ushort)0) : (packet.SourcePort, packet.TargetPort);
        var transport = PolicyFrames.Transport(packet.Protocol, source, target, flags, packet.Answers);
        return packet.Part switch
        {
            FlowPart.FirstFragment => IpFrame.Of(packet.From.Address, packet.To.Address, packet.Protocol, transport, mac, (packet.Id, 0, true)),
            FlowPart.CutFragment => IpFrame.Of(packet.From.Address, packet.To.Address, packet.Protocol, transport[..(packet.Protocol == PolicyFrames.Udp ? 7 : 8)], mac, (packet.Id, 0, true)),
            FlowPart.LaterFragment => IpFrame.Of(packet.From.Address, packet.To.Address, packet.Protocol, new byte[16], mac, (packet.Id, 64, false)),
            _ => IpFrame.Of(packet.From.Address, packet.To.Address, packet.Protocol, transport, mac),
        };
    }

    private static string Describe(FlowPacket packet) =>
        $"{packet.Part} {packet.From.Name} {packet.SourcePort} -> {packet.To.Name} {packet.TargetPort} protocol {packet.Protocol} id {packet.Id}{(packet.About is { } about ? $" about ({Describe(about)})" : "")}";

    private static PolicyEndpoint Default(string name, string address, string node) =>
        new(new(NetworkId.ClusterDefault, name), "", [], [IpAddr.Parse(address)], node, null);

    private static PolicyEndpoint Tenant(string tenant, string name, string address, string node) =>
        new(new(new(tenant, "x"), name), "", [IpAddr.Parse(address)], [], node, null);

    /// <summary>Writes tables made by chance, as the compiler would have them written.</summary>
    private sealed class PolicyState(IPolicyMaps maps, Random random, PolicyWorld world)
    {
        private readonly List<(uint Table, uint Identity)> _verdicts = [];
        private readonly List<(uint Number, PortEntry[] Entries)> _programs = [];
        private readonly Dictionary<Actor, SubjectTables> _now = [];
        private readonly HashSet<IdentityKey> _identities = [];
        private readonly HashSet<IfIndex> _devices = [new(Datapath.Device)];
        private ulong _generation = maps.Generation;
        private uint _last;
        private HashSet<Actor> _unknown = [];

        internal void Identify(IEnumerable<Actor> actors)
        {
            foreach (var actor in actors.Where(actor => actor.Identity != 0))
            {
                var key = new IdentityKey(actor.Plane, actor.Address);
                maps.SetIdentity(key, new(0, actor.Identity, 0));
                _identities.Add(key);
            }
        }

        internal FlowRules Change(IEnumerable<Actor> local)
        {
            var rules = new FlowRules();
            var next = _generation + 1;
            foreach (var actor in local)
            {
                var (ingress, egress) = (Table(PolicyDirection.Ingress), Table(PolicyDirection.Egress));
                var (before, after) = (_now.GetValueOrDefault(actor), new SubjectTables(ingress, egress, 0, 0));
                if (random.Next(30) == 0)
                {
                    rules.Unknown.Add(actor);
                    maps.RemoveSubject(DeviceOf(actor));
                }
                else
                {
                    maps.SetSubject(DeviceOf(actor), NumberOf(actor), new(before, after, next));
                }

                _devices.Add(DeviceOf(actor));
                _now[actor] = after;

                uint Table(PolicyDirection direction)
                {
                    if (random.Next(3) == 0)
                    {
                        return 0;
                    }

                    var table = new FlowTable(++_last, [], []);
                    foreach (var identity in Enumerable.Range(0, 10).Where(identity => identity == 0 || random.Next(2) == 0))
                    {
                        table.Verdicts[(uint)identity] = Any(table);
                    }

                    maps.SetVerdicts([.. table.Verdicts.Select(one => KeyValuePair.Create(new VerdictKey(table.Number, one.Key), one.Value))]);
                    _verdicts.AddRange(table.Verdicts.Keys.Select(identity => (table.Number, identity)));
                    rules.Tables[(actor, direction)] = table;
                    return table.Number;
                }
            }

            maps.SetGeneration(_generation = next);
            _unknown = rules.Unknown;
            return rules;
        }

        // The device that packets enter by is now this pod's.
        internal void Send(Actor actor)
        {
            if (_unknown.Contains(actor))
            {
                maps.RemoveSubject(new(Datapath.Device));
            }
            else
            {
                maps.SetSubject(new(Datapath.Device), NumberOf(actor), new(_now[actor], _now[actor], _generation));
            }
        }

        internal void Clear()
        {
            foreach (var device in _devices)
            {
                maps.RemoveSubject(device);
            }

            foreach (var key in _identities)
            {
                maps.RemoveIdentity(key);
            }

            maps.RemoveVerdicts([.. _verdicts.Select(one => new VerdictKey(one.Table, one.Identity))]);
            foreach (var (number, entries) in _programs)
            {
                maps.RemoveProgram(number, [.. entries]);
            }
        }

        private Verdict Any(FlowTable table)
        {
            if (random.Next(3) != 0)
            {
                return Decision();
            }

            PortEntry[] entries =
            [
                new(0, 0, PortEntry.AnyProtocol, Decision()), new(PolicyFrames.Tcp, 0, PortEntry.AnyPort, Decision()), new(PolicyFrames.Tcp, 80, PortEntry.OnePort, Decision()),
                new(PolicyFrames.Tcp, 1000, PortEntry.OnePort - 1, Decision()), new(PolicyFrames.Udp, 443, PortEntry.OnePort, Decision()), new(PolicyFrames.Icmp, 0, PortEntry.AnyPort, Decision()),
            ];
            maps.SetProgram(++_last, [.. entries]);
            table.Programs[_last] = entries;
            _programs.Add((_last, entries));
            return new(VerdictKind.Program, _last);
        }

        private Verdict Decision() => new(random.Next(2) == 0 ? VerdictKind.Allow : VerdictKind.Deny, (uint)random.Next(1, 1000));

        private IfIndex DeviceOf(Actor actor) => world.DeviceOf(((AttemptEnd.OfEndpoint)actor.End).Endpoint);

        private ulong NumberOf(Actor actor) => world.NumberOf(((AttemptEnd.OfEndpoint)actor.End).Endpoint);
    }
}
