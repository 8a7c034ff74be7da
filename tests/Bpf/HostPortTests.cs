using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Nftables;
using Netplugin.Tests.Bpf.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Bpf;

/// <summary>Ports of the first of two nodes that lead to a pod there, on real devices with the real programs.</summary>
public sealed class HostPortTests : IDisposable
{
    private const int Port = 8080;
    private const int PodPort = 80;
    private const string Outside = "192.168.2.1", OutsideV6 = "fd09::1", NodeV6 = "fd09::10";

    private readonly TestNetwork _network = new(nodes: 2);

    public HostPortTests()
    {
        foreach (var node in _network.Nodes)
        {
            node.ServeCluster();
        }

        TestNetwork.Ip(_network.Wire, $"addr add {Outside}/24 dev wire", $"addr add {OutsideV6}/64 dev wire nodad");
        TestNetwork.Ip(Node.Namespace, $"addr add {NodeV6}/64 dev eth1 nodad");

        // The wire may carry nothing yet: a bridge takes its ports in beside.
        foreach (var address in new[] { "192.168.2.10", NodeV6 })
        {
            TestNetwork.Inside(_network.Wire, "ping", "-n", "-c", "1", "-w", "10", address);
        }
    }

    public static TheoryData<string, string, string> BothFamilies => new()
    {
        { "10.244.1.9", "192.168.2.10", Outside },
        { "fd01:0:0:1::9", NodeV6, OutsideV6 },
    };

    private TestNode Node => _network.Nodes[0];

    public void Dispose() => _network.Dispose();

    [Theory]
    [MemberData(nameof(BothFamilies))]
    public async Task Who_comes_from_outside_reaches_the_pod_with_his_own_address(string podAddress, string nodeAddress, string outside)
    {
        var pod = Serve(podAddress);

        Assert.Equal(outside, await SourceSeenAsync(_network.Wire, pod, nodeAddress));
    }

    [Theory]
    [InlineData("10.244.1.9", "192.168.2.10")]
    [InlineData("10.244.1.9", "10.244.1.1")]
    [InlineData("fd01:0:0:1::9", NodeV6)]
    [InlineData("fd01:0:0:1::9", "fd01:0:0:1::1")]
    public async Task The_node_itself_reaches_the_pod_by_every_address_of_its_own(string podAddress, string nodeAddress)
    {
        var pod = Serve(podAddress);

        Assert.Equal(nodeAddress, await SourceSeenAsync(Node.Namespace, pod, nodeAddress));
    }

    [Theory]
    [InlineData("10.244.1.9", "10.244.1.8", "192.168.2.10")]
    [InlineData("10.244.1.9", "10.244.2.8", "192.168.2.10")]
    [InlineData("10.244.1.9", "10.244.2.8", "10.244.1.1")]
    [InlineData("fd01:0:0:1::9", "fd01:0:0:1::8", "fd01:0:0:1::1")]
    [InlineData("fd01:0:0:1::9", "fd01:0:0:2::8", "fd01:0:0:1::1")]
    [InlineData("fd01:0:0:1::9", "fd01:0:0:1::8", NodeV6)]
    public async Task A_pod_of_either_node_reaches_the_pod_and_comes_from_the_node(string podAddress, string clientAddress, string nodeAddress)
    {
        var pod = Serve(podAddress);
        var client = _network.AddPod(clientAddress.Contains(".2.", StringComparison.Ordinal) || clientAddress.Contains(":2:", StringComparison.Ordinal) ? 2 : 1, DatapathState.Cluster, clientAddress);

        Assert.Equal(TestNetwork.BlockOf(1, pod.Address.IsV4).Gateway.ToString(), await SourceSeenAsync(client.Namespace, pod, nodeAddress));
    }

    [Fact]
    public async Task Another_node_reaches_the_pod_although_pods_answer_nodes_by_the_tunnel()
    {
        var pod = Serve("10.244.1.9");

        Assert.Equal("10.244.1.1", await SourceSeenAsync(_network.Nodes[1].Namespace, pod, "192.168.2.10"));
    }

    [Fact]
    public async Task A_pod_reaches_itself()
    {
        var pod = Serve("10.244.1.9");

        Assert.Equal("10.244.1.1", await SourceSeenAsync(pod.Namespace, pod, "192.168.2.10"));
    }

