using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Interop;

namespace Netplugin.Linux.Sockets;

/// <summary>Messages with a descriptor beside the bytes (unix(7), cmsg(3)), which the framework's sockets do not offer.</summary>
internal static unsafe class DescriptorMessage
{
    /// <summary>Room for exactly one descriptor: the kernel drops any others and says so. <c>CMSG_LEN(sizeof(int))</c>.</summary>
    private static readonly nuint OneDescriptor = (nuint)(sizeof(ControlHeader) + sizeof(int));

    /// <summary>Sends one byte and a descriptor. One byte always fits into a fresh connection's buffer.</summary>
    internal static void SendFirstByte(SafeHandle socket, byte value, SafeHandle descriptor)
    {
        var control = stackalloc byte[sizeof(ControlHeader) + sizeof(long)];
        *(ControlHeader*)control = new() { Length = OneDescriptor, Level = Libc.LevelSocket, Type = Libc.ControlRights };
        *(int*)(control + sizeof(ControlHeader)) = (int)descriptor.DangerousGetHandle();
        var vector = new IoVector { Base = &value, Length = 1 };
        var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = OneDescriptor };
        while (Libc.SendMessage(socket, &message, Libc.MessageNoSignal) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
            {
                throw KernelException.FromLastError("send a descriptor to", "a Unix socket");
            }
        }

        GC.KeepAlive(descriptor);
    }

    /// <summary>Receives what is there without waiting; -1 when nothing is, 0 at the end.</summary>
    /// <exception cref="InvalidDataException">More than one descriptor came; all are closed.</exception>
    internal static int TryReceive(SafeHandle socket, Span<byte> buffer, out SafeFileHandle? descriptor)
    {
        descriptor = null;
        var control = stackalloc byte[sizeof(ControlHeader) + sizeof(long)];
        fixed (byte* bytes = buffer)
        {
            var vector = new IoVector { Base = bytes, Length = (nuint)buffer.Length };
            var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = OneDescriptor };
            var received = Libc.ReceiveMessage(socket, &message, Libc.MessageDontWait | Libc.MessageCloseOnExec);
            if (received < 0)
            {
                return Marshal.GetLastPInvokeError() is Errno.Again or Errno.Interrupted ? -1
                    : throw KernelException.FromLastError("receive from", "a Unix socket");
            }

            var header = (ControlHeader*)control;
            if (message.ControlLength >= OneDescriptor && header->Level == Libc.LevelSocket && header->Type == Libc.ControlRights)
            {
                descriptor = new(*(int*)(control + sizeof(ControlHeader)), ownsHandle: true);
            }

            if ((message.Flags & Libc.MessageControlTruncated) != 0)
            {
                descriptor?.Dispose();
                descriptor = null;
                throw new InvalidDataException("a client sent more than one descriptor");
            }

            return (int)received;
        }
    }
}
