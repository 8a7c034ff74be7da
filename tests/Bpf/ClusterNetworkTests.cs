using System.Net;
using System.Net.Sockets;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux.Bpf;
using Netplugin.Tests.Bpf.Nodes;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Bpf;

/// <summary>The one network that leads out to the hosts, on real devices.</summary>
public sealed class ClusterNetworkTests
{
    private const int Port = Talk.AskedPort;

    public static TheoryData<string, string, DirectNodes> BothFamiliesEachNodeEitherWay
    {
        get
        {
            var data = new TheoryData<string, string, DirectNodes>();
            foreach (var directNodes in Enum.GetValues<DirectNodes>())
            {
                data.Add("10.244.1.9", "10.244.2.9", directNodes);
                data.Add("fd01:0:0:1::9", "fd01:0:0:2::9", directNodes);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(BothFamiliesEachNodeEitherWay))]
    public async Task Pods_and_nodes_reach_each_other_on_one_node_and_across(string here, string there, DirectNodes directNodes)
    {
        using var network = new TestNetwork(nodes: 2, directNodes: directNodes);
        var (one, two) = (network.Nodes[0], network.Nodes[1]);
        one.ServeCluster();
        two.ServeCluster();
        var pod = network.AddPod(1, DatapathState.Cluster, here);
        var other = network.AddPod(2, DatapathState.Cluster, there);
        var v4 = pod.Address.IsV4;
        var (gateway, otherGateway) = (TestNetwork.BlockOf(1, v4).Gateway, TestNetwork.BlockOf(2, v4).Gateway);

        Talk.Udp(pod, other);
        Talk.Tcp(pod, other, 1 << 20);
        Assert.Equal(gateway, await Talk.SourceSeenAsync(one.Namespace, pod.Namespace, pod.Address));
        Assert.Equal(gateway, await Talk.SourceSeenAsync(one.Namespace, other.Namespace, other.Address));
        Assert.Equal(otherGateway, await Talk.SourceSeenAsync(two.Namespace, pod.Namespace, pod.Address));
        Assert.Equal(pod.Address, await Talk.SourceSeenAsync(pod.Namespace, one.Namespace, gateway));
        Assert.Equal(pod.Address, await Talk.SourceSeenAsync(pod.Namespace, two.Namespace, otherGateway));
        Talk.Ping(pod, gateway.ToIPAddress());
        Talk.Ping(pod, otherGateway.ToIPAddress());
        Assert.True(one.Events(DatapathEvent.ToHost) > 0 && one.Events(DatapathEvent.FromHost) > 0 && two.Events(DatapathEvent.ToHost) > 0);
    }

    [Theory]
    [InlineData(DirectNodes.All)]
    [InlineData(DirectNodes.None)]
    public async Task A_pod_with_an_address_of_each_family_speaks_both_and_forges_neither(DirectNodes directNodes)
    {
        using var network = new TestNetwork(nodes: 2, directNodes: directNodes);
        var (one, two) = (network.Nodes[0], network.Nodes[1]);
        one.ServeCluster();
        two.ServeCluster();
        var pod = network.AddPod(1, DatapathState.Cluster, [IpAddr.Parse("10.244.1.9"), IpAddr.Parse("fd01:0:0:1::9")]);
        var here = network.AddPod(1, DatapathState.Cluster, [IpAddr.Parse("10.244.1.10"), IpAddr.Parse("fd01:0:0:1::10")]);
        var there = network.AddPod(2, DatapathState.Cluster, [IpAddr.Parse("fd01:0:0:2::9"), IpAddr.Parse("10.244.2.9")]);
        foreach (var v4 in new[] { true, false })
        {
            var own = pod.Addresses.Of(v4)!.Value;
            foreach (var other in new[] { here, there })
            {
                Assert.Equal(own, await Talk.SourceSeenAsync(pod.Namespace, other.Namespace, other.Addresses.Of(v4)!.Value));
                Assert.Equal(other.Addresses.Of(v4), await Talk.SourceSeenAsync(other.Namespace, pod.Namespace, own));
            }

            Assert.Equal(own, await Talk.SourceSeenAsync(pod.Namespace, one.Namespace, TestNetwork.BlockOf(1, v4).Gateway));
            Assert.Equal(TestNetwork.BlockOf(2, v4).Gateway, await Talk.SourceSeenAsync(two.Namespace, pod.Namespace, own));
            Talk.Ping(pod, TestNetwork.BlockOf(1, v4).Gateway.ToIPAddress());

            // Now, for the pod's kernel may choose it for all that follows.
            TestNetwork.Ip(pod.Namespace, v4 ? "addr add 10.244.1.77/32 dev eth0" : "addr add fd01:0:0:1::77/128 dev eth0 nodad");
            var before = one.Drops(DropReason.AddressSpoof);
            using var forger = InNamespace.Open(TestNetwork.PathOf(pod.Namespace), () => new Socket(
                v4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp));
            forger.Bind(new IPEndPoint(IPAddress.Parse(v4 ? "10.244.1.77" : "fd01:0:0:1::77"), 0));
            forger.SendTo([1], new IPEndPoint(here.Addresses.Of(v4)!.Value.ToIPAddress(), Port));
            await Eventually.HoldsAsync("the forged source to be dropped", () => one.Drops(DropReason.AddressSpoof) > before);
        }
    }

    [Fact]
    public async Task A_pod_reaches_the_nodes_by_their_tunnel_ends_and_the_world_by_its_nodes_address()
    {
        using var network = new TestNetwork(nodes: 2);
        network.Nodes[0].ServeCluster();
        network.Nodes[1].ServeCluster();
        TestNetwork.Ip(network.Wire, "addr add 192.168.2.1/24 dev wire");
        var pod = network.AddPod(1, DatapathState.Cluster, "10.244.1.9");

        Assert.Equal(pod.Address, await Talk.SourceSeenAsync(pod.Namespace, network.Nodes[0].Namespace, TestNetwork.VtepOf(1)));
        Assert.Equal(pod.Address, await Talk.SourceSeenAsync(pod.Namespace, network.Nodes[1].Namespace, TestNetwork.VtepOf(2)));
        Assert.Equal(TestNetwork.VtepOf(1), await Talk.SourceSeenAsync(pod.Namespace, network.Wire, IpAddr.Parse("192.168.2.1")));
    }

    [Fact]
    public async Task What_the_host_routes_to_another_node_from_a_strange_address_is_dropped_by_name()
    {
        using var network = new TestNetwork(nodes: 2);
        var node = network.Nodes[0];
        node.ServeCluster();
        network.AddPod(1, DatapathState.Cluster, "10.244.1.9");
        network.AddPod(2, DatapathState.Cluster, "10.244.2.9");
        TestNetwork.Ip(node.Namespace, "addr add 203.0.113.1/32 dev lo");
        using var socket = InNamespace.Open(TestNetwork.PathOf(node.Namespace), () =>
        {
            var strange = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            strange.Bind(new IPEndPoint(IPAddress.Parse("203.0.113.1"), 0));
            return strange;
        });

        socket.SendTo([1], new IPEndPoint(IPAddress.Parse("10.244.2.9"), 9));
        await Eventually.HoldsAsync("the strange source to be dropped", () => node.Drops(DropReason.HostSource) == 1);
        socket.SendTo([1], new IPEndPoint(IPAddress.Parse("10.244.1.77"), 9));
        await Eventually.HoldsAsync("what is for no pod to be dropped", () => node.Drops(DropReason.UnknownDestination) == 1);
    }
}
