using System.Collections.Immutable;
using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netplugin.Tests.Core.Planning;

/// <summary>What nodes lease of a network, and what they and posts give addresses of.</summary>
public sealed class NetworkBlocksTests
{
    private static readonly NetworkId Id = new("t", "n");

    private static readonly Gen<NetworkRecord> AnyNetwork = Gen.OneOf(
        "10.9.9.0/27", "10.9.9.0/28", "10.9.9.1/28", "10.9.9.6/27", "10.9.9.31/27", "10.9.9.30/27", "10.9.9.0/29", "10.9.9.4/29", "10.9.9.0/30",
        "10.9.9.2/31", "10.9.9.7/32", "255.255.255.224/27", "fd00::/124", "fd00::1/124", "fd00::/127", "fd00::1/128",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124")
        .SelectMany(subnet => Gen.Select(Gen.Bool, Gen.Int[0, 31], (has, at) => Network(subnet, has ? at : null)));

    // The subnet, its gateway, the endpoints' addresses, what is leased; what is leased next.
    [Theory]
    [InlineData("11.1.0.0/24", "", "", "", "11.1.0.0/29")]
    [InlineData("11.1.0.0/24", "", "11.1.0.1", "", "11.1.0.8/29")]
    [InlineData("11.1.0.0/24", "11.1.0.1", "11.1.0.8 11.1.0.17", "11.1.0.0/29", "11.1.0.24/29")]
    [InlineData("11.1.0.0/28", "", "11.1.0.7 11.1.0.9", "", "11.1.0.0/30")]
    [InlineData("11.1.0.0/28", "", "11.1.0.3 11.1.0.5 11.1.0.9", "", "11.1.0.12/30")]
    [InlineData("11.1.0.0/29", "", "11.1.0.3 11.1.0.5", "", "11.1.0.0/31")]
    [InlineData("11.1.0.0/29", "11.1.0.1", "11.1.0.3 11.1.0.5", "", "11.1.0.6/31")]
    [InlineData("11.1.0.0/29", "11.1.0.1", "11.1.0.3 11.1.0.5", "11.1.0.6/31", "11.1.0.2/32")]
    [InlineData("11.1.0.0/29", "11.1.0.1", "11.1.0.3 11.1.0.5", "11.1.0.6/31 11.1.0.2/32", "11.1.0.4/32")]
    [InlineData("11.1.0.0/29", "11.1.0.1", "11.1.0.3 11.1.0.5", "11.1.0.6/31 11.1.0.2/32 11.1.0.4/32", null)]
    [InlineData("11.1.0.1/24", "", "", "", "11.1.0.8/29")]
    [InlineData("11.1.0.1/28", "", "", "11.1.0.8/29", "11.1.0.4/30")]
    [InlineData("11.1.0.1/28", "", "", "11.1.0.8/29 11.1.0.4/30 11.1.0.2/31", "11.1.0.0/31")]
    [InlineData("11.1.0.1/28", "11.1.0.1", "", "11.1.0.8/29 11.1.0.4/30 11.1.0.2/31", null)]
    [InlineData("11.1.0.255/24", "", "", "", "11.1.0.0/29")]
    [InlineData("11.1.0.4/31", "", "", "", "11.1.0.4/31")]
    [InlineData("11.1.0.4/32", "", "", "", "11.1.0.4/32")]
    [InlineData("fd00::/64", "", "", "", "fd00::/125")]
    [InlineData("fd00::/64", "fd00::1", "fd00::9", "fd00::/125 fd00::10/124", "fd00::20/125")]
    [InlineData("fd00::/127", "", "fd00::1", "", "fd00::/128")]
    [InlineData("::/0", "", "", "", "::/125")]
    public void The_lowest_block_in_which_nobody_has_an_address_is_leased_and_smaller_ones_when_there_is_none(
        string subnet, string gateway, string taken, string leased, string? expected)
    {
        var network = Network(subnet) with { Gateway = gateway.Length == 0 ? default : IpAddr.Parse(gateway) };
        var block = NetworkBlocks.Choose(network, Leases("other", leased), [.. Words(taken).Select(IpAddr.Parse)]);
        Assert.Equal(expected, block?.ToString());
    }

    // What is leased; the address that host1 leases by itself; what is leased then.
    [Theory]
    [InlineData("", "11.1.0.9", "host1 11.1.0.9/32")]
    [InlineData("11.1.0.0/29", "11.1.0.9", "other 11.1.0.0/29, host1 11.1.0.9/32")]
    [InlineData("11.1.0.8/32", "11.1.0.8", "host1 11.1.0.8/32")]
    [InlineData("11.1.0.8/29", "11.1.0.8", "host1 11.1.0.8/32, other 11.1.0.9/32, other 11.1.0.10/31, other 11.1.0.12/30")]
    [InlineData("11.1.0.8/29 11.1.0.16/29", "11.1.0.13", "other 11.1.0.8/30, other 11.1.0.12/32, host1 11.1.0.13/32, other 11.1.0.14/31, other 11.1.0.16/29")]
    [InlineData("fd00::8/125", "fd00::f", "other fd00::8/126, other fd00::c/127, other fd00::e/128, host1 fd00::f/128")]
    public void One_address_is_leased_out_of_anothers_block_and_the_rest_stays_the_others(string leased, string address, string expected) => Assert.Equal(
        expected, string.Join(", ", NetworkBlocks.WithAlone(new(Id, Leases("other", leased)), "host1", IpAddr.Parse(address)).Leases.Select(l => $"{l.Host} {l.Block}")));

    [Fact]
    public void A_node_gives_the_lowest_free_address_of_its_blocks_and_none_that_is_reserved()
    {
        var network = Network("11.1.0.0/28") with { Gateway = IpAddr.Parse("11.1.0.2") };
        var taken = new HashSet<IpAddr>();
        while (NetworkBlocks.LowestFree(network, [IpPrefix.Parse("11.1.0.12/30"), IpPrefix.Parse("11.1.0.0/30")], taken.Contains) is { } address)
        {
            taken.Add(address);
        }

        Assert.Equal(["11.1.0.12", "11.1.0.13", "11.1.0.14", "11.1.0.1", "11.1.0.3"], taken.Select(address => address.ToString()));
    }

    [Fact]
    public void Blocks_without_an_endpoint_are_given_back_by_their_node_alone()
    {
        var leases = new LeasesRecord(Id, [.. Leases("host1", "11.1.0.0/29 11.1.0.8/29"), .. Leases("host2", "11.1.0.16/29")]);
        var left = NetworkBlocks.WithoutIdle(leases, "host1", [IpAddr.Parse("11.1.0.9")]);
        Assert.Equal(["host1 11.1.0.8/29", "host2 11.1.0.16/29"], left.Leases.Select(lease => $"{lease.Host} {lease.Block}"));
        Assert.Equal(left, NetworkBlocks.WithoutIdle(left, "host1", [IpAddr.Parse("11.1.0.9")]));
    }

    [Fact]
    public void An_exhausted_network_says_who_has_its_addresses() => Assert.Equal(
        "network t/n has no address left in 11.1.0.0/28, which holds 13 endpoints (leased by nodes: host1 10, host2 4)",
        NetworkBlocks.Exhausted(
            Network("11.1.0.1/28") with { Gateway = IpAddr.Parse("11.1.0.1") }, [.. Leases("host2", "11.1.0.4/30"), .. Leases("host1", "11.1.0.2/31 11.1.0.8/29")]));

    [Fact]
    public void Nodes_and_posts_never_give_one_address_twice()
    {
        var step = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2], Gen.Int[0, 11], Gen.Int[0, 31]);
        Gen.Select(AnyNetwork, step.Array[1, 60]).Sample((network, steps) =>
        {
            var state = With(network);
            foreach (var (kind, node, number, address) in steps)
            {
                state = kind switch
                {
                    < 4 => Start(state, $"host{node}", $"p{number}"),
                    < 6 => state with { Endpoints = state.Endpoints.Remove(new(Id, $"ns.p{number}")) },
                    6 => GiveBack(state, $"host{node}"),
                    7 => Post(state, PostMode.Add, new EndpointIntent(At($"c{number}"), null, null, At(network.Subnet.First.Add((uint)address)))),
                    8 => Post(state, PostMode.Delete, new EndpointIntent(At($"c{number}"), null, null, null)),
                    _ => Post(state, PostMode.Add, new EndpointIntent(At($"c{number}"), null, null, null)),
                };
                AssertSound(state);
            }
        }, iter: 3000);
    }

    [Fact]
    public void Every_address_of_a_subnet_can_be_used_in_the_end()
    {
        Gen.Select(AnyNetwork, Gen.Int[0, 12], Gen.Int[0, 2].Array[60]).Sample((network, posted, nodes) =>
        {
            var state = With(network);
            for (var i = 0; i < nodes.Length; i++)
            {
                state = i < posted ? Post(state, PostMode.Add, new EndpointIntent(At($"c{i}"), null, null, null)) : Start(state, $"host{nodes[i]}", $"p{i}");
            }

            // What one node cannot have is another's: each takes what it has leased.
            for (var i = 0; i < 3 * NetworkBlocks.UsualSize; i++)
            {
                state = Start(state, $"host{i % 3}", $"last{i}");
            }

            Assert.Equal(Usable(network), state.Endpoints.Values.Select(endpoint => endpoint.Address).Order());
        }, iter: 1000);
    }

    /// <summary>A pod starts on a node: from the node's blocks, else from one that it leases.</summary>
    private static ClusterState Start(ClusterState state, string host, string name)
    {
        var pod = new LabelledPod("ns", name, "");
        var network = state.Networks[Id];
        var (leases, taken) = (state.Leases[Id], state.Endpoints.Values.Select(endpoint => endpoint.Address).ToHashSet());
        if (state.Endpoints.ContainsKey(new(Id, pod.Container)))
        {
            return state;
        }

        if (NetworkBlocks.LowestFree(network, leases.Of(host), taken.Contains) is not { } address)
        {
            if (NetworkBlocks.Choose(network, leases.Leases, taken) is not { } block)
            {
                Assert.All(Usable(network), usable => Assert.True(taken.Contains(usable) || leases.Leases.Any(lease => lease.Block.Contains(usable))));
                return state;
            }

            leases = leases.With(new(host, block));
            address = NetworkBlocks.LowestFree(network, leases.Of(host), taken.Contains)!.Value;
        }

        var endpoint = new EndpointRecord(new(Id, pod.Container), address, MacAddress.ForEndpoint(address), "", "", new(host, name, "eth0"), 1) { Pod = pod };
        return state with { Endpoints = state.Endpoints.Add(endpoint.Id, endpoint), Leases = state.Leases.SetItem(Id, leases) };
    }

    private static ClusterState GiveBack(ClusterState state, string host) => state with
    {
        Leases = state.Leases.SetItem(
            Id, NetworkBlocks.WithoutIdle(state.Leases[Id], host, [.. state.Endpoints.Values.Select(endpoint => endpoint.Address)])),
    };

    private static ClusterState Post(ClusterState state, PostMode mode, EndpointIntent endpoint)
    {
        var network = new NetworkIntent(At(Id.Network), null, null, null, null, [endpoint]);
        var intent = new Intent([], [new TenantIntent(At(Id.Tenant), null, null, null, null, null, [network])]);
        return Planner.Plan(state, intent, mode).Plan?.After ?? state;
    }

    private static void AssertSound(ClusterState state)
    {
        var leases = state.Leases[Id].Leases;
        Assert.All(leases, (lease, i) => Assert.DoesNotContain(leases.Skip(i + 1), other => other.Block.Overlaps(lease.Block)));
        var usable = Usable(state.Networks[Id]);
        Assert.Equal(state.Endpoints.Count, state.Endpoints.Values.Select(endpoint => endpoint.Address).Distinct().Count());
        foreach (var endpoint in state.Endpoints.Values)
        {
            Assert.Contains(endpoint.Address, usable);
            Assert.Equal(endpoint.Binding?.Host, leases.Where(lease => lease.Block.Contains(endpoint.Address)).Select(lease => lease.Host).SingleOrDefault());
        }
    }

    private static ImmutableArray<IpAddr> Usable(NetworkRecord network)
    {
        var subnet = network.Subnet;
        var all = Enumerable.Range(0, 1 << subnet.HostBits).Select(i => subnet.First.Add((uint)i));
        if (subnet.HostBits >= 2)
        {
            all = all.Where(address => address != subnet.First && !(subnet.IsV4 && address == subnet.Last));
        }

        return [.. all.Where(address => address != network.Gateway)];
    }

    private static ClusterState With(NetworkRecord network) => ClusterState.Empty with
    {
        Post = new(1),
        Tenants = ClusterState.Empty.Tenants.Add(Id.Tenant, new(Id.Tenant, Encap.Vxlan, null, 24, [], [])),
        Networks = ClusterState.Empty.Networks.Add(Id, network),
        Leases = ClusterState.Empty.Leases.Add(Id, LeasesRecord.None(Id)),
    };

    /// <summary>A network, with its gateway at a place counted round its usable addresses.</summary>
    private static NetworkRecord Network(string subnet, int? gateway = null)
    {
        var network = new NetworkRecord(Id, Encap.Vxlan, 100, IpPrefix.Parse(subnet), false, default, 1);
        return gateway is { } at && Usable(network) is var usable ? network with { Gateway = usable[at % usable.Length] } : network;
    }

    private static ImmutableArray<AddressLease> Leases(string host, string blocks) =>
        [.. Words(blocks).Select(block => new AddressLease(host, IpPrefix.Parse(block)))];

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static Located<T> At<T>(T value) => new(value, TextPosition.Start);
}