    [Theory]
    [MemberData(nameof(BothFamilies))]
    public void A_stream_passes_unchanged(string podAddress, string nodeAddress, string outside)
    {
        var pod = Serve(podAddress);
        using var listener = pod.Bind(SocketType.Stream, ProtocolType.Tcp, PodPort);
        listener.Listen();
        using var client = InNamespace.Open(TestNetwork.PathOf(_network.Wire), () =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(IPAddress.Parse(nodeAddress), Port);
            return socket;
        });
        using var server = listener.Accept();
        server.ReceiveTimeout = 10_000;

        Assert.Equal(IPAddress.Parse(outside), ((IPEndPoint)server.RemoteEndPoint!).Address);
        Talk.Stream(client, server, 1 << 20);
    }

    [Fact]
    public async Task At_one_address_of_the_node_it_leads_to_the_pod_and_at_the_others_it_does_not()
    {
        var pod = AddPod("10.244.1.9");
        Ensure(Udp(pod) with { HostAddress = IpAddr.Parse("192.168.2.10") });

        Assert.Equal(Outside, await SourceSeenAsync(_network.Wire, pod, "192.168.2.10"));
        Assert.Equal("10.244.1.1", await NodeAnswersAsync(Node.Namespace, "10.244.1.1"));
    }

    [Fact]
    public async Task What_listens_at_loopback_on_the_node_keeps_its_port()
    {
        Serve("10.244.1.9");

        Assert.Equal("127.0.0.1", await NodeAnswersAsync(Node.Namespace, "127.0.0.1"));
        Assert.Equal("::1", await NodeAnswersAsync(Node.Namespace, "::1"));
    }

    [Fact]
    public async Task A_port_that_is_taken_away_is_the_nodes_own_again_and_one_that_moves_leads_elsewhere()
    {
        var pod = Serve("10.244.1.9");
        var other = AddPod("10.244.1.8");
        Ensure(Udp(other));
        Assert.Equal(Outside, await SourceSeenAsync(_network.Wire, other, "192.168.2.10"));

        Ensure(Udp(other) with { Port = Port + 1 });
        Assert.Equal(Outside, await NodeAnswersAsync(_network.Wire, "192.168.2.10"));
        Ensure(Udp(pod));
        Assert.Equal(Outside, await SourceSeenAsync(_network.Wire, pod, "192.168.2.10"));
        Ensure();
        Assert.Equal(Outside, await NodeAnswersAsync(_network.Wire, "192.168.2.10"));
    }

    private TestPod AddPod(string address) => _network.AddPod(1, DatapathState.Cluster, address);

    private TestPod Serve(string address)
    {
        var pod = AddPod(address);
        Ensure(Udp(pod), Udp(pod) with { Protocol = TransportProtocol.Tcp });
        return pod;
    }

    private static HostPort Udp(TestPod pod) => new(TransportProtocol.Udp, IpAddr.Unspecified, Port, pod.Address, PodPort);

    private void Ensure(params ImmutableHashSet<HostPort> ports)
    {
        Assert.True(HostFirewall.Ensure(Node.Namespace, masquerade: true, ports, [TestNetwork.VtepOf(2)]));
        Assert.False(HostFirewall.Ensure(Node.Namespace, masquerade: true, ports, [TestNetwork.VtepOf(2)]));
        Assert.Equal(ports, Node.Namespace.Run(HostFirewall.ListHostPorts));
    }

    private static async Task<string> SourceSeenAsync(NetworkNamespace from, TestPod pod, string nodeAddress) => (await UdpSockets.SourceSeenAsync(
        TestNetwork.PathOf(from), TestNetwork.PathOf(pod.Namespace), IPAddress.Parse(nodeAddress), Port,
        new IPEndPoint(pod.Address.ToIPAddress(), PodPort))).ToString();

    private async Task<string> NodeAnswersAsync(NetworkNamespace from, string nodeAddress) => (await UdpSockets.SourceSeenAsync(
        TestNetwork.PathOf(from), TestNetwork.PathOf(Node.Namespace), IPAddress.Parse(nodeAddress), Port)).ToString();
}
