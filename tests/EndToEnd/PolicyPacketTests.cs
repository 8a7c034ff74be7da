using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;
using Netplugin.Tests.Support.Processes;
using static Netplugin.Tests.EndToEnd.DualStack;

namespace Netplugin.Tests.EndToEnd;

/// <summary>Packets that are more than a question and its answer: fragments, ICMP errors, and what comes from nodes.</summary>
public sealed class PolicyPacketTests
{
    private const int Allowed = 7001, Denied = 7002, HostPort = 7080;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Fragments_go_where_their_first_may_go_and_errors_come_back()
    {
        using Cluster cluster = await StartAsync();
        cluster.Post(Intent("in 1 deny any", $"in 2 allow udp/{Allowed}", "out 1 deny any")).Succeeded();
        Pod from = cluster[1].CreatePod("peer"), near = cluster[1].CreatePod("shut1"), far = cluster[2].CreatePod("shut2");
        string[] froms = [.. Add(from), .. NetworkAddresses(from)], nears = [.. Add(near), .. NetworkAddresses(near)], fars = [.. Add(far), .. NetworkAddresses(far)];
        foreach (string address in nears.Concat(fars))
        {
            await Eventually.HoldsAsync($"the pods to know each other by {address}", async () => await RefusesAsync(from, address, Allowed));
        }

        foreach ((Pod to, string address) in nears.Select(one => (near, one)).Concat(fars.Select(one => (far, one))))
        {
            // A port that nobody listens at says so, by an ICMP error of a pod that may send nothing itself, and only where one may ask.
            Assert.True(await RefusesAsync(from, address, Allowed), address);
            Assert.False(await RefusesAsync(from, address, Denied), address);
            Assert.False(to.Run("ping", "-n", "-c", "1", "-W", "1", froms[address.Contains(':', StringComparison.Ordinal) ? 1 : 0]).ExitCode == 0, "what sends the error may begin nothing");

            foreach (int size in new[] { 1400, 4000, 60_000 })
            {
                Assert.True(await ArrivesAsync(from, to, address, Allowed, size), $"{size} bytes to {address}");
                Assert.False(await ArrivesAsync(from, to, address, Denied, size), $"{size} bytes to {address}");
            }
        }
    }

    /// <summary>The error comes from outside, by the node's address translation, to a pod that nobody may reach.</summary>
    [Fact]
    public async Task A_path_that_is_narrower_is_told_to_an_isolated_pod_that_may_go_there()
    {
        using Cluster cluster = await StartAsync();
        cluster.Post(Intent("in 1 deny any", "out 1 deny any", "out 2 allow any 198.51.100.0/24")).Succeeded();
        Pod pod = cluster[1].CreatePod("shut1");
        Add(pod);
        cluster.Fabric.Run("bash", "-c", "ip link add narrow mtu 1300 type veth peer name behind && ip link set narrow up && ip link set behind up && ip route add 198.51.100.0/24 dev narrow && ip route add 198.51.101.0/24 dev narrow && sysctl -qw net.ipv4.ip_forward=1").Succeeded();
        await Eventually.HoldsAsync("the pod to be told", () => IsTold(pod, "198.51.100.7"));
        Assert.False(IsTold(pod, "198.51.101.7"), "it may not go there");
    }

