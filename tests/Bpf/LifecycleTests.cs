using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Interop;
using Netplugin.Tests.Bpf.Kernel;

namespace Netplugin.Tests.Bpf;

public sealed class LifecycleTests : IDisposable
{
    private readonly BpfDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_is_applied_is_observed()
    {
        using var datapath = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        Assert.Equal(DatapathState.Empty, datapath.Observe(), DatapathStates.Same);

        var wanted = DatapathStates.Sample(endpoints: 3000);
        datapath.Apply(DatapathDiff.Compute(wanted, DatapathState.Empty));
        Assert.Equal(wanted, datapath.Observe(), DatapathStates.Same);

        var less = DatapathStates.Sample(endpoints: 2);
        datapath.Apply(DatapathDiff.Compute(less, datapath.Observe()));
        Assert.Equal(less, datapath.Observe(), DatapathStates.Same);
    }

    [Fact]
    public void A_look_with_what_was_known_sees_every_difference_and_keeps_what_is_the_same()
    {
        using var datapath = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        var known = DatapathStates.Sample(endpoints: 3000);
        datapath.Apply(DatapathDiff.Compute(known, DatapathState.Empty));
        Assert.Same(known.Endpoints, datapath.Observe(known).Endpoints);

        var (key, entry) = known.Endpoints.First();
        var changed = known with
        {
            Endpoints = known.Endpoints.With(
            [
                new(key, entry with { Mac = MacAddress.Gateway }), new(known.Endpoints.Keys.ElementAt(1000)),
                new(new EndpointKey(10002, IpAddr.Parse("10.9.9.9")), entry),
            ]),
        };
        datapath.Apply(DatapathDiff.Compute(changed, known));
        Assert.Equal(changed, datapath.Observe(known), DatapathStates.Same);
    }

    [Fact]
    public void One_entry_is_found_by_its_key()
    {
        using var datapath = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        var wanted = DatapathStates.Sample(endpoints: 10);
        datapath.Apply(DatapathDiff.Compute(wanted, DatapathState.Empty));

        Assert.All(wanted.Endpoints, e => Assert.Equal(e.Value, datapath.Find(e.Key)));
        Assert.All(wanted.Interfaces, i => Assert.Equal(i.Value, datapath.Find(i.Key)));
        Assert.Null(datapath.Find(new EndpointKey(10001, IpAddr.Parse("10.9.9.9"))));
        Assert.Null(datapath.Find(new IfIndex(99)));
    }

    [Fact]
    public void Applying_twice_and_removing_what_is_gone_succeeds()
    {
        using var datapath = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        var wanted = DatapathStates.Sample(endpoints: 10);
        var changes = DatapathDiff.Compute(wanted, DatapathState.Empty);
        datapath.Apply(changes);
        datapath.Apply(changes);
        Assert.Equal(wanted, datapath.Observe(), DatapathStates.Same);

        var removals = DatapathDiff.Compute(DatapathState.Empty, wanted);
        datapath.Apply(removals);
        datapath.Apply(removals);
        Assert.Empty(datapath.Observe().Endpoints);
    }

