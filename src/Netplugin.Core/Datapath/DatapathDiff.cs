using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;

namespace Netplugin.Core.Datapath;

/// <summary>What turns the maps a node has into those it should have.</summary>
public static class DatapathDiff
{
    /// <summary>
    /// The changes in an order that is safe to stop after at any point: writes first, from what is looked up last to what lets
    /// traffic in (node, networks, VTEPs, blocks, endpoints, shared ports, frontends, interfaces), then removals the other way round. Within a kind, by
    /// key. Equal states give no changes; the cost grows with the size of both states, but for parts that are one object in both, which cost nothing.
    /// Backends are compared only where a frontend is another object.
    /// </summary>
    /// <param name="wanted">What the maps should hold.</param>
    /// <param name="observed">What they hold.</param>
    public static ImmutableArray<DatapathChange> Compute(DatapathState wanted, DatapathState observed)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(observed);
        var networks = Differing(wanted.Networks, observed.Networks, Comparer<uint>.Default);
        var endpoints = Differing(wanted.Endpoints, observed.Endpoints, Comparer<EndpointKey>.Default);
        var vteps = Differing(wanted.Vteps, observed.Vteps, Comparer<IpAddr>.Default);
        var blocks = Differing(wanted.Blocks, observed.Blocks, Comparer<BlockKey>.Default);
        var frontends = Differing(wanted.Frontends, observed.Frontends, Comparer<FrontendKey>.Default);
        var interfaces = Differing(wanted.Interfaces, observed.Interfaces, InterfaceOrder);

        var changes = ImmutableArray.CreateBuilder<DatapathChange>();
        if (wanted.Node is { } node && node != observed.Node)
        {
            changes.Add(new DatapathChange.SetNode(node));
        }

        foreach (var (network, entry) in networks.Written)
        {
            changes.Add(new DatapathChange.SetNetwork(network, entry));
        }

        foreach (var (vtep, entry) in vteps.Written)
        {
            changes.Add(new DatapathChange.SetVtep(vtep, entry));
        }

        foreach (var (key, vtep) in blocks.Written)
        {
            changes.Add(new DatapathChange.SetBlock(key, vtep));
        }

        foreach (var (key, entry) in endpoints.Written)
        {
            changes.Add(new DatapathChange.SetEndpoint(key, entry));
        }

        var shared = ReferenceEquals(wanted.Shared, observed.Shared) ? ([], []) : (Written: wanted.Shared.Except(observed.Shared), Removed: observed.Shared.Except(wanted.Shared));
        changes.AddRange(shared.Written.Order().Select(key => new DatapathChange.SetShared(key)));
        foreach (var (key, frontend) in frontends.Written)
        {
            changes.Add(new DatapathChange.SetFrontend(key, frontend));
        }

        foreach (var (device, entry) in interfaces.Written)
        {
            changes.Add(new DatapathChange.SetInterface(device, entry));
        }

        changes.AddRange(interfaces.Removed.Select(device => new DatapathChange.RemoveInterface(device)));
        changes.AddRange(frontends.Removed.Select(key => new DatapathChange.RemoveFrontend(key)));
        changes.AddRange(shared.Removed.Order().Select(key => new DatapathChange.RemoveShared(key)));
        changes.AddRange(endpoints.Removed.Select(key => new DatapathChange.RemoveEndpoint(key)));
        changes.AddRange(blocks.Removed.Select(key => new DatapathChange.RemoveBlock(key)));
        changes.AddRange(vteps.Removed.Select(vtep => new DatapathChange.RemoveVtep(vtep)));
        changes.AddRange(networks.Removed.Select(network => new DatapathChange.RemoveNetwork(network)));
        if (wanted.Node is null && observed.Node is not null)
        {
            changes.Add(new DatapathChange.ClearNode());
        }

        return changes.ToImmutable();
    }

    private static readonly Comparer<IfIndex> InterfaceOrder = Comparer<IfIndex>.Create(static (left, right) => left.Value.CompareTo(right.Value));

    private static (List<(TKey Key, TEntry Entry)> Written, List<TKey> Removed) Differing<TKey, TEntry>(
        IReadOnlyDictionary<TKey, TEntry> wanted, IReadOnlyDictionary<TKey, TEntry> observed, Comparer<TKey> order)
        where TKey : notnull
    {
        var written = new List<(TKey Key, TEntry Entry)>();
        var removed = new List<TKey>();
        if (!ReferenceEquals(wanted, observed))
        {
            foreach (var (key, entry) in wanted)
            {
                if (!observed.TryGetValue(key, out var there) || !EqualityComparer<TEntry>.Default.Equals(there, entry))
                {
                    written.Add((key, entry));
                }
            }

            // With every wanted key present and no more keys than that, nothing is left over: the usual case costs one pass.
            if (observed.Count + CountMissing(written, observed) > wanted.Count)
            {
                removed.AddRange(observed.Keys.Where(key => !wanted.ContainsKey(key)));
            }
        }

        written.Sort((left, right) => order.Compare(left.Key, right.Key));
        removed.Sort(order);
        return (written, removed);
    }

    private static int CountMissing<TKey, TEntry>(List<(TKey Key, TEntry Entry)> written, IReadOnlyDictionary<TKey, TEntry> observed)
        where TKey : notnull =>
        written.Count(w => !observed.ContainsKey(w.Key));
}
