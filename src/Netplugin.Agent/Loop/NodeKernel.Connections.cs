using Netplugin.Core.Datapath;
using Netplugin.Linux;

namespace Netplugin.Agent.Loop;

/// <summary>What pods send that is balanced, and the connections that come of it.</summary>
internal sealed partial class NodeKernel
{
    private const long Unknown = -1;

    // What ends is looked for that often. Flows are remembered for ten seconds after they have ended, and there are some wherever a pod is.
    private static readonly TimeSpan ConnectionsEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FlowsEvery = TimeSpan.FromSeconds(10);
    private long _connections = Unknown;
    private long _flows = Unknown;
    private long _flowsSwept;

    /// <summary>Connections that the datapath translates, as the last sweep left them.</summary>
    public long Connections => Math.Max(0, Volatile.Read(ref _connections));

    /// <summary>Flows of pods that policies have let through, as the last sweep left them.</summary>
    public long Flows => Math.Max(0, Volatile.Read(ref _flows));

    /// <summary>After which time there may be something for <see cref="Sweep"/> again; null: there will not be, and the node need not wake for it.</summary>
    public TimeSpan? SweepEvery => MayHaveConnections ? ConnectionsEvery : MayHaveFlows ? FlowsEvery : null;

    private bool MayHaveConnections => Current.Frontends.Count > 0 || _connections != 0 || datapath.HasUnusedBackends;

    private bool MayHaveFlows => !PresentLinks.IsEmpty || _flows != 0;

    /// <summary>Takes away connections and flows that have ended, and backends that nobody has any more. What fails is tried again with the next sweep.</summary>
    public void Sweep()
    {
        try
        {
            if (MayHaveConnections)
            {
                Volatile.Write(ref _connections, datapath.Sweep().Left);
            }

            if (MayHaveFlows && (_flowsSwept == 0 || time.GetElapsedTime(_flowsSwept) >= FlowsEvery))
            {
                _flowsSwept = time.GetTimestamp();
                Volatile.Write(ref _flows, datapath.SweepFlows().Left);
            }

            problems.Set(LoopTopics.Connections, null);
        }
        catch (KernelException e)
        {
            Warn(LoopTopics.Connections, $"connections to Services, or flows, that have ended are not taken away, so pods may run out of them: {e.Message}");
        }
    }

    private DatapathState WithServices(DatapathState state) =>
        services() is { } wanted ? state with { Frontends = wanted.Frontends, Shared = wanted.Shared } : state;
}
