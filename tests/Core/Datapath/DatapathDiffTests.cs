using System.Collections.Immutable;
using System.Diagnostics;
using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;

namespace Netplugin.Tests.Core.Datapath;

public sealed class DatapathDiffTests
{
    private static readonly IpAddr Vtep = IpAddr.Parse("192.168.2.10");

    private static readonly Gen<DatapathState> States = Gen.Select(
        Gen.Int[0, 2],
        Gen.Select(Gen.UInt[1, 4], Gen.UInt[0, 2]).Array[0, 5],
        Gen.Select(Gen.UInt[1, 3], Gen.UInt[1, 4], Gen.Int[0, 2]).Array[0, 8],
        Gen.Select(Gen.Int[1, 4], Gen.ULong[1, 2]).Array[0, 5],
        Gen.Select(Gen.UInt[1, 4], Gen.UInt[0, 2]).Array[0, 4],
        Gen.Select(Gen.UInt[0, 1], Gen.UInt[0, 3], Gen.UInt[0, 2]).Array[0, 4],
        Gen.Select(Gen.UInt[1, 4], Gen.UInt[0, 2], Gen.Bool).Array[0, 5]).Select((node, networks, endpoints, interfaces, vteps, blocks, frontends) => new DatapathState(
            node == 0 ? null : Node(node),
            networks.DistinctBy(n => n.Item1).ToImmutableDictionary(n => n.Item1, n => new NetworkEntry(new(n.Item2 == 0 ? default : IpAddr.FromV4(n.Item2), default))),
            Endpoints(endpoints.Select(e => (Key(e.Item1, e.Item2), Entry(e.Item2, e.Item3)))),
            interfaces.DistinctBy(i => i.Item1).ToImmutableDictionary(i => new IfIndex(i.Item1), i => Interface(i.Item2)),
            vteps.DistinctBy(v => v.Item1).ToImmutableDictionary(v => IpAddr.FromV4(v.Item1), v => NextHop(v.Item2)),
            blocks.DistinctBy(b => (b.Item1, b.Item2)).ToImmutableDictionary(b => Block(b.Item1, b.Item2), b => b.Item3 == 0 ? default : IpAddr.FromV4(b.Item3)),
            Frontends(frontends.Select(f => (Frontend(f.Item1), Backends(f.Item2)))),
            [.. frontends.Where(f => f.Item3).Select(f => Frontend(f.Item1))]));

    [Fact]
    public void Everything_new_comes_parents_first()
    {
        var wanted = Full();

        Assert.Equal(
            [
                new DatapathChange.SetNode(Node(7)),
                new DatapathChange.SetNetwork(10001, new(default)),
                new DatapathChange.SetVtep(Vtep, NextHop(1)),
                new DatapathChange.SetBlock(Block(0, 1), Vtep),
                new DatapathChange.SetEndpoint(Key(10001, 1), Entry(1, 5)),
                new DatapathChange.SetShared(Frontend(3)),
                new DatapathChange.SetFrontend(Frontend(1), Backends(2)),
                new DatapathChange.SetInterface(new(5), Interface(1)),
            ],
            DatapathDiff.Compute(wanted, DatapathState.Empty));
    }

    [Fact]
    public void Everything_gone_goes_children_first()
    {
        Assert.Equal(
            [
                new DatapathChange.RemoveInterface(new(5)),
                new DatapathChange.RemoveFrontend(Frontend(1)),
                new DatapathChange.RemoveShared(Frontend(3)),
                new DatapathChange.RemoveEndpoint(Key(10001, 1)),
                new DatapathChange.RemoveBlock(Block(0, 1)),
                new DatapathChange.RemoveVtep(Vtep),
                new DatapathChange.RemoveNetwork(10001),
                new DatapathChange.ClearNode(),
            ],
            DatapathDiff.Compute(DatapathState.Empty, Full()));
    }

    [Fact]
    public void A_moved_endpoint_is_one_write()
    {
        var before = Full();
        var moved = Entry(1, 0);

        Assert.Equal(
            [new DatapathChange.SetEndpoint(Key(10001, 1), moved)],
            DatapathDiff.Compute(before with { Endpoints = before.Endpoints.With([new(Key(10001, 1), moved)]) }, before));
    }

    [Fact]
    public void Frontends_with_the_same_backends_in_another_array_are_the_same()
    {
        var before = Full();
        var again = before with { Frontends = Frontends([(Frontend(1), Backends(2))]) };

        Assert.Empty(DatapathDiff.Compute(again, before));
        Assert.Equal(
            [new DatapathChange.SetFrontend(Frontend(1), Backends(1))],
            DatapathDiff.Compute(before with { Frontends = Frontends([(Frontend(1), Backends(1))]) }, before));
    }

    [Fact]
    public void Applying_the_changes_gives_what_is_wanted_and_no_more_than_that()
    {
        Gen.Select(States, States).Sample((wanted, observed) =>
        {
            var changes = DatapathDiff.Compute(wanted, observed);

            AssertSame(wanted, changes.Aggregate(observed, Apply));
            Assert.Equal(changes.Length, changes.Distinct().Count());
            Assert.Empty(DatapathDiff.Compute(wanted, wanted));
        });
    }

