using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Nftables;
using Netplugin.Tests.Bpf.Nodes;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Bpf;

/// <summary>
/// Pods of two tenants whose networks are one subnet, and pods of the default network, on real devices: the destination decides whether a packet is of
/// the network or of the cluster, and by cluster addresses too nobody reaches another's pods.
/// </summary>
public sealed class PlanesTests
{
    private const uint Orange = 10001;
    private const uint Purple = 10002;
    private const int Port = Talk.AskedPort;
    private const int HostPort = 9000;
    private const string Outside = "192.168.2.1";

    [Theory]
    [MemberData(nameof(Families.EitherWay), MemberType = typeof(Families))]
    public async Task Twins_of_two_tenants_on_one_node_reach_their_own_by_either_address_and_the_nodes_reach_both(bool v4, DirectNodes directNodes)
    {
        using var network = TestNetwork.Cluster(directNodes);
        foreach (var tenant in new[] { Orange, Purple })
        {
            var (one, near, far) = (Pod(network, tenant, 1, v4, 2), Pod(network, tenant, 1, v4, 3), Pod(network, tenant, 2, v4, 4));
            foreach (var peer in new[] { near, far })
            {
                Assert.Equal(one.Address, await Talk.SourceSeenAsync(one.Namespace, peer.Namespace, peer.Address));
                Assert.Equal(ClusterOf(one), await Talk.SourceSeenAsync(one.Namespace, peer.Namespace, ClusterOf(peer)));
                Assert.Equal(ClusterOf(peer), await Talk.SourceSeenAsync(peer.Namespace, one.Namespace, ClusterOf(one)));
            }

            foreach (var node in network.Nodes)
            {
                var gateway = TestNetwork.BlockOf(node.Number, v4).Gateway;
                Assert.Equal(gateway, await Talk.SourceSeenAsync(node.Namespace, one.Namespace, ClusterOf(one)));
                Assert.Equal(ClusterOf(one), await Talk.SourceSeenAsync(one.Namespace, node.Namespace, gateway));
            }
        }
    }

    [Fact]
    public async Task A_tenants_pod_reaches_the_world_by_its_nodes_address()
    {
        using var network = TestNetwork.Cluster();
        TestNetwork.Ip(network.Wire, $"addr add {Outside}/24 dev wire");
        var pod = Pod(network, Orange, 1, v4: true, 2);

        Assert.Equal(TestNetwork.VtepOf(1), await Talk.SourceSeenAsync(pod.Namespace, network.Wire, IpAddr.Parse(Outside)));
    }

    [Theory]
    [MemberData(nameof(Families.EitherWay), MemberType = typeof(Families))]
    public async Task Nobody_reaches_a_pod_of_another_network_by_its_cluster_address(bool v4, DirectNodes directNodes)
    {
        using var network = TestNetwork.Cluster(directNodes);
        TestPod[] near = [Pod(network, Orange, 1, v4, 2), Pod(network, Purple, 1, v4, 2), Default(network, 1, v4)];
        TestPod[] far = [Pod(network, Orange, 2, v4, 3), Pod(network, Purple, 2, v4, 3), Default(network, 2, v4)];
        foreach (var from in near)
        {
            foreach (var to in near.Concat(far).Where(to => to.Network != from.Network))
            {
                await AssertDroppedAsync(from, ClusterOf(to), to.Node, DropReason.OtherNetwork);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Families.EitherWay), MemberType = typeof(Families))]
    public async Task A_Service_that_all_may_use_answers_a_tenants_pod_and_no_other_does(bool v4, DirectNodes directNodes)
    {
        using var network = TestNetwork.Cluster(directNodes);
        var pod = Pod(network, Orange, 1, v4, 2);
        var service = IpAddr.Parse(v4 ? "10.96.0.10" : "fd10::10");
        foreach (var names in new[] { Default(network, 1, v4), Default(network, 2, v4) })
        {
            network.Balance(new(service, 53, TransportProtocol.Udp), new Backend(names.Address, Port));
            await AssertDroppedAsync(pod, service, names.Node, DropReason.OtherNetwork, 53);

            network.Share(new(names.Address, Port, TransportProtocol.Udp));
            Assert.Equal(ClusterOf(pod), await Talk.SourceSeenAsync(pod.Namespace, names.Namespace, service, 53, names.Address));

            // What it has no connection with it does not reach: not even from the port.
            await AssertDroppedAsync(names, ClusterOf(pod), pod.Node, DropReason.OtherNetwork, sourcePort: Port);
        }
    }

    [Theory]
    [MemberData(nameof(Families.Both), MemberType = typeof(Families))]
    public async Task A_host_port_leads_its_own_network_and_the_node_to_the_pod_and_no_other_network(bool v4)
    {
        using var network = TestNetwork.Cluster();
        var node = network.Nodes[0];
        var pod = Pod(network, Orange, 1, v4, 2);
        var at = TestNetwork.BlockOf(1, v4).Gateway;
        LeadHostPort(node, pod, TestNetwork.VtepOf(2), TestNetwork.BlockOf(2, v4).Gateway);
        foreach (var from in new[] { Pod(network, Orange, 1, v4, 3), Pod(network, Orange, 2, v4, 4) })
        {
            Assert.Equal(at, await Talk.SourceSeenAsync(from.Namespace, pod.Namespace, at, HostPort, ClusterOf(pod)));
        }

        Assert.Equal(at, await Talk.SourceSeenAsync(node.Namespace, pod.Namespace, at, HostPort, ClusterOf(pod)));
        foreach (var from in new[] { Pod(network, Purple, 1, v4, 3), Pod(network, Purple, 2, v4, 4), Default(network, 1, v4), Default(network, 2, v4) })
        {
            await AssertDroppedAsync(from, at, node, DropReason.OtherNetwork, HostPort);
        }
    }

