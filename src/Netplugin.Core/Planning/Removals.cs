using System.Globalization;
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

        // Where the file names the tenant, the missing network is missing there. What a resource posted is not the file's to remove, nor the tenant that
        // such a network is in.
        var places = intent.Tenants.ToDictionary(tenant => tenant.Name.Value, tenant => tenant.Name.At, StringComparer.Ordinal);
        RemoveNetworks(
            draft,
            draft.Before.Networks.Values.Where(network => network.Resource.Length == 0 && !networks.Contains(network.Id))
                .ToDictionary(network => network.Id, network => places.GetValueOrDefault(network.Id.Tenant, TextPosition.Start)));
        var needed = draft.Before.Networks.Values.Where(network => network.Resource.Length > 0).ToLookup(network => network.Id.Tenant, StringComparer.Ordinal);
        foreach (var tenant in draft.Before.Tenants.Values.Where(tenant => tenant.Resource.Length == 0 && !places.ContainsKey(tenant.Name)))
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

        foreach (var (id, endpoint) in draft.Before.Endpoints)
        {
            if (!endpoints.Contains(id) && endpoint.Pod is null)
            {
                draft.RemoveEndpoint(id);
            }
        }
    }

    /// <summary>
    /// Removes what is named: endpoints always, a network when it lists neither endpoints nor groups, a tenant when it lists neither networks
    /// nor policies, each with all it holds. A missing endpoint or host is a warning, as it always was; a missing network or tenant an error.
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

        var wholeNetworks = new Dictionary<NetworkId, TextPosition>();
        foreach (var tenant in intent.Tenants)
        {
            if (tenant.Networks.IsEmpty && tenant.Policies.IsEmpty)
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

                foreach (var id in draft.Networks.Keys.Where(id => id.Tenant == tenant.Name.Value))
                {
                    wholeNetworks[id] = tenant.Name.At;
                }
            }
        }

        foreach (var (id, network, endpoints) in intent.AllNetworks())
        {
            var isBare = endpoints.IsEmpty && network.Groups.IsEmpty;
            if (isBare && !draft.Networks.ContainsKey(id))
            {
                draft.Errors.Add(network.Name.At, $"network {id} does not exist");
            }
            else if (isBare && draft.Networks[id] is { Resource.Length: > 0 } known)
            {
                draft.Errors.Add(network.Name.At, $"network {id} stays: {Owners.ToRemove(known)}");
            }
            else if (isBare)
            {
                wholeNetworks[id] = network.Name.At;
            }

            foreach (var container in endpoints.Select(endpoint => endpoint.Container))
            {
                var endpoint = new EndpointId(id, container.Value);
                if (draft.Endpoints.GetValueOrDefault(endpoint)?.Pod is { } pod)
                {
                    draft.Errors.Add(container.At, $"endpoint {endpoint} is that of pod {pod}, which has the network by labels or annotation: it goes with the pod");
                }
                else if (draft.Endpoints.ContainsKey(endpoint))
                {
                    draft.RemoveEndpoint(endpoint);
                }
                else
                {
                    draft.Warnings.Add(container.At, $"endpoint {endpoint} is not there");
                }
            }
        }

        RemoveNetworks(draft, wholeNetworks);
        if (wholeNetworks.Count > 0)
        {
            foreach (var (id, endpoint) in draft.Before.Endpoints)
            {
                if (wholeNetworks.ContainsKey(id.Network) && endpoint.Pod is null)
                {
                    draft.RemoveEndpoint(id);
                }
            }
        }
    }

    /// <summary>The first of many names, for a message that says their number: more are not read.</summary>
    public static string First(IReadOnlyCollection<string> names)
    {
        const int Named = 10;
        return string.Join(", ", names.Take(Named)) + (names.Count > Named ? ", ..." : "");
    }

    /// <summary>Removes networks with their leases. One that pods have by labels or annotation is an error: no intent names these pods, so none can have meant them.</summary>
    private static void RemoveNetworks(Draft draft, Dictionary<NetworkId, TextPosition> networks)
    {
        draft.Networks.RemoveRange(networks.Keys);
        draft.Leases.RemoveRange(networks.Keys);
        if (networks.Count == 0)
        {
            return;
        }

        var labelled = draft.Before.Endpoints.Values.Where(endpoint => endpoint.Pod is not null && networks.ContainsKey(endpoint.Id.Network))
            .ToLookup(endpoint => endpoint.Id.Network, endpoint => endpoint.Pod!.ToString());
        foreach (var network in labelled)
        {
            var pods = network.Order(StringComparer.Ordinal).ToArray();
            draft.Errors.Add(networks[network.Key], string.Create(
                CultureInfo.InvariantCulture,
                $"network {network.Key} cannot be removed while pods have it by labels or annotation, {pods.Length} now: {First(pods)}; end them, or start them anew with others"));
        }
    }
}
