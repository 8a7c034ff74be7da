using System.Collections.Immutable;
using System.Text;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store.Json;

namespace Netplugin.Store.Posts;

/// <summary>
/// A plan as store operations, by when they may be written. <see cref="Hidden"/> ones are not seen before the post is committed:
/// new networks, groups, policies and endpoints carry its number, and index entries and homes of nothing but those lead nowhere. What changes or
/// removes a record that is seen (<see cref="Seen"/>) belongs into the committing transaction, and what does not fit there goes
/// into the tail; they are ordered so that what matters most to readers comes first.
/// </summary>
/// <param name="Hidden">May be written before the commit.</param>
/// <param name="Seen">Must not be seen before the commit.</param>
/// <param name="Compares">
/// By key, the endpoint records among <paramref name="Seen"/> as they were read, for a node may bind them meanwhile; and that new ones are missing where
/// nodes have leases, for these may make such.
/// </param>
internal sealed record PostOperations(
    ImmutableArray<StoreOperation> Hidden, ImmutableArray<StoreOperation> Seen, ImmutableDictionary<string, StoreCompare> Compares)
{
    /// <summary>What the posted endpoints' records among <see cref="Seen"/> were before, by key.</summary>
    private ImmutableDictionary<string, EndpointRecord> Former { get; init; } = ImmutableDictionary<string, EndpointRecord>.Empty;

    public int Count => Hidden.Length + Seen.Length;

    public static PostOperations Of(LoadedCluster loaded, PostPlan plan)
    {
        var number = plan.After.Post.Number;
        var hidden = ImmutableArray.CreateBuilder<StoreOperation>();
        var seen = new List<(int Rank, StoreOperation Operation)>();
        var compares = ImmutableDictionary.CreateBuilder<string, StoreCompare>(StringComparer.Ordinal);
        var former = ImmutableDictionary.CreateBuilder<string, EndpointRecord>(StringComparer.Ordinal);
        foreach (var change in plan.Changes)
        {
            var operation = Operation(change);
            if (change is StateChange.PutEndpoint { Previous: null } made && loaded.State.Leases.ContainsKey(made.Endpoint.Id.Network))
            {
                compares.Add(operation.Key, StoreCompare.Missing(operation.Key));
            }

            if (IsHidden(change, plan.After, loaded.State, number))
            {
                hidden.Add(operation);
                continue;
            }

            seen.Add((Rank(change), operation));
            if (change is StateChange.PutEndpoint { Previous: { } previous })
            {
                compares.Add(operation.Key, StoreCompare.Unchanged(operation.Key, loaded.EndpointRevisions[previous.Id]));
            }

            var endpoint = change switch
            {
                StateChange.PutEndpoint put => put.Previous,
                StateChange.DeleteEndpoint delete => delete.Previous,
                _ => null,
            };
            if (endpoint is { Pod: null })
            {
                former.Add(operation.Key, endpoint);
            }
        }

        return new(hidden.DrainToImmutable(), [.. seen.OrderBy(ranked => ranked.Rank).Select(ranked => ranked.Operation)], compares.ToImmutable()) { Former = former.ToImmutable() };
    }

    /// <summary>The networks for <see cref="PostRecord.Moved"/>.</summary>
    /// <param name="operations">Those of <see cref="Seen"/> that are written together.</param>
    public ValueArray<NetworkId> MovedBy(IEnumerable<StoreOperation> operations) => MovedBy(operations, Former.GetValueOrDefault);

    /// <summary>The networks for <see cref="PostRecord.Moved"/>.</summary>
    /// <param name="operations">What is written together.</param>
    /// <param name="former">What a posted endpoint's record of a key was; null: it was not there.</param>
    public static ValueArray<NetworkId> MovedBy(IEnumerable<StoreOperation> operations, Func<string, EndpointRecord?> former)
    {
        HashSet<NetworkId> moved = [];
        foreach (var operation in operations)
        {
            if (former(operation.Key) is { } was
                && (operation is not StoreOperation.Put put || (RecordCodec.DecodeEndpoint(new(put.Key, put.Value, 0, 0)) is var now && (was.Group, was.Address, was.Post) != (now.Group, now.Address, now.Post))))
            {
                moved.Add(was.Id.Network);
            }
        }

        return [.. moved.Order()];
    }

    /// <summary>Bytes an operation takes in a request, roughly.</summary>
    public static int Size(StoreOperation operation) =>
        Encoding.UTF8.GetByteCount(operation.Key) + (operation is StoreOperation.Put put ? put.Value.Length : 0) + 32;

    /// <summary>Cuts a list into parts that one transaction takes, leaving room for <paramref name="reserved"/> more operations.</summary>
    public static IEnumerable<ImmutableArray<StoreOperation>> Parts(IEnumerable<StoreOperation> operations, int maxOperations, int reserved)
    {
        // etcd refuses requests over 1.5 MB, and in a tail each quote of a record is written as six bytes.
        const int PartBytes = 200 << 10;

        var part = ImmutableArray.CreateBuilder<StoreOperation>();
        var bytes = 0;
        foreach (var operation in operations)
        {
            var size = Size(operation);
            if (part.Count > 0 && (part.Count + reserved >= maxOperations || bytes + size > PartBytes))
            {
                yield return part.DrainToImmutable();
                bytes = 0;
            }

            part.Add(operation);
            bytes += size;
        }

        if (part.Count > 0)
        {
            yield return part.DrainToImmutable();
        }
    }

    private static bool IsHidden(StateChange change, ClusterState after, ClusterState before, long number) => change switch
    {
        StateChange.PutNetwork { Previous: null } put => put.Network.Post == number,
        StateChange.PutEndpoint { Previous: null } put => put.Endpoint.Post == number,
        StateChange.PutGroup { Previous: null } put => put.Group.Post == number,
        StateChange.PutPolicy { Previous: null } put => put.Policy.Post == number,
        StateChange.PutContainer { Previous: null } put =>
            put.Container.Endpoints.All(network => !before.Endpoints.ContainsKey(new(network, put.Container.Container))),
        StateChange.PutHome put => !before.Endpoints.ContainsKey(put.Endpoint) && after.Endpoints[put.Endpoint].Post == number,
        _ => false,
    };

    // Networks first: without its network an endpoint is not there, so their removal takes all of theirs along at once. What policies say becomes so before what they are for changes.
    private static int Rank(StateChange change) => change switch
    {
        StateChange.PutNetwork or StateChange.DeleteNetwork => 0,
        StateChange.PutPolicy or StateChange.PutGroup => 0,
        StateChange.PutTenant or StateChange.DeleteTenant or StateChange.PutHost or StateChange.DeleteHost => 1,
        StateChange.PutEndpoint or StateChange.PutContainer or StateChange.PutHome => 2,
        _ => 3,
    };

    private static StoreOperation Operation(StateChange change) => change switch
    {
        StateChange.PutHost put => new StoreOperation.Put(StoreKeys.Host(put.Host.Name), RecordCodec.Encode(put.Host)),
        StateChange.DeleteHost delete => new StoreOperation.Delete(StoreKeys.Host(delete.Previous.Name)),
        StateChange.PutTenant put => new StoreOperation.Put(StoreKeys.Tenant(put.Tenant.Name), RecordCodec.Encode(put.Tenant)),
        StateChange.DeleteTenant delete => new StoreOperation.Delete(StoreKeys.Tenant(delete.Previous.Name)),
        StateChange.PutNetwork put => new StoreOperation.Put(StoreKeys.Network(put.Network.Id), RecordCodec.Encode(put.Network)),
        StateChange.DeleteNetwork delete => new StoreOperation.Delete(StoreKeys.Network(delete.Previous.Id)),
        StateChange.DeleteLeases delete => new StoreOperation.Delete(StoreKeys.Leases(delete.Previous.Network)),
        StateChange.PutGroup put => new StoreOperation.Put(StoreKeys.Group(put.Group.Name), RecordCodec.Encode(put.Group)),
        StateChange.DeleteGroup delete => new StoreOperation.Delete(StoreKeys.Group(delete.Previous.Name)),
        StateChange.PutPolicy put => new StoreOperation.Put(StoreKeys.Policy(put.Policy.Name), RecordCodec.Encode(put.Policy)),
        StateChange.DeletePolicy delete => new StoreOperation.Delete(StoreKeys.Policy(delete.Previous.Name)),
        StateChange.PutEndpoint put => new StoreOperation.Put(StoreKeys.Endpoint(put.Endpoint.Id), RecordCodec.Encode(put.Endpoint)),
        StateChange.DeleteEndpoint delete => new StoreOperation.Delete(StoreKeys.Endpoint(delete.Previous.Id)),
        StateChange.PutContainer put => new StoreOperation.Put(StoreKeys.Container(put.Container.Container), RecordCodec.Encode(put.Container)),
        StateChange.DeleteContainer delete => new StoreOperation.Delete(StoreKeys.Container(delete.Previous.Container)),
        StateChange.PutHome put => new StoreOperation.Put(StoreKeys.Home(put.Host, put.Endpoint), Encoding.UTF8.GetBytes(put.AttachUuid)),
        StateChange.DeleteHome delete => new StoreOperation.Delete(StoreKeys.Home(delete.Host, delete.Endpoint)),
        _ => throw new ArgumentException($"a plan cannot hold a {change.GetType().Name}", nameof(change)),
    };
}
