using System.Runtime.InteropServices;

namespace Netplugin.Bench;

/// <summary>Pinned eBPF maps by descriptor, through libbpf.</summary>
internal static unsafe partial class PinnedMap
{
    /// <summary>Opens a pin.</summary>
    /// <exception cref="InvalidOperationException">It is not there, or no map.</exception>
    public static int Open(string path)
    {
        int descriptor = ObjectGet(path);
        return descriptor >= 0 ? descriptor : throw new InvalidOperationException($"bpf_obj_get {path}: error {descriptor}");
    }

    public static void Close(int descriptor)
    {
        if (CloseDescriptor(descriptor) != 0)
        {
            throw new InvalidOperationException("close");
        }
    }

    [LibraryImport("libbpf.so.1", EntryPoint = "bpf_map_lookup_elem")]
    public static partial int LookUp(int map, void* key, void* value);

    [LibraryImport("libbpf.so.1", EntryPoint = "bpf_map_get_next_key")]
    public static partial int NextKey(int map, void* key, void* next);

    [LibraryImport("libbpf.so.1", EntryPoint = "bpf_obj_get", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ObjectGet(string path);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);
}
