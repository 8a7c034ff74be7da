using System.Net;
using System.Net.Sockets;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf;
using Netplugin.Tests.Bpf.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Bpf;

/// <summary>Services used by pods, on real devices.</summary>
public sealed class ServiceTests
{
    private const ushort ServicePort = 80;
    private const ushort BackendPort = 8080;

    [Theory]
    [MemberData(nameof(Families.EitherWay), MemberType = typeof(Families))]
    public void A_pod_reaches_backends_on_its_node_and_on_another(bool v4, DirectNodes directNodes)
    {
        using var network = TestNetwork.Cluster(directNodes);
        var client = Pod(network, 1, v4, 9);
        foreach (var backend in new[] { Pod(network, 1, v4, 10), Pod(network, 2, v4, 9) })
        {
            Balance(network, v4, backend.Address);
            Assert.Equal(client.Address, SourceSeenByTcp(client, ServiceAddress(v4), ServicePort, backend));
            Assert.Equal(client.Address, SourceSeenByUdp(client, ServiceAddress(v4), ServicePort, backend, 16));
        }
    }

    [Theory]
    [MemberData(nameof(Families.Both), MemberType = typeof(Families))]
    public void A_pod_reaches_itself_through_a_Service(bool v4)
    {
        using var network = TestNetwork.Cluster();
        var pod = Pod(network, 1, v4, 9);
        Balance(network, v4, pod.Address);

        var shown = IpAddr.Parse(v4 ? "169.254.78.80" : "100::4e50");
        Assert.Equal(shown, SourceSeenByTcp(pod, ServiceAddress(v4), ServicePort, pod));
        Assert.Equal(shown, SourceSeenByUdp(pod, ServiceAddress(v4), ServicePort, pod, 16));
    }

    [Theory]
    [MemberData(nameof(Families.EitherWay), MemberType = typeof(Families))]
    public void Every_backend_gets_a_part_and_none_that_is_not_of_the_Service(bool v4, DirectNodes directNodes)
    {
        using var network = TestNetwork.Cluster(directNodes);
        var client = Pod(network, 1, v4, 9);
        TestPod[] backends = [Pod(network, 1, v4, 10), Pod(network, 2, v4, 10), Pod(network, 2, v4, 11)];
        Balance(network, v4, [.. backends.Select(backend => backend.Address)]);

        // That one of three is missed a hundred times does not happen.
        Assert.Equal(backends.ToHashSet(), Asked(client, v4, backends, 100).ToHashSet());
        Balance(network, v4, backends[2].Address);
        Assert.Equal([backends[2]], Asked(client, v4, backends, 20).Distinct());
    }

    [Theory]
    [MemberData(nameof(Families.EitherWay), MemberType = typeof(Families))]
    public async Task A_pod_reaches_backends_in_the_network_of_a_node(bool v4, DirectNodes directNodes)
    {
        using var network = TestNetwork.Cluster(directNodes);
        var client = Pod(network, 1, v4, 9);
        foreach (var node in network.Nodes)
        {
            Balance(network, v4, TestNetwork.BlockOf(node.Number, v4).Gateway);
            Assert.Equal(client.Address, IpAddr.From(await UdpSockets.SourceSeenAsync(
                TestNetwork.PathOf(client.Namespace), TestNetwork.PathOf(node.Namespace), ServiceAddress(v4).ToIPAddress(), ServicePort,
                EndPointOf(TestNetwork.BlockOf(node.Number, v4).Gateway, BackendPort))));
        }
    }

    [Fact]
    public async Task A_pod_reaches_backends_outside_the_cluster_by_its_nodes_address()
    {
        using var network = TestNetwork.Cluster();
        TestNetwork.Ip(network.Wire, "addr add 192.168.2.1/24 dev wire");
        var client = Pod(network, 1, v4: true, 9);
        Balance(network, v4: true, IpAddr.Parse("192.168.2.1"));

        Assert.Equal(TestNetwork.VtepOf(1), IpAddr.From(await UdpSockets.SourceSeenAsync(
            TestNetwork.PathOf(client.Namespace), TestNetwork.PathOf(network.Wire), ServiceAddress(true).ToIPAddress(), ServicePort,
            EndPointOf(IpAddr.Parse("192.168.2.1"), BackendPort))));
    }

