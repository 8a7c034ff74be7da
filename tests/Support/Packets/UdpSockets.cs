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

    /// <summary>Sends a datagram to a listener, which answers; says the source that the listener saw once the answer is there.</summary>
    /// <param name="from">The sender's namespace.</param>
    /// <param name="to">The listener's namespace.</param>
    /// <param name="address">The address that is asked. The listener is bound to it: with several it would answer from the one its route prefers.</param>
    /// <param name="port">The port that is asked.</param>
    /// <param name="listensAt">Where the listener is bound when that is not what is asked, but what it is translated to.</param>
    /// <exception cref="OperationCanceledException">No answer came within 10 s.</exception>
    /// <exception cref="InvalidOperationException">The answer came from elsewhere than what was asked.</exception>
    public static async Task<IPAddress> SourceSeenAsync(string from, string to, IPAddress address, int port, IPEndPoint? listensAt = null)
    {
        var any = address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var listener = Open(to, listensAt?.Port ?? port, listensAt?.Address ?? address);
        using var sender = Open(from, 0, any);
        var target = new IPEndPoint(address, port);
        var buffer = new byte[64];
        await sender.SendToAsync("question"u8.ToArray(), target, limit.Token);
        var asked = await listener.ReceiveFromAsync(buffer, new IPEndPoint(any, 0), limit.Token);
        await listener.SendToAsync("answer"u8.ToArray(), asked.RemoteEndPoint, limit.Token);
        var answered = await sender.ReceiveFromAsync(buffer, new IPEndPoint(any, 0), limit.Token);
        return answered.RemoteEndPoint.Equals(target)
            ? ((IPEndPoint)asked.RemoteEndPoint).Address
            : throw new InvalidOperationException($"{target} was asked and {answered.RemoteEndPoint} answered");
    }
}
