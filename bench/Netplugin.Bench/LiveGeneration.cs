namespace Netplugin.Bench;

/// <summary>The generation of policies that a running node's packets are in, looked at from outside: tells to the microsecond when another is enforced.</summary>
internal sealed unsafe class LiveGeneration : IDisposable
{
    private readonly int _descriptor;

    /// <summary>Opens the map that is pinned under a node's file system.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public LiveGeneration(int holderPid) => _descriptor = PinnedMap.Open($"/proc/{holderPid}/root/sys/fs/bpf/netplugin/common/np_policy_state");

    /// <summary>The generation now.</summary>
    public ulong Now
    {
        get
        {
            uint key = 0;
            ulong generation;
            return PinnedMap.LookUp(_descriptor, &key, &generation) == 0 ? generation : throw new InvalidOperationException("np_policy_state cannot be read");
        }
    }

    public void Dispose() => PinnedMap.Close(_descriptor);
}
