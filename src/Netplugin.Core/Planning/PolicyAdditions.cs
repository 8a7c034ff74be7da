using System.Collections.Immutable;
using Netplugin.Core.Collections;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;

namespace Netplugin.Core.Planning;

/// <summary>Adds and updates endpoint groups and policies. References lead to what is there after the post, wherever it stands in the file.</summary>
internal static class PolicyAdditions
{
    public static void Add(Draft draft, Intent intent, bool isWhole)
    {
        foreach (var (id, network, _) in intent.AllNetworks())
        {
            foreach (var group in network.Groups)
            {
                AddGroup(draft, new(id, group.Name.Value), group, isWhole);
            }
        }

        var networks = intent.AllNetworks().Select(network => network.Id).ToHashSet();
        foreach (var tenant in intent.Tenants)
        {
            foreach (var policy in tenant.Policies)
            {
                AddPolicy(draft, new(tenant.Name.Value, policy.Name.Value), policy, isWhole, networks);
            }
        }

        CheckPolicies(draft, intent);
    }

    private static void AddGroup(Draft draft, GroupId id, GroupIntent group, bool isWhole)
    {
        var name = new TenantedName(id.Network.Tenant, id.Group);
        var existing = draft.Groups.GetValueOrDefault(name);
        if (existing is not null && existing.Id != id)
        {
            draft.Errors.Add(
                group.Name.At,
                $"endpoint group {Quoted.Text(id.Group)} is already one of network {existing.Id.Network}; in a tenant no two groups share a name");
            return;
        }

        var policies = group.Policies is { } given ? [.. given.Select(policy => policy.Value)] : isWhole ? [] : existing?.Policies ?? [];
        draft.Groups[name] = new(id, policies, existing?.Post ?? draft.Post);
    }

    private static void AddPolicy(Draft draft, TenantedName name, PolicyIntent policy, bool isWhole, HashSet<NetworkId> networks)
    {
        var existing = draft.Policies.GetValueOrDefault(name);
        ValueArray<IntentRule> rules = policy.Rules is { } given
            ? [.. given.Select(rule => Rule(draft, name.Tenant, rule, networks)).OfType<IntentRule>()]
            : isWhole ? [] : existing?.Rules ?? [];
        draft.Policies[name] = new(name, rules, existing?.Post ?? draft.Post);
    }

    private static IntentRule? Rule(Draft draft, string tenant, RuleIntent rule, HashSet<NetworkId> networks)
    {
        GroupId? group = null;
        if (rule.Group is { } named)
        {
            if (draft.Groups.GetValueOrDefault(new(tenant, named.Value)) is not { } known)
            {
                draft.AddUnlessPartial(named.At, $"tenant {Quoted.Text(tenant)} has no endpoint group {Quoted.Text(named.Value)}");
                return null;
            }

            group = known.Id;
        }

        NetworkId? network = null;
        if (rule.Network is { } whole)
        {
            network = new(tenant, whole.Value);

            // One of the file that is not there could not be made, which was reported.
            if (!draft.Networks.ContainsKey(network.Value) && !networks.Contains(network.Value))
            {
                draft.AddUnlessPartial(whole.At, $"tenant {Quoted.Text(tenant)} has no network {Quoted.Text(whole.Value)}");
                return null;
            }
        }

        return new(rule.RuleId.Value, rule.Direction, rule.Priority, new(group, network, rule.Addresses), rule.Protocol, rule.Port, rule.Allow);
    }

    private static void CheckPolicies(Draft draft, Intent intent)
    {
        foreach (var (id, network, _) in intent.AllNetworks())
        {
            foreach (var policy in network.Groups.SelectMany(group => group.Policies ?? ImmutableArray<Located<string>>.Empty))
            {
                if (!draft.Policies.ContainsKey(new(id.Tenant, policy.Value)))
                {
                    draft.AddUnlessPartial(policy.At, $"tenant {Quoted.Text(id.Tenant)} has no policy {Quoted.Text(policy.Value)}");
                }
            }
        }
    }
}
