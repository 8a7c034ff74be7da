using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.EndToEnd.Traffic;

/// <summary>One TCP connection between two pods that sends a number and waits for it to come back, over and over.</summary>
internal sealed class CountingConnection : IDisposable
{
    private const int Port = 6000;

    private readonly Socket _listener;
    private readonly Socket _client;
    private readonly CancellationTokenSource _stopped = new();
    private Task _echoing = Task.CompletedTask;
    private Task<int> _counting = Task.FromResult(0);

    private CountingConnection(Socket listener, Socket client)
    {
        _listener = listener;
        _client = client;
    }

    /// <summary>Connects and begins to count.</summary>
    public static async Task<CountingConnection> OpenAsync(Pod from, Pod to, string address)
    {
        Socket listener = InNamespace.Open(to.NetworkNamespace, () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, Port));
            socket.Listen();
            return socket;
        });
        Socket client = InNamespace.Open(
            from.NetworkNamespace, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        var connection = new CountingConnection(listener, client);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), Port));
        connection._echoing = EchoAsync(await listener.AcceptAsync());
        connection._counting = connection.CountAsync();
        return connection;
    }

    /// <summary>Stops and says how many round trips were made; throws what broke the connection, if anything did.</summary>
    public async Task<int> StopAsync()
    {
        await _stopped.CancelAsync();
        int counted = await _counting;
        _client.Shutdown(SocketShutdown.Both);
        await _echoing;
        return counted;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped.Cancel();
        _client.Dispose();
        _listener.Dispose();
        _stopped.Dispose();
    }

    private static async Task EchoAsync(Socket peer)
    {
        using (peer)
        {
            peer.NoDelay = true;
            byte[] buffer = new byte[4];
            int length;
            while ((length = await peer.ReceiveAsync(buffer)) > 0)
            {
                await peer.SendAsync(buffer.AsMemory(0, length));
            }
        }
    }

    private async Task<int> CountAsync()
    {
        byte[] sent = new byte[4];
        byte[] received = new byte[4];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        int counted = 0;
        for (; !_stopped.IsCancellationRequested; counted++)
        {
            BinaryPrimitives.WriteInt32BigEndian(sent, counted);
            await _client.SendAsync(sent);
            for (int length = 0; length < received.Length;)
            {
                int got = await _client.ReceiveAsync(received.AsMemory(length));
                length += got > 0 ? got : throw new IOException($"The connection was closed after {counted} round trips.");
            }

            if (!sent.AsSpan().SequenceEqual(received))
            {
                throw new IOException($"Round trip {counted} came back with another number.");
            }

            await timer.WaitForNextTickAsync();
        }

        return counted;
    }
}
