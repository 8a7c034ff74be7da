using Microsoft.Win32.SafeHandles;

namespace Netplugin.Linux.Bpf.Interop;

/// <summary>What the kernel says of a map or a program.</summary>
internal static unsafe class KernelInfo
{
    /// <exception cref="KernelException">The kernel refuses.</exception>
    internal static MapInfo OfMap(SafeFileHandle map, string name) => Ask(map, "ask about the map", name, default(MapInfo));

    /// <exception cref="KernelException">The kernel refuses.</exception>
    internal static ProgramInfo OfProgram(SafeFileHandle program, string name) => Ask(program, "ask about the program", name, default(ProgramInfo));

    /// <summary>The numbers of the maps that a program uses.</summary>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    internal static uint[] MapsOf(SafeFileHandle program, string name)
    {
        var maps = new uint[OfProgram(program, name).MapCount];
        fixed (uint* first = maps)
        {
            Ask(program, "ask for the maps of the program", name, new ProgramInfo { MapCount = (uint)maps.Length, Maps = (ulong)first });
        }

        return maps;
    }

    private static T Ask<T>(SafeFileHandle handle, string operation, string name, T info)
        where T : unmanaged
    {
        var size = (uint)sizeof(T);
        var result = LibBpf.GetInfo(handle, &info, &size);
        return result < 0 ? throw new KernelException(operation, name, -result) : info;
    }
}
