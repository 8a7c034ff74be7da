using Netplugin.Core.Model;
using Netplugin.Core.Resources;

namespace Netplugin.Tests.Core.Resources;

/// <summary>Resources as a test needs them, and posts of them.</summary>
internal static class Samples
{
    public static ResourceMetadata Metadata(string name, int age = 0, bool isDeleting = false, bool isHeld = true, long generation = 1) => new(
        name, $"uid-{name}", "1", generation, DateTimeOffset.UnixEpoch.AddSeconds(age), isDeleting,
        isHeld ? [ResourceMetadata.Finalizer] : []);

    public static TenantResource Tenant(string name, string? pool = "11.1.0.0/16", string? vxlans = "100-103", string? type = null, int? length = null) =>
        new(Metadata(name), new(type, pool, length, null, vxlans), null, null);

    public static NetworkResource Network(
        string resource, string tenant = "blue", string? name = null, string? type = null, long? tag = null, string? subnet = null, string? gateway = null, int age = 0) =>
        new(Metadata(resource, age), new(tenant, name, type, tag, subnet, gateway), null, null);

    public static T Deleted<T>(this T resource)
        where T : CustomResource => (T)(resource with { Metadata = resource.Metadata with { IsDeleting = true } });

    public static ResourcePlan Plan(this ClusterState state, params IEnumerable<CustomResource> resources)
    {
        var all = resources.ToList();
        return ResourcePlanner.Plan(state, all.OfType<TenantResource>(), all.OfType<NetworkResource>());
    }

    public static ClusterState Post(this ClusterState state, params IEnumerable<CustomResource> resources) => After(state.Plan(resources));

    public static ClusterState After(ResourcePlan plan) => plan.Post.Plan!.After;

    public static ClusterState Bind(this ClusterState state, string tenant, string network, string container, string host = "host1")
    {
        var id = new EndpointId(new(tenant, network), container);
        return state with { Endpoints = state.Endpoints.SetItem(id, state.Endpoints[id] with { Binding = new(host, "sandbox", "eth0") }) };
    }

    /// <summary>Each resource's verdict in a line.</summary>
    public static string[] Verdicts(ResourcePlan plan) =>
    [
        .. plan.Tenants.Select(one => $"tenant {one.Key} {Show(one.Value)}"),
        .. plan.Networks.Select(one => $"network {one.Key} {Show(one.Value)}"),
    ];

    private static string Show(ResourceVerdict verdict) => verdict.Status is { } status ? $"{status.Reason}: {status.Message}" : $"{verdict.Step}";
}
