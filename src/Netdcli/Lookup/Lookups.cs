using System.Collections.Immutable;
using Netplugin.Core.Model;

namespace Netdcli.Lookup;

/// <summary>
/// Finds what an operator's name means. Names are unique within their tenant only, so the same word may mean several things;
/// the full name (<c>tenant/network/container</c>) always means one.
/// </summary>
internal static class Lookups
{
    /// <summary>
    /// Endpoints that <paramref name="name"/> may mean: <c>tenant/network/container</c>, <c>network/container</c>, the original's
    /// <c>network-container</c>, or the container's own name.
    /// </summary>
    /// <param name="state">Where to look.</param>
    /// <param name="name">What was typed.</param>
    /// <param name="tenant">Narrows to one tenant; null = all.</param>
    public static ImmutableArray<EndpointRecord> Endpoints(ClusterState state, string name, string? tenant)
    {
        var found = InTenant(state, tenant).Where(e => MeansExactly(e.Id, name)).ToImmutableArray();
        if (found.Length == 0)
        {
            found = [.. InTenant(state, tenant).Where(e => e.Id.Container == name)];
        }

        return [.. found.OrderBy(e => e.Id)];
    }

    /// <summary>Endpoints that the original's id means: <c>network-container</c>, or a name with slashes.</summary>
    /// <param name="state">Where to look.</param>
    /// <param name="id">What was typed.</param>
    /// <param name="tenant">Narrows to one tenant; null = all.</param>
    public static ImmutableArray<EndpointRecord> EndpointsById(ClusterState state, string id, string? tenant) =>
    [
        .. InTenant(state, tenant)
            .Where(e => MeansExactly(e.Id, id))
            .OrderBy(e => e.Id),
    ];

    /// <summary>Networks that <paramref name="name"/> may mean: <c>tenant/network</c> or the network's own name.</summary>
    /// <param name="state">Where to look.</param>
    /// <param name="name">What was typed.</param>
    /// <param name="tenant">Narrows to one tenant; null = all.</param>
    public static ImmutableArray<NetworkRecord> Networks(ClusterState state, string name, string? tenant) =>
    [
        .. state.Networks.Values.Where(n =>
            (tenant is null || n.Id.Tenant == tenant) && (n.Id.Network == name || n.Id.ToString() == name)),
    ];

    private static IEnumerable<EndpointRecord> InTenant(ClusterState state, string? tenant) =>
        state.Endpoints.Values.Where(e => tenant is null || e.Id.Network.Tenant == tenant);

    private static bool MeansExactly(EndpointId id, string name) =>
        name.Contains('/', StringComparison.Ordinal)
            ? id.ToString() == name || $"{id.Network.Network}/{id.Container}" == name
            : name.Length == id.Network.Network.Length + 1 + id.Container.Length
                && name.StartsWith(id.Network.Network, StringComparison.Ordinal)
                && name[id.Network.Network.Length] == '-'
                && name.EndsWith(id.Container, StringComparison.Ordinal);
}