    [Fact]
    public async Task A_node_reaches_its_own_isolated_pods_and_nobody_else_passes_for_it()
    {
        using Cluster cluster = await StartAsync();
        cluster.Post(Intent("in 1 deny any")).Succeeded();
        Pod near = cluster[1].CreatePod("shut1"), peer = cluster[1].CreatePod("peer"), far = cluster[2].CreatePod("shut2");
        string ports = Pod.Configuration(more: $$""", "runtimeConfig": { "portMappings": [{ "hostPort": {{HostPort}}, "containerPort": {{Allowed}}, "protocol": "tcp" }] }""");
        string[] nears = Add(near, ports), peers = Add(peer);
        Add(far);
        using Socket v4 = Listen(near, IPAddress.Any), v6 = Listen(near, IPAddress.IPv6Any);
        string own = cluster[1].Node.NetworkNamespace, others = cluster[2].Node.NetworkNamespace, outside = cluster.Fabric.NetworkNamespace;
        foreach (Family family in Both)
        {
            string address = nears[(int)family], node = Underlay(family, 10);
            await Eventually.HoldsAsync($"the node to reach {address}", async () => await ConnectsAsync(own, address, Allowed));
            cluster[1].Node.Run("ping", "-n", "-c", "1", "-W", "2", address).Succeeded();
            Assert.True(await ConnectsAsync(own, node, HostPort), "the node by its own port");

            // The other node, who knows the way; an outsider by the port; pods by it, here and there, whose packets are masqueraded as the node's own address.
            Assert.NotEqual(0, cluster[2].Node.Run("ping", "-n", "-c", "1", "-W", "1", address).ExitCode);
            foreach ((string from, string to, int port) in new[]
            {
                (others, address, Allowed), (others, node, HostPort), (outside, node, HostPort), (peer.NetworkNamespace, node, HostPort), (peer.NetworkNamespace, address, Allowed),
                (far.NetworkNamespace, node, HostPort), (far.NetworkNamespace, address, Allowed),
            })
            {
                Assert.False(await ConnectsAsync(from, to, port), $"{from} reached {to}:{port}");
            }

            Assert.True(cluster[2].Node.Run("ping", "-n", "-c", "1", "-W", "2", peers[(int)family]).ExitCode == 0, "the other node knows the way");
        }

        // All of that is for the policy's sake: without it each of them gets in.
        cluster.Post(Intent()).Succeeded();
        foreach (Family family in Both)
        {
            string node = Underlay(family, 10);
            foreach (string from in new[] { others, outside, peer.NetworkNamespace, far.NetworkNamespace })
            {
                await Eventually.HoldsAsync($"{from} to reach {node}:{HostPort}", async () => await ConnectsAsync(from, node, HostPort));
            }
        }
    }

    private static string Intent(params string[] rules) =>
        PolicyIntent.Of(new PolicyTenant("one", 10001, new("peers", ["peer"]), new("shut", ["shut1", "shut2"], rules)));

    /// <summary>True when whoever asks a port is told that nobody is there.</summary>
    private static async Task<bool> RefusesAsync(Pod from, string address, int port)
    {
        IPAddress to = IPAddress.Parse(address);
        using Socket socket = UdpSockets.Open(from.NetworkNamespace, 0, AnyOf(to));
        using var limit = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(new IPEndPoint(to, port), limit.Token);
        await socket.SendAsync(new byte[1], limit.Token);
        try
        {
            await socket.ReceiveAsync(new byte[1], limit.Token);
            return false;
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<bool> ArrivesAsync(Pod from, Pod to, string address, int port, int size)
    {
        IPAddress target = IPAddress.Parse(address);
        using Socket receiver = UdpSockets.Open(to.NetworkNamespace, port, AnyOf(target)), sender = UdpSockets.Open(from.NetworkNamespace, 0, AnyOf(target));
        byte[] datagram = RandomNumberGenerator.GetBytes(size), buffer = new byte[65536];
        await sender.SendToAsync(datagram, new IPEndPoint(target, port));
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            int length = await receiver.ReceiveAsync(buffer, limit.Token);
            return datagram.AsSpan().SequenceEqual(buffer.AsSpan(0, length));
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static bool IsTold(Pod pod, string address)
    {
        CommandResult ping = pod.Run("ping", "-n", "-c", "2", "-i", "0.3", "-W", "1", "-M", "do", "-s", 1372.ToString(CultureInfo.InvariantCulture), address);
        return (ping.Output + ping.Error).Contains("mtu = 1300", StringComparison.OrdinalIgnoreCase);
    }

    private static Socket Listen(Pod pod, IPAddress any) => InNamespace.Open(pod.NetworkNamespace, () =>
    {
        var socket = new Socket(any.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (any.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = false;
        }

        socket.Bind(new IPEndPoint(any, Allowed));
        socket.Listen(256);
        return socket;
    });

    private static async Task<bool> ConnectsAsync(string from, string address, int port)
    {
        using Socket socket = TcpSockets.Open(from, IPAddress.Parse(address).AddressFamily);
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), port), limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static IPAddress AnyOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
}
