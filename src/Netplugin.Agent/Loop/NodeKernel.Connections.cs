using Netplugin.Core.Datapath;
using Netplugin.Linux;

namespace Netplugin.Agent.Loop;

/// <summary>What pods send that is balanced, and the connections that come of it.</summary>
internal sealed partial class NodeKernel
{
    private const long Unknown = -1;
    private long _connections = Unknown;

    /// <summary>Connections that the datapath translates, as the last sweep left them.</summary>
    public long Connections => Math.Max(0, Volatile.Read(ref _connections));

    /// <summary>True while there may be something for <see cref="Sweep"/>: a node where nothing is balanced need not wake for it.</summary>
    public bool NeedsSweep => Current.Frontends.Count > 0 || _connections != 0 || datapath.HasUnusedBackends;

    /// <summary>Takes away connections that have ended, and backends that nobody has any more. What fails is tried again with the next sweep.</summary>
    public void Sweep()
    {
        try
        {
            Volatile.Write(ref _connections, datapath.Sweep().Left);
            problems.Set(LoopTopics.Connections, null);
        }
        catch (KernelException e)
        {
            Warn(LoopTopics.Connections, $"connections to Services that have ended are not taken away, so pods may run out of them: {e.Message}");
        }
    }

    private DatapathState WithServices(DatapathState state) =>
        services() is { } wanted ? state with { Frontends = wanted.Frontends, Shared = wanted.Shared } : state;
}
