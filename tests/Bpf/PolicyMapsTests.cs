using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;
using Netplugin.Linux;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Interop;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Tests.Bpf.Kernel;

namespace Netplugin.Tests.Bpf;

/// <summary>The maps that policies are enforced by, entry by entry.</summary>
public sealed class PolicyMapsTests : IDisposable
{
    private static readonly Staged<uint> Some = new(3, uint.MaxValue, ulong.MaxValue);
    private readonly BpfDirectory _directory = new();
    private readonly BpfDatapath _datapath;

    public PolicyMapsTests() => _datapath = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);

    private KernelPolicyMaps Maps => _datapath.Policies;

    public void Dispose()
    {
        _datapath.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void There_is_nothing_at_first()
    {
        Assert.Equal(0UL, Maps.Generation);
        Assert.Empty(Maps.ReadIdentities());
        Assert.Empty(Maps.ReadBlocks());
        Assert.Empty(Maps.ReadSubjects());
        Assert.Empty(Maps.ReadVerdicts());
        Assert.Empty(Maps.ReadPrograms());
        Assert.Empty(Maps.ReadReasons());
        Assert.Null(Maps.TakeEvent());
    }

    [Fact]
    public void What_is_written_is_read_and_what_is_removed_is_not()
    {
        KeyValuePair<IdentityKey, Staged<uint>>[] identities = [new(new(0, Ip("10.1.2.3")), Some), new(new(16_777_215, Ip("fd00::1")), new(1, 2, 3)), new(new(16_777_215, Ip("10.1.2.3")), default)];
        KeyValuePair<IpPrefix, Staged<uint>>[] blocks = [new(Block("10.0.0.0/8"), Some), new(Block("10.1.2.3/32"), new(1, 2, 3)), new(Block("0.0.0.0/0"), new(0, 7, 8)), new(Block("::/0"), new(0, 9, 8)), new(Block("fc00::/7"), Some)];
        SubjectEntry[] subjects = [new(new(7), ulong.MaxValue, new(SubjectTables.Closed, new(1, 2, 3, 4), 5)), new(new(int.MaxValue), 1, new(new(5, 6, 7, 8), default, 9))];
        KeyValuePair<VerdictKey, Verdict>[] verdicts = [.. Enumerable.Range(0, 10_000).Select(i => KeyValuePair.Create(new VerdictKey((uint)i / 7, (uint)i % 7), new Verdict((VerdictKind)(i % 3), (uint)i)))];
        PortEntry[] program = [new(0, 0, PortEntry.AnyProtocol, Verdict.Undecided), new(6, 0, PortEntry.AnyPort, new(VerdictKind.Deny, 5)), new(6, 0x8000, 41, new(VerdictKind.Allow, 6)), new(17, 53, PortEntry.OnePort, default)];

        Array.ForEach(identities, one => Maps.SetIdentity(one.Key, one.Value));
        Array.ForEach(blocks, one => Maps.SetBlock(one.Key, one.Value));
        Array.ForEach(subjects, one => Maps.SetSubject(one.Device, one.EndpointNumber, one.Tables));
        Maps.SetVerdicts(verdicts);
        Maps.SetProgram(0x01020304, [.. program]);
        Maps.SetProgram(5, [.. program[..1]]);
        Maps.AddReason(77);

        AssertSame(identities, Maps.ReadIdentities());
        AssertSame(blocks, Maps.ReadBlocks());
        AssertSame(subjects, Maps.ReadSubjects());
        AssertSame(verdicts, Maps.ReadVerdicts());
        AssertSame([.. program.Select(entry => KeyValuePair.Create(0x01020304u, entry)), new(5, program[0])], Maps.ReadPrograms());
        Assert.Equal([77u], Maps.ReadReasons());

        for (var twice = 0; twice < 2; twice++)
        {
            Array.ForEach(identities, one => Maps.RemoveIdentity(one.Key));
            Array.ForEach(blocks, one => Maps.RemoveBlock(one.Key));
            Array.ForEach(subjects, one => Maps.RemoveSubject(one.Device));
            Maps.RemoveVerdicts([.. verdicts.Select(one => one.Key)]);
            Maps.RemoveProgram(0x01020304, [.. program]);
            Maps.RemoveProgram(5, [.. program[..1]]);
            Assert.Equal(default, Maps.RemoveReason(77));
        }

        There_is_nothing_at_first();
    }

    [Fact]
    public void An_IPv4_address_is_in_no_block_of_IPv6()
    {
        using var blocks = RawMap<IdentityBlockKeyValue, IdentityValue>.Common(_directory, "np_identity_blocks");
        Maps.SetBlock(Block("::/0"), new(0, 7, 1));
        Assert.Equal(7u, Find("2001:db8::1"));
        Assert.Equal(0u, Find("10.0.0.1"));

        Maps.SetBlock(Block("0.0.0.0/0"), new(0, 5, 1));
        Assert.Equal(5u, Find("10.0.0.1"));
        Maps.RemoveBlock(Block("0.0.0.0/0"));
        Assert.Equal(0u, Find("10.0.0.1"));
        Assert.Equal([Block("::/0")], Maps.ReadBlocks().Select(one => one.Key));

        // As a program looks: by the whole address.
        uint Find(string address) => blocks.Find(new() { PrefixLen = 128, Addr = WireAddress.From(Ip(address)) })!.Value.After;
    }

    [Fact]
    public void A_generation_is_written_and_read()
    {
        foreach (var generation in (ulong[])[1, 2, 255, 256, 65_535, 65_536, ulong.MaxValue])
        {
            Maps.SetGeneration(generation);
            Assert.Equal(generation, Maps.Generation);
        }
    }

    // Entries are of no generation but these: those up to the former, and the next. So what is not less than the former is one of the two.
    [Fact]
    public void However_the_kernel_copies_a_generation_no_packet_reads_less_than_the_former() => Gen.Select(Gen.ULong, Gen.Int[0, 7]).Sample(
        (number, carries) =>
        {
            var former = number | ((1UL << (8 * carries)) - 1);
            if (former == ulong.MaxValue)
            {
                return;
            }

            var read = former;
            foreach (var step in KernelPolicyMaps.Steps(former, former + 1))
            {
                for (var bytes = 0; bytes < 256; bytes++)
                {
                    var mask = Enumerable.Range(0, 8).Where(at => (bytes >> at & 1) == 1).Aggregate(0UL, (all, at) => all | 0xffUL << (8 * at));
                    Assert.True(((read & ~mask) | (step & mask)) >= former);
                }

                read = step;
            }

            Assert.Equal(former + 1, read);
        },
        iter: 200);

    [Fact]
    public void The_counts_of_all_CPUs_are_summed_and_kept_until_the_reason_goes()
    {
        Maps.AddReason(5);
        Maps.AddReason(6);
        var expected = Count(5);
        Maps.AddReason(5);
        Assert.Equal(expected, Maps.ReadDenied(5));
        Assert.Equal(new() { [5] = expected, [6] = default }, new Dictionary<uint, DeniedCount>(Maps.ReadDenied()));
        Assert.Equal(expected, Maps.RemoveReason(5));
        Assert.Equal([6u], Maps.ReadReasons());
        Assert.Equal(default, Maps.ReadDenied(5));
    }

    [Fact]
    public void A_full_map_says_which_how_large_it_is_and_what_to_do()
    {
        for (var device = 1; device <= 8192; device++)
        {
            Maps.SetSubject(new(device), 1, default);
        }

        var error = Assert.Throws<KernelException>(() => Maps.SetSubject(new(8193), 1, default));
        Assert.Contains("np_subjects", error.Message, StringComparison.Ordinal);
        Assert.Contains("the map is full: it has 8192 entries, and its size is fixed. What was enforced goes on; use fewer policies", error.Message, StringComparison.Ordinal);
        Assert.Equal(8192, Maps.ReadSubjects().Count());
        Maps.SetSubject(new(1), 2, default);
    }

    [Fact]
    public unsafe void Packets_are_shown_in_their_order()
    {
        using var events = PinFolder.Open(Path.Combine(new PinFolder(_directory.Path).Common, "np_events"));
        for (var i = 1u; i <= 2; i++)
        {
            var value = new FlowEventValue
            {
                Time = 5_000_000_000,
                Kind = FlowEventKind.Flow,
                Reason = DropReason.MacSpoof,
                Number = i,
                Direction = 1,
                Network = 10,
                Ifindex = 7,
                Len = 60,
                HeadLen = 2,
                Dst = WireAddress.From(Ip("10.0.0.1")),
                Dport = WirePort.From(80),
            };
            value.Head[1] = 9;
            Assert.Equal(0, LibBpf.UpdateElement(events, null, &value, 0));
        }

        var shown = Maps.TakeEvent()!;
        Assert.Equal([0, 9], shown.Head);
        Assert.Equal(
            new FlowEvent(TimeSpan.FromSeconds(5), FlowEventKind.Flow, DropReason.MacSpoof, 1, PolicyDirection.Egress, 10, new(7), 60, Ip("10.0.0.1"), 80, shown.Head), shown);
        Assert.Equal(2u, Maps.TakeEvent()?.PolicyReason);
        Assert.Null(Maps.TakeEvent());
    }

    [Fact]
    public void A_drop_is_shown_while_somebody_observes()
    {
        _datapath.Activate();
        byte[] frame = [.. Enumerable.Range(1, 100).Select(i => (byte)i)];
        Programs.Run(_datapath.Stubs.FromPod, frame);
        Assert.Null(Maps.TakeEvent());

        Maps.Observe(FlowEventKinds.Drops | FlowEventKinds.Flows);
        Programs.Run(_datapath.Stubs.FromPod, frame);
        var shown = Maps.TakeEvent();
        Assert.Equal((FlowEventKind.Drop, DropReason.Unconfigured, 100), (shown?.Kind, shown?.Reason, shown?.Length));
        Assert.Equal(frame[..80], shown?.Head);

        Maps.Observe(FlowEventKinds.None);
        Programs.Run(_datapath.Stubs.FromPod, frame);
        Assert.Null(Maps.TakeEvent());
    }

    // Their sizes are part of what no later build can change.
    [Fact]
    public void Every_map_has_its_size() => Assert.All(
        ((string Name, uint Entries)[])
        [
            ("np_policy_state", 1), ("np_identities", 524_288), ("np_identity_blocks", 65_536), ("np_subjects", 8_192), ("np_verdicts", 1_048_576), ("np_ports_of", 524_288), ("np_denied", 131_072),
            ("np_flows", 524_288), ("np_observed", 1), ("np_events", 4_096),
        ],
        one =>
        {
            using var map = PinFolder.Open(Path.Combine(new PinFolder(_directory.Path).Common, one.Name));
            Assert.Equal(one.Entries, KernelInfo.OfMap(map, one.Name).MaxEntries);
        });

    // But for the entry that keeps IPv4 out of the blocks of IPv6.
    [Fact]
    public void The_compiler_knows_their_sizes() => Assert.Equal(PolicyMapSizes.OfMaps with { IdentityBlocks = PolicyMapSizes.OfMaps.IdentityBlocks - 1 }, Maps.Sizes);

    // Gives each CPU another count of a reason.
    private unsafe DeniedCount Count(uint reason)
    {
        using var denied = PinFolder.Open(Path.Combine(new PinFolder(_directory.Path).Common, "np_denied"));
        var shares = new CountValue[LibBpf.PossibleCpus()];
        for (var cpu = 0; cpu < shares.Length; cpu++)
        {
            shares[cpu] = new() { Packets = (ulong)cpu + 1, Bytes = 60 * ((ulong)cpu + 1) };
        }

        fixed (CountValue* first = shares)
        {
            Assert.Equal(0, LibBpf.UpdateElement(denied, &reason, first, 0));
        }

        var packets = (ulong)(shares.Length * (shares.Length + 1) / 2);
        return new(packets, 60 * packets);
    }

    private static void AssertSame<T>(T[] expected, IEnumerable<T> read)
    {
        T[] found = [.. read];
        Assert.Equal(expected.Length, found.Length);
        Assert.Equal(expected.ToHashSet(), found.ToHashSet());
    }

    private static IpAddr Ip(string text) => IpAddr.Parse(text);

    private static IpPrefix Block(string text) => IpPrefix.Parse(text);
}
