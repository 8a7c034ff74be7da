using System.Net;
using System.Net.Sockets;
using System.Text;
using Netplugin.Core.Addresses;
using Netplugin.Linux.Namespaces;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Bpf.Nodes;

/// <summary>Conversations between pods.</summary>
internal static class Talk
{
    private const int Port = 7777;

    /// <summary>The port of who is asked what source he sees.</summary>
    internal const int AskedPort = 7778;

    /// <summary>The source by which who is asked for an address knows who asks; see <see cref="UdpSockets.SourceSeenAsync"/>.</summary>
    /// <param name="from">Who asks.</param>
    /// <param name="to">Who is asked, at <see cref="AskedPort"/>.</param>
    /// <param name="address">What is asked.</param>
    /// <param name="port">The port that is asked.</param>
    /// <param name="listensAt">What address and port are translated to; unspecified: they are not.</param>
    internal static async Task<IpAddr> SourceSeenAsync(NetworkNamespace from, NetworkNamespace to, IpAddr address, int port = AskedPort, IpAddr listensAt = default) =>
        IpAddr.From(await UdpSockets.SourceSeenAsync(
            TestNetwork.PathOf(from), TestNetwork.PathOf(to), address.ToIPAddress(), port, listensAt.IsUnspecified ? null : new IPEndPoint(listensAt.ToIPAddress(), AskedPort)));

    /// <summary>A datagram there and another back, each saying who sent it.</summary>
    internal static void Udp(TestPod from, TestPod to, int length = 16, Action<Socket>? prepare = null)
    {
        using var server = to.Bind(SocketType.Dgram, ProtocolType.Udp, Port);
        using var client = from.Bind(SocketType.Dgram, ProtocolType.Udp, 0);
        prepare?.Invoke(server);
        prepare?.Invoke(client);
        var question = Text($"from {from.Number}", length);
        var answer = Text($"from {to.Number}", length);
        var buffer = new byte[65536];
        EndPoint asker = new IPEndPoint(from.Address.ToIPAddress(), 0);

        client.SendTo(question, new IPEndPoint(to.Address.ToIPAddress(), Port));
        var received = server.ReceiveFrom(buffer, ref asker);
        Assert.Equal(question, buffer[..received]);
        Assert.Equal(from.Address.ToIPAddress(), ((IPEndPoint)asker).Address);
        server.SendTo(answer, asker);
        Assert.Equal(answer, buffer[..client.Receive(buffer)]);
    }

    /// <summary>Bytes over TCP, all of them checked.</summary>
    internal static void Tcp(TestPod from, TestPod to, int bytes)
    {
        using var listener = to.Bind(SocketType.Stream, ProtocolType.Tcp, Port);
        listener.Listen();
        using var client = from.Bind(SocketType.Stream, ProtocolType.Tcp, 0);
        client.Connect(new IPEndPoint(to.Address.ToIPAddress(), Port));
        using var server = listener.Accept();
        server.ReceiveTimeout = 10_000;

        Stream(client, server, bytes);
    }

    /// <summary>Bytes from one end of a connection to the other, which ends it; all of them checked.</summary>
    internal static void Stream(Socket client, Socket server, int bytes)
    {
        var data = new byte[bytes];
        new Random(bytes).NextBytes(data);
        var sending = new Thread(() =>
        {
            client.Send(data);
            client.Shutdown(SocketShutdown.Send);
        });
        sending.Start();
        var received = new byte[bytes];
        var done = 0;
        for (int count; (count = server.Receive(received, done, bytes - done, SocketFlags.None)) > 0;)
        {
            done += count;
        }

        sending.Join();
        Assert.Equal(bytes, done);
        Assert.True(data.AsSpan().SequenceEqual(received), "the bytes that arrived are others than were sent");
    }

    /// <summary>Pings an address and waits for the reply.</summary>
    internal static void Ping(TestPod from, IPAddress target)
    {
        var v4 = target.AddressFamily == AddressFamily.InterNetwork;
        using var socket = from.Open(SocketType.Raw, v4 ? ProtocolType.Icmp : ProtocolType.IcmpV6, target.AddressFamily);
        // Identifier 0x6e70, number 1; the kernel sums up ICMPv6 by itself.
        byte[] echo = v4 ? [8, 0, 0x89, 0x8e, 0x6e, 0x70, 0, 1] : [128, 0, 0, 0, 0x6e, 0x70, 0, 1];
        socket.SendTo(echo, new IPEndPoint(target, 0));
        var buffer = new byte[2048];
        while (true)
        {
            EndPoint from2 = new IPEndPoint(v4 ? IPAddress.Any : IPAddress.IPv6Any, 0);
            var count = socket.ReceiveFrom(buffer, ref from2);
            var message = v4 ? buffer.AsSpan((buffer[0] & 15) * 4, count - (buffer[0] & 15) * 4) : buffer.AsSpan(0, count);
            if (message[0] == (v4 ? 0 : 129) && message[4..8].SequenceEqual(echo.AsSpan(4)))
            {
                Assert.Equal(target, ((IPEndPoint)from2).Address);
                return;
            }
        }
    }

    private static byte[] Text(string text, int length) => Encoding.ASCII.GetBytes(text.PadRight(length, '.'));
}
