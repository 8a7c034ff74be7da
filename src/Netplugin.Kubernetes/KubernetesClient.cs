using System.Text.Json;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Configuration;
using Netplugin.Kubernetes.Follow;
using Netplugin.Kubernetes.Http;
using Netplugin.Kubernetes.Json;

namespace Netplugin.Kubernetes;

/// <summary>One cluster's API server: reads and follows its objects, annotates pods and nodes, writes Events, Secrets and the status of custom resources.</summary>
/// <remarks>
/// Every member but <see cref="FollowAsync"/> throws <see cref="KubernetesException"/> for what went wrong on the way. Members may be used from several
/// threads.
/// </remarks>
public sealed partial class KubernetesClient : IDisposable
{
    // How often a write is tried; with the waits between, some seconds.
    private const int Attempts = 5;

    private readonly ApiConnection _api;
    private readonly ApiDiscovery _discovery;

    /// <summary>Makes the client; nothing is asked yet.</summary>
    /// <param name="access">How to reach the server.</param>
    public KubernetesClient(ClusterAccess access)
    {
        ArgumentNullException.ThrowIfNull(access);
        _api = new(access);
        _discovery = new(_api);
    }

    /// <summary>
    /// Follows a resource for ever: first a <see cref="ResourceEvent{T}.Snapshot"/>, then <see cref="ResourceEvent{T}.Changed"/> without a gap. When the
    /// server no longer keeps what came after the last change, or was restored, a new snapshot comes instead; a lost server is retried inside (reported
    /// as <see cref="ResourceEvent{T}.Disconnected"/> once per loss; whatever comes next, a <see cref="ResourceEvent{T}.Changed"/> without changes if need
    /// be, says that it is back). Ends only by cancellation; a server that refuses the credentials counts as lost. A reader that is slow costs no
    /// memory: the server waits, or ends the watch, which then resumes from where it is.
    /// </summary>
    /// <param name="resource">What to follow.</param>
    /// <param name="selector">Which objects of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public IAsyncEnumerable<ResourceEvent<T>> FollowAsync<T>(
        Resource<T> resource, ResourceSelector selector = default, CancellationToken cancellationToken = default)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new ResourceFollow<T>(_api, _discovery, resource, selector).RunAsync(cancellationToken);
    }

    /// <summary>Reads one object; null when it does not exist, or is none of those that are followed.</summary>
    /// <param name="resource">Of what kind.</param>
    /// <param name="name">Its namespace (empty for a kind without) and name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<T?> GetAsync<T>(Resource<T> resource, NamespacedName name, CancellationToken cancellationToken = default)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(resource);
        var form = await _discovery.ChooseAsync(resource, cancellationToken);
        try
        {
            return await _api.ReadAsync(new("get", form.FullName, form.PathOf(name), []), form.ReadObjectAsync, cancellationToken);
        }
        catch (KubernetesException e) when (e.Reason == KubernetesFailure.NotFound)
        {
            return null;
        }
    }

    /// <summary>
    /// Sets annotations of a pod and leaves its others alone, trying again while the server is busy or fails. False: that pod is gone; one of its name
    /// but another uid is not touched.
    /// </summary>
    /// <param name="pod">The pod.</param>
    /// <param name="uid">Its uid.</param>
    /// <param name="annotations">Keys and values; null removes a key.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<bool> AnnotatePodAsync(
        NamespacedName pod, string uid, IReadOnlyDictionary<string, string?> annotations, CancellationToken cancellationToken = default)
    {
        var request = Annotation(Resource.Pods, pod, uid, annotations);
        var backoff = new Backoff();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await WriteAsync(request, cancellationToken);
                return true;
            }
            catch (KubernetesException e) when (e.Reason == KubernetesFailure.NotFound)
            {
                return false;
            }
            catch (KubernetesException e) when (e.Reason is KubernetesFailure.Conflict or KubernetesFailure.Refused)
            {
                // The pod changed meanwhile, or is another: a patch cannot change a uid.
                if ((await GetAsync(Resource.Pods, pod, cancellationToken))?.Uid != uid)
                {
                    return false;
                }

                if (attempt == Attempts || e.Reason == KubernetesFailure.Refused)
                {
                    throw;
                }
            }

            await backoff.WaitAsync(null, cancellationToken);
        }
    }

    /// <summary>
    /// Sets annotations of a node and leaves its others alone, trying again while the server is busy or fails. False: there is no such node.
    /// </summary>
    /// <param name="node">The node's name.</param>
    /// <param name="annotations">Keys and values; null removes a key.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<bool> AnnotateNodeAsync(
        string node, IReadOnlyDictionary<string, string?> annotations, CancellationToken cancellationToken = default)
    {
        try
        {
            await WriteAsync(Annotation(Resource.Nodes, new("", node), null, annotations), cancellationToken);
            return true;
        }
        catch (KubernetesException e) when (e.Reason == KubernetesFailure.NotFound)
        {
            return false;
        }
    }

    /// <summary>Sets keys of a Secret that exists and leaves its others alone, trying again while the server is busy or fails.</summary>
    /// <param name="secret">The Secret.</param>
    /// <param name="data">Keys and values.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task WriteSecretAsync(NamespacedName secret, IReadOnlyDictionary<string, byte[]> data, CancellationToken cancellationToken = default)
    {
        var path = $"/api/v1/namespaces/{Uri.EscapeDataString(secret.Namespace)}/secrets/{Uri.EscapeDataString(secret.Name)}";
        var body = JsonSerializer.SerializeToUtf8Bytes(new SecretPatch(data), ObjectJsonContext.Default.SecretPatch);
        return WriteAsync(new("patch", "secrets", path, [], body), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _api.Dispose();

    /// <summary>Carries out a write that may be carried out twice, trying again while the server is busy or fails.</summary>
    internal async Task WriteAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var backoff = new Backoff();
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan? retryAfter;
            try
            {
                await _api.WriteAsync(request, cancellationToken);
                return;
            }
            catch (KubernetesException e) when (e.IsTransient && attempt < Attempts)
            {
                retryAfter = e.RetryAfter;
            }

            await backoff.WaitAsync(retryAfter, cancellationToken);
        }
    }

    private static ApiRequest Annotation<T>(Resource<T> resource, NamespacedName name, string? uid, IReadOnlyDictionary<string, string?> annotations)
        where T : class => new(
        "patch",
        resource.Forms[^1].FullName,
        resource.PathOf(name),
        [],
        JsonSerializer.SerializeToUtf8Bytes(new AnnotationPatch(new(uid, annotations)), ObjectJsonContext.Default.AnnotationPatch));
}
