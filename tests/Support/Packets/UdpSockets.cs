using System.Net;
using System.Net.Sockets;

namespace Netplugin.Tests.Support.Packets;

/// <summary>Ordinary UDP sockets inside a pod.</summary>
public static class UdpSockets
{
    /// <summary>A socket bound to a port of the pod.</summary>
    /// <param name="networkNamespace">The pod's namespace.</param>
    /// <param name="port">The port; 0 for any.</param>
    /// <param name="address">The address; null for any of IPv4.</param>
    public static Socket Open(string networkNamespace, int port = 0, IPAddress? address = null) => InNamespace.Open(networkNamespace, () =>
    {
        address ??= IPAddress.Any;
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
        {
            // Room for what arrives while a test is not scheduled: a full buffer would count as lost packets.
            ReceiveBufferSize = 8 << 20,
        };
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    });

    /// <summary>Asks a listener, again each second until it has answered; says the source that the listener saw.</summary>
    /// <remarks>
    /// A datagram that waits for a neighbour is lost after three seconds (arp(7), mcast_solicit), and links that were just brought up carry nothing before the kernel's
    /// worker has looked at them, which may take longer on a busy machine. What must not be lost is counted by other tests.
    /// </remarks>
    /// <param name="from">The sender's namespace.</param>
    /// <param name="to">The listener's namespace.</param>
    /// <param name="address">The address that is asked. The listener is bound to it: with several it would answer from the one its route prefers.</param>
    /// <param name="port">The port that is asked.</param>
    /// <param name="listensAt">Where the listener is bound when that is not what is asked, but what it is translated to.</param>
    /// <exception cref="OperationCanceledException">No answer came within 20 s.</exception>
    /// <exception cref="InvalidOperationException">The answer came from elsewhere than what was asked.</exception>
    public static async Task<IPAddress> SourceSeenAsync(string from, string to, IPAddress address, int port, IPEndPoint? listensAt = null)
    {
        IPEndPoint any = new(address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var listener = Open(to, listensAt?.Port ?? port, listensAt?.Address ?? address);
        using var sender = Open(from, 0, any.Address);
        var target = new IPEndPoint(address, port);
        var asked = AnswerAsync(listener, any, limit.Token);
        var answered = sender.ReceiveFromAsync(new byte[64], any, limit.Token).AsTask();
        EndPoint? answerer = null;
        while (answerer is null)
        {
            await sender.SendToAsync("question"u8.ToArray(), target, limit.Token);
            try
            {
                answerer = (await answered.WaitAsync(TimeSpan.FromSeconds(1), limit.Token)).RemoteEndPoint;
            }
            catch (TimeoutException)
            {
                // It is asked again.
            }
        }

        await limit.CancelAsync();
        return answerer.Equals(target) ? await asked : throw new InvalidOperationException($"{target} was asked and {answerer} answered");
    }

    /// <summary>Answers whoever asks, until it is told to end; says who asked last.</summary>
    private static async Task<IPAddress> AnswerAsync(Socket listener, IPEndPoint any, CancellationToken cancellationToken)
    {
        var last = any;
        try
        {
            while (true)
            {
                last = (IPEndPoint)(await listener.ReceiveFromAsync(new byte[64], any, cancellationToken)).RemoteEndPoint;
                await listener.SendToAsync("answer"u8.ToArray(), last, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            return last.Address;
        }
    }
}
