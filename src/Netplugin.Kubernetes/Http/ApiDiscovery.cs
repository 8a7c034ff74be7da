using System.Collections.Concurrent;
using System.Collections.Immutable;
using Netplugin.Kubernetes.Follow;
using Netplugin.Kubernetes.Json;

namespace Netplugin.Kubernetes.Http;

/// <summary>Which versions of an API group the server has: asked once, and again after a resource was not there.</summary>
internal sealed class ApiDiscovery(ApiConnection api)
{
    private readonly ConcurrentDictionary<string, ImmutableArray<string>> _versions = new();

    /// <summary>The first form that the server has.</summary>
    public async Task<ResourceForm<T>> ChooseAsync<T>(Resource<T> resource, CancellationToken cancellationToken)
        where T : class
    {
        foreach (var form in resource.Forms)
        {
            // The core group is always there, and where there is no choice its server says whether it has the one.
            if (resource.Forms.Length == 1 || form.Group.Length == 0 || (await VersionsAsync(form.Group, cancellationToken)).Contains(form.Version))
            {
                return form;
            }
        }

        return resource.Forms[^1];
    }

    /// <summary>Forgets what the server said: it may have been upgraded.</summary>
    public void Forget() => _versions.Clear();

    private async Task<ImmutableArray<string>> VersionsAsync(string group, CancellationToken cancellationToken)
    {
        if (!_versions.TryGetValue(group, out var versions))
        {
            _versions[group] = versions = await AskAsync(group, cancellationToken);
        }

        return versions;
    }

    private async Task<ImmutableArray<string>> AskAsync(string group, CancellationToken cancellationToken)
    {
        try
        {
            var document = await api.ReadAsync(new ApiRequest("get", null, $"/apis/{group}", []), ObjectJsonContext.Default.GroupDocument, cancellationToken);
            return [.. (document.Versions ?? []).Select(version => version?.Version).OfType<string>()];
        }
        catch (KubernetesException e) when (e.Reason == KubernetesFailure.NotFound)
        {
            return [];
        }
    }
}
