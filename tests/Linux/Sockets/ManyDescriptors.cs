using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Interop;
using Netplugin.Linux.Sockets;

namespace Netplugin.Tests.Linux.Sockets;

/// <summary>What a hostile client does: several descriptors with one byte.</summary>
internal static class ManyDescriptors
{
    internal static unsafe void Send(UnixConnection connection, SafeFileHandle[] descriptors)
    {
        var length = sizeof(ControlHeader) + descriptors.Length * sizeof(int);
        var control = stackalloc byte[length + sizeof(long)];
        *(ControlHeader*)control = new() { Length = (nuint)length, Level = Libc.LevelSocket, Type = Libc.ControlRights };
        for (var i = 0; i < descriptors.Length; i++)
        {
            ((int*)(control + sizeof(ControlHeader)))[i] = (int)descriptors[i].DangerousGetHandle();
        }

        byte value = 1;
        var vector = new IoVector { Base = &value, Length = 1 };
        var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = (nuint)length };
        Assert.Equal(1, Libc.SendMessage(connection.Handle, &message, 0));
    }
}
