using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using Netplugin.Tests.Bpf.Kernel;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>
/// A random state of a node, from few enough addresses that packets often hit: networks whose addresses overlap, the cluster network among
/// them, a pod with an address of one family or of both, a tenant's with cluster addresses, pods of several networks in the cluster network, endpoints here, behind two other nodes and the node itself, blocks, gateways of either
/// family, both or none, and now and then something essential missing.
/// </summary>
internal sealed class Scenario
{
    internal const uint OtherNetwork = 10002;

    internal static readonly ImmutableArray<IpAddr> Addresses =
        [.. Enumerable.Range(1, 8).Select(i => IpAddr.Parse($"10.0.0.{i}")), .. Enumerable.Range(1, 8).Select(i => IpAddr.Parse($"2001:db8::{i}"))];

    internal static readonly ImmutableArray<IpAddr> VtepPool =
        [IpAddr.Parse("192.0.2.2"), IpAddr.Parse("192.0.2.3"), IpAddr.Parse("2001:db8:ffff::2")];

    internal static readonly IpAddr OwnVtep = IpAddr.Parse("192.0.2.1");

    // VXLAN's, which a pod may send to pods, and one that frames otherwise seldom have.
    internal static readonly ImmutableArray<ushort> SharedPorts = [4789, 53];

    /// <summary>Networks that pods of this node and of others are of.</summary>
    internal static readonly ImmutableArray<uint> PodNetworks = [DatapathState.Cluster, 10001, OtherNetwork];

    private static readonly ImmutableArray<IpPrefix> Subnets =
        [.. new[] { "10.0.0.0/30", "10.0.0.0/24", "2001:db8::/126", "2001:db8::/64" }.Select(IpPrefix.Parse)];

    private static readonly IpAddr Router = IpAddr.Parse("198.51.100.254");

    private static readonly ImmutableArray<IpPrefix> Blocks =
        [.. new[] { "10.0.0.0/29", "10.0.0.4/30", "10.0.0.8/32", "2001:db8::/125", "2001:db8::6/127" }.Select(IpPrefix.Parse)];

    private Scenario(DatapathState state, InterfaceEntry pod)
    {
        State = state;
        Pod = pod;
    }

    /// <summary>The pod's network: a tenant's, or the cluster's.</summary>
    internal uint Network => Pod.Network;

    internal DatapathState State { get; }

    /// <summary>The pod's address of a family; unspecified when it has none.</summary>
    internal IpAddr OwnOf(bool v4) => v4 ? Pod.Addresses.V4 : Pod.Addresses.V6;

    /// <summary>The pod's cluster address of a family; unspecified when it has none.</summary>
    internal IpAddr ClusterOf(bool v4) => v4 ? Pod.ClusterAddresses.V4 : Pod.ClusterAddresses.V6;

    /// <summary>The pod behind the device that packets enter by, also where the device's entry is missing.</summary>
    internal InterfaceEntry Pod { get; }

    internal static Scenario Make(Random random)
    {
        var own = Addresses[random.Next(Addresses.Length)];
        var home = random.Next(2) == 0 ? 10001 : DatapathState.Cluster;
        var second = Addresses.Where(address => address.IsV4 != own.IsV4).ElementAt(random.Next(Addresses.Length / 2));
        PerFamily<IpAddr> addresses = random.Next(2) == 0 ? [own] : [own, second];
        var pod = new InterfaceEntry(
            home, (ulong)random.NextInt64(), MacAddress.ForEndpoint(own), AddressPair.Of(addresses),
            home == DatapathState.Cluster || random.Next(3) == 0 ? default : new(Maybe(random, v4: true), Maybe(random, v4: false)));
        var state = DatapathState.Empty with
        {
            Node = random.Next(40) == 0 ? null : new NodeEntry(
                OwnVtep, random.Next(20) == 0 ? IfIndex.None : new IfIndex(77), MacAddress.Gateway,
                random.Next(4) switch { 0 => 576, 1 => 1280, 2 => 1450, _ => 9000 }),
            Vteps = VtepPool.Where(_ => random.Next(8) != 0).ToImmutableDictionary(
                vtep => vtep, vtep => vtep.IsV4 && random.Next(2) == 0 ? new VtepEntry(new IfIndex(88), random.Next(2) == 0 ? vtep : Router) : default),
        };
        foreach (var network in new[] { home, OtherNetwork, DatapathState.Cluster }.Distinct())
        {
            if (random.Next(20) != 0)
            {
                var gateways = new AddressPair(Maybe(random, v4: true), Maybe(random, v4: false));
                PerFamily<IpPrefix> subnets = network == DatapathState.Cluster ? [] : [.. Subnets.Where(_ => random.Next(2) == 0).DistinctBy(subnet => subnet.IsV4)];
                state = state with { Networks = state.Networks.Add(network, new NetworkEntry(gateways, subnets)) };
            }

            foreach (var address in Addresses.Where(_ => random.Next(3) != 0))
            {
                // Local, the node itself, or remote.
                var kind = random.Next(5);
                state = state with
                {
                    Endpoints = state.Endpoints.With([new(
                        new(network, address),
                        new(
                            kind < 2 ? new IfIndex(random.Next(2, 40)) : IfIndex.None,
                            kind <= 2 ? IpAddr.Unspecified : VtepPool[random.Next(VtepPool.Length)], MacAddress.ForEndpoint(address),
                            kind < 2 && network == DatapathState.Cluster ? PodNetworks[random.Next(PodNetworks.Length)] : 0))]),
                };
            }

            foreach (var prefix in Blocks.Where(_ => random.Next(3) == 0))
            {
                var vtep = random.Next(4) == 0 ? IpAddr.Unspecified : VtepPool[random.Next(VtepPool.Length)];
                state = state with { Blocks = state.Blocks.Add(new(network, prefix), vtep) };
            }
        }

        if (random.Next(30) != 0)
        {
            state = state with
            {
                Interfaces = state.Interfaces.Add(new(Datapath.Device), pod),
                Endpoints = state.Endpoints.With(
                [
                    .. new[] { pod.ClusterAddresses.V4, pod.ClusterAddresses.V6 }.Where(address => !address.IsUnspecified)
                        .Select(address => new DictionaryEdit<EndpointKey, EndpointEntry>(new(DatapathState.Cluster, address), new(new(Datapath.Device), IpAddr.Unspecified, pod.Mac, home))),
                    .. addresses.Select(address => new DictionaryEdit<EndpointKey, EndpointEntry>(new(home, address), new(new(Datapath.Device), IpAddr.Unspecified, pod.Mac))),
                ]),
            };
        }

        state = state with
        {
            Shared =
            [
                .. from address in Addresses
                   from protocol in Enum.GetValues<TransportProtocol>()
                   from port in SharedPorts
                   where random.Next(3) == 0
                   select new FrontendKey(address, port, protocol),
            ],
        };
        return new(state, pod);
    }

    private static IpAddr Maybe(Random random, bool v4) =>
        random.Next(3) == 0 ? IpAddr.Unspecified : Addresses.Where(address => address.IsV4 == v4).ElementAt(random.Next(Addresses.Length / 2));
}
