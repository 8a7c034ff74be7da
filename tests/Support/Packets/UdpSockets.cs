using System.Net;
using System.Net.Sockets;

namespace Netplugin.Tests.Support.Packets;

/// <summary>Ordinary UDP sockets inside a pod.</summary>
public static class UdpSockets
{
    /// <summary>A socket bound to a port of the pod.</summary>
    /// <param name="networkNamespace">The pod's namespace.</param>
    /// <param name="port">The port; 0 for any.</param>
    public static Socket Open(string networkNamespace, int port = 0) => InNamespace.Open(networkNamespace, () =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
        {
            // Room for what arrives while a test is not scheduled: a full buffer would count as lost packets.
            ReceiveBufferSize = 8 << 20,
        };
        socket.Bind(new IPEndPoint(IPAddress.Any, port));
        return socket;
    });
}
