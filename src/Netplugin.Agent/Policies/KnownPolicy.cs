using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Normal;

namespace Netplugin.Agent.Policies;

/// <summary>A policy as it was read, by which people are answered, and in the form that is compiled.</summary>
internal abstract record KnownPolicy
{
    private KnownPolicy()
    {
    }

    /// <summary>Its name.</summary>
    public PolicyId Id => Normal.Id;

    /// <summary>What is compiled.</summary>
    public abstract NormalPolicy Normal { get; }

    /// <summary>One of a namespace.</summary>
    public sealed record OfNamespace(NetworkPolicy Policy) : KnownPolicy
    {
        /// <inheritdoc/>
        public override NormalPolicy Normal { get; } = NetworkPolicyNormal.Of(Policy);
    }

    /// <summary>One of the cluster.</summary>
    public sealed record OfCluster(ClusterNetworkPolicy Policy) : KnownPolicy
    {
        /// <inheritdoc/>
        public override NormalPolicy Normal { get; } = ClusterNetworkPolicyNormal.Of(Policy);
    }

    /// <summary>One of the intent.</summary>
    public sealed record OfIntent(IntentPolicy Policy) : KnownPolicy
    {
        /// <inheritdoc/>
        public override NormalPolicy Normal { get; } = IntentPolicyNormal.Of(Policy);
    }
}
