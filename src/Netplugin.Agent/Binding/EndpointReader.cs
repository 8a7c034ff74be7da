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
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<ImmutableArray<EndpointCandidate>> ReadAsync(
        string container, ImmutableArray<EndpointId> given, CancellationToken cancellationToken)
    {
        var index = await store.GetAsync(StoreKeys.Container(container), cancellationToken);
        var named = index is null ? [] : RecordCodec.DecodeContainer(index).Endpoints.Select(n => new EndpointId(n, container));
        EndpointId[] ids = [.. named.Concat(given).Distinct()];
        if (ids.Length == 0)
        {
            return [];
        }

        string[] keys = [StoreKeys.Post, .. ids.Select(StoreKeys.Endpoint), .. ids.Select(id => StoreKeys.Network(id.Network))];
        var entries = await store.GetManyAsync(keys, cancellationToken);
        var post = entries[0] is { } last ? RecordCodec.DecodePost(last).Number : 0;
        var candidates = ImmutableArray.CreateBuilder<EndpointCandidate>();
        for (var i = 0; i < ids.Length; i++)
        {
            // What carries a higher number than the last post is being staged, and an endpoint without its network is not there.
            if (entries[1 + i] is { } endpoint && entries[1 + ids.Length + i] is { } network
                && RecordCodec.DecodeEndpoint(endpoint) is var record && record.Post <= post
                && RecordCodec.DecodeNetwork(network) is var net && net.Post <= post)
            {
                candidates.Add(new EndpointCandidate(record, endpoint.ModRevision, net));
            }
        }

        return candidates.DrainToImmutable();
    }

    /// <summary>Endpoints homed on this node whose operator named this sandbox.</summary>
    public static ImmutableArray<EndpointId> GivenTo(ClusterView view, string sandbox) =>
        [.. (view.Homes ?? ImmutableDictionary<EndpointId, string>.Empty)
            .Where(h => h.Value.Length > 0 && EndpointResolver.Names(h.Value, sandbox))
            .Select(h => h.Key)
            .OrderBy(id => id.ToString(), StringComparer.Ordinal)];
}
