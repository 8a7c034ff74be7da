using System.Collections.Concurrent;
using System.Collections.Immutable;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;

namespace Netplugin.Agent.Binding;

/// <summary>
/// Writes and clears bindings in the endpoints' records, always comparing the revision it read: the newest binding wins, and a late
/// removal never takes away a binding that moved.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="me">This node's host label.</param>
/// <param name="health">Tells when the connection to the store was lost.</param>
internal sealed class Binder(IStateStore store, string me, StoreHealth health)
{
    private const int Tries = 10;

    // What this daemon bound: it can be cleared without reading it first, since the compare fails if anybody wrote the record meanwhile. Only as
    // long as the connection lasts: a store that was restored may have given the revision to something else.
    private readonly ConcurrentDictionary<EndpointId, (EndpointRecord Record, long Revision, long Losses)> _bound = new();

    /// <summary>Binds a pod's endpoints, all or none.</summary>
    /// <param name="wanted">The endpoints as read, with the binding each gets.</param>
    /// <param name="cancellationToken">Ends the tries.</param>
    /// <returns>The revision the records have now.</returns>
    /// <exception cref="ResolveException">An endpoint was deleted, changed or homed elsewhere meanwhile.</exception>
    /// <exception cref="StoreException">The store refused or did not answer.</exception>
    public async Task<long> BindAsync(
        ImmutableArray<(EndpointCandidate Endpoint, EndpointBinding Binding)> wanted, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var losses = health.Losses;
            if (wanted.All(w => w.Endpoint.Record.Binding == w.Binding))
            {
                return wanted.Max(w => w.Endpoint.Revision);
            }

            try
            {
                var result = await store.CommitAsync(new StoreTransaction(
                    [.. wanted.Select(w => StoreCompare.Unchanged(StoreKeys.Endpoint(w.Endpoint.Record.Id), w.Endpoint.Revision))],
                    [.. wanted.Select(w => new StoreOperation.Put(
                        StoreKeys.Endpoint(w.Endpoint.Record.Id), RecordCodec.Encode(w.Endpoint.Record with { Binding = w.Binding })))]), cancellationToken);
                if (result.Succeeded)
                {
                    // What this node made is removed when its pod goes, and not cleared.
                    foreach (var (endpoint, binding) in wanted.Where(w => w.Endpoint.Record.Pod is null))
                    {
                        _bound[endpoint.Record.Id] = (endpoint.Record with { Binding = binding }, result.Revision, losses);
                    }

                    return result.Revision;
                }
            }
            catch (StoreException e) when (e.OutcomeUnknown && attempt < Tries)
            {
                // Reading again tells whether it was carried out.
            }

            if (attempt == Tries)
            {
                throw new StoreException("bind", StoreFailure.Refused, $"the endpoint {wanted[0].Endpoint.Record.Id} changed {Tries} times while it was being bound: try again");
            }

            wanted = [.. await Task.WhenAll(wanted.Select(w => RereadAsync(w.Endpoint, w.Binding, cancellationToken)))];
        }
    }

    /// <summary>
    /// Binds an endpoint that was seen and not read, if the store has it, its network and what its container's name leads to exactly as they were
    /// seen: then reading would have given the same.
    /// </summary>
    /// <param name="seen">The endpoint, bound to nobody.</param>
    /// <param name="binding">The binding it gets.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The revision the record has now; null when the store has something else, or it is not known whether it was bound.</returns>
    /// <exception cref="StoreException">The store refused or did not answer.</exception>
    public async Task<long?> BindSeenAsync(EndpointCandidate seen, EndpointBinding binding, CancellationToken cancellationToken)
    {
        var (record, network) = (seen.Record, seen.Network);
        var losses = health.Losses;
        var bound = record with { Binding = binding };
        try
        {
            // By their bytes, not by revisions: those might be another content's, which a restored store has.
            var result = await store.CommitAsync(
                new StoreTransaction(
                    [
                        StoreCompare.Holds(
                            StoreKeys.Container(record.Id.Container), RecordCodec.Encode(new ContainerRecord(record.Id.Container, [network.Id]))),
                        StoreCompare.Holds(StoreKeys.Network(network.Id), RecordCodec.Encode(network)),
                        StoreCompare.Holds(StoreKeys.Endpoint(record.Id), RecordCodec.Encode(record)),
                    ],
                    [new StoreOperation.Put(StoreKeys.Endpoint(record.Id), RecordCodec.Encode(bound))]), cancellationToken);
            if (!result.Succeeded)
            {
                return null;
            }

            _bound[record.Id] = (bound, result.Revision, losses);
            return result.Revision;
        }
        catch (StoreException e) when (e.OutcomeUnknown)
        {
            return null;
        }
    }

    /// <summary>Clears a binding if it is still that of this interface; anything else is left alone.</summary>
    /// <exception cref="StoreException">The store refused or did not answer.</exception>
    public async Task UnbindAsync(EndpointId id, EndpointBinding mine, CancellationToken cancellationToken)
    {
        var key = StoreKeys.Endpoint(id);
        var isKnown = _bound.TryRemove(id, out var bound) && mine.HasOwnerOf(bound.Record.Binding) && bound.Losses == health.Losses;
        for (var attempt = 1; attempt <= Tries; attempt++)
        {
            var (record, revision) = isKnown && attempt == 1 ? (bound.Record, bound.Revision) : await ReadAsync(key, cancellationToken);
            if (record is null || !mine.HasOwnerOf(record.Binding))
            {
                return;
            }

            try
            {
                var result = await store.CommitAsync(
                    new StoreTransaction([StoreCompare.Unchanged(key, revision)], [new StoreOperation.Put(key, RecordCodec.Encode(record with { Binding = null }))]),
                    cancellationToken);
                if (result.Succeeded)
                {
                    return;
                }
            }
            catch (StoreException e) when (e.OutcomeUnknown && attempt < Tries)
            {
                // Reading again tells whether it was carried out.
            }
        }

        throw new StoreException("unbind", StoreFailure.Refused, $"the endpoint {id} changed {Tries} times while its binding was being cleared: it is tried again");
    }

    private async Task<(EndpointRecord? Record, long Revision)> ReadAsync(string key, CancellationToken cancellationToken) =>
        await store.GetAsync(key, cancellationToken) is { } entry ? (RecordCodec.DecodeEndpoint(entry), entry.ModRevision) : default;

    private async Task<(EndpointCandidate, EndpointBinding)> RereadAsync(EndpointCandidate before, EndpointBinding binding, CancellationToken cancellationToken)
    {
        var id = before.Record.Id;
        if (await store.GetAsync(StoreKeys.Endpoint(id), cancellationToken) is not { } entry)
        {
            throw new ResolveException(ResolveFailure.NotPosted, $"endpoint {id} was deleted while it was being attached: post it with netdcli -add-cfg");
        }

        var record = RecordCodec.DecodeEndpoint(entry);
        if (record.Address != before.Record.Address || record.Mac != before.Record.Mac)
        {
            throw new ResolveException(ResolveFailure.NotPosted, $"endpoint {id} was posted anew with another address while it was being attached: try again");
        }

        return record.Host.Length > 0 && record.Host != me
            ? throw new ResolveException(ResolveFailure.HomedElsewhere, $"endpoint {id} was homed on host {record.Host} while it was being attached, this is {me}")
            : (before with { Record = record, Revision = entry.ModRevision }, binding);
    }
}
