using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux.Bpf.Interop;
using Netplugin.Linux.Bpf.Layout;

namespace Netplugin.Linux.Bpf;

// The connections that programs translate, which all generations share: how many each pod may have, and taking away those that have ended.
public sealed partial class BpfDatapath
{
    private const string SweepProgram = "np_sweep";
    private const string FlowSweepProgram = "np_sweep_flows";

    /// <summary>True while backends that no frontend has any more wait for a <see cref="Sweep"/> or a change of frontends.</summary>
    public bool HasUnusedBackends => _frontends.HasUnused;

    /// <summary>Takes away connections that have ended, and backends that no frontend has had for a second.</summary>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public SweepResult Sweep()
    {
        _frontends.RemoveUnused();
        return RunSweep(SweepProgram);
    }

    /// <summary>Takes away flows that have ended.</summary>
    /// <exception cref="KernelException">The kernel refuses.</exception>
    public SweepResult SweepFlows() => RunSweep(FlowSweepProgram);

    private unsafe SweepResult RunSweep(string program)
    {
        SweepCounts counts = default;
        var options = new TestRunOptions
        {
            Size = (nuint)sizeof(TestRunOptions),
            ContextIn = &counts,
            ContextSizeIn = (uint)sizeof(SweepCounts),
        };
        var result = LibBpf.TestRun(_programs[program], &options);
        return result < 0 ? throw new KernelException("run the program", program, -result) : new((long)counts.Left, (long)counts.Removed);
    }

    // Reading all connections takes some tenths of a second when there are half a million, and nothing is written before.
    private static uint LastTableOf(BpfObject loaded)
    {
        using var connections = Take<TupleValue, ConnectionValue>(loaded, "np_connections");
        return connections.ReadAll().Select(connection => connection.Value.Table).DefaultIfEmpty().Max();
    }

    // The pod can send only when it has a quota, and a number that comes to an end is taken back only when nothing can enter under it.
    private int SetInterface(DatapathChange.SetInterface set)
    {
        var key = (uint)set.Device.Value;
        var before = _interfaces.Find(key);
        _quotas.Add(set.Entry.EndpointNumber, default);
        _interfaces.Put([new(key, ValueOf(set.Entry))]);
        if (before is { } other && other.Endpoint != set.Entry.EndpointNumber)
        {
            _quotas.Delete(other.Endpoint);
        }

        return 1;
    }

    private int RemoveInterface(IfIndex device)
    {
        var key = (uint)device.Value;
        var before = _interfaces.Find(key);
        _interfaces.Delete(key);
        if (before is { } gone)
        {
            _quotas.Delete(gone.Endpoint);
        }

        return 1;
    }

    // What an earlier daemon could not finish, or knew nothing of.
    private void EnsureQuotas()
    {
        var wanted = _interfaces.ReadAll().Select(pair => pair.Value.Endpoint).ToImmutableHashSet();
        foreach (var (endpoint, _) in _quotas.ReadAll().Where(pair => !wanted.Contains(pair.Key)).ToArray())
        {
            _quotas.Delete(endpoint);
        }

        foreach (var endpoint in wanted)
        {
            _quotas.Add(endpoint, default);
        }
    }
}