    [Theory]
    [MemberData(nameof(Families.EitherWay), MemberType = typeof(Families))]
    public async Task What_a_pod_sends_and_the_host_turns_to_another_node_is_still_of_the_pods_network(bool v4, DirectNodes directNodes)
    {
        using var network = TestNetwork.Cluster(directNodes);
        var node = network.Nodes[0];
        TestPod[] clients = [Pod(network, Orange, 1, v4, 2), Pod(network, Purple, 1, v4, 2), Default(network, 1, v4)];
        TestPod[] servers = [Pod(network, Orange, 2, v4, 3), Pod(network, Purple, 2, v4, 3), Default(network, 2, v4)];
        var at = TestNetwork.BlockOf(1, v4).Gateway;
        foreach (var server in servers)
        {
            LeadHostPort(node, server);
            foreach (var client in clients.Where(client => client.Network == server.Network))
            {
                Assert.Equal(at, await Talk.SourceSeenAsync(client.Namespace, server.Namespace, at, HostPort, ClusterOf(server)));
            }

            foreach (var client in clients.Where(client => client.Network != server.Network))
            {
                await AssertDroppedAsync(client, at, server.Node, DropReason.OtherNetwork, HostPort);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Families.Both), MemberType = typeof(Families))]
    public async Task No_packet_has_an_address_of_each_plane(bool v4)
    {
        using var network = TestNetwork.Cluster();
        var node = network.Nodes[0];
        var pod = Pod(network, Orange, 1, v4, 2);
        var nobody = IpAddr.Parse(v4 ? "10.0.0.77" : "fd00::77");
        var gateway = TestNetwork.BlockOf(1, v4).Gateway;

        // Straight to the gateway, past the pod's own routes.
        TestNetwork.Ip(pod.Namespace, $"route add {nobody} via {gateway} dev eth0 src {ClusterOf(pod)}");
        await AssertDroppedAsync(pod, nobody, node, DropReason.MixedPlanes);

        var outside = IpAddr.Parse(v4 ? "198.51.100.9" : "2001:db8::9");
        TestNetwork.Ip(pod.Namespace, $"route add {outside} via {gateway} dev eth0 src {pod.Address}");
        await AssertDroppedAsync(pod, outside, node, DropReason.NoRoute);

        // Someone outside who happens to have an address that is the network's here.
        TestNetwork.Ip(node.Namespace, v4 ? "addr add 10.0.0.99/32 dev lo" : "addr add fd00::99/128 dev lo nodad");
        using var host = UdpSockets.Open(TestNetwork.PathOf(node.Namespace), 0, IPAddress.Parse(v4 ? "10.0.0.99" : "fd00::99"));
        var before = node.Drops(DropReason.MixedPlanes);
        host.SendTo([1], new IPEndPoint(ClusterOf(pod).ToIPAddress(), Port));
        await Eventually.HoldsAsync("the outside's packet to be dropped", () => node.Drops(DropReason.MixedPlanes) > before);
    }

    private static void LeadHostPort(TestNode node, TestPod to, params ImmutableHashSet<IpAddr> otherNodes) => HostFirewall.Ensure(
        node.Namespace, masquerade: true, [new(TransportProtocol.Udp, IpAddr.Unspecified, HostPort, ClusterOf(to), Port)], otherNodes);

    // A tenant's pod: its network address says nothing of the tenant, its cluster address is the cluster's only one.
    private static TestPod Pod(TestNetwork network, uint tenant, int node, bool v4, int number)
    {
        var last = (tenant == Orange ? 100 : 200) + number;
        return network.AddPod(
            node, tenant, [IpAddr.Parse(v4 ? $"10.0.0.{number}" : $"fd00::{number}")],
            clusterAddresses: [IpAddr.Parse(v4 ? $"10.244.{node}.{last}" : $"fd01:0:0:{node}::{last}")]);
    }

    private static TestPod Default(TestNetwork network, int node, bool v4) =>
        network.AddPod(node, DatapathState.Cluster, v4 ? $"10.244.{node}.9" : $"fd01:0:0:{node}::9");

    private static IpAddr ClusterOf(TestPod pod) => pod.ClusterAddresses.IsEmpty ? pod.Address : pod.ClusterAddresses.First;

    // Asked again until it is counted: the first ones may wait for a neighbour.
    private static async Task AssertDroppedAsync(TestPod from, IpAddr to, TestNode by, DropReason reason, int port = Port, int sourcePort = 0)
    {
        using var socket = from.Open(SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(to.IsV4 ? IPAddress.Any : IPAddress.IPv6Any, sourcePort));
        var before = by.Drops(reason);
        await Eventually.HoldsAsync($"{to} not to be reached from {from.Network}/{from.Address}", () =>
        {
            socket.SendTo([1], new IPEndPoint(to.ToIPAddress(), port));
            return by.Drops(reason) > before;
        });
    }
}
