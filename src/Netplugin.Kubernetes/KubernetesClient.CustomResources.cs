using System.Text.Json;
using Netplugin.Core.Resources;
using Netplugin.Kubernetes.Follow;
using Netplugin.Kubernetes.Http;
using Netplugin.Kubernetes.Json;
using Netplugin.Kubernetes.Objects;

namespace Netplugin.Kubernetes;

/// <content>What custom resources need: they come and go with their definitions, are held by finalizers, and have a status.</content>
public sealed partial class KubernetesClient
{
    /// <summary>Whether the server has a resource. Asked anew each time; everybody may ask.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<bool> HasAsync<T>(Resource<T> resource, CancellationToken cancellationToken = default)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(resource);
        var form = resource.Forms[^1];
        try
        {
            var all = await _api.ReadAsync(new ApiRequest("get", null, form.Root, []), ObjectJsonContext.Default.ResourceListDocument, cancellationToken);
            return all.Resources?.Any(one => one?.Name == form.Plural) ?? false;
        }
        catch (KubernetesException e) when (e.Reason == KubernetesFailure.NotFound)
        {
            return false;
        }
    }

    /// <summary>
    /// Writes a custom resource's status, trying again while the server is busy or fails. False: there is no resource of that name. The server compares no
    /// uid here: one of the same name that came just now gets it too, and its follower hears of that.
    /// </summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="of">The resource.</param>
    /// <param name="status">The status.</param>
    /// <param name="since">Since when it is ready, or not.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<bool> WriteStatusAsync<T>(
        Resource<T> kind, ResourceMetadata of, ResourceStatus status, DateTimeOffset since, CancellationToken cancellationToken = default)
        where T : CustomResource
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(of);
        var patch = new ResourceStatusPatch(CustomResourceMapping.Document(status, since));
        return PatchAsync(
            new(
                "patch", kind.Forms[^1].FullName + "/status", kind.PathOf(new("", of.Name)) + "/status", [],
                JsonSerializer.SerializeToUtf8Bytes(patch, ObjectJsonContext.Default.ResourceStatusPatch)),
            cancellationToken);
    }

    /// <summary>
    /// Puts our finalizer on a custom resource, or takes it away, trying again while the server is busy or fails. False: the resource is gone, or somebody
    /// changed it since it was read.
    /// </summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="of">The resource as it was read.</param>
    /// <param name="isHeld">True: it is to have the finalizer.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<bool> HoldAsync<T>(Resource<T> kind, ResourceMetadata of, bool isHeld, CancellationToken cancellationToken = default)
        where T : CustomResource
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(of);
        var others = of.Finalizers.Remove(ResourceMetadata.Finalizer);
        var patch = new FinalizersPatch(new(of.Uid, of.Version, [.. isHeld ? others.Add(ResourceMetadata.Finalizer) : others]));
        return PatchAsync(
            new(
                "patch", kind.Forms[^1].FullName, kind.PathOf(new("", of.Name)), [],
                JsonSerializer.SerializeToUtf8Bytes(patch, ObjectJsonContext.Default.FinalizersPatch)),
            cancellationToken);
    }

    private async Task<bool> PatchAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(request, cancellationToken);
            return true;
        }
        catch (KubernetesException e) when (e.Reason is KubernetesFailure.NotFound or KubernetesFailure.Conflict)
        {
            return false;
        }
    }
}
