using Netplugin.Core.Collections;

namespace Netplugin.Core.Policies;

/// <summary>All policies there are, in any order.</summary>
/// <param name="Network">NetworkPolicies.</param>
/// <param name="Cluster">ClusterNetworkPolicies.</param>
/// <param name="Intent">The intent's policies.</param>
public sealed record PolicySet(ValueArray<NetworkPolicy> Network, ValueArray<ClusterNetworkPolicy> Cluster, ValueArray<IntentPolicy> Intent)
{
    /// <summary>None.</summary>
    public static PolicySet Empty { get; } = new([], [], []);
}
