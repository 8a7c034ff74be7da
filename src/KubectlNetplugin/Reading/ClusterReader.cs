using System.Collections.Immutable;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Follow;
using Netplugin.Kubernetes.Objects;

namespace KubectlNetplugin.Reading;

/// <summary>Reads the cluster's objects.</summary>
/// <param name="server">The API server.</param>
internal sealed class ClusterReader(IApiServer server)
{
    // As many as kubectl itself asks for at a time.
    private const string PageSize = "500";

    // What the chart and deploy/netplugin.yaml call the daemon's pods.
    private const string Daemons = "app.kubernetes.io/name=netplugin";

    /// <summary>The pods of a namespace; null = of all. By namespace and name.</summary>
    public async Task<ImmutableArray<Pod>> PodsAsync(string? kubernetesNamespace, CancellationToken cancellationToken) =>
        [.. (await ListAsync(Resource.Pods, kubernetesNamespace, cancellationToken)).OrderBy(pod => pod.Name)];

    /// <summary>One pod.</summary>
    /// <exception cref="Netdcli.CliException">There is no such pod, among others.</exception>
    public async Task<Pod> PodAsync(NamespacedName name, CancellationToken cancellationToken) =>
        (await server.ReadAsync(Resource.Pods.PathOf(name), Resource.Pods.ReadAsync, cancellationToken))!;

    /// <summary>The nodes, by name.</summary>
    public async Task<ImmutableArray<Node>> NodesAsync(CancellationToken cancellationToken) =>
        [.. (await ListAsync(Resource.Nodes, null, cancellationToken)).OrderBy(node => node.Name, StringComparer.Ordinal)];

    /// <summary>The pods of netplugin that run, by the node that they are on.</summary>
    public async Task<ImmutableSortedDictionary<string, NamespacedName>> DaemonsAsync(CancellationToken cancellationToken) =>
        (await ListAsync(Resource.Pods, null, cancellationToken, $"&labelSelector={Uri.EscapeDataString(Daemons)}"))
            .Where(pod => pod is { Phase: "Running", Node: not null })
            .DistinctBy(pod => pod.Node)
            .ToImmutableSortedDictionary(pod => pod.Node!, pod => pod.Name, StringComparer.Ordinal);

    /// <summary>The namespaces' names.</summary>
    public async Task<ImmutableArray<string>> NamespacesAsync(CancellationToken cancellationToken) =>
        [.. (await ListAsync(Resource.Namespaces, null, cancellationToken)).Select(one => one.Name).Order(StringComparer.Ordinal)];

    private async Task<List<T>> ListAsync<T>(Resource<T> resource, string? kubernetesNamespace, CancellationToken cancellationToken, string selector = "")
        where T : class
    {
        var all = new List<T>();
        string? next = null;
        do
        {
            var path = $"{resource.PathIn(kubernetesNamespace)}?limit={PageSize}{selector}{(next is null ? "" : $"&continue={Uri.EscapeDataString(next)}")}";
            var page = await server.ReadAsync(path, resource.ReadPageAsync, cancellationToken);
            all.AddRange(page.Objects.Select(entry => entry.Value));
            next = page.Continue;
        }
        while (next is not null);

        return all;
    }
}
