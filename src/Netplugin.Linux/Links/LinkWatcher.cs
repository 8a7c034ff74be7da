using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Interop;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Links;

/// <summary>
/// Tells when links change (rtnetlink(7), <c>RTNLGRP_LINK</c>). A thread of its own reads the socket. A reader that falls behind
/// loses changes and finds <see cref="LinkChange.Lost"/> in their place.
/// </summary>
public sealed class LinkWatcher : IDisposable
{
    /// <summary><c>RTNLGRP_LINK</c>.</summary>
    private const uint LinkGroup = 1;

    /// <summary>Bytes: room for some thousand changes in the kernel while the thread does not get to run.</summary>
    private const int ReceiveBuffer = 2 << 20;

    /// <summary>Changes kept for a slow reader; past that, one "lost" says as much as they would.</summary>
    private const int Capacity = 1024;

    /// <summary>Milliseconds between attempts to tell a slow reader that it lost something.</summary>
    private const int RetryInterval = 50;

    private readonly NetlinkSocket _socket;
    private readonly SafeFileHandle _stop;
    private readonly Channel<LinkChange> _changes = Channel.CreateBounded<LinkChange>(new BoundedChannelOptions(Capacity) { SingleWriter = true });
    private readonly Thread _thread;
    private bool _lost;

    private LinkWatcher(NetlinkSocket socket, SafeFileHandle stop)
    {
        _socket = socket;
        _stop = stop;
        _thread = new(Watch) { IsBackground = true, Name = "link changes" };
    }

    /// <summary>The changes; completed when the watcher is disposed, with the error when its socket failed.</summary>
    public ChannelReader<LinkChange> Changes => _changes.Reader;

    /// <summary>Whether changes were lost of which the reader has not been told yet.</summary>
    internal bool FellBehind => Volatile.Read(ref _lost);

    /// <summary>Starts to watch the calling thread's namespace.</summary>
    public static LinkWatcher Start() => Start(NetlinkSocket.Open(NetlinkSocket.Route));

    /// <summary>Starts to watch another namespace.</summary>
    public static LinkWatcher Start(NetworkNamespace node)
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
            throw KernelException.FromLastError("stop watching links", string.Empty);
        }

        _thread.Join();
        _socket.Dispose();
        _stop.Dispose();
    }

    private static LinkWatcher Start(NetlinkSocket socket)
    {
        SafeFileHandle? stop = null;
        try
        {
            socket.SetReceiveBuffer(ReceiveBuffer);
            socket.Join(LinkGroup);
            stop = Libc.Event(0, Libc.EventCloseOnExec);
            if (stop.IsInvalid)
            {
                throw KernelException.FromLastError("make an event", string.Empty);
            }

            var watcher = new LinkWatcher(socket, stop);
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
            while (WaitForMessage(out var readable))
            {
                if (readable)
                {
                    Read(buffer);
                }

                if (_lost && _changes.Writer.TryWrite(LinkChange.Lost))
                {
                    _lost = false;
                }
            }

            _changes.Writer.Complete();
        }
        catch (Exception error) when (error is KernelException or InvalidDataException)
        {
            _changes.Writer.Complete(error);
        }
    }

    private void Read(byte[] buffer)
    {
        int length;
        try
        {
            length = _socket.Receive(buffer);
        }
        catch (KernelException overrun) when (overrun.Errno == Errno.NoBuffers)
        {
            _lost = true;
            return;
        }

        foreach (var message in new NetlinkMessages(buffer.AsSpan(0, length)))
        {
            if (message.Type is NetlinkType.NewLink or NetlinkType.DeleteLink)
            {
                var link = LinkState.Parse(message);
                var isOwn = link.Name == LinkNames.Vxlan || LinkNames.TryParse(link.Name, out _);
                _lost |= !_changes.Writer.TryWrite(new(link.Index, link.Name, message.Type == NetlinkType.DeleteLink, isOwn));
            }
        }
    }

    /// <summary>Waits until there is something to read or to retry; false when the watcher is to stop.</summary>
    private unsafe bool WaitForMessage(out bool readable)
    {
        var descriptors = stackalloc PollDescriptor[2];
        descriptors[0] = new() { Descriptor = (int)_socket.Handle.DangerousGetHandle(), Events = Libc.PollIn };
        descriptors[1] = new() { Descriptor = (int)_stop.DangerousGetHandle(), Events = Libc.PollIn };
        while (Libc.Poll(descriptors, 2, _lost ? RetryInterval : -1) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
            {
                throw KernelException.FromLastError("wait for", "link changes");
            }
        }

        readable = descriptors[0].Returned != 0;
        return descriptors[1].Returned == 0;
    }
}
