using Netplugin.Linux.Bpf;
using Netplugin.Tests.Bpf.Kernel;
using Netplugin.Tests.Bpf.Model;

namespace Netplugin.Tests.Bpf;

/// <summary>
/// The programs against the model. The seed is printed; NETPLUGIN_SEED runs it again. NETPLUGIN_PACKETS sets how many packets there are,
/// for machines without hardware to spare.
/// </summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    /// <summary>Whatever the number of packets: a state that lacks something essential is one of forty, and each kind must come up.</summary>
    private const int Scenarios = 600;

    [Fact]
    public void The_programs_decide_a_million_packets_as_the_model_does()
    {
        var (seed, packets) = Generated.Begin(output, 1_200_000);

        using var datapath = new Datapath();
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var packetsOfAScenario = Math.Max(1, packets / Scenarios);
        for (var done = 0; done < packets; done += packetsOfAScenario)
        {
            Compare(datapath, new Random(seed + done), packetsOfAScenario, $"seed {seed} + {done}", seen);
        }

        Generated.Report(output, seen);

        // A generator that no longer reaches a rule would let the rule rot. These reasons cannot come from these entries.
        // Those of Services and of policies have tests of their own.
        var unreachable = new[]
        {
            DropReason.None, DropReason.NoProgram, DropReason.NoTunnelKey, DropReason.HostToPod, DropReason.HelperFailed,
            DropReason.NoLocalBackend, DropReason.NoBackend, DropReason.ConnectionQuota, DropReason.ConnectionsFull, DropReason.ConnectionPorts,
            DropReason.Policy, DropReason.PolicyUnknown, DropReason.Fragment,
        };
        var expected = Enum.GetValues<DropReason>().Except(unreachable).Select(DatapathCounters.NameOf)
            .Concat(Enum.GetValues<DatapathEvent>().Except([DatapathEvent.ServiceRefused, DatapathEvent.Untracked]).Select(DatapathCounters.NameOf))
            .Append(nameof(Outcome.Pass)).Append(nameof(Outcome.Direct));
        Assert.Empty(expected.Except(seen.Keys));
    }

    private enum Door
    {
        Pod,
        Overlay,
        Underlay,
        Host,
    }

    private static void Compare(Datapath datapath, Random random, int packets, string place, SortedDictionary<string, int> seen)
    {
        var scenario = Scenario.Make(random);
        datapath.State = scenario.State;
        var model = new ReferenceModel(scenario.State, Environment.OSVersion.Version >= new Version(6, 3));
        var frames = new FrameGenerator(random, scenario);
        var before = datapath.ReadCounters();
        var counted = new Dictionary<string, PacketCount>(StringComparer.Ordinal);
        for (var i = 0; i < packets; i++)
        {
            var door = (Door)(random.Next(8) switch { 0 => 1, 1 => 2, 2 => 3, _ => 0 });
            var vni = random.Next(12) switch { 0 => 7u, 1 => Scenario.OtherNetwork, _ => scenario.Network };
            var frame = door switch { Door.Pod => frames.FromPod(), Door.Overlay => frames.FromOverlay(), Door.Host => frames.FromHost(), _ => frames.FromUnderlay(vni) };
            if (!Programs.CanRun(frame))
            {
                i--;
                continue;
            }

            Outcome wanted, got;
            var gso = door is Door.Pod or Door.Host ? frames.GsoSize() : 0;
            switch (door)
            {
                case Door.Pod:
                    wanted = model.FromPod(Datapath.Device, frame, gso);
                    got = datapath.FromPod(frame, gso);
                    break;
                case Door.Overlay:
                    wanted = model.FromOverlay(vni, frames.Vtep, frame);
                    got = datapath.FromOverlay(vni, frames.Vtep, frame);
                    break;
                case Door.Host:
                    var sender = random.Next(3) == 0 ? Scenario.PodNetworks[random.Next(Scenario.PodNetworks.Length)] : (uint?)null;
                    wanted = model.FromHost(frame, gso, sender);
                    got = datapath.FromHost(frame, gso, 0x02000000 | (sender is { } network ? ReferenceModel.MarkOf(network) : 0xabcd));
                    break;
                default:
                    wanted = model.FromUnderlay(frame);
                    got = datapath.FromUnderlay(frame);
                    break;
            }

            if (!OutcomeComparer.Same(wanted, got))
            {
                Assert.Fail($"""
                    {place}, packet {i}, {(door switch { Door.Pod => $"from the pod, GSO size {gso}", Door.Host => $"from the host, GSO size {gso}", Door.Overlay => $"from the overlay, VNI {vni}, VTEP {frames.Vtep}", _ => "from the underlay" })}:
                    packet   {Convert.ToHexString(frame)}
                    model    {OutcomeComparer.Describe(wanted)}
                    programs {OutcomeComparer.Describe(got)}
                    """);
            }

            if (wanted is Outcome.Pass or Outcome.Direct)
            {
                seen[wanted.GetType().Name] = seen.GetValueOrDefault(wanted.GetType().Name) + 1;
            }

            if (wanted is Outcome.Pass)
            {
                continue;
            }

            var (name, length) = Counted(wanted, door == Door.Underlay ? frame[Wire.Overhead..] : frame);
            var sum = counted.GetValueOrDefault(name);
            counted[name] = new(sum.Packets + 1, sum.Bytes + (ulong)length);
        }

        AssertCounted(before, datapath.ReadCounters(), counted, place);
        foreach (var (name, count) in counted)
        {
            seen[name] = seen.GetValueOrDefault(name) + (int)count.Packets;
        }
    }

    private static (string Name, int Length) Counted(Outcome outcome, byte[] frame) => outcome switch
    {
        Outcome.Drop drop => (drop.Reason, frame.Length),
        Outcome.Local local => (local.Event, frame.Length),
        Outcome.Tunnel or Outcome.Direct => ("tunnelled_out", frame.Length),
        Outcome.Host => ("to_host", frame.Length),
        Outcome.Reply reply => (reply.Event, reply.Frame.Length),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    private static void AssertCounted(DatapathCounters before, DatapathCounters after, Dictionary<string, PacketCount> counted, string place)
    {
        var growth = after.Drops.Select(pair => (Name: DatapathCounters.NameOf(pair.Key), After: pair.Value, Before: before.Drops[pair.Key]))
            .Concat(after.Events.Select(pair => (Name: DatapathCounters.NameOf(pair.Key), After: pair.Value, Before: before.Events[pair.Key])));
        foreach (var (name, now, then) in growth)
        {
            var grown = new PacketCount(now.Packets - then.Packets, now.Bytes - then.Bytes);
            Assert.True(grown == counted.GetValueOrDefault(name), $"{place}: {name} counted {grown}, the model {counted.GetValueOrDefault(name)}");
        }
    }
}
