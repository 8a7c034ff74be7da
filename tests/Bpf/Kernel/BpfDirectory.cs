using System.Runtime.InteropServices;
using Netplugin.Linux.Bpf;

namespace Netplugin.Tests.Bpf.Kernel;

/// <summary>A BPF file system of its own, gone with its pins at the end.</summary>
internal sealed partial class BpfDirectory : IDisposable
{
    private const int Detach = 2; // MNT_DETACH

    private readonly string _mount = Directory.CreateTempSubdirectory("netplugin-bpf-").FullName;

    internal BpfDirectory() => BpfFileSystem.Ensure(_mount);

    internal string Path => System.IO.Path.Combine(_mount, "netplugin");

    public void Dispose()
    {
        Assert.Equal(0, Unmount(_mount, Detach));
        Directory.Delete(_mount);
    }

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
