using System.Collections.Concurrent;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store.Json;

namespace Netplugin.Store.Labels;

/// <summary>
/// The endpoints that a node makes for its pods that have a network by labels or by their annotation: each with its binding when the pod starts, of an address from the blocks that
/// the node has leased, and gone with the pod. Each network's are made one after the other, so that no two get one address and no block is given back
/// under one that is being made; across nodes the leases keep them apart. For one daemon a host.
/// </summary>
/// <param name="store">Where the records are.</param>
/// <param name="host">The node's host label.</param>
public sealed class LabelledEndpoints(IStateStore store, string host)
{
    private const int Tries = 10;

    private readonly NetworkLeases _leases = new(store, host);
    private readonly ConcurrentDictionary<NetworkId, Held> _networks = new();

    /// <summary>
    /// The endpoint that <see cref="AddForeseenAsync"/> makes of a pod if the store has what this node has seen: so that what needs the address can be built while the
    /// store is asked. The address is kept for the pod until <see cref="RemoveAsync"/>.
    /// </summary>
    /// <param name="id">The network that the labels name.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="binding">Where it runs: on this node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The endpoint as it is to be, of no revision; null when only the store can tell.</returns>
    public async Task<LabelledAddition?> ForeseeAsync(NetworkId id, LabelledPod pod, EndpointBinding binding, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var held = _networks.GetOrAdd(id, _ => new());
        await held.Turn.WaitAsync(cancellationToken);
        try
        {
            var endpoint = new EndpointId(id, pod.Container);
            if (held.IsStale || held.Seen is not { Network: { Encap: Encap.Vxlan } network } || held.Given.ContainsKey(pod.Container)
                || held.Choose(host, endpoint, null, alone: false) is not { } address)
            {
                return null;
            }

            held.Given[pod.Container] = address;
            return new(Record(endpoint, address, default, pod, binding, network), network, 0, null);
        }
        finally
        {
            held.Turn.Release();
        }
    }

    /// <summary>
    /// Makes the endpoint that was foreseen of a pod, as <see cref="AddAsync"/> does, if no intent names the pod: that is compared, so that it need not be read first.
    /// </summary>
    /// <param name="foreseen">What <see cref="ForeseeAsync"/> gave; its binding may have the cluster addresses by now.</param>
    /// <param name="container">The name by which an intent would name the pod.</param>
    /// <param name="content">The store's content that the node follows.</param>
    /// <param name="cancellationToken">Gives up; the pod may have its endpoint all the same.</param>
    /// <returns>The revision of its record; null when the pod gets something else, or nothing, and what was made is to be removed.</returns>
    /// <exception cref="StoreException">As of <see cref="AddAsync"/>.</exception>
    public async Task<long?> AddForeseenAsync(LabelledAddition foreseen, string container, Guid content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(foreseen);
        var (id, pod, binding) = (foreseen.Endpoint!.Id, foreseen.Endpoint.Pod!, foreseen.Endpoint.Binding!);
        var made = await TakeTurnAsync(id, held => MakeAsync(held, id, pod, binding, container, content, default, cancellationToken), cancellationToken);
        return made with { Revision = 0 } == foreseen ? made.Revision : null;
    }

