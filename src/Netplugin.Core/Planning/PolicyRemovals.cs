using System.Globalization;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;

namespace Netplugin.Core.Planning;

/// <summary>Takes away endpoint groups and policies, none of which may be in use afterwards: what is denied by one would become open without a word.</summary>
internal static class PolicyRemovals
{
    /// <summary>Removes what a whole intent does not name. A group that it names in another network is not the one that was there.</summary>
    public static void RemoveUnnamed(Draft draft, Intent intent)
    {
        var groups = intent.AllNetworks().SelectMany(one => one.Network.Groups.Select(group => new GroupId(one.Id, group.Name.Value))).ToHashSet();
        var policies = intent.Tenants.SelectMany(tenant => tenant.Policies.Select(policy => new TenantedName(tenant.Name.Value, policy.Name.Value))).ToHashSet();
        draft.Groups.RemoveRange(draft.Before.Groups.Values.Where(group => !groups.Contains(group.Id)).Select(group => group.Name));
        draft.Policies.RemoveRange(draft.Before.Policies.Keys.Where(name => !policies.Contains(name)));
    }

    /// <summary>Removes what is named, and what was in networks and tenants that went. What is not there is a warning, as with an endpoint.</summary>
    public static void RemoveNamed(Draft draft, Intent intent)
    {
        foreach (var (id, network, _) in intent.AllNetworks())
        {
            foreach (var group in network.Groups)
            {
                var name = new TenantedName(id.Tenant, group.Name.Value);
                if (draft.Groups.GetValueOrDefault(name)?.Id.Network != id)
                {
                    draft.Warnings.Add(group.Name.At, $"endpoint group {id}/{group.Name.Value} is not there");
                }
                else
                {
                    draft.Groups.Remove(name);
                }
            }
        }

        foreach (var tenant in intent.Tenants)
        {
            foreach (var policy in tenant.Policies)
            {
                var name = new TenantedName(tenant.Name.Value, policy.Name.Value);
                if (!draft.Policies.Remove(name))
                {
                    draft.Warnings.Add(policy.Name.At, $"policy {name} is not there");
                }
            }
        }

        draft.Groups.RemoveRange(draft.Before.Groups.Values.Where(group => !draft.Networks.ContainsKey(group.Id.Network)).Select(group => group.Name));
        draft.Policies.RemoveRange(draft.Before.Policies.Keys.Where(name => !draft.Tenants.ContainsKey(name.Tenant)));
    }

    /// <summary>Refuses a post after which something has a group, a network or a policy that the post takes away.</summary>
    public static void CheckUnused(Draft draft, Intent intent)
    {
        var places = intent.Tenants.ToDictionary(tenant => tenant.Name.Value, tenant => tenant.Name.At);
        var rules = draft.Policies.Values.SelectMany(policy => policy.Rules.Select(rule => (rule.Peer, Name: $"rule {Quoted.Text(rule.RuleId)} of policy {policy.Name}"))).ToLookup(
            rule => (rule.Peer.Group, rule.Peer.Network), rule => rule.Name);
        var gone = draft.Before.Groups.Values.Where(group => draft.Groups.GetValueOrDefault(group.Name)?.Id != group.Id).Select(group => group.Id).ToHashSet();
        var users = draft.Endpoints.Values.Where(endpoint => gone.Contains(new(endpoint.Id.Network, endpoint.Group)))
            .OrderBy(endpoint => endpoint.Id.Container, StringComparer.Ordinal)
            .ToLookup(endpoint => new GroupId(endpoint.Id.Network, endpoint.Group), endpoint => endpoint.Pod is { } pod ? $"pod {pod}" : $"endpoint {endpoint.Id}");
        foreach (var group in gone.Order())
        {
            Refuse(group.Network.Tenant, $"endpoint group {group}", [.. users[group], .. rules[(group, null)]]);
        }

        foreach (var network in draft.Before.Networks.Keys.Where(id => !draft.Networks.ContainsKey(id)))
        {
            Refuse(network.Tenant, $"network {network}", [.. rules[(null, network)]]);
        }

        var groups = IntentPolicies.GroupsOf(draft.Groups.Values);
        foreach (var policy in draft.Before.Policies.Keys.Where(name => !draft.Policies.ContainsKey(name)))
        {
            Refuse(policy.Tenant, $"policy {policy}", [.. groups[policy].Select(group => $"endpoint group {group}")]);
        }

        void Refuse(string tenant, string what, string[] by)
        {
            if (by.Length > 0)
            {
                draft.Errors.Add(places.GetValueOrDefault(tenant, TextPosition.Start), string.Create(
                    CultureInfo.InvariantCulture,
                    $"{what} cannot be removed while it is in use, by {by.Length} now: {Removals.First(by)}"));
            }
        }
    }
}
