using Netplugin.Linux.Bpf;
using Netplugin.Tests.Bpf.Kernel;
using Netplugin.Tests.Bpf.Model;

namespace Netplugin.Tests.Bpf;

/// <summary>
/// What Services make of packets, against the model. The seed is printed; NETPLUGIN_SEED runs it again, NETPLUGIN_PACKETS sets how many packets
/// there are.
/// </summary>
public sealed class ServiceModelTests(ITestOutputHelper output)
{
    private const int PacketsOfAScenario = 1500;

    private enum Door
    {
        Pod,
        Overlay,
        Host,
    }

    [Fact]
    public void The_programs_translate_as_the_model_does()
    {
        var (seed, packets) = Generated.Begin(output, 300_000);
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        using var datapath = new Datapath();
        for (var done = 0; done < packets; done += PacketsOfAScenario)
        {
            Compare(datapath, done / PacketsOfAScenario, new Random(seed + done), $"seed {seed} + {done}", seen);
        }

        Generated.Report(output, seen);

        string[] expected =
        [
            "sent", "answered", "error translated", "fragment sent", "later fragment sent", "hairpin",
            .. new[] { DropReason.NoLocalBackend, DropReason.NoBackend, DropReason.PodVxlan, DropReason.OtherNetwork }.Select(DatapathCounters.NameOf),
            DatapathCounters.NameOf(DatapathEvent.ServiceRefused),
        ];
        Assert.Empty(expected.Except(seen.Keys));
    }

    private static void Compare(Datapath datapath, int number, Random random, string place, SortedDictionary<string, int> seen)
    {
        var book = new ServiceBook(datapath.TranslationOf);
        var frames = new ServiceFrames(random, book, number);
        datapath.State = frames.State;
        datapath.ForgetConnections();
        for (var i = 0; i < PacketsOfAScenario; i++)
        {
            if (i % 300 == 299)
            {
                frames.Change();
                datapath.State = frames.State;
            }

            var model = new ReferenceModel(frames.State, services: book);
            var door = (Door)(random.Next(5) switch { 0 => 1, 1 => 2, _ => 0 });
            var frame = door switch { Door.Pod => frames.FromPod(), Door.Overlay => frames.FromOverlay(), _ => frames.FromHost() };
            if (!Programs.CanRun(frame))
            {
                continue;
            }

            var network = frames.PodNetwork();
            var sender = random.Next(2) == 0 ? network : (uint?)null;

            var got = door switch
            {
                Door.Pod => datapath.FromPod(frame),
                Door.Overlay => datapath.FromOverlay(network, ServiceFrames.Vtep, frame),
                _ => datapath.FromHost(frame, mark: sender is { } origin ? ReferenceModel.MarkOf(origin) : 0),
            };
            var wanted = door switch
            {
                Door.Pod => model.FromPod(Datapath.Device, frame),
                Door.Overlay => model.FromOverlay(network, ServiceFrames.Vtep, frame),
                _ => model.FromHost(frame, sender: sender),
            };
            var (before, after) = (Checksums.Verdicts(frame), OutcomeComparer.FrameOf(got) is { } left && got is not Outcome.Reply ? Checksums.Verdicts(left) : null);
            if (!OutcomeComparer.SameButForChecksums(wanted, got) || (after is not null && !after.SequenceEqual(before)))
            {
                Assert.Fail($"""
                    {place}, packet {i}, from the {door}:
                    packet   {Convert.ToHexString(frame)}
                    model    {OutcomeComparer.Describe(wanted)}
                    programs {OutcomeComparer.Describe(got)}
                    checksums before {string.Join(", ", before)}; after {string.Join(", ", after ?? [])}
                    """);
            }

            foreach (var what in Kinds(door, frame, got))
            {
                seen[what] = seen.GetValueOrDefault(what) + 1;
            }
        }
    }

    private static IEnumerable<string> Kinds(Door door, byte[] frame, Outcome got)
    {
        switch (got)
        {
            case Outcome.Drop drop:
                yield return drop.Reason;
                yield break;
            case Outcome.Reply reply:
                yield return reply.Event;
                yield break;
            default:
                break;
        }

        var (was, now) = (new ModelPacket(frame), new ModelPacket(OutcomeComparer.FrameOf(got)!));
        if (was.Source == now.Source && was.Target == now.Target)
        {
            yield break;
        }

        var isError = was.Protocol is 1 or 58;
        yield return isError ? "error translated" : door == Door.Pod ? "sent" : "answered";
        if (door == Door.Pod && was.IsFragment)
        {
            yield return was.IsLaterFragment ? "later fragment sent" : "fragment sent";
        }

        if (now.Source == ServiceBook.HairpinOf(!was.IsIpv6))
        {
            yield return "hairpin";
        }
    }
}
