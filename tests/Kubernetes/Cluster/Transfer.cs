using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>More bytes than fit into one packet, over a TCP connection.</summary>
public static class Transfer
{
    private const int Port = 4005;
    private const int Bytes = 100_000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Sends random bytes to another place, and them back, and checks that they are the same.</summary>
    /// <param name="from">Who connects.</param>
    /// <param name="to">Who listens.</param>
    /// <param name="family">4 or 6.</param>
    /// <exception cref="OperationCanceledException">They did not arrive within 10 s.</exception>
    public static async Task ThereAndBackAsync(Place from, Place to, char family)
    {
        using var limit = new CancellationTokenSource(Limit);
        var asked = new IPEndPoint(to.Address(family), Port);
        using Socket listener = TcpSockets.Open(to.NetworkNamespace(), asked.AddressFamily), client = TcpSockets.Open(from.NetworkNamespace(), asked.AddressFamily);
        listener.Bind(asked);
        listener.Listen();
        await client.ConnectAsync(asked, limit.Token);
        using Socket server = await listener.AcceptAsync(limit.Token);
        await SendAsync(client, server, limit.Token);
        await SendAsync(server, client, limit.Token);
    }

    private static async Task SendAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        byte[] sent = RandomNumberGenerator.GetBytes(Bytes), received = new byte[Bytes];
        using var sender = new NetworkStream(from, ownsSocket: false);
        using var receiver = new NetworkStream(to, ownsSocket: false);
        Task sending = sender.WriteAsync(sent, cancellationToken).AsTask();
        await receiver.ReadExactlyAsync(received, cancellationToken);
        await sending;
        Assert.Equal(sent, received);
    }
}
