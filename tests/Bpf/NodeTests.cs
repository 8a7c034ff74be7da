using System.Net;
using System.Net.Sockets;
using Netplugin.Core.Addresses;
using Netplugin.Linux.Bpf;
using Netplugin.Tests.Bpf.Nodes;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Bpf;

/// <summary>The real entries on real devices: what test-run cannot show.</summary>
public sealed class NodeTests
{
    private const uint Orange = 10001;
    private const uint Purple = 10002;

    public static TheoryData<DirectNodes> EachNodeEitherWay => [.. Enum.GetValues<DirectNodes>()];

    public static TheoryData<string, string, string, DirectNodes> BothFamiliesEachNodeEitherWay
    {
        get
        {
            var data = new TheoryData<string, string, string, DirectNodes>();
            foreach (var directNodes in Enum.GetValues<DirectNodes>())
            {
                data.Add("10.0.0.2", "10.0.0.3", "10.0.0.4", directNodes);
                data.Add("fd00::2", "fd00::3", "fd00::4", directNodes);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(BothFamiliesEachNodeEitherWay))]
    public void Pods_talk_on_one_node_and_across_nodes(string here, string beside, string there, DirectNodes directNodes)
    {
        using var network = new TestNetwork(nodes: 2, directNodes: directNodes);
        var one = network.AddPod(1, Orange, here);
        var two = network.AddPod(1, Orange, beside);
        var three = network.AddPod(2, Orange, there);

        Talk.Udp(one, two);
        Talk.Udp(one, three);
        Talk.Ping(one, two.Address.ToIPAddress());
        Talk.Ping(one, three.Address.ToIPAddress());
        Talk.Ping(one, TestNetwork.GatewayOf(one.Address.IsV4).ToIPAddress());

        Assert.Equal(4UL, network.Nodes[0].Events(DatapathEvent.DeliveredLocal));
        Assert.Equal(2UL, network.Nodes[0].Events(DatapathEvent.TunnelledOut));
        Assert.Equal(2UL, network.Nodes[0].Events(DatapathEvent.TunnelledIn));
        Assert.Equal(2UL, network.Nodes[1].Events(DatapathEvent.TunnelledIn));
        Assert.Equal(1UL, network.Nodes[0].Events(DatapathEvent.PingAnswered));
    }

    [Fact]
    public void Two_networks_with_the_same_addresses_stay_apart()
    {
        using var network = new TestNetwork(nodes: 2);
        var orange = new[] { network.AddPod(1, Orange, "10.0.0.2"), network.AddPod(2, Orange, "10.0.0.3") };
        var purple = new[] { network.AddPod(1, Purple, "10.0.0.2"), network.AddPod(2, Purple, "10.0.0.3") };
        var alone = network.AddPod(2, Purple, "10.0.0.9");

        // Each says its own number, and both listen at the same time.
        Talk.Udp(orange[0], orange[1]);
        Talk.Udp(purple[0], purple[1]);
        using var listener = purple[1].Bind(SocketType.Dgram, ProtocolType.Udp, 7777);
        Talk.Udp(orange[0], orange[1]);
        Assert.Equal(0, listener.Available);

        using var frames = orange[0].OpenFrames();
        frames.Send(Frame.Ethernet(
            alone.HardwareAddress, orange[0].HardwareAddress, Frame.Ipv4Type, Frame.Ping(orange[0].Address.ToIPAddress(), alone.Address.ToIPAddress())));
        Assert.Equal(1UL, network.Nodes[0].Drops(DropReason.UnknownDestination));
    }

    [Theory]
    [MemberData(nameof(EachNodeEitherWay))]
    public void Large_transfers_pass_with_segmentation_offload_and_without(DirectNodes directNodes)
    {
        using var network = new TestNetwork(nodes: 2, directNodes: directNodes);
        var one = network.AddPod(1, Orange, "10.0.0.2");
        var beside = network.AddPod(1, Orange, "10.0.0.3");
        var there = network.AddPod(2, Orange, "10.0.0.4");
        Talk.Tcp(one, beside, 32 << 20);
        Talk.Tcp(one, there, 32 << 20);
        TestNetwork.Inside(one.Namespace, "ethtool", "-K", "eth0", "tso", "off", "gso", "off", "tx", "off");
        Talk.Tcp(one, beside, 8 << 20);
        Talk.Tcp(one, there, 8 << 20);
        Assert.Equal(0UL, network.Nodes[0].Drops(DropReason.TooBig));
    }

    [Theory]
    [MemberData(nameof(EachNodeEitherWay))]
    public void Fragments_and_full_packets_pass(DirectNodes directNodes)
    {
        using var network = new TestNetwork(nodes: 2, directNodes: directNodes);
        var one = network.AddPod(1, Orange, "10.0.0.2");
        var there = network.AddPod(2, Orange, "10.0.0.3");
        const int headers = 28;
        Talk.Udp(one, there, network.OverlayMtu - headers);
        Talk.Udp(one, there, 5000);
        Talk.Udp(one, there, 60_000);
    }

    [Theory]
    [InlineData("10.0.0.2", "10.0.0.3")]
    [InlineData("fd00::2", "fd00::3")]
    public void A_pod_with_too_large_an_MTU_learns_the_real_one(string here, string other)
    {
        using var network = new TestNetwork(nodes: 2);
        var one = network.AddPod(1, Orange, here, mtu: 9000);
        var there = network.AddPod(2, Orange, other, mtu: 9000);
        Talk.Tcp(one, there, 8 << 20);
        Assert.NotEqual(0UL, network.Nodes[0].Events(DatapathEvent.TooBigAnswered));
        Assert.Contains(
            $"mtu {network.OverlayMtu}", TestNetwork.Inside(one.Namespace, "ip", "route", "get", other), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EachNodeEitherWay))]
    public void What_may_be_fragmented_and_is_too_large_arrives_all_the_same(DirectNodes directNodes)
    {
        using var network = new TestNetwork(nodes: 2, directNodes: directNodes);
        var one = network.AddPod(1, Orange, "10.0.0.2", mtu: 9000);
        var there = network.AddPod(2, Orange, "10.0.0.3", mtu: 9000);
        // IP_MTU_DISCOVER (10) to IP_PMTUDISC_DONT (0), ip(7).
        Talk.Udp(one, there, 4000, socket => socket.SetRawSocketOption(0, 10, BitConverter.GetBytes(0)));
    }

