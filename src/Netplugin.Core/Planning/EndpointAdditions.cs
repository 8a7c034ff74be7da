using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;

namespace Netplugin.Core.Planning;

/// <summary>Adds and updates endpoints: given addresses first, then the lowest free ones in the file's order.</summary>
internal static class EndpointAdditions
{
    public static void Add(Draft draft, Intent intent, bool isWhole)
    {
        var networks = intent.AllNetworks().Select(n => n.Id).ToHashSet();
        var existing = draft.Endpoints.Values.Where(e => networks.Contains(e.Id.Network)).ToLookup(e => e.Id.Network);
        foreach (var (id, network, endpoints) in intent.AllNetworks())
        {
            // A network that could not be made was reported; its endpoints have nothing to be checked against.
            if (draft.Networks.TryGetValue(id, out var record))
            {
                AddTo(
                    draft, record, network, endpoints, new AddressPool(record, existing[id], draft.Leases.GetValueOrDefault(id) ?? LeasesRecord.None(id)), isWhole);
            }
        }
    }

    private static void AddTo(
        Draft draft, NetworkRecord network, NetworkIntent intent, ImmutableArray<EndpointIntent> endpoints, AddressPool pool, bool isWhole)
    {
        if (!network.Gateway.IsUnspecified && pool.OwnerOf(network.Gateway) is { } owner)
        {
            draft.Errors.Add(intent.Gateway?.At ?? intent.Name.At, $"DefaultGw {network.Gateway} is already that of endpoint {network.Id}/{owner}");
        }
        else if (network.Gateway != draft.Before.Networks.GetValueOrDefault(network.Id)?.Gateway && pool.LeaseOf(network.Gateway) is { } lease)
        {
            draft.Errors.Add(
                intent.Gateway?.At ?? intent.Name.At,
                $"DefaultGw {network.Gateway} is of {lease.Block}, which node {lease.Host} has leased for pods that have network {network.Id} by labels or annotation");
        }

        foreach (var endpoint in endpoints)
        {
            if (endpoint.Address is { } address)
            {
                TakeGiven(draft, network, endpoint, address, pool);
            }
        }

        foreach (var endpoint in endpoints)
        {
            var id = new EndpointId(network.Id, endpoint.Container.Value);
            if (endpoint.Group is { } group && draft.Groups.GetValueOrDefault(new(network.Id.Tenant, group.Value))?.Id.Network != network.Id)
            {
                draft.AddUnlessPartial(group.At, $"network {network.Id} has no endpoint group {Quoted.Text(group.Value)}; name it in the network's EndpointGroups");
            }

            if (draft.Endpoints.TryGetValue(id, out var known) && known.Pod is { } pod)
            {
                draft.Errors.Add(endpoint.Container.At, $"endpoint {id} is that of pod {pod}, which has the network by labels or annotation: a container cannot have its name");
            }
            else if (known is not null)
            {
                var updated = known with
                {
                    Host = endpoint.Host?.Value ?? known.Host,
                    AttachUuid = endpoint.AttachUuid?.Value ?? known.AttachUuid,
                    PostedGroup = endpoint.Group?.Value ?? (isWhole ? "" : known.PostedGroup),
                };
                if (updated != known)
                {
                    draft.Endpoints[id] = updated;
                }
            }
            else if ((endpoint.Address?.Value ?? pool.TakeLowest(id.Container)) is { } address)
            {
                draft.AddEndpoint(new(
                    id, address, MacAddress.ForEndpoint(address), endpoint.Host?.Value ?? "", endpoint.AttachUuid?.Value ?? "", null, draft.Post)
                {
                    PostedGroup = endpoint.Group?.Value ?? "",
                });
            }
            else
            {
                // One error a network: those of the endpoints behind it would say the same.
                draft.AddAbout(network, endpoint.Container.At, $"{pool.Exhausted}: none for {Quoted.Text(id.Container)}");
                return;
            }
        }
    }

    private static void TakeGiven(Draft draft, NetworkRecord network, EndpointIntent endpoint, Located<IpAddr> address, AddressPool pool)
    {
        var id = new EndpointId(network.Id, endpoint.Container.Value);
        if (draft.Endpoints.TryGetValue(id, out var known))
        {
            if (known.Pod is null && known.Address != address.Value)
            {
                draft.Errors.Add(address.At, $"endpoint {id} has address {known.Address}, which cannot change; remove the endpoint first");
            }
        }
        else if (pool.Take(address.Value, id.Container) is { } problem)
        {
            draft.AddAbout(network, address.At, problem);
        }
    }
}
