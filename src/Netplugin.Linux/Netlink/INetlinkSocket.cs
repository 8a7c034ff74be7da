namespace Netplugin.Linux.Netlink;

/// <summary>The wire below the conversation: datagrams to and from the kernel. Tests put a fake here.</summary>
internal interface INetlinkSocket : IDisposable
{
    /// <summary>Sends one datagram of one or more messages.</summary>
    /// <exception cref="KernelException">The kernel did not take it.</exception>
    void Send(ReadOnlySpan<byte> datagram);

    /// <summary>Waits for one datagram from the kernel and returns its length in bytes.</summary>
    /// <exception cref="KernelException">None came in time, some were lost, or it was larger than <paramref name="buffer"/>.</exception>
    int Receive(Span<byte> buffer);
}
