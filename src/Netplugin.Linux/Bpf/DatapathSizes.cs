namespace Netplugin.Linux.Bpf;

/// <summary>
/// How many entries the maps can hold. Entries take kernel memory as they are added, the sizes themselves about 16 bytes each. Other
/// sizes than those of the running datapath make a new generation of maps, which is filled before it takes over.
/// </summary>
public sealed record DatapathSizes
{
    /// <summary>Endpoints of the networks that are present on the node, here and elsewhere.</summary>
    public uint Endpoints { get; init; } =
#if UPGRADE_TEST
        524_288;
#else
        262_144;
#endif

    /// <summary>Networks with an endpoint on the node.</summary>
    public uint Networks { get; init; } = 16_384;

    /// <summary>Pod devices of the node.</summary>
    public uint Interfaces { get; init; } = 8_192;

    /// <summary>Nodes of the cluster.</summary>
    public uint Vteps { get; init; } = 16_384;

    /// <summary>Blocks of addresses of all nodes.</summary>
    public uint Blocks { get; init; } = 32_768;

    /// <summary>Addresses and ports that are balanced for pods: what a cluster's Services have, and their node ports once.</summary>
    public uint Frontends { get; init; } = 65_536;

    /// <summary>Backends of all Services, those of a Service's port once.</summary>
    public uint Backends { get; init; } = 262_144;

    /// <summary>Endpoints' ports that pods of every network may use.</summary>
    public uint Shared { get; init; } = 16_384;
}
