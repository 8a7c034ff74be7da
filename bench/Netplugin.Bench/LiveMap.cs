using System.Runtime.InteropServices;
using Netplugin.Core.Datapath;

namespace Netplugin.Bench;

/// <summary>A running node's endpoints map, looked at from outside: tells to the microsecond when an entry is there.</summary>
internal sealed unsafe partial class LiveMap : IDisposable
{
    private const int KeySize = 20; // struct np_endpoint_key
    private const int ValueRoom = 256;
    private readonly int _descriptor;

    /// <summary>Opens the map of the datapath that is pinned under a node's file system.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public LiveMap(int holderPid)
    {
        string folder = Directory.EnumerateDirectories($"/proc/{holderPid}/root/sys/fs/bpf/netplugin", "g*").Single();
        _descriptor = ObjectGet(Path.Combine(folder, "np_endpoints"));
        if (_descriptor < 0)
        {
            throw new InvalidOperationException($"bpf_obj_get {folder}: error {_descriptor}");
        }
    }

    /// <summary>True when the map has the key.</summary>
    public bool Has(EndpointKey key)
    {
        byte* bytes = stackalloc byte[KeySize];
        *(uint*)bytes = key.Network;
        key.Address.WriteBytes(new Span<byte>(bytes + 4, 16));
        byte* value = stackalloc byte[ValueRoom];
        return LookUp(_descriptor, bytes, value) == 0;
    }

    /// <summary>Counts the keys.</summary>
    public int Count()
    {
        int count = 0;
        byte* key = stackalloc byte[KeySize];
        byte* next = stackalloc byte[KeySize];
        for (int result = NextKey(_descriptor, null, next); result == 0; result = NextKey(_descriptor, key, next))
        {
            count++;
            Buffer.MemoryCopy(next, key, KeySize, KeySize);
        }

        return count;
    }

    public void Dispose()
    {
        if (Close(_descriptor) != 0)
        {
            throw new InvalidOperationException("close");
        }
    }

    [LibraryImport("libbpf.so.1", EntryPoint = "bpf_obj_get", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ObjectGet(string path);

    [LibraryImport("libbpf.so.1", EntryPoint = "bpf_map_lookup_elem")]
    private static partial int LookUp(int map, void* key, void* value);

    [LibraryImport("libbpf.so.1", EntryPoint = "bpf_map_get_next_key")]
    private static partial int NextKey(int map, void* key, void* next);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
