using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux.Bpf;

namespace Netplugin.Agent.Kernel;

/// <summary>The eBPF maps and programs of this node, as the daemon needs them. Members throw <see cref="Linux.KernelException"/>.</summary>
internal interface IDatapath : IDisposable
{
    /// <summary>What the maps hold.</summary>
    /// <param name="known">What they were known to hold: what is still so is not made anew.</param>
    DatapathState Observe(DatapathState known);

    /// <summary>Where the maps have an endpoint; null when they have it nowhere.</summary>
    EndpointEntry? Find(EndpointKey key);

    /// <summary>Whose the maps say a device is; null when it is nobody's.</summary>
    InterfaceEntry? Find(IfIndex device);

    /// <summary>Carries out changes in order. After an exception some may have been carried out: observe again.</summary>
    void Apply(ImmutableArray<DatapathChange> changes);

    /// <summary>True when another build's maps are still there, and its programs may be the ones at work.</summary>
    bool HasOlderGeneration { get; }

    /// <summary>Sends the node's packets through these maps and programs from now on.</summary>
    void Activate();

    /// <summary>True while backends that nobody has any more wait for a <see cref="Sweep"/>.</summary>
    bool HasUnusedBackends { get; }

    /// <summary>Takes away connections that have ended, and backends that nobody has had for a second.</summary>
    SweepResult Sweep();

    /// <summary>Takes away flows that have ended.</summary>
    SweepResult SweepFlows();

    /// <summary>What the datapath counted since the maps were made.</summary>
    DatapathCounts ReadCounters();
}

/// <summary>What the datapath counted.</summary>
/// <param name="Drops">Packets dropped, by reason.</param>
/// <param name="Others">Everything else that is counted, by name.</param>
internal sealed record DatapathCounts(ImmutableSortedDictionary<string, long> Drops, ImmutableSortedDictionary<string, long> Others)
{
    /// <summary>Nothing counted.</summary>
    public static DatapathCounts Empty { get; } = new(
        ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal), ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal));
}
