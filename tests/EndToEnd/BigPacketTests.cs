using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>Big and odd packets between two nodes whose underlay carries 1500 bytes.</summary>
public sealed class BigPacketTests
{
    private const long Gigabyte = 1L << 30;

    // IPv4 header and ICMP header: what ping adds to its payload.
    private const int PingHeaders = 28;

    [Theory]
    [InlineData("on")]
    [InlineData("off")]
    public async Task A_gigabyte_arrives_with_its_checksum_with_offloads(string offloads)
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        (Pod from, Pod to, string address) = await PodsOnTwoNodesAsync(cluster);
        foreach (ClusterNode node in cluster.Nodes)
        {
            node.Node.Run("ethtool", ["-K", "eth1", .. Offloads(offloads)]).Succeeded();
        }

        from.Run("ethtool", ["-K", "eth0", .. Offloads(offloads)]).Succeeded();
        to.Run("ethtool", ["-K", "eth0", .. Offloads(offloads)]).Succeeded();

        using Socket listener = OpenTcp(to);
        listener.Bind(new IPEndPoint(IPAddress.Any, 7000));
        listener.Listen();
        using Socket client = OpenTcp(from);
        client.Connect(new IPEndPoint(IPAddress.Parse(address), 7000));
        using Socket server = listener.Accept();
        Task<string> receiving = Task.Run(() => Receive(server));
        string sent = await Task.Run(() => Send(client));
        Assert.Equal(sent, await receiving);
    }

    [Fact]
    public async Task Packets_up_to_the_MTU_pass_and_bigger_ones_get_what_the_RFCs_ask()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        (Pod from, Pod _, string address) = await PodsOnTwoNodesAsync(cluster);
        int mtu = (await cluster[1].StatusAsync()).OverlayMtu;
        Assert.Equal(1450, mtu);
        Assert.Equal(mtu, Mtu(from));

        Assert.Equal(0, Ping(from, address, mtu - PingHeaders, "do").ExitCode);
        Assert.Equal(0, Ping(from, address, 8000, "dont").ExitCode);

        // A pod that gives itself a bigger MTU is told the right one: RFC 1191's "fragmentation needed", with the MTU in it.
        from.Run("ip", "link", "set", "eth0", "mtu", "1500").Succeeded();
        CommandResult told = Ping(from, address, mtu - PingHeaders + 1, "do");
        Assert.NotEqual(0, told.ExitCode);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"mtu = {mtu}"), told.Output + told.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, Ping(from, address, mtu - PingHeaders, "do").ExitCode);
    }

    [Fact]
    public async Task An_icmp_error_reaches_the_socket_that_caused_it()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        (Pod from, Pod _, string address) = await PodsOnTwoNodesAsync(cluster);
        using Socket socket = UdpSockets.Open(from.NetworkNamespace);
        socket.Connect(new IPEndPoint(IPAddress.Parse(address), 9));
        socket.ReceiveTimeout = 5000;
        socket.Send([1]);
        SocketException refused = Assert.Throws<SocketException>(() => socket.Receive(new byte[1]));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task Fragments_of_a_datagram_are_put_together_in_the_pod()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        (Pod from, Pod to, string address) = await PodsOnTwoNodesAsync(cluster);
        using Socket receiver = UdpSockets.Open(to.NetworkNamespace, 7001);
        receiver.ReceiveTimeout = 5000;
        using Socket sender = UdpSockets.Open(from.NetworkNamespace);
        byte[] datagram = RandomNumberGenerator.GetBytes(60_000);
        sender.SendTo(datagram, new IPEndPoint(IPAddress.Parse(address), 7001));
        byte[] buffer = new byte[65536];
        int length = receiver.Receive(buffer);
        Assert.True(datagram.AsSpan().SequenceEqual(buffer.AsSpan(0, length)));
    }

    private static async Task<(Pod From, Pod To, string Address)> PodsOnTwoNodesAsync(Cluster cluster)
    {
        cluster.Post(Intents.OneTenant(("orange", ["c1", "c2"]))).Succeeded();
        Pod from = cluster[1].CreatePod("c1"), to = cluster[2].CreatePod("c2");
        from.Add();
        string address = to.Add();
        await Eventually.HoldsAsync("the pods to reach each other", () => from.Reaches(address));
        return (from, to, address);
    }

    private static string[] Offloads(string state) => ["tso", state, "gso", state, "gro", state, "tx", state, "rx", state, "sg", state];

    private static CommandResult Ping(Pod from, string address, int payload, string fragmentation) => from.Run(
        "ping", "-n", "-c", "2", "-i", "0.2", "-W", "2", "-M", fragmentation, "-s", payload.ToString(CultureInfo.InvariantCulture), address);

    private static int Mtu(Pod pod)
    {
        using JsonDocument links = JsonDocument.Parse(pod.Run("ip", "-j", "link", "show", "dev", "eth0").Succeeded());
        return links.RootElement[0].GetProperty("mtu").GetInt32();
    }

    private static Socket OpenTcp(Pod pod) => InNamespace.Open(
        pod.NetworkNamespace, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));

    private static string Send(Socket socket)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[1 << 20];
        var random = new Random(1);
        for (long sent = 0; sent < Gigabyte; sent += block.Length)
        {
            random.NextBytes(block);
            hash.AppendData(block);
            for (int offset = 0; offset < block.Length;)
            {
                offset += socket.Send(block.AsSpan(offset));
            }
        }

        socket.Shutdown(SocketShutdown.Send);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static string Receive(Socket socket)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[1 << 20];
        int length;
        while ((length = socket.Receive(block)) > 0)
        {
            hash.AppendData(block.AsSpan(0, length));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
