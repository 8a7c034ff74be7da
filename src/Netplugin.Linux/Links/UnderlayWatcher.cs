using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Interop;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Links;

/// <summary>
/// Tells when the node's links (but for ours), IPv4 addresses, routes or routing rules change (rtnetlink(7)). Not what changed: any number of
/// changes between two looks are one. A thread of its own reads the socket, and rests after the first change: most come in dozens, and are ours.
/// </summary>
public sealed class UnderlayWatcher : IDisposable
{
    /// <summary><c>RTNLGRP_LINK</c>, <c>RTNLGRP_IPV4_IFADDR</c>, <c>RTNLGRP_IPV4_ROUTE</c>, <c>RTNLGRP_IPV4_RULE</c>, <c>linux/rtnetlink.h</c>.</summary>
    private static readonly uint[] Groups = [1, 5, 7, 8];

    /// <summary>Bytes: room for some thousand changes in the kernel while the thread does not get to run.</summary>
    private const int ReceiveBuffer = 2 << 20;

    /// <summary>Milliseconds: longer than making a pod's link takes, which tells a dozen changes that are passed over.</summary>
    private const int Rest = 20;

    private readonly NetlinkSocket _socket;
    private readonly SafeFileHandle _stop;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Thread _thread;

    private UnderlayWatcher(NetlinkSocket socket, SafeFileHandle stop)
    {
        _socket = socket;
        _stop = stop;
        _thread = new(Watch) { IsBackground = true, Name = "underlay changes" };
    }

    /// <summary>Waits for a change since the last one that was told.</summary>
    /// <returns>False when the watcher was disposed.</returns>
    /// <exception cref="KernelException">The socket failed: nothing more will be told.</exception>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken) =>
        await _changes.Reader.WaitToReadAsync(cancellationToken) && _changes.Reader.TryRead(out _);

    /// <summary>Starts to watch the calling thread's namespace.</summary>
    public static UnderlayWatcher Start() => Start(NetlinkSocket.Open(NetlinkSocket.Route));

    /// <summary>Starts to watch another namespace.</summary>
    public static UnderlayWatcher Start(NetworkNamespace node)
    {
        ArgumentNullException.ThrowIfNull(node);
        // Only the socket is opened there: a thread started there would stay there.
        return Start(node.Run(() => NetlinkSocket.Open(NetlinkSocket.Route)));
    }

    /// <summary>Stops watching.</summary>
    public unsafe void Dispose()
    {
        var one = 1UL;
        if (Libc.Write(_stop, &one, sizeof(ulong)) != sizeof(ulong))
        {
            throw KernelException.FromLastError("stop watching the underlay", string.Empty);
        }

        _thread.Join();
        _socket.Dispose();
        _stop.Dispose();
    }

    private static UnderlayWatcher Start(NetlinkSocket socket)
    {
        SafeFileHandle? stop = null;
        try
        {
            socket.SetReceiveBuffer(ReceiveBuffer);
            foreach (var group in Groups)
            {
                socket.Join(group);
            }

            stop = Libc.Event(0, Libc.EventCloseOnExec);
            if (stop.IsInvalid)
            {
                throw KernelException.FromLastError("make an event", string.Empty);
            }

            var watcher = new UnderlayWatcher(socket, stop);
            watcher._thread.Start();
            return watcher;
        }
        catch
        {
            stop?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    private void Watch()
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (Wait(forMessage: true, Timeout.Infinite, out _) && Wait(forMessage: false, Rest, out _))
            {
                while (Wait(forMessage: true, 0, out var readable) && readable)
                {
                    if (Read(buffer))
                    {
                        _changes.Writer.TryWrite(true);
                    }
                }
            }

            _changes.Writer.Complete();
        }
        catch (Exception error) when (error is KernelException or InvalidDataException)
        {
            _changes.Writer.Complete(error);
        }
    }

    /// <summary>Reads one datagram; true when there is something to tell.</summary>
    private bool Read(byte[] buffer)
    {
        int length;
        try
        {
            length = _socket.Receive(buffer);
        }
        catch (KernelException overrun) when (overrun.Errno == Errno.NoBuffers)
        {
            return true;
        }

        return Tells(buffer.AsSpan(0, length));
    }

    /// <summary>True when a datagram tells of a change that is not our own doing.</summary>
    internal static bool Tells(ReadOnlySpan<byte> datagram)
    {
        foreach (var message in new NetlinkMessages(datagram))
        {
            if (message.Type is not (NetlinkType.NewLink or NetlinkType.DeleteLink)
                || LinkState.Parse(message) is var link && link.Name != LinkNames.Vxlan && !LinkNames.TryParse(link.Name, out _))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Waits some milliseconds, or less when there is something to read and that is waited for; false when the watcher is to stop.</summary>
    private unsafe bool Wait(bool forMessage, int milliseconds, out bool readable)
    {
        var descriptors = stackalloc PollDescriptor[2];
        descriptors[0] = new() { Descriptor = (int)_stop.DangerousGetHandle(), Events = Libc.PollIn };
        descriptors[1] = new() { Descriptor = (int)_socket.Handle.DangerousGetHandle(), Events = Libc.PollIn };
        while (Libc.Poll(descriptors, forMessage ? 2u : 1u, milliseconds) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
            {
                throw KernelException.FromLastError("wait for", "underlay changes");
            }
        }

        readable = descriptors[1].Returned != 0;
        return descriptors[0].Returned == 0;
    }
}
