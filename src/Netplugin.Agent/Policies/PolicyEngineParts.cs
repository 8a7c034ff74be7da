using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Metrics;
using Netplugin.Core.Policies.Maps;

namespace Netplugin.Agent.Policies;

/// <summary>What a <see cref="PolicyEngine"/> works with.</summary>
/// <param name="Node">This node's name.</param>
/// <param name="Maps">The maps.</param>
/// <param name="Sources">What must be listed beside the store before anything is written; none: there is no Kubernetes.</param>
/// <param name="View">What the store says.</param>
/// <param name="IsSettling">True while the store's nodes write their bindings anew.</param>
/// <param name="Pods">This node's pods.</param>
/// <param name="Unreadable">The policies that cannot be read whole.</param>
/// <param name="Problems">Told what an operator should know.</param>
/// <param name="Metrics">Told how long it took.</param>
/// <param name="Log">The log.</param>
internal sealed record PolicyEngineParts(
    string Node,
    IPolicyMaps Maps,
    ImmutableArray<string> Sources,
    Func<ClusterView> View,
    Func<bool> IsSettling,
    Func<ImmutableDictionary<PodKey, Pod>> Pods,
    UnreadablePolicies Unreadable,
    ProblemBoard Problems,
    AgentMetrics Metrics,
    ILogger Log)
{
    /// <summary>For how long a pod's start waits. The runtime tries again, so that it is told soon why it does not start.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);
}