    [Fact]
    public void A_port_of_every_node_is_one_of_each_of_its_addresses()
    {
        using var network = TestNetwork.Cluster();
        var client = Pod(network, 1, v4: true, 9);
        var backend = Pod(network, 2, v4: true, 9);
        network.Balance(new(IpAddr.FromV4(0), 30080, TransportProtocol.Tcp), new Backend(backend.Address, BackendPort));

        foreach (var address in new[] { TestNetwork.VtepOf(1), TestNetwork.VtepOf(2), TestNetwork.BlockOf(1, true).Gateway, TestNetwork.BlockOf(2, true).Gateway })
        {
            Assert.Equal(client.Address, SourceSeenByTcp(client, address, 30080, backend));
        }
    }

    [Theory]
    [MemberData(nameof(Families.Both), MemberType = typeof(Families))]
    public void A_Service_without_endpoints_refuses_at_once(bool v4)
    {
        using var network = TestNetwork.Cluster();
        var client = Pod(network, 1, v4, 9);
        foreach (var protocol in new[] { TransportProtocol.Tcp, TransportProtocol.Udp })
        {
            network.Serve(new(ServiceAddress(v4), ServicePort, protocol), new(FrontendAction.Reject, TimeSpan.Zero, []));
        }

        AssertRefused(client, ServiceAddress(v4), ServicePort);
        Assert.True(client.Node.Events(DatapathEvent.ServiceRefused) >= 2);
    }

    [Fact]
    public void A_Service_without_an_endpoint_that_is_allowed_here_drops_by_name()
    {
        using var network = TestNetwork.Cluster();
        var client = Pod(network, 1, v4: true, 9);
        network.Serve(Key(true, TransportProtocol.Udp), new(FrontendAction.Drop, TimeSpan.Zero, []));

        using var socket = client.Bind(SocketType.Dgram, ProtocolType.Udp, 0);
        socket.SendTo([1], EndPointOf(ServiceAddress(true), ServicePort));
        Assert.Equal(1ul, client.Node.Drops(DropReason.NoLocalBackend));
    }

    [Theory]
    [MemberData(nameof(Families.Both), MemberType = typeof(Families))]
    public void A_backend_that_does_not_listen_refuses_in_the_name_of_the_Service(bool v4)
    {
        using var network = TestNetwork.Cluster();
        var client = Pod(network, 1, v4, 9);
        foreach (var node in new[] { 1, 2 })
        {
            Balance(network, v4, Pod(network, node, v4, 10).Address);
            AssertRefused(client, ServiceAddress(v4), ServicePort);
        }
    }

    [Theory]
    [MemberData(nameof(Families.Both), MemberType = typeof(Families))]
    public void A_client_stays_with_its_backend_where_the_Service_asks_for_it(bool v4)
    {
        using var network = TestNetwork.Cluster();
        var client = Pod(network, 1, v4, 9);
        TestPod[] backends = [Pod(network, 1, v4, 10), Pod(network, 2, v4, 10), Pod(network, 2, v4, 11)];
        network.Serve(Key(v4, TransportProtocol.Udp), new(FrontendAction.Balance, TimeSpan.FromHours(1), [.. backends.Select(b => new Backend(b.Address, BackendPort))]));

        var chosen = Assert.Single(Asked(client, v4, backends, 50).Distinct());

        // Of those that are left another one is chosen, and kept.
        network.Serve(Key(v4, TransportProtocol.Udp), new(
            FrontendAction.Balance, TimeSpan.FromHours(1), [.. backends.Where(b => b != chosen).Select(b => new Backend(b.Address, BackendPort))]));
        Assert.NotEqual(chosen, Assert.Single(Asked(client, v4, backends, 50).Distinct()));
    }

