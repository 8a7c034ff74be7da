using Netplugin.Core.Datapath;

namespace Netplugin.Bench;

/// <summary>A running node's endpoints map, looked at from outside: tells to the microsecond when an entry is there.</summary>
internal sealed unsafe class LiveMap : IDisposable
{
    private const int KeySize = 20; // struct np_endpoint_key
    private const int ValueRoom = 256;
    private readonly int _descriptor;

    /// <summary>Opens the map of the datapath that is pinned under a node's file system.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public LiveMap(int holderPid)
    {
        string folder = Directory.EnumerateDirectories($"/proc/{holderPid}/root/sys/fs/bpf/netplugin", "g*").Single();
        _descriptor = PinnedMap.Open(Path.Combine(folder, "np_endpoints"));
    }

    /// <summary>True when the map has the key.</summary>
    public bool Has(EndpointKey key)
    {
        byte* bytes = stackalloc byte[KeySize];
        *(uint*)bytes = key.Network;
        key.Address.WriteBytes(new Span<byte>(bytes + 4, 16));
        byte* value = stackalloc byte[ValueRoom];
        return PinnedMap.LookUp(_descriptor, bytes, value) == 0;
    }

    /// <summary>Counts the keys.</summary>
    public int Count()
    {
        int count = 0;
        byte* key = stackalloc byte[KeySize];
        byte* next = stackalloc byte[KeySize];
        for (int result = PinnedMap.NextKey(_descriptor, null, next); result == 0; result = PinnedMap.NextKey(_descriptor, key, next))
        {
            count++;
            Buffer.MemoryCopy(next, key, KeySize, KeySize);
        }

        return count;
    }

    public void Dispose() => PinnedMap.Close(_descriptor);
}