    /// <summary>
    /// Makes the endpoint of a pod, bound to its sandbox. In the usual case that is one transaction; a node's first pod of a network, and each that finds the
    /// node's blocks full, takes a lease before. Of a pod that ran before under its name the newest sandbox wins, wherever the other was; on the same
    /// node it keeps its address. Asked again for the same sandbox it finds what it made.
    /// </summary>
    /// <remarks>
    /// With a choice it has the address or the Ethernet address that is asked for, or there is none. An address that is of no block of this node is leased by
    /// itself, out of another node's block if it is of one, unless an endpoint has it. No other endpoint of the network gets either meanwhile.
    /// </remarks>
    /// <param name="id">The network.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="binding">Where it runs: on this node.</param>
    /// <param name="content">The store's content that the node follows.</param>
    /// <param name="choice">What it is to have; nothing of it: what is free.</param>
    /// <param name="cancellationToken">Gives up; the pod may have its endpoint all the same.</param>
    /// <exception cref="StoreException">The store has another content; or as for any write. What may have been made all the same, <see cref="RemoveAsync"/> removes.</exception>
    public async Task<LabelledAddition> AddAsync(
        NetworkId id, LabelledPod pod, EndpointBinding binding, Guid content, EndpointChoice choice = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(binding);
        var endpoint = new EndpointId(id, pod.Container);
        return await TakeTurnAsync(endpoint, held => MakeAsync(held, endpoint, pod, binding, null, content, choice, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Removes the endpoint of a pod if it is still bound to this sandbox; one that the pod has anew, here or on another node, is left alone.
    /// </summary>
    /// <exception cref="StoreException">As for any write; the endpoint may still be there.</exception>
    public async Task RemoveAsync(EndpointId id, EndpointBinding mine, CancellationToken cancellationToken = default)
    {
        var key = StoreKeys.Endpoint(id);
        var held = _networks.GetOrAdd(id.Network, _ => new());
        await held.Turn.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 1; attempt <= Tries; attempt++)
            {
                var entry = await store.GetAsync(key, cancellationToken);
                var record = entry is null ? null : RecordCodec.DecodeEndpoint(entry);
                if (record?.Pod is null || !mine.HasOwnerOf(record.Binding))
                {
                    if (record?.Pod is null || record.Binding?.Host != host)
                    {
                        held.Given.Remove(id.Container);
                    }

                    return;
                }

                try
                {
                    var removal = new StoreTransaction([StoreCompare.Unchanged(key, entry!.ModRevision)], [new StoreOperation.Delete(key)]);
                    if ((await store.CommitAsync(removal, cancellationToken)).Succeeded)
                    {
                        held.Given.Remove(id.Container);
                        return;
                    }
                }
                catch (StoreException e) when (e.OutcomeUnknown && attempt < Tries)
                {
                    // Reading again tells whether it was carried out.
                }
            }
        }
        finally
        {
            held.Turn.Release();
        }

        throw new StoreException("remove", StoreFailure.Refused, $"the endpoint {id} changed {Tries} times while it was being removed: try again");
    }

    /// <summary>
    /// Gives back every block of this node, of any network, in which no endpoint has an address. To be called now and then, not with each pod that goes: a
    /// block that is kept is a lease less for the next. Not while the node holds back from a store that was reset, for endpoints of running pods may be missing in it.
    /// </summary>
    /// <param name="content">The store's content that the node follows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreException">The store has another content; or as for any write.</exception>
    public async Task GiveBackAsync(Guid content, CancellationToken cancellationToken = default)
    {
        var all = await store.ListAsync(StoreKeys.AllLeases, cancellationToken);
        foreach (var leases in all.Entries.Select(RecordCodec.DecodeLeases).Where(leases => !leases.Of(host).IsEmpty))
        {
            var held = _networks.GetOrAdd(leases.Network, _ => new());
            await held.Turn.WaitAsync(cancellationToken);
            try
            {
                held.IsStale = true;
                await _leases.GiveBackAsync(leases.Network, held.Given.Values, content, cancellationToken);
            }
            finally
            {
                held.Turn.Release();
            }
        }
    }

    private async Task<LabelledAddition> TakeTurnAsync(EndpointId id, Func<Held, Task<LabelledAddition>> make, CancellationToken cancellationToken)
    {
        var held = _networks.GetOrAdd(id.Network, _ => new());
        await held.Turn.WaitAsync(cancellationToken);
        try
        {
            return await make(held);
        }
        catch
        {
            // A lease may have been taken all the same.
            held.IsStale = true;
            throw;
        }
        finally
        {
            held.Turn.Release();
        }
    }

    private async Task<LabelledAddition> MakeAsync(
        Held held, EndpointId id, LabelledPod pod, EndpointBinding binding, string? unnamed, Guid content, EndpointChoice choice,
        CancellationToken cancellationToken)
    {
        var key = StoreKeys.Endpoint(id);
        var standBack = new StandBack();
        StoreEntry? existing = null;
        for (var attempt = 1; attempt <= Tries; attempt++)
        {
            // What was seen with the last pod is proven by the transaction; that the endpoint is missing too. What is refused is refused by what was read.
            if (held.Seen is null || held.IsStale || choice.IsFixed || attempt > 1)
            {
                if (attempt > 1)
                {
                    await standBack.WaitAsync(cancellationToken);
                }

                if (unnamed is not null && await store.GetAsync(StoreKeys.Container(unnamed), cancellationToken) is not null)
                {
                    return Refused(LabelRefusalReason.Posted, $"container {unnamed} is posted, which may be pod {pod}");
                }

                (var network, existing, _, _) = await _leases.ReadAsync(id.Network, content, key, cancellationToken);
                await held.SeeAsync(store, host, network, cancellationToken);
            }

            if (held.Seen is not { } seen)
            {
                return Refused(LabelRefusalReason.NoNetwork, $"there is no network {id.Network}, which pod {pod} is to have");
            }

            if (seen.Network.Encap != Encap.Vxlan)
            {
                return Refused(LabelRefusalReason.Vlan, $"network {id.Network}, which pod {pod} is to have, is a VLAN network and this netplugin carries VXLAN networks: post it with PktTagType vxlan");
            }

            var old = existing is null ? null : RecordCodec.DecodeEndpoint(existing);
            if (old is { Pod: null })
            {
                held.Given.Remove(id.Container);
                return Refused(LabelRefusalReason.Posted, $"endpoint {id} is posted for a container of that name, and pod {pod} would have its own by it: post the container under another name");
            }

            if (old is not null && old.Binding == binding && old.Pod == pod && choice.IsMetBy(old.Address, old.Mac))
            {
                held.Given[id.Container] = old.Address;
                return new(old, seen.Network, existing!.ModRevision, null);
            }

            try
            {
                var (chosen, refusal) = await ChooseAsync(held, id, old?.Address, choice, content, cancellationToken);
                if (refusal is not null)
                {
                    return new(null, null, 0, refusal);
                }

                if (chosen is not { } address || held.Seen is null)
                {
                    continue;
                }

                seen = held.Seen;
                var endpoint = Record(id, address, choice, pod, binding, seen.Network);
                if (choice.IsFixed && await RivalOfAsync(held, endpoint, cancellationToken) is { } rival)
                {
                    return Refused(LabelRefusalReason.Unavailable, rival);
                }

                // Before it is tried: whatever becomes of it, no other pod gets it until this one is gone.
                held.Given[id.Container] = address;
                var addition = new StoreTransaction(
                    [
                        .. seen.Compares,
                        existing is null ? StoreCompare.Missing(key) : StoreCompare.Unchanged(key, existing.ModRevision),
                        .. unnamed is null ? [] : new[] { StoreCompare.Missing(StoreKeys.Container(unnamed)) },
                        .. choice.IsFixed ? [StoreCompare.Unchanged(seen.LeasesEntry!.Key, seen.LeasesEntry.ModRevision)] : Array.Empty<StoreCompare>(),
                    ],
                    [
                        new StoreOperation.Put(key, RecordCodec.Encode(endpoint)),

                        // Two that ask for the same at once: the one that comes second looks again.
                        .. choice.IsFixed ? [new StoreOperation.Put(seen.LeasesEntry!.Key, seen.LeasesEntry.Value)] : Array.Empty<StoreOperation>(),
                    ]);
                if (await store.CommitAsync(addition, cancellationToken) is { Succeeded: true } result)
                {
                    return new(endpoint, seen.Network, result.Revision, null);
                }
            }
            catch (StoreException e) when (e.OutcomeUnknown && attempt < Tries)
            {
                // Reading again tells whether it was carried out.
            }
        }

        throw new StoreException("add", StoreFailure.Refused, $"the endpoint {id} or its network changed {Tries} times while it was being made: try again");
    }

    private static EndpointRecord Record(
        EndpointId id, IpAddr address, EndpointChoice choice, LabelledPod pod, EndpointBinding binding, NetworkRecord network) =>
        new(id, address, choice.MacFor(address), "", "", binding, network.Post) { Pod = pod };

    /// <summary>An address for an endpoint, of a block that the node leases for it where it has none.</summary>
    /// <returns>Neither address nor refusal: what was seen is another by now.</returns>
    private async Task<(IpAddr? Address, LabelRefusal? Refusal)> ChooseAsync(
        Held held, EndpointId id, IpAddr? had, EndpointChoice choice, Guid content, CancellationToken cancellationToken)
    {
        var seen = held.Seen!;
        var isGiven = !choice.Address.IsUnspecified;
        if (isGiven && NetworkBlocks.WhyNone(seen.Network, choice.Address) is { } never)
        {
            return (null, new(LabelRefusalReason.Unavailable, never));
        }

        // An address by itself was asked for, and its pod may come again: others get it last.
        if ((isGiven ? held.Find(host, choice.Address) : held.Choose(host, id, had, alone: false)) is { } address)
        {
            return (address, null);
        }

        var (leased, missing) = isGiven
            ? await _leases.LeaseAsync(id.Network, choice.Address, id.Container, content, cancellationToken)
            : await _leases.LeaseAsync(id.Network, content, cancellationToken);
        if (missing is not null)
        {
            return isGiven ? (null, new(LabelRefusalReason.Unavailable, missing))
                : held.Choose(host, id, had, alone: true) is { } last ? (last, null)
                : (null, new(LabelRefusalReason.Exhausted, missing));
        }

        // A block in which nobody has an address: what is known to be given stays so, unless all of it is another's by now.
        held.Seen = leased?.IsOf(seen) == true ? leased : null;
        return (held.Seen is null ? null : isGiven ? choice.Address : held.Choose(host, id, null, alone: true), null);
    }

    /// <summary>Who has an endpoint's address or Ethernet address already; null: nobody.</summary>
    private async Task<string?> RivalOfAsync(Held held, EndpointRecord endpoint, CancellationToken cancellationToken)
    {
        // What is being given may come into the store yet.
        if (held.Given.FirstOrDefault(given => given.Value == endpoint.Address && given.Key != endpoint.Id.Container).Key is { } container)
        {
            return $"{endpoint.Address} is already that of endpoint {endpoint.Id with { Container = container }}";
        }

        var all = await store.ListAsync(StoreKeys.EndpointsOf(endpoint.Id.Network), cancellationToken);
        var others = all.Entries.Select(RecordCodec.DecodeEndpoint).Where(other => other.Id != endpoint.Id).ToArray();
        return others.FirstOrDefault(other => other.Address == endpoint.Address) is { } owner ? NetworkLeases.OwnedBy(endpoint.Address.ToString(), owner)
            : others.FirstOrDefault(other => other.Mac == endpoint.Mac) is { } twin ? NetworkLeases.OwnedBy(endpoint.Mac.ToString(), twin)
            : null;
    }

    private static LabelledAddition Refused(LabelRefusalReason reason, string message) => new(null, null, 0, new(reason, message));

    /// <summary>What the node knows of a network it has blocks of.</summary>
    private sealed class Held
    {
        /// <summary>Who has it works on the network.</summary>
        public SemaphoreSlim Turn { get; } = new(1, 1);

        /// <summary>The network as it was last; null when it is not known.</summary>
        public LeasedNetwork? Seen { get; set; }

        /// <summary>True when the store may have what is not seen here: a lease of which the answer was lost, or less than was leased.</summary>
        public bool IsStale { get; set; }

        /// <summary>The addresses in the node's blocks that are given, by container.</summary>
        public Dictionary<string, IpAddr> Given { get; } = new(StringComparer.Ordinal);

        /// <summary>Takes in what was read. Nobody else gives addresses of this node's blocks; so the endpoints are read only when it did not know the blocks.</summary>
        public async Task SeeAsync(IStateStore store, string host, LeasedNetwork? network, CancellationToken cancellationToken)
        {
            var blocks = network?.Leases.Of(host) ?? [];
            if (network is not null && (Seen is null || !network.IsOf(Seen) || !blocks.SequenceEqual(Seen.Leases.Of(host))))
            {
                Seen = null;
                var endpoints = blocks.IsEmpty ? [] : (await store.ListAsync(StoreKeys.EndpointsOf(network.Network.Id), cancellationToken)).Entries;
                Given.Clear();
                foreach (var endpoint in endpoints.Select(RecordCodec.DecodeEndpoint).Where(endpoint => blocks.Any(block => block.Contains(endpoint.Address))))
                {
                    Given[endpoint.Id.Container] = endpoint.Address;
                }
            }

            (Seen, IsStale) = (network, false);
        }

        /// <summary>An address, if it is of the node's blocks.</summary>
        public IpAddr? Find(string host, IpAddr address) => Seen!.Leases.Of(host).Any(block => block.Contains(address)) ? address : null;

        /// <summary>An address for a container: the one it had or that is kept for it, if that is of the node's blocks, or the lowest free one.</summary>
        /// <param name="host">The node's host label.</param>
        /// <param name="id">The endpoint.</param>
        /// <param name="had">The one it had; null: none.</param>
        /// <param name="alone">Whether it may be one that is leased by itself.</param>
        public IpAddr? Choose(string host, EndpointId id, IpAddr? had, bool alone)
        {
            foreach (var address in new[] { had, Given.TryGetValue(id.Container, out var kept) ? kept : null })
            {
                if (address is { } its && Find(host, its) is not null)
                {
                    return its;
                }
            }

            var blocks = Seen!.Leases.Of(host).Where(block => alone || block.HostBits > 0);
            var others = Given.Where(given => given.Key != id.Container).Select(given => given.Value).ToHashSet();
            return NetworkBlocks.LowestFree(Seen.Network, blocks, others.Contains);
        }
    }
}