    [Fact]
    public void Datagrams_of_one_socket_leave_a_backend_only_when_it_is_gone()
    {
        using var network = TestNetwork.Cluster();
        var client = Pod(network, 1, v4: true, 9);
        TestPod[] backends = [Pod(network, 1, v4: true, 10), Pod(network, 2, v4: true, 10)];
        using var first = backends[0].Bind(SocketType.Dgram, ProtocolType.Udp, BackendPort);
        using var second = backends[1].Bind(SocketType.Dgram, ProtocolType.Udp, BackendPort);
        using var socket = client.Bind(SocketType.Dgram, ProtocolType.Udp, 0);

        Balance(network, true, backends[0].Address);
        AssertAnswers(socket, first);
        Balance(network, true, backends[0].Address, backends[1].Address);
        for (var i = 0; i < 20; i++)
        {
            AssertAnswers(socket, first);
        }

        Balance(network, true, backends[1].Address);
        AssertAnswers(socket, second);
    }

    [Fact]
    public void A_connection_outlives_its_backends_leave_from_the_Service()
    {
        using var network = TestNetwork.Cluster();
        var client = Pod(network, 1, v4: true, 9);
        TestPod[] backends = [Pod(network, 2, v4: true, 10), Pod(network, 2, v4: true, 11)];
        Balance(network, true, backends[0].Address);
        using var listener = backends[0].Bind(SocketType.Stream, ProtocolType.Tcp, BackendPort);
        listener.Listen();
        using var socket = client.Open(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(EndPointOf(ServiceAddress(true), ServicePort));
        using var server = listener.Accept();

        Balance(network, true, backends[1].Address);
        AssertTalk(socket, server);
        network.Serve(Key(true, TransportProtocol.Tcp), new(FrontendAction.Reject, TimeSpan.Zero, []));
        AssertTalk(socket, server);
    }

    [Theory]
    [MemberData(nameof(Families.Both), MemberType = typeof(Families))]
    public void From_one_port_a_pod_speaks_with_a_backend_itself_and_through_two_Services(bool v4)
    {
        using var network = TestNetwork.Cluster();
        var client = Pod(network, 1, v4, 9);
        var backend = Pod(network, 2, v4, 10);
        Balance(network, v4, backend.Address);
        var other = IpAddr.Parse(v4 ? "10.96.0.11" : "fd10::11");
        network.Balance(new(other, ServicePort, TransportProtocol.Tcp), new Backend(backend.Address, BackendPort));
        using var listener = backend.Bind(SocketType.Stream, ProtocolType.Tcp, BackendPort);
        listener.Listen();

        var sockets = new List<(Socket Client, Socket Server)>();
        try
        {
            foreach (var (address, port) in new[] { (backend.Address, BackendPort), (ServiceAddress(v4), ServicePort), (other, ServicePort) })
            {
                var socket = client.Open(SocketType.Stream, ProtocolType.Tcp);
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                socket.Bind(EndPointOf(client.Address, 40000));
                socket.Connect(EndPointOf(address, port));
                sockets.Add((socket, listener.Accept()));
            }

            foreach (var (from, to) in sockets)
            {
                AssertTalk(from, to);
            }
        }
        finally
        {
            foreach (var (from, to) in sockets)
            {
                from.Dispose();
                to.Dispose();
            }
        }
    }

    [Fact]
    public void A_port_that_a_program_chose_stays()
    {
        using var network = TestNetwork.Cluster();
        var client = Pod(network, 1, v4: true, 9);
        var backend = Pod(network, 2, v4: true, 10);
        Balance(network, true, backend.Address);
        using var server = backend.Bind(SocketType.Dgram, ProtocolType.Udp, BackendPort);
        using var socket = client.Bind(SocketType.Dgram, ProtocolType.Udp, 1023);

        socket.SendTo([1], EndPointOf(ServiceAddress(true), ServicePort));
        EndPoint asker = EndPointOf(client.Address, 0);
        server.ReceiveFrom(new byte[16], ref asker);
        Assert.Equal(EndPointOf(client.Address, 1023), asker);
    }

    [Theory]
    [MemberData(nameof(Families.EitherWay), MemberType = typeof(Families))]
    public void Datagrams_in_fragments_arrive_whole_both_ways(bool v4, DirectNodes directNodes)
    {
        using var network = TestNetwork.Cluster(directNodes);
        var client = Pod(network, 1, v4, 9);
        foreach (var backend in new[] { Pod(network, 1, v4, 10), Pod(network, 2, v4, 10) })
        {
            Balance(network, v4, backend.Address);
            Assert.Equal(client.Address, SourceSeenByUdp(client, ServiceAddress(v4), ServicePort, backend, 9000));
        }
    }

    [Theory]
    [MemberData(nameof(Families.Both), MemberType = typeof(Families))]
    public void A_program_without_offloads_is_served_as_well(bool v4)
    {
        using var network = TestNetwork.Cluster();
        var client = Pod(network, 1, v4, 9);
        var backend = Pod(network, 2, v4, 10);
        foreach (var pod in new[] { client, backend })
        {
            TestNetwork.Inside(pod.Namespace, "ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off");
        }

        Balance(network, v4, backend.Address);
        Assert.Equal(client.Address, SourceSeenByTcp(client, ServiceAddress(v4), ServicePort, backend));
        Assert.Equal(client.Address, SourceSeenByUdp(client, ServiceAddress(v4), ServicePort, backend, 16));
    }

    [Fact]
    public void No_VXLAN_goes_to_a_node_through_a_Service()
    {
        using var network = TestNetwork.Cluster();
        TestNetwork.Ip(network.Wire, "addr add 192.168.2.1/24 dev wire");
        var client = Pod(network, 1, v4: true, 9);
        using var socket = client.Bind(SocketType.Dgram, ProtocolType.Udp, 0);
        foreach (var (address, count) in new[] { (TestNetwork.VtepOf(1), 1ul), (TestNetwork.VtepOf(2), 2ul), (IpAddr.Parse("192.168.2.1"), 3ul) })
        {
            network.Balance(Key(true, TransportProtocol.Udp), new Backend(address, 4789));
            socket.SendTo([1], EndPointOf(ServiceAddress(true), ServicePort));
            Assert.Equal(count, client.Node.Drops(DropReason.PodVxlan));
        }
    }

    [Fact]
    public void A_tenants_pod_is_served_by_no_Service()
    {
        using var network = TestNetwork.Cluster();
        var tenant = network.AddPod(1, 10001, "10.0.0.1");
        Balance(network, true, Pod(network, 1, v4: true, 10).Address);

        using var socket = tenant.Bind(SocketType.Dgram, ProtocolType.Udp, 0);
        socket.SendTo([1], EndPointOf(ServiceAddress(true), ServicePort));
        Assert.Equal(1ul, tenant.Node.Drops(DropReason.NoRoute));
    }

    private static TestPod Pod(TestNetwork network, int node, bool v4, int number) =>
        network.AddPod(node, DatapathState.Cluster, v4 ? $"10.244.{node}.{number}" : $"fd01:0:0:{node}::{number}");

    private static IpAddr ServiceAddress(bool v4) => IpAddr.Parse(v4 ? "10.96.0.10" : "fd10::10");

    private static FrontendKey Key(bool v4, TransportProtocol protocol) => new(ServiceAddress(v4), ServicePort, protocol);

    private static IPEndPoint EndPointOf(IpAddr address, int port) => new(address.ToIPAddress(), port);

    private static void Balance(TestNetwork network, bool v4, params IEnumerable<IpAddr> backends)
    {
        var ports = backends.Select(address => new Backend(address, BackendPort)).ToArray();
        network.Balance(Key(v4, TransportProtocol.Tcp), ports);
        network.Balance(Key(v4, TransportProtocol.Udp), ports);
    }

    /// <summary>A megabyte to a frontend and back, all of it checked; the address that the backend sees.</summary>
    private static IpAddr SourceSeenByTcp(TestPod client, IpAddr address, ushort port, TestPod backend)
    {
        using var listener = backend.Bind(SocketType.Stream, ProtocolType.Tcp, BackendPort);
        listener.Listen();
        using var socket = client.Open(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(EndPointOf(address, port));
        using var server = listener.Accept();
        server.ReceiveTimeout = 10_000;
        Assert.Equal(EndPointOf(address, port), socket.RemoteEndPoint);
        var seen = IpAddr.From(((IPEndPoint)server.RemoteEndPoint!).Address);
        Talk.Stream(socket, server, 1 << 20);
        return seen;
    }

    private static IpAddr SourceSeenByUdp(TestPod client, IpAddr address, ushort port, TestPod backend, int length)
    {
        using var server = backend.Bind(SocketType.Dgram, ProtocolType.Udp, BackendPort);
        using var socket = client.Bind(SocketType.Dgram, ProtocolType.Udp, 0);
        var question = new byte[length];
        new Random(length).NextBytes(question);
        var buffer = new byte[65536];
        EndPoint asker = EndPointOf(client.Address, 0);

        socket.SendTo(question, EndPointOf(address, port));
        Assert.Equal(question, buffer[..server.ReceiveFrom(buffer, ref asker)]);
        server.SendTo(question, asker);
        EndPoint answering = EndPointOf(client.Address, 0);
        Assert.Equal(question, buffer[..socket.ReceiveFrom(buffer, ref answering)]);
        Assert.Equal(EndPointOf(address, port), answering);
        return IpAddr.From(((IPEndPoint)asker).Address);
    }

    /// <summary>Who gets each of some datagrams from ports of their own.</summary>
    private static List<TestPod> Asked(TestPod client, bool v4, TestPod[] backends, int times)
    {
        var servers = backends.Select(backend => backend.Bind(SocketType.Dgram, ProtocolType.Udp, BackendPort)).ToArray();
        var answered = new List<TestPod>();
        for (var i = 0; i < times; i++)
        {
            using var socket = client.Bind(SocketType.Dgram, ProtocolType.Udp, 0);
            socket.SendTo([1], EndPointOf(ServiceAddress(v4), ServicePort));
            var readable = servers.ToList();
            Socket.Select(readable, null, null, TimeSpan.FromSeconds(10));
            var server = Assert.Single(readable);
            server.Receive(new byte[16]);
            answered.Add(backends[Array.IndexOf(servers, server)]);
        }

        foreach (var server in servers)
        {
            server.Dispose();
        }

        return answered;
    }

    private static void AssertAnswers(Socket client, Socket backend)
    {
        var buffer = new byte[16];
        EndPoint asker = new IPEndPoint(IPAddress.Any, 0);
        client.SendTo([1], EndPointOf(ServiceAddress(true), ServicePort));
        Assert.Equal(1, backend.ReceiveFrom(buffer, ref asker));
        backend.SendTo([2, 3], asker);
        Assert.Equal(2, client.Receive(buffer));
    }

    private static void AssertTalk(Socket client, Socket server)
    {
        var buffer = new byte[16];
        server.ReceiveTimeout = 10_000;
        client.Send([1, 2, 3]);
        Assert.Equal(3, server.Receive(buffer));
        server.Send([4, 5]);
        Assert.Equal(2, client.Receive(buffer));
    }

    private static void AssertRefused(TestPod client, IpAddr address, ushort port)
    {
        using var stream = client.Open(SocketType.Stream, ProtocolType.Tcp);
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => stream.Connect(EndPointOf(address, port))).SocketErrorCode);
        using var datagrams = client.Open(SocketType.Dgram, ProtocolType.Udp);
        datagrams.Connect(EndPointOf(address, port));
        datagrams.Send([1]);
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => datagrams.Receive(new byte[16])).SocketErrorCode);
    }
}
