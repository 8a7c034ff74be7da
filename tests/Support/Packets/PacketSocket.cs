using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Netplugin.Tests.Support.Packets;

/// <summary>Sends and receives whole Ethernet frames on a device: packet(7).</summary>
public sealed partial class PacketSocket : IDisposable
{
    private const int PacketFamily = 17;
    private const int RawType = 3;
    private const short PollIn = 1;

    // ETH_P_ALL in network byte order.
    private const int AllProtocols = 0x0300;

    private readonly int _socket;

    private PacketSocket(int socket) => _socket = socket;

    /// <summary>Opens a socket on a device of a namespace.</summary>
    /// <param name="networkNamespace">The namespace's file.</param>
    /// <param name="device">The device's name.</param>
    public static PacketSocket Open(string networkNamespace, string device) => InNamespace.Open(networkNamespace, () =>
    {
        int socket = Check(OpenSocket(PacketFamily, RawType, AllProtocols), "socket");
        var opened = new PacketSocket(socket);
        int index = checked((int)IndexOf(device));
        if (index == 0)
        {
            opened.Dispose();
            throw new InvalidOperationException($"{networkNamespace} has no device {device}.");
        }

        // struct sockaddr_ll: family, protocol in network byte order, index; the rest is zero.
        Span<byte> address = stackalloc byte[20];
        address.Clear();
        BitConverter.TryWriteBytes(address, (ushort)PacketFamily);
        BitConverter.TryWriteBytes(address[2..], (ushort)AllProtocols);
        BitConverter.TryWriteBytes(address[4..], index);
        Check(Bind(socket, address, address.Length), "bind");
        return opened;
    });

    /// <summary>Sends a frame as it is.</summary>
    public void Send(ReadOnlySpan<byte> frame) => Check(checked((int)Send(_socket, frame, frame.Length, 0)), "send");

    /// <summary>Gives the frames that arrive, and those this machine sends by the device, until the time is over.</summary>
    /// <param name="limit">How long to listen.</param>
    public IEnumerable<byte[]> Receive(TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        byte[] buffer = new byte[65536];
        while (watch.Elapsed < limit)
        {
            var wait = new PollDescriptor { Descriptor = _socket, Wanted = PollIn };
            int left = Math.Max(1, (int)(limit - watch.Elapsed).TotalMilliseconds);
            if (Poll(ref wait, 1, left) > 0)
            {
                int length = Check(checked((int)Receive(_socket, buffer, buffer.Length, 0)), "recv");
                yield return buffer[..length];
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Close(_socket);

    private static int Check(int result, string call) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), call);

    /// <summary>socket(2).</summary>
    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int OpenSocket(int family, int type, int protocol);

    /// <summary>bind(2).</summary>
    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int socket, ReadOnlySpan<byte> address, int length);

    /// <summary>send(2).</summary>
    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int socket, ReadOnlySpan<byte> data, nint length, int flags);

    /// <summary>recv(2).</summary>
    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(int socket, Span<byte> data, nint length, int flags);

    /// <summary>poll(2).</summary>
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int timeout);

    /// <summary>close(2).</summary>
    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    /// <summary>if_nametoindex(3).</summary>
    [LibraryImport("libc", EntryPoint = "if_nametoindex", StringMarshalling = StringMarshalling.Utf8)]
    private static partial uint IndexOf(string device);

    /// <summary>struct pollfd of poll(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Wanted;
        public short Happened;
    }
}
