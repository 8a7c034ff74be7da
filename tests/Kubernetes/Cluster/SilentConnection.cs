using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>A TCP connection between two pods on which nothing is sent, not even to see whether the other side lives.</summary>
public sealed class SilentConnection : IDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);
    private readonly Socket _client;
    private readonly Socket _server;
    private readonly Stopwatch _silent = Stopwatch.StartNew();

    private SilentConnection(Socket client, Socket server) => (_client, _server) = (client, server);

    /// <summary>Connects.</summary>
    /// <param name="from">The pod that connects.</param>
    /// <param name="to">The pod that listens.</param>
    /// <param name="asked">What leads to it at the same port.</param>
    public static async Task<SilentConnection> OpenAsync(Place from, Place to, IPEndPoint asked)
    {
        using Socket listener = TcpSockets.Open(to.NetworkNamespace(), asked.AddressFamily);
        listener.Bind(new IPEndPoint(asked.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, asked.Port));
        listener.Listen();
        Task<Socket> accepting = listener.AcceptAsync();
        Socket client = TcpSockets.Open(from.NetworkNamespace(), asked.AddressFamily);
        await client.ConnectAsync(asked);
        return new(client, await accepting);
    }

    /// <summary>Waits until it has been silent for a time, and then speaks in both directions.</summary>
    /// <exception cref="SocketException">The connection was ended.</exception>
    /// <exception cref="OperationCanceledException">What was sent did not arrive.</exception>
    public async Task GoesOnAfterAsync(TimeSpan silence)
    {
        await Eventually.HoldsAsync($"{silence.TotalMinutes} silent minutes", () => _silent.Elapsed >= silence, silence + AnswerLimit);
        await SpeakAsync(_client, _server);
        await SpeakAsync(_server, _client);
        _silent.Restart();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private static async Task SpeakAsync(Socket from, Socket to)
    {
        using var limit = new CancellationTokenSource(AnswerLimit);
        byte[] heard = new byte[16];
        await from.SendAsync("still there?"u8.ToArray(), limit.Token);
        int length = await to.ReceiveAsync(heard, limit.Token);
        Assert.Equal("still there?"u8, heard.AsSpan(0, length));
    }
}
