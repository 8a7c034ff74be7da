using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using Netplugin.Linux;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Tests.Bpf.Kernel;
using static Netplugin.Tests.Bpf.Kernel.DatapathStates;

namespace Netplugin.Tests.Bpf;

/// <summary>Frontends in the maps, with the tables of their backends.</summary>
public sealed class FrontendTests : IDisposable
{
    private static readonly DatapathSizes Small = new() { Endpoints = 64, Networks = 64, Interfaces = 64, Vteps = 64, Blocks = 64, Frontends = 16, Backends = 32 };
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(999);

    private readonly BpfDirectory _directory = new();
    private readonly SetTime _time = new();
    private BpfDatapath _datapath;

    public FrontendTests() => _datapath = BpfDatapath.Open(_directory.Path, Small, _time);

    public void Dispose()
    {
        _datapath.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_table_has_every_backend_by_slot_and_the_other_way_round()
    {
        Set(("10.96.0.1", Balance("10.244.1.2 8080", "10.244.2.2 8080") with { Affinity = TimeSpan.FromSeconds(10.2) }));

        using var frontends = RawMap<FrontendKeyValue, FrontendValue>.Of(_directory, _datapath, "np_frontends");
        var (key, value) = Assert.Single(frontends.Elements);
        Assert.Equal(Key("10.96.0.1", 80), key.ToKey());
        Assert.Equal(new FrontendValue { Action = 2, Table = 1, Count = 2, Affinity = 11 }, value);
        Assert.Equal([(1U, 0U, Backend("10.244.1.2")), (1U, 1U, Backend("10.244.2.2"))], Slots());
        Assert.Equal(Slots(), Members());
    }

    [Theory]
    [InlineData(FrontendAction.Reject, 0)]
    [InlineData(FrontendAction.Drop, 1)]
    public void What_is_not_balanced_has_no_table(FrontendAction action, uint number)
    {
        Set(("10.96.0.1", new Frontend(action, TimeSpan.Zero, [])));

        using var frontends = RawMap<FrontendKeyValue, FrontendValue>.Of(_directory, _datapath, "np_frontends");
        Assert.Equal(new FrontendValue { Action = number }, Assert.Single(frontends.Elements).Value);
        Assert.Empty(Slots());
    }

    [Fact]
    public void Frontends_with_the_same_backends_share_a_table()
    {
        var shared = Balance("10.244.1.2 8080", "10.244.2.2 8080");
        Set(("10.96.0.1", shared), ("10.96.0.2", shared with { Affinity = TimeSpan.FromMinutes(1) }), ("10.96.0.3", Balance("10.244.1.2 8080", "10.244.2.2 8080")));
        Assert.Equal(2, Slots().Length);

        // It goes with the last of them.
        Remove("10.96.0.1");
        Remove("10.96.0.2");
        Later();
        Assert.Equal(2, Slots().Length);
        Remove("10.96.0.3");
        Later();
        Assert.Empty(Slots());
        Assert.Empty(Members());
    }

    [Fact]
    public void Other_backends_are_another_table_and_the_old_one_goes_a_second_later()
    {
        Set(("10.96.0.1", Balance("10.244.1.2 8080", "10.244.2.2 8080")));
        Set(("10.96.0.1", Balance("10.244.2.2 8080")));

        Assert.Equal(Balance("10.244.2.2 8080"), _datapath.Find(Key("10.96.0.1", 80)));
        Assert.Equal([1U, 1U, 2U], Slots().Select(slot => slot.Table));
        Assert.True(_datapath.HasUnusedBackends);
        _time.Advance(Moment);
        _datapath.Sweep();
        Assert.Equal(3, Slots().Length);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        _datapath.Sweep();
        Assert.Equal([(2U, 0U, Backend("10.244.2.2"))], Slots());
        Assert.Equal(Slots(), Members());
        Assert.False(_datapath.HasUnusedBackends);
    }

    [Fact]
    public void A_change_of_frontends_removes_old_tables_too()
    {
        Set(("10.96.0.1", Balance("10.244.1.2 8080")));
        Remove("10.96.0.1");
        _time.Advance(TimeSpan.FromSeconds(1));
        Set(("10.96.0.2", Balance("10.244.2.2 8080")));

        Assert.Equal([(2U, 0U, Backend("10.244.2.2"))], Slots());
    }

    [Fact]
    public void A_table_that_is_wanted_again_stays_and_waits_anew_when_it_is_not()
    {
        Set(("10.96.0.1", Balance("10.244.1.2 8080")));
        Remove("10.96.0.1");
        _time.Advance(Moment);
        Set(("10.96.0.2", Balance("10.244.1.2 8080")));
        Later();
        Assert.Equal([(1U, 0U, Backend("10.244.1.2"))], Slots());

        Remove("10.96.0.2");
        _time.Advance(Moment);
        _datapath.Sweep();
        Assert.NotEmpty(Slots());
    }

    [Fact]
    public void A_restart_sees_the_same_and_goes_on_with_new_numbers()
    {
        Set(("10.96.0.1", Balance("10.244.1.2 8080")), ("10.96.0.2", Balance("10.244.2.2 8080")), ("10.96.0.3", new Frontend(FrontendAction.Reject, default, [])));
        Remove("10.96.0.2");
        var before = _datapath.Observe();

        Restart();
        Assert.Equal(before, _datapath.Observe(), Same);
        Assert.Equal([1U, 2U], Slots().Select(slot => slot.Table));

        // The one that nobody has waits its second from here, since nobody knows how long it has.
        Set(("10.96.0.4", Balance("10.244.4.2 8080")));
        Assert.Equal([1U, 2U, 3U], Slots().Select(slot => slot.Table));
        Later();
        Assert.Equal([1U, 3U], Slots().Select(slot => slot.Table));
    }

    [Fact]
    public void A_number_that_only_a_connection_knows_does_not_come_back()
    {
        using (var connections = RawMap<TupleValue, ConnectionValue>.Common(_directory, "np_connections"))
        {
            connections.Set(new TupleValue { Proto = TransportProtocol.Tcp }, new ConnectionValue { Table = 41 });
        }

        Restart();
        Set(("10.96.0.1", Balance("10.244.1.2 8080")));
        Assert.Equal([42U], Slots().Select(slot => slot.Table));
    }

    [Fact]
    public void A_look_keeps_what_is_as_it_was_known()
    {
        Set(("10.96.0.1", Balance("10.244.1.2 8080") with { Affinity = TimeSpan.FromSeconds(0.5) }), ("10.96.0.2", Balance("10.244.2.2 8080")));
        var known = _datapath.Observe();
        Assert.Same(known.Frontends, _datapath.Observe(known).Frontends);

        // Also what does not fit the map's whole seconds.
        var wanted = DatapathState.Empty with { Frontends = known.Frontends.With([new(Key("10.96.0.1", 80), Balance("10.244.1.2 8080") with { Affinity = TimeSpan.FromSeconds(0.5) })]) };
        Assert.Same(wanted.Frontends, _datapath.Observe(wanted).Frontends);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_damaged_table_is_replaced(int damage)
    {
        Set(("10.96.0.1", Balance("10.244.1.2 8080", "10.244.2.2 8080")), ("10.96.0.2", Balance("10.244.3.2 8080")));
        var wanted = _datapath.Observe();
        using var backends = RawMap<BackendKeyValue, BackendValue>.Of(_directory, _datapath, "np_backends");
        using var members = RawMap<MemberKeyValue, uint>.Of(_directory, _datapath, "np_members");
        using var frontends = RawMap<FrontendKeyValue, FrontendValue>.Of(_directory, _datapath, "np_frontends");
        var first = new BackendKeyValue { Table = 1, Slot = 0 };
        switch (damage)
        {
            case 0:
                backends.Delete(first);
                break;
            case 1:
                members.Delete(MemberKeyValue.From(1, Backend("10.244.2.2")));
                break;
            case 2:
                members.Set(MemberKeyValue.From(1, Backend("10.244.1.2")), 1);
                break;
            case 3:
                backends.Set(first, BackendValue.From(Backend("10.9.9.9")));
                break;
            default:
                var key = FrontendKeyValue.From(Key("10.96.0.1", 80));
                frontends.Set(key, frontends.Elements[key] with { Table = 7 });
                break;
        }

        var observed = _datapath.Observe(wanted);
        var changes = DatapathDiff.Compute(wanted, observed);
        Assert.Equal(Key("10.96.0.1", 80), Assert.IsType<DatapathChange.SetFrontend>(Assert.Single(changes)).Key);
        _datapath.Apply(changes);

        Assert.Equal(wanted, _datapath.Observe(), Same);
        Later();
        Assert.Equal(3, Slots().Length);
        Assert.Equal(Slots(), Members());
        Restart();
        Assert.Equal(wanted, _datapath.Observe(), Same);
    }

    [Fact]
    public void A_table_that_does_not_fit_leaves_its_room_and_its_frontend_as_they_were()
    {
        Set(("10.96.0.1", Balance("10.244.1.2 8080")));
        var many = Balance([.. Enumerable.Range(1, 32).Select(i => $"10.244.9.{i} 8080")]);

        var error = Assert.Throws<KernelException>(() => Set(("10.96.0.1", many), ("10.96.0.2", Balance("10.244.2.2 8080"))));

        Assert.Contains("np_backends", error.Message, StringComparison.Ordinal);
        Assert.Equal([(1U, 0U, Backend("10.244.1.2"))], Slots());
        Assert.Equal(Slots(), Members());
        Assert.Equal(Balance("10.244.1.2 8080"), _datapath.Find(Key("10.96.0.1", 80)));
        Set(("10.96.0.2", Balance("10.244.2.2 8080")));
        Assert.Equal(Balance("10.244.2.2 8080"), _datapath.Find(Key("10.96.0.2", 80)));
    }

    [Fact]
    public void Frontends_that_do_not_fit_leave_no_table_behind()
    {
        var error = Assert.Throws<KernelException>(() =>
            Set([.. Enumerable.Range(1, 17).Select(i => ($"10.96.0.{i}", Balance($"10.244.1.{i} 8080")))]));

        Assert.Contains("np_frontends", error.Message, StringComparison.Ordinal);
        Assert.Equal(16, _datapath.Observe().Frontends.Count);
        Later();
        Assert.Equal(16, Slots().Length);
    }

    [Fact]
    public void A_later_build_with_another_layout_begins_with_the_frontends_and_their_numbers()
    {
        Set(("10.96.0.1", Balance("10.244.1.2 8080")), ("fd00:96::1", Balance("fd00:1::2 8080")));
        var before = _datapath.Observe();
        _datapath.Activate();

        using var after = BpfDatapath.Open(_directory.Path, Small with { Frontends = 32 }, TestObject.Wide, _time);
        Assert.NotEqual(_datapath.Generation, after.Generation);
        Assert.Equal(before, after.Observe(), Same);
        after.Apply([new DatapathChange.SetFrontend(Key("10.96.0.3", 80), Balance("10.244.3.2 8080"))]);
        using var backends = RawMap<BackendKeyValue, BackendValue>.Of(_directory, after, "np_backends");
        Assert.Equal([1U, 2U, 3U], backends.Elements.Keys.Select(key => key.Table).Order());
    }

    private static Backend Backend(string address) => new(IpAddr.Parse(address), 8080);

    private void Restart()
    {
        _datapath.Dispose();
        _datapath = BpfDatapath.Open(_directory.Path, Small, _time);
    }

    private void Later()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _datapath.Sweep();
    }

    private void Set(params (string Address, Frontend Frontend)[] frontends) =>
        _datapath.Apply([.. frontends.Select(f => new DatapathChange.SetFrontend(Key(f.Address, 80), f.Frontend))]);

    private void Remove(string address) => _datapath.Apply([new DatapathChange.RemoveFrontend(Key(address, 80))]);

    private (uint Table, uint Slot, Backend Backend)[] Slots()
    {
        using var map = RawMap<BackendKeyValue, BackendValue>.Of(_directory, _datapath, "np_backends");
        return [.. map.Elements.Select(e => (e.Key.Table, e.Key.Slot, e.Value.ToBackend())).Order()];
    }

    private (uint Table, uint Slot, Backend Backend)[] Members()
    {
        using var map = RawMap<MemberKeyValue, uint>.Of(_directory, _datapath, "np_members");
        return [.. map.Elements.Select(e => (e.Key.Table, e.Value, e.Key.ToBackend())).Order()];
    }
}