    [Fact]
    public async Task The_hosts_stack_reaches_neither_pods_nor_the_overlay()
    {
        using var network = new TestNetwork(nodes: 2);
        var one = network.AddPod(1, Orange, "10.0.0.2");
        network.AddPod(2, Orange, "10.0.0.3");
        var node = network.Nodes[0];
        TestNetwork.Ip(node.Namespace, $"route add 10.0.0.2/32 dev {one.Link}", "route add 10.0.0.3/32 dev np-vxlan");
        using var socket = InNamespace.Open(TestNetwork.PathOf(node.Namespace), () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.SendTo([1], new IPEndPoint(IPAddress.Parse("10.0.0.2"), 9));
        socket.SendTo([1], new IPEndPoint(IPAddress.Parse("10.0.0.3"), 9));
        await Eventually.HoldsAsync("the drops", () => node.Drops(DropReason.HostToPod) >= 1 && node.Drops(DropReason.HostToOverlay) >= 1);
    }

    [Fact]
    public void Frames_that_test_run_cannot_make_are_dropped_by_name()
    {
        using var network = new TestNetwork(nodes: 1);
        var pod = network.AddPod(1, Orange, "10.0.0.2");
        var node = network.Nodes[0];
        using var frames = pod.OpenFrames();
        var gateway = Frame.Mac(MacAddress.Gateway.ToString());

        AssertDropped(node, DropReason.Malformed, () => frames.Send(Frame.Ethernet(gateway, pod.HardwareAddress, Frame.Ipv4Type, [0x45])));
        AssertDropped(node, DropReason.Malformed, () => frames.Send(Frame.Ethernet(gateway, pod.HardwareAddress, Frame.Ipv4Type, new byte[19])));
        AssertDropped(node, DropReason.Malformed, () => frames.Send(Frame.Ethernet(gateway, pod.HardwareAddress, Frame.Ipv6Type, new byte[39])));
        var ping = Frame.Ping(pod.Address.ToIPAddress(), IPAddress.Parse("10.0.0.254"));
        AssertDropped(node, DropReason.VlanTag, () => frames.Send(Frame.Ethernet(gateway, pod.HardwareAddress, 0x8100, [0, 5, 8, 0, .. ping])));
        AssertDropped(node, DropReason.NoRoute, () =>
            frames.Send(Frame.Ethernet(gateway, pod.HardwareAddress, Frame.Ipv4Type, Frame.Ping(pod.Address.ToIPAddress(), node.Vtep.ToIPAddress()))));
    }

    [Fact]
    public async Task VXLAN_is_accepted_only_from_a_VTEP_for_its_own_endpoints()
    {
        using var network = new TestNetwork(nodes: 3);
        var target = network.AddPod(1, Orange, "10.0.0.2");
        var source = network.AddPod(2, Orange, "10.0.0.3");
        var node = network.Nodes[0];
        TestNetwork.Ip(network.Wire, "addr add 192.168.2.99/24 dev wire");
        var inner = Inner(source, target);

        using var stranger = Outside(network.Wire);
        using var wrongNode = Outside(network.Nodes[2].Namespace);
        using var rightNode = Outside(network.Nodes[1].Namespace);
        await AssertDroppedAsync(node, DropReason.UnknownVtep, () => Send(stranger, node, Orange, inner));
        await AssertDroppedAsync(node, DropReason.OverlaySpoof, () => Send(wrongNode, node, Orange, inner));
        await AssertDroppedAsync(node, DropReason.UnknownVni, () => Send(rightNode, node, Purple, inner));
        await AssertDroppedAsync(node, DropReason.OverlaySpoof, () => Send(rightNode, node, Orange, Inner(target, target)));
        await AssertDroppedAsync(node, DropReason.Malformed, () => Send(rightNode, node, Orange, inner[..36]));

        // The right thing from the right place arrives: it was the lie that was dropped.
        Send(rightNode, node, Orange, inner);
        await Eventually.HoldsAsync("the delivery", () => node.Events(DatapathEvent.TunnelledIn) == 1);
    }

    [Fact]
    public void A_pods_own_VXLAN_is_dropped_but_for_endpoints_of_its_network()
    {
        using var network = new TestNetwork(nodes: 2);
        var pod = network.AddPod(1, Orange, "10.0.0.2");
        var other = network.AddPod(2, Orange, "10.0.0.3");
        using var listener = other.Bind(SocketType.Dgram, ProtocolType.Udp, 4789);
        using var socket = pod.Bind(SocketType.Dgram, ProtocolType.Udp, 0);
        AssertDropped(network.Nodes[0], DropReason.PodVxlan, () =>
            socket.SendTo(Frame.Vxlan(Purple, Inner(other, pod)), new IPEndPoint(network.Nodes[1].Vtep.ToIPAddress(), 4789)));
        socket.SendTo([42], new IPEndPoint(other.Address.ToIPAddress(), 4789));
        Assert.Equal(1, listener.Receive(new byte[16]));
    }

    [Fact]
    public void Going_over_to_larger_maps_loses_no_packet()
    {
        using var network = new TestNetwork(nodes: 2);
        var one = network.AddPod(1, Orange, "10.0.0.2");
        var there = network.AddPod(2, Orange, "10.0.0.3");
        using var server = there.Bind(SocketType.Dgram, ProtocolType.Udp, 7777);
        using var client = one.Bind(SocketType.Dgram, ProtocolType.Udp, 0);
        var target = new IPEndPoint(there.Address.ToIPAddress(), 7777);
        var stop = false;
        var sent = 0;
        var got = 0;
        var late = 0;
        var twice = 0;
        var seen = new HashSet<int>();
        var sending = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                // More under way than the socket's queue holds would be lost there, and prove nothing about the datapath.
                if (sent - Volatile.Read(ref got) < 100)
                {
                    client.SendTo(BitConverter.GetBytes(sent++), target);
                }

                Thread.Yield();
            }
        });
        var receiving = new Thread(() =>
        {
            var buffer = new byte[16];
            try
            {
                for (; ; Volatile.Write(ref got, got + 1))
                {
                    server.Receive(buffer);
                    var number = BitConverter.ToInt32(buffer);
                    twice += seen.Add(number) ? 0 : 1;
                    late += number == got ? 0 : 1;
                }
            }
            catch (SocketException)
            {
                // The sender has stopped, or waits for what was lost: three seconds passed without a packet.
            }
        });
        server.ReceiveTimeout = 3000;
        sending.Start();
        receiving.Start();
        for (uint i = 1; i <= 5; i++)
        {
            foreach (var node in network.Nodes)
            {
                node.Upgrade(new DatapathSizes { Endpoints = 1024u << (int)i, Networks = 64, Interfaces = 64, Vteps = 64 });
            }
        }

        Volatile.Write(ref stop, true);
        sending.Join();
        receiving.Join();
        Assert.True(sent > 100, $"only {sent} packets were sent");
        Assert.Empty(Enumerable.Range(0, sent).Except(seen));
        Assert.Equal((0, 0), (twice, late));
    }

    private static byte[] Inner(TestPod from, TestPod to) => Frame.Ethernet(
        to.HardwareAddress, from.HardwareAddress, Frame.Ipv4Type, Frame.Ping(from.Address.ToIPAddress(), to.Address.ToIPAddress()));

    // VXLAN from any port: nobody needs the VXLAN device to say it.
    private static Socket Outside(Netplugin.Linux.Namespaces.NetworkNamespace place) =>
        InNamespace.Open(TestNetwork.PathOf(place), () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));

    private static void Send(Socket socket, TestNode node, uint vni, byte[] inner) =>
        socket.SendTo(Frame.Vxlan(vni, inner), new IPEndPoint(node.Vtep.ToIPAddress(), 4789));

    private static void AssertDropped(TestNode node, DropReason reason, Action send)
    {
        var before = node.Drops(reason);
        send();
        Assert.Equal(before + 1, node.Drops(reason));
    }

    private static async Task AssertDroppedAsync(TestNode node, DropReason reason, Action send)
    {
        var before = node.Drops(reason);
        send();
        await Eventually.HoldsAsync($"a drop for {reason}", () => node.Drops(reason) == before + 1, TimeSpan.FromSeconds(5));
    }
}
