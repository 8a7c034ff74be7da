using Netplugin.Core.Collections;
using Netplugin.Core.Model;

namespace Netplugin.Core.Policies;

/// <summary>The intent's policies, of what is posted.</summary>
public static class IntentPolicies
{
    /// <summary>Every policy with the groups that it is for, in order of name.</summary>
    public static ValueArray<IntentPolicy> Of(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return [.. Of(state.Policies.Values, state.Groups.Values)];
    }

    /// <summary>Every policy with those of the groups that it is for.</summary>
    public static IEnumerable<IntentPolicy> Of(IEnumerable<PolicyRecord> policies, IEnumerable<GroupRecord> groups)
    {
        ArgumentNullException.ThrowIfNull(policies);
        ArgumentNullException.ThrowIfNull(groups);
        var of = GroupsOf(groups);
        return policies.Select(policy => new IntentPolicy(policy.Name.Tenant, policy.Name.Name, [.. of[policy.Name].Order()], policy.Rules));
    }

    /// <summary>
    /// What stands for a policy whose record cannot be read: nothing comes in to its groups, and nothing goes out. Of equal rules one that denies decides, so that none of another policy is before these.
    /// </summary>
    public static PolicyRecord Closed(TenantedName name) => new(name, [DenyAll(PolicyDirection.Ingress), DenyAll(PolicyDirection.Egress)], 0);

    private static IntentRule DenyAll(PolicyDirection direction) =>
        new("cannot be read", direction, IntentRule.HighestPriority, IntentPeer.Anybody, IntentProtocol.Any, 0, Allow: false);

    /// <summary>Of groups, those that each policy is for.</summary>
    internal static ILookup<TenantedName, GroupId> GroupsOf(IEnumerable<GroupRecord> groups) => groups
        .SelectMany(group => group.Policies.Select(policy => (Policy: new TenantedName(group.Id.Network.Tenant, policy), group.Id)))
        .ToLookup(pair => pair.Policy, pair => pair.Id);
}
