using Netplugin.Core.Model;

namespace Netplugin.Core.Intents;

/// <summary>
/// An order of tenants and networks in which posting them gives each container its interfaces in the order it has now. Where
/// nothing asks for another order they stand as they were posted: by post, then tag. What was posted in parts may have no such
/// order; then some containers lose.
/// </summary>
internal static class PostingOrder
{
    /// <summary>The tenants in order, each with its networks in order.</summary>
    public static IEnumerable<(TenantRecord Tenant, IReadOnlyList<NetworkRecord> Networks)> Of(ClusterState state)
    {
        var pairs = state.Containers.Values
            .SelectMany(container => container.Endpoints.Zip(container.Endpoints.Skip(1)))
            .Distinct()
            .ToList();
        var within = pairs.Where(p => p.First.Tenant == p.Second.Tenant).ToLookup(p => p.First.Tenant, StringComparer.Ordinal);
        var across = pairs.Where(p => p.First.Tenant != p.Second.Tenant).Select(p => (p.First.Tenant, p.Second.Tenant));

        var networks = state.Networks.Values.OrderBy(n => n.Post).ThenBy(n => n.Tag).ToLookup(n => n.Id.Tenant, StringComparer.Ordinal);
        var tenants = networks.Select(group => group.Key).Concat(state.Tenants.Keys).Distinct(StringComparer.Ordinal);
        foreach (var tenant in Sort(tenants, across))
        {
            var ids = Sort(networks[tenant].Select(n => n.Id), within[tenant]);
            yield return (state.Tenants[tenant], ids.ConvertAll(id => state.Networks[id]));
        }
    }

    /// <summary>Sorts so that the first of each pair comes before its second, else as given; a circle is cut at its foremost item.</summary>
    private static List<T> Sort<T>(IEnumerable<T> items, IEnumerable<(T First, T Second)> pairs)
        where T : notnull
    {
        var asGiven = items.ToList();
        var rank = asGiven.Select((item, index) => (item, index)).ToDictionary(p => p.item, p => p.index);
        var followers = pairs.Distinct().ToLookup(p => rank[p.First], p => rank[p.Second]);
        var predecessors = new int[asGiven.Count];
        foreach (var follower in followers.SelectMany(group => group))
        {
            predecessors[follower]++;
        }

        var waiting = new SortedSet<int>(rank.Values);
        var ready = new SortedSet<int>(waiting.Where(i => predecessors[i] == 0));
        var sorted = new List<T>(asGiven.Count);
        while (waiting.Count > 0)
        {
            var next = ready.Count > 0 ? ready.Min : waiting.Min;
            ready.Remove(next);
            waiting.Remove(next);
            sorted.Add(asGiven[next]);
            ready.UnionWith(followers[next].Where(follower => --predecessors[follower] == 0 && waiting.Contains(follower)));
        }

        return sorted;
    }
}
