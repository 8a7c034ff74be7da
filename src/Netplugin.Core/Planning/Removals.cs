using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>What a post takes away.</summary>
internal static class Removals
{
    /// <summary>Removes all that a whole intent does not name.</summary>
    public static void RemoveUnnamed(Draft draft, Intent intent)
    {
        var hosts = intent.Hosts.Select(h => h.Name.Value).ToHashSet(StringComparer.Ordinal);
        draft.Hosts.RemoveRange(draft.Before.Hosts.Keys.Where(name => !hosts.Contains(name)));

        var networks = new HashSet<NetworkId>();
        var endpoints = new HashSet<EndpointId>();
        foreach (var (network, _, listed) in intent.AllNetworks())
        {
            networks.Add(network);
            endpoints.UnionWith(listed.Select(endpoint => new EndpointId(network, endpoint.Container.Value)));
        }

        // What a resource posted is not the file's to remove, nor the tenant that such a network is in.
        var kept = draft.Before.Networks.Values.Where(network => network.Resource.Length > 0).ToList();
        draft.Networks.RemoveRange(draft.Before.Networks.Values.Where(network => network.Resource.Length == 0 && !networks.Contains(network.Id)).Select(network => network.Id));

        var tenants = intent.Tenants.Select(t => t.Name.Value).ToHashSet(StringComparer.Ordinal);
        var needed = kept.ToLookup(network => network.Id.Tenant, StringComparer.Ordinal);
        foreach (var tenant in draft.Before.Tenants.Values.Where(tenant => tenant.Resource.Length == 0 && !tenants.Contains(tenant.Name)))
        {
            if (needed[tenant.Name].FirstOrDefault() is { } network)
            {
                draft.Warnings.Add(TextPosition.Start, $"tenant {Quoted.Text(tenant.Name)} stays for its network {network.Id}, {Owners.PostedBy(network)}");
            }
            else
            {
                draft.Tenants.Remove(tenant.Name);
            }
        }

        foreach (var id in draft.Before.Endpoints.Keys)
        {
            if (!endpoints.Contains(id))
            {
                draft.RemoveEndpoint(id);
            }
        }
    }

    /// <summary>
    /// Removes what is named: endpoints always, a network when it lists no endpoints, a tenant when it lists no networks, each
    /// with all it holds. A missing endpoint or host is a warning, as it always was; a missing network or tenant an error.
    /// </summary>
    public static void RemoveNamed(Draft draft, Intent intent)
    {
        foreach (var host in intent.Hosts)
        {
            if (!draft.Hosts.Remove(host.Name.Value))
            {
                draft.Warnings.Add(host.Name.At, $"host {Quoted.Text(host.Name.Value)} is not there");
            }
        }

        var wholeNetworks = new HashSet<NetworkId>();
        foreach (var tenant in intent.Tenants)
        {
            if (tenant.Networks.IsEmpty)
            {
                var known = draft.Tenants.GetValueOrDefault(tenant.Name.Value);
                if (known is { Resource.Length: > 0 })
                {
                    draft.Errors.Add(tenant.Name.At, $"tenant {Quoted.Text(known.Name)} stays: {Owners.ToRemove(known)}");
                }
                else if (!draft.Tenants.Remove(tenant.Name.Value))
                {
                    draft.Errors.Add(tenant.Name.At, $"tenant {Quoted.Text(tenant.Name.Value)} does not exist");
                }

                foreach (var network in draft.Before.Networks.Values.Where(network => network.Id.Tenant == tenant.Name.Value && network.Resource.Length > 0))
                {
                    draft.Errors.Add(tenant.Name.At, $"network {network.Id} stays: {Owners.ToRemove(network)}");
                }

                wholeNetworks.UnionWith(draft.Networks.Keys.Where(id => id.Tenant == tenant.Name.Value));
            }
        }

        foreach (var (id, network, endpoints) in intent.AllNetworks())
        {
            if (endpoints.IsEmpty && !draft.Networks.ContainsKey(id))
            {
                draft.Errors.Add(network.Name.At, $"network {id} does not exist");
            }
            else if (endpoints.IsEmpty && draft.Networks[id] is { Resource.Length: > 0 } known)
            {
                draft.Errors.Add(network.Name.At, $"network {id} stays: {Owners.ToRemove(known)}");
            }
            else if (endpoints.IsEmpty)
            {
                wholeNetworks.Add(id);
            }

            foreach (var container in endpoints.Select(endpoint => endpoint.Container))
            {
                var endpoint = new EndpointId(id, container.Value);
                if (draft.Endpoints.ContainsKey(endpoint))
                {
                    draft.RemoveEndpoint(endpoint);
                }
                else
                {
                    draft.Warnings.Add(container.At, $"endpoint {endpoint} is not there");
                }
            }
        }

        draft.Networks.RemoveRange(wholeNetworks);
        if (wholeNetworks.Count > 0)
        {
            foreach (var id in draft.Before.Endpoints.Keys)
            {
                if (wholeNetworks.Contains(id.Network))
                {
                    draft.RemoveEndpoint(id);
                }
            }
        }
    }
}
