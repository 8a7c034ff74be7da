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

        var tenants = intent.Tenants.Select(t => t.Name.Value).ToHashSet(StringComparer.Ordinal);
        draft.Tenants.RemoveRange(draft.Before.Tenants.Keys.Where(name => !tenants.Contains(name)));

        var networks = new HashSet<NetworkId>();
        var endpoints = new HashSet<EndpointId>();
        foreach (var (network, _, listed) in intent.AllNetworks())
        {
            networks.Add(network);
            endpoints.UnionWith(listed.Select(endpoint => new EndpointId(network, endpoint.Container.Value)));
        }

        draft.Networks.RemoveRange(draft.Before.Networks.Keys.Where(id => !networks.Contains(id)));
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
                if (!draft.Tenants.Remove(tenant.Name.Value))
                {
                    draft.Errors.Add(tenant.Name.At, $"tenant {Quoted.Text(tenant.Name.Value)} does not exist");
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