    [Fact]
    public void A_full_map_says_which_one_and_keeps_what_fitted()
    {
        using var datapath = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes with { Endpoints = 8 });
        var changes = DatapathDiff.Compute(DatapathStates.Sample(endpoints: 9), DatapathState.Empty);
        var error = Assert.Throws<KernelException>(() => datapath.Apply(changes));
        Assert.Contains("np_endpoints", error.Message, StringComparison.Ordinal);
        Assert.Equal(8, datapath.Observe().Endpoints.Count);
    }

    [Fact]
    public void Opening_again_finds_the_maps_with_what_is_in_them_and_the_same_stubs()
    {
        var wanted = DatapathStates.Sample(endpoints: 10);
        ulong stub;
        using (var before = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes))
        {
            before.Apply(DatapathDiff.Compute(wanted, DatapathState.Empty));
            before.Activate();
            stub = Programs.LoadTime(before.Stubs.FromPod);
        }

        using var after = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        Assert.Equal(wanted, after.Observe(), DatapathStates.Same);
        Assert.Equal(stub, Programs.LoadTime(after.Stubs.FromPod));
        Assert.False(after.HasOlderGeneration);
    }

    [Fact]
    public void Larger_maps_are_a_new_generation_that_takes_over_when_activated()
    {
        using var before = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        before.Apply(DatapathDiff.Compute(DatapathStates.Sample(endpoints: 10), DatapathState.Empty));
        before.Activate();

        using var after = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes with { Endpoints = 8192 });
        Assert.NotEqual(before.Generation, after.Generation);
        Assert.True(after.HasOlderGeneration);
        Assert.Equal(10, before.Observe().Endpoints.Count);
        after.Activate();
        Assert.False(after.HasOlderGeneration);
        Assert.Equal([after.Generation], Directory.GetDirectories(_directory.Path, "g*").Select(path => Path.GetFileName(path)[1..]));
    }

    [Fact]
    public void A_new_layout_begins_with_what_the_old_one_holds()
    {
        var wanted = DatapathStates.Sample(endpoints: 1000);
        using var before = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        before.Apply(DatapathDiff.Compute(wanted, DatapathState.Empty));
        before.Activate();

        using var after = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes with { Endpoints = 8192 }, TestObject.Wide);
        Assert.NotEqual(before.Generation, after.Generation);
        Assert.Equal(wanted, after.Observe(), DatapathStates.Same);

        // And it is written and read like any other.
        var less = DatapathStates.Sample(endpoints: 5);
        after.Apply(DatapathDiff.Compute(less, after.Observe()));
        Assert.Equal(less, after.Observe(), DatapathStates.Same);
        Assert.Equal(wanted, before.Observe(), DatapathStates.Same);
    }

    [Fact]
    public void Going_over_to_maps_that_are_too_small_is_refused_and_changes_nothing()
    {
        var wanted = DatapathStates.Sample(endpoints: 1000);
        using var before = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        before.Apply(DatapathDiff.Compute(wanted, DatapathState.Empty));
        before.Activate();

        var error = Assert.Throws<KernelException>(() => BpfDatapath.Open(_directory.Path, DatapathStates.Sizes with { Endpoints = 500 }));
        Assert.Contains("np_endpoints", error.Message, StringComparison.Ordinal);
        using var again = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        Assert.Equal(wanted, again.Observe(), DatapathStates.Same);
    }

    [Fact]
    public void Stubs_drop_and_count_until_programs_are_activated()
    {
        using var datapath = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        Assert.Equal(Programs.Shot, Programs.Run(datapath.Stubs.FromPod, new byte[60]));
        Assert.Equal(1UL, datapath.ReadCounters().Drops[DropReason.NoProgram].Packets);
        Assert.Equal(Programs.Unspecified, Programs.Run(datapath.Stubs.FromUnderlay, new byte[60]));

        datapath.Activate();
        Assert.Equal(Programs.Shot, Programs.Run(datapath.Stubs.FromPod, new byte[60]));
        Assert.Equal(new PacketCount(1, 60), datapath.ReadCounters().Drops[DropReason.Unconfigured]);
        Assert.Equal(Programs.Shot, Programs.Run(datapath.Stubs.ToPod, new byte[60]));
        Assert.Equal(1UL, datapath.ReadCounters().Drops[DropReason.HostToPod].Packets);
        Assert.Equal(Programs.Shot, Programs.Run(datapath.Stubs.FromOverlay, new byte[60]));
        Assert.Equal(1UL, datapath.ReadCounters().Drops[DropReason.NoTunnelKey].Packets);
        Assert.Equal(Programs.Shot, Programs.Run(datapath.Stubs.ToOverlay, new byte[60]));
        Assert.Equal(new PacketCount(2, 120), datapath.ReadCounters().Drops[DropReason.Unconfigured]);
    }

    [Fact]
    public unsafe void A_program_that_only_a_later_build_has_does_not_outlive_going_back()
    {
        using var datapath = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        uint slot = 15;
        var program = (int)datapath.Program("np_to_pod").DangerousGetHandle();
        using var programs = PinFolder.Open(Path.Combine(new PinFolder(_directory.Path).Common, "np_progs"));
        Assert.Equal(0, LibBpf.UpdateElement(programs, &slot, &program, 0));
        uint id;
        Assert.Equal(0, LibBpf.LookupElement(programs, &slot, &id));

        datapath.Activate();

        Assert.True(LibBpf.LookupElement(programs, &slot, &id) < 0);
    }

    [Fact]
    public void Counters_go_on_through_a_new_generation()
    {
        using var before = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        before.Activate();
        Programs.Run(before.Stubs.FromPod, new byte[60]);

        using var after = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes with { Endpoints = 8192 });
        after.Activate();
        Programs.Run(after.Stubs.FromPod, new byte[60]);
        Assert.Equal(2UL, after.ReadCounters().Drops[DropReason.Unconfigured].Packets);
    }

    [Fact]
    public void Removing_leaves_no_pin_and_may_be_done_twice()
    {
        using (var datapath = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes))
        {
            datapath.Activate();
        }

        BpfDatapath.Remove(_directory.Path);
        BpfDatapath.Remove(_directory.Path);
        Assert.False(Directory.Exists(_directory.Path));
    }

    [Fact]
    public void An_MTU_that_cannot_be_is_refused()
    {
        using var datapath = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        var node = new NodeEntry(IpAddr.Parse("192.0.2.1"), new IfIndex(7), MacAddress.Gateway, 575);
        Assert.Throws<ArgumentOutOfRangeException>(() => datapath.Apply([new DatapathChange.SetNode(node)]));
    }
}
