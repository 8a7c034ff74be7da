using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Interop;

namespace Netplugin.Linux.Netlink;

/// <summary>
/// A netlink socket (netlink(7)). It belongs to the namespace of the thread that opened it, and keeps that namespace alive until
/// it is closed: one to a pod's namespace must be closed as soon as the work is done.
/// </summary>
internal sealed class NetlinkSocket : INetlinkSocket
{
    /// <summary><c>NETLINK_ROUTE</c>.</summary>
    internal const int Route = 0;

    /// <summary><c>NETLINK_NETFILTER</c>.</summary>
    internal const int Netfilter = 12;

    private const int OptionAddMembership = 1;
    private const int OptionCapAcknowledge = 10;
    private const int OptionExplain = 11;
    private const int OptionStrictCheck = 12;

    /// <summary>
    /// Longest wait for an answer. Requests queue behind the kernel's RTNL lock, which other software may hold for seconds;
    /// an answer that takes longer than this is not coming.
    /// </summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    private readonly SafeFileHandle _handle;

    private NetlinkSocket(SafeFileHandle handle) => _handle = handle;

    /// <summary>The socket, for poll(2).</summary>
    internal SafeFileHandle Handle => _handle;

    /// <summary>Opens a socket in the calling thread's namespace.</summary>
    internal static NetlinkSocket Open(int protocol)
    {
        var handle = Libc.Socket(Libc.FamilyNetlink, Libc.TypeRaw | Libc.TypeCloseOnExec, protocol);
        if (handle.IsInvalid)
        {
            throw KernelException.FromLastError("open a netlink socket", string.Empty);
        }

        try
        {
            SetOption(handle, Libc.LevelNetlink, OptionCapAcknowledge, 1);
            SetOption(handle, Libc.LevelNetlink, OptionExplain, 1);
            if (protocol == Route)
            {
                SetOption(handle, Libc.LevelNetlink, OptionStrictCheck, 1);
            }

            SetOption(handle, Libc.LevelSocket, Libc.OptionReceiveTimeout, new TimeValue { Seconds = (long)AnswerTimeout.TotalSeconds });
            Bind(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }

        return new(handle);
    }

    /// <inheritdoc/>
    public unsafe void Send(ReadOnlySpan<byte> datagram)
    {
        var kernel = new NetlinkAddress { Family = Libc.FamilyNetlink };
        fixed (byte* bytes = datagram)
        {
            while (Libc.SendTo(_handle, bytes, (nuint)datagram.Length, 0, &kernel, (uint)sizeof(NetlinkAddress)) < 0)
            {
                if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                {
                    throw KernelException.FromLastError("send to", "netlink");
                }
            }
        }
    }

    /// <inheritdoc/>
    public unsafe int Receive(Span<byte> buffer)
    {
        while (true)
        {
            var sender = default(NetlinkAddress);
            var senderLength = (uint)sizeof(NetlinkAddress);
            nint received;
            fixed (byte* bytes = buffer)
            {
                received = Libc.ReceiveFrom(_handle, bytes, (nuint)buffer.Length, Libc.MessageTruncated, &sender, ref senderLength);
            }

            if (received < 0)
            {
                if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                {
                    throw KernelException.FromLastError("receive from", "netlink");
                }
            }
            else if (received > buffer.Length)
            {
                throw new KernelException("receive from", "netlink", Errno.Overflow, $"a datagram of {received} bytes");
            }
            else if (sender.Port == 0)
            {
                return (int)received;
            }

            // A datagram from another port was sent by a process, not by the kernel: not for us.
        }
    }

    /// <summary>Joins a multicast group, such as <c>RTNLGRP_LINK</c>.</summary>
    internal void Join(uint group) => SetOption(_handle, Libc.LevelNetlink, OptionAddMembership, (int)group);

    /// <summary>Sets the receive buffer's size in bytes, past the system's limit (CAP_NET_ADMIN).</summary>
    internal void SetReceiveBuffer(int bytes) => SetOption(_handle, Libc.LevelSocket, Libc.OptionReceiveBufferForce, bytes);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static unsafe void Bind(SafeFileHandle handle)
    {
        var own = new NetlinkAddress { Family = Libc.FamilyNetlink };
        if (Libc.Bind(handle, &own, (uint)sizeof(NetlinkAddress)) != 0)
        {
            throw KernelException.FromLastError("bind a netlink socket", string.Empty);
        }
    }

    private static unsafe void SetOption<T>(SafeFileHandle handle, int level, int option, T value)
        where T : unmanaged
    {
        if (Libc.SetOption(handle, level, option, &value, (uint)sizeof(T)) != 0)
        {
            throw KernelException.FromLastError("set a netlink socket's option", option.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }
}
