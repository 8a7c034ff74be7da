using System.Net.Sockets;

namespace Netplugin.Tests.Support.Packets;

/// <summary>Ordinary TCP sockets inside a pod.</summary>
public static class TcpSockets
{
    /// <summary>A socket, neither bound nor connected. What is written to it is sent at once.</summary>
    /// <param name="networkNamespace">The pod's namespace.</param>
    /// <param name="family">IPv4 or IPv6.</param>
    public static Socket Open(string networkNamespace, AddressFamily family) =>
        InNamespace.Open(networkNamespace, () => new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
}