    [Fact]
    public void One_change_among_a_hundred_thousand_endpoints_is_found_quickly()
    {
        var observed = Full() with { Endpoints = Endpoints(Enumerable.Range(1, 100_000).Select(i => (Key(10001, (uint)i), Entry((uint)i, 0)))) };
        var wanted = observed with { Endpoints = observed.Endpoints.With([new(Key(10001, 50_000), Entry(50_000, 5))]) };
        DatapathDiff.Compute(wanted, observed);

        var clock = Stopwatch.StartNew();
        var changes = DatapathDiff.Compute(wanted, observed);

        Assert.Single(changes);
        // Some 20 ms on an idle machine; the margin is for a busy one.
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    private static NodeEntry Node(int device) => new(Vtep, new(device), MacAddress.Gateway, 1450);

    private static EndpointKey Key(uint network, uint address) => new(network, IpAddr.FromV4(address));

    private static EndpointEntry Entry(uint address, int device) =>
        new(new(device), device == 0 ? Vtep : IpAddr.Unspecified, MacAddress.ForEndpoint(IpAddr.FromV4(address)));

    private static BlockKey Block(uint network, uint number) => new(network, new IpPrefix(IpAddr.FromV4(0x0af40000 | (number << 8)), 24));

    private static VtepEntry NextHop(uint neighbour) => neighbour == 0 ? default : new(new(3), IpAddr.FromV4(neighbour));

    private static InterfaceEntry Interface(ulong number) => new(10001, number, MacAddress.ForEndpoint(IpAddr.FromV4(1)), AddressPair.Of([IpAddr.FromV4(1)]));

    private static PackedDictionary<EndpointKey, EndpointEntry> Endpoints(IEnumerable<(EndpointKey Key, EndpointEntry Entry)> entries) =>
        DatapathState.Empty.Endpoints.With([.. entries.Select(e => new DictionaryEdit<EndpointKey, EndpointEntry>(e.Key, e.Entry))]);

    private static FrontendKey Frontend(uint number) => new(IpAddr.FromV4(0x0a600000 | number), 80, TransportProtocol.Tcp);

    private static Frontend Backends(uint count) => new(
        count == 0 ? FrontendAction.Reject : FrontendAction.Balance, TimeSpan.Zero,
        [.. Enumerable.Range(1, (int)count).Select(i => new Backend(IpAddr.FromV4((uint)i), 8080))]);

    private static PackedDictionary<FrontendKey, Frontend> Frontends(IEnumerable<(FrontendKey Key, Frontend Frontend)> frontends) =>
        DatapathState.Empty.Frontends.With([.. frontends.Select(f => new DictionaryEdit<FrontendKey, Frontend>(f.Key, f.Frontend))]);

    private static DatapathState Full() => new(
        Node(7),
        ImmutableDictionary<uint, NetworkEntry>.Empty.Add(10001, new(default)),
        Endpoints([(Key(10001, 1), Entry(1, 5))]),
        ImmutableDictionary<IfIndex, InterfaceEntry>.Empty.Add(new(5), Interface(1)),
        ImmutableDictionary<IpAddr, VtepEntry>.Empty.Add(Vtep, NextHop(1)),
        ImmutableDictionary<BlockKey, IpAddr>.Empty.Add(Block(0, 1), Vtep),
        Frontends([(Frontend(1), Backends(2))]),
        [Frontend(3)]);

    private static DatapathState Apply(DatapathState state, DatapathChange change) => change switch
    {
        DatapathChange.SetNode set => state with { Node = set.Node },
        DatapathChange.ClearNode => state with { Node = null },
        DatapathChange.SetNetwork set => state with { Networks = state.Networks.SetItem(set.Network, set.Entry) },
        DatapathChange.RemoveNetwork remove => state with { Networks = state.Networks.Remove(remove.Network) },
        DatapathChange.SetVtep set => state with { Vteps = state.Vteps.SetItem(set.Vtep, set.Entry) },
        DatapathChange.RemoveVtep remove => state with { Vteps = state.Vteps.Remove(remove.Vtep) },
        DatapathChange.SetEndpoint set => state with { Endpoints = state.Endpoints.With([new(set.Key, set.Entry)]) },
        DatapathChange.RemoveEndpoint remove => state with { Endpoints = state.Endpoints.With([new(remove.Key)]) },
        DatapathChange.SetBlock set => state with { Blocks = state.Blocks.SetItem(set.Key, set.Vtep) },
        DatapathChange.RemoveBlock remove => state with { Blocks = state.Blocks.Remove(remove.Key) },
        DatapathChange.SetFrontend set => state with { Frontends = state.Frontends.With([new(set.Key, set.Frontend)]) },
        DatapathChange.RemoveFrontend remove => state with { Frontends = state.Frontends.With([new(remove.Key)]) },
        DatapathChange.SetShared set => state with { Shared = state.Shared.Add(set.Key) },
        DatapathChange.RemoveShared remove => state with { Shared = state.Shared.Remove(remove.Key) },
        DatapathChange.SetInterface set => state with { Interfaces = state.Interfaces.SetItem(set.Device, set.Entry) },
        DatapathChange.RemoveInterface remove => state with { Interfaces = state.Interfaces.Remove(remove.Device) },
        _ => throw new InvalidOperationException($"unknown change {change}"),
    };

    private static void AssertSame(DatapathState expected, DatapathState actual)
    {
        Assert.Equal(expected.Node, actual.Node);
        Assert.Equal(expected.Networks.OrderBy(n => n.Key), actual.Networks.OrderBy(n => n.Key));
        Assert.Equal(expected.Endpoints.OrderBy(e => (e.Key.Network, e.Key.Address)), actual.Endpoints.OrderBy(e => (e.Key.Network, e.Key.Address)));
        Assert.Equal(expected.Interfaces.OrderBy(i => i.Key.Value), actual.Interfaces.OrderBy(i => i.Key.Value));
        Assert.Equal(expected.Vteps.OrderBy(v => v.Key), actual.Vteps.OrderBy(v => v.Key));
        Assert.Equal(expected.Blocks.OrderBy(b => b.Key), actual.Blocks.OrderBy(b => b.Key));
        Assert.Equal(expected.Frontends, actual.Frontends);
    }
}
