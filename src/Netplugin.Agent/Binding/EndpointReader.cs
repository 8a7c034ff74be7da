using System.Collections.Immutable;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;

namespace Netplugin.Agent.Binding;

/// <summary>Reads which endpoints a container name leads to, straight from the store: what a starting pod gets must not lag behind a watch.</summary>
/// <param name="store">The store.</param>
internal sealed class EndpointReader(IStateStore store)
{
    /// <summary>The endpoints of a container name, and those that an operator gave to its sandbox, in posting order.</summary>
    /// <param name="container">The container (pod) name.</param>
    /// <param name="given">Endpoints that name the sandbox, from the homes of this node.</param>
    /// <param name="likely">Endpoints it likely leads to: when it leads to no others, one read is enough.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<ImmutableArray<EndpointCandidate>> ReadAsync(
        string container, ImmutableArray<EndpointId> given, ImmutableArray<EndpointId> likely, CancellationToken cancellationToken)
    {
        EndpointId[] asked = [.. likely.Concat(given).Distinct()];
        while (true)
        {
            string[] keys =
            [
                StoreKeys.Post, StoreKeys.Container(container), .. asked.Select(StoreKeys.Endpoint), .. asked.Select(id => StoreKeys.Network(id.Network)),
            ];
            var entries = await store.GetManyAsync(keys, cancellationToken);
            var named = entries[1] is { } index ? RecordCodec.DecodeContainer(index).Endpoints.Select(n => new EndpointId(n, container)) : [];
            EndpointId[] ids = [.. named.Concat(given).Distinct()];
            if (ids.All(asked.Contains))
            {
                var post = entries[0] is { } last ? RecordCodec.DecodePost(last).Number : 0;
                return Candidates(ids, asked, entries.AsSpan()[2..], post);
            }

            asked = ids;
        }
    }

    /// <summary>Networks as they are posted now, in the order asked; null where there is none.</summary>
    public async Task<ImmutableArray<NetworkRecord?>> NetworksAsync(IReadOnlyCollection<NetworkId> ids, CancellationToken cancellationToken)
    {
        var entries = await store.GetManyAsync([StoreKeys.Post, .. ids.Select(StoreKeys.Network)], cancellationToken);
        var post = entries[0] is { } last ? RecordCodec.DecodePost(last).Number : 0;
        return [.. entries.Skip(1).Select(entry => entry is not null && RecordCodec.DecodeNetwork(entry) is var network && network.Post <= post ? network : null)];
    }

    /// <summary>Whether there is a tenant.</summary>
    public async Task<bool> HasTenantAsync(string tenant, CancellationToken cancellationToken) =>
        await store.GetAsync(StoreKeys.Tenant(tenant), cancellationToken) is not null;

    /// <summary>
    /// What <see cref="ReadAsync"/> would give for a container name, as far as this node has seen: one free endpoint in a network that it follows. To
    /// be believed only once the store has confirmed it (<see cref="Binder.BindSeenAsync"/>), which also tells that the name leads nowhere else.
    /// </summary>
    /// <param name="view">What this node has seen.</param>
    /// <param name="container">The container (pod) name.</param>
    /// <param name="sandbox">Its sandbox.</param>
    /// <returns>Null: read it.</returns>
    public static EndpointCandidate? Seen(ClusterView view, string container, string sandbox)
    {
        if (!GivenTo(view, sandbox).IsEmpty || Likely(view, container) is not [var id]
            || view.Network(id.Network) is not { } network || view.Endpoint(id) is not { BoundHost.Length: 0 } seen)
        {
            return null;
        }

        return new(new EndpointRecord(id, seen.Address, seen.Mac, seen.Home, seen.AttachUuid, null, seen.Post) { PostedGroup = seen.Group }, seen.Revision, network);
    }

    /// <summary>True when, as far as this node has seen, a container name leads to no endpoint: only the store knows that its name is not posted elsewhere.</summary>
    public static bool IsUnnamed(ClusterView view, string container, string sandbox) => GivenTo(view, sandbox).IsEmpty && Likely(view, container).IsEmpty;

    /// <summary>Endpoints of a container name in the networks this node follows: likely all of them, though only the store knows.</summary>
    public static ImmutableArray<EndpointId> Likely(ClusterView view, string container) =>
        [.. view.Endpoints.Where(n => n.Value.ContainsKey(container)).Select(n => new EndpointId(n.Key, container))];

    /// <summary>Endpoints homed on this node whose operator named this sandbox.</summary>
    public static ImmutableArray<EndpointId> GivenTo(ClusterView view, string sandbox) =>
        [.. (view.Homes ?? ImmutableDictionary<EndpointId, string>.Empty)
            .Where(h => h.Value.Length > 0 && EndpointResolver.Names(h.Value, sandbox))
            .Select(h => h.Key)
            .OrderBy(id => id.ToString(), StringComparer.Ordinal)];

    private static ImmutableArray<EndpointCandidate> Candidates(
        EndpointId[] ids, EndpointId[] asked, ReadOnlySpan<StoreEntry?> entries, long post)
    {
        var candidates = ImmutableArray.CreateBuilder<EndpointCandidate>();
        foreach (var id in ids)
        {
            // What carries a higher number than the last post is being staged, and an endpoint without its network is not there.
            var at = Array.IndexOf(asked, id);
            if (entries[at] is { } endpoint && entries[asked.Length + at] is { } network
                && RecordCodec.DecodeEndpoint(endpoint) is var record && record.Post <= post
                && RecordCodec.DecodeNetwork(network) is var net && net.Post <= post)
            {
                candidates.Add(new EndpointCandidate(record, endpoint.ModRevision, net));
            }
        }

        return candidates.DrainToImmutable();
    }
}
