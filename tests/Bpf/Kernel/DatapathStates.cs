using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf;

namespace Netplugin.Tests.Bpf.Kernel;

/// <summary>States to fill maps with, and their comparison.</summary>
internal static class DatapathStates
{
    /// <summary>Maps with room for samples.</summary>
    internal static DatapathSizes Sizes { get; } = new() { Endpoints = 4096, Networks = 64, Interfaces = 64, Vteps = 64, Frontends = 1024, Backends = 4096 };

    /// <summary>Equal in every entry: the record's own equality would compare the collections by reference.</summary>
    internal static IEqualityComparer<DatapathState> Same { get; } = EqualityComparer<DatapathState>.Create(
        (one, other) => one is not null && other is not null && DatapathDiff.Compute(one, other).IsEmpty && DatapathDiff.Compute(other, one).IsEmpty);

    internal static FrontendKey Key(string address, ushort port, TransportProtocol protocol = TransportProtocol.Tcp) =>
        new(IpAddr.Parse(address), port, protocol);

    /// <summary>A frontend that balances over these, each an address, a space and a port.</summary>
    internal static Frontend Balance(params string[] backends) => new(
        FrontendAction.Balance, TimeSpan.Zero,
        [.. backends.Select(backend => backend.Split(' ')).Select(parts => new Backend(IpAddr.Parse(parts[0]), ushort.Parse(parts[1], CultureInfo.InvariantCulture)))]);

    internal static DatapathState Sample(int endpoints)
    {
        var state = DatapathState.Empty with
        {
            Node = new NodeEntry(IpAddr.Parse("192.0.2.1"), new IfIndex(7), MacAddress.Gateway, 1450),
            Networks = DatapathState.Empty.Networks.Add(10001, new NetworkEntry(AddressPair.Of([IpAddr.Parse("10.0.0.1"), IpAddr.Parse("2001:db8:a::1")]), [IpPrefix.Parse("10.0.0.0/14"), IpPrefix.Parse("2001:db8:a::/61")])).Add(10002, new NetworkEntry(default)),
            Vteps = DatapathState.Empty.Vteps
                .Add(IpAddr.Parse("192.0.2.2"), new VtepEntry(new IfIndex(3), IpAddr.Parse("198.51.100.254"))).Add(IpAddr.Parse("2001:db8::2"), default),
            Shared = [Key("10.244.1.2", 53, TransportProtocol.Udp), Key("fd00:1::2", 53)],
            Blocks = DatapathState.Empty.Blocks
                .Add(new BlockKey(DatapathState.Cluster, IpPrefix.Parse("10.244.1.0/24")), IpAddr.Parse("192.0.2.2"))
                .Add(new BlockKey(DatapathState.Cluster, IpPrefix.Parse("fd00:1::/64")), IpAddr.Unspecified)
                .Add(new BlockKey(10001, IpPrefix.Parse("10.244.0.0/16")), IpAddr.Parse("2001:db8::2")),
            Frontends = DatapathState.Empty.Frontends.With(
            [
                new(Key("10.96.0.1", 443), Balance("10.244.1.2 6443", "10.244.2.2 6443")),
                new(Key("fd00:96::1", 53, TransportProtocol.Udp), Balance("fd00:1::2 53") with { Affinity = TimeSpan.FromHours(3) }),
                new(Key("0.0.0.0", 30080), new Frontend(FrontendAction.Reject, TimeSpan.Zero, [])),
                new(Key("::", 30080, TransportProtocol.Sctp), new Frontend(FrontendAction.Drop, TimeSpan.FromSeconds(1), [])),
            ]),
        };
        for (var i = 0; i < endpoints; i++)
        {
            var address = IpAddr.FromV4(0x0a000002).Add((uint)i);
            var mac = MacAddress.ForEndpoint(address);
            var local = i % 3 == 0;
            state = state with
            {
                Endpoints = state.Endpoints.With([new(
                    new EndpointKey(10001, address),
                    local ? new EndpointEntry(new IfIndex(100 + i), IpAddr.Unspecified, mac, i % 2 == 0 ? 10001u : 0) : new EndpointEntry(IfIndex.None, IpAddr.Parse("192.0.2.2"), mac))]),
                Interfaces = local && i < 60
                    ? state.Interfaces.Add(new IfIndex(100 + i), new InterfaceEntry(10001, ulong.MaxValue - (uint)i, mac, i % 2 == 0 ? AddressPair.Of([address]) : new AddressPair(address, IpAddr.Parse("2001:db8:a::2").Add((uint)i)), i % 2 == 0 ? default : AddressPair.Of([IpAddr.Parse("10.244.3.1").Add((uint)i)])))
                    : state.Interfaces,
            };
        }

        return state;
    }
}
