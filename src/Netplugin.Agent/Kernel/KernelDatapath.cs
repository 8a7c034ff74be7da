using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux.Bpf;

namespace Netplugin.Agent.Kernel;

/// <summary>The real eBPF datapath. Counters are read by whoever asks while the loop writes maps, which is safe: they are maps of their own.</summary>
/// <param name="datapath">The datapath, which becomes this one's to close.</param>
internal sealed class KernelDatapath(BpfDatapath datapath) : IDatapath
{
    /// <inheritdoc/>
    public bool HasOlderGeneration => datapath.HasOlderGeneration;

    /// <summary>What is attached to devices.</summary>
    public StubPrograms Stubs => datapath.Stubs;

    /// <inheritdoc/>
    public DatapathState Observe(DatapathState known) => datapath.Observe(known);

    /// <inheritdoc/>
    public EndpointEntry? Find(EndpointKey key) => datapath.Find(key);

    /// <inheritdoc/>
    public InterfaceEntry? Find(IfIndex device) => datapath.Find(device);

    /// <inheritdoc/>
    public void Apply(ImmutableArray<DatapathChange> changes) => datapath.Apply(changes);

    /// <inheritdoc/>
    public void Activate() => datapath.Activate();

    /// <inheritdoc/>
    public bool HasUnusedBackends => datapath.HasUnusedBackends;

    /// <inheritdoc/>
    public SweepResult Sweep() => datapath.Sweep();

    /// <inheritdoc/>
    public SweepResult SweepFlows() => datapath.SweepFlows();

    /// <inheritdoc/>
    public DatapathCounts ReadCounters()
    {
        var counters = datapath.ReadCounters();
        return new(
            counters.Drops.ToImmutableSortedDictionary(c => DatapathCounters.NameOf(c.Key), c => (long)c.Value.Packets, StringComparer.Ordinal),
            counters.Events.ToImmutableSortedDictionary(c => DatapathCounters.NameOf(c.Key), c => (long)c.Value.Packets, StringComparer.Ordinal));
    }

    /// <inheritdoc/>
    public void Dispose() => datapath.Dispose();
}
