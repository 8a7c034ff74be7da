using System.Collections.Immutable;
using System.Text.Json;
using Netplugin.Core.Policies;
using Netplugin.Core.Resources;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Json;
using Netplugin.Kubernetes.Objects;
using Netplugin.Kubernetes.Policies;

namespace Netplugin.Kubernetes.Follow;

/// <summary>A kind of object that can be read and followed.</summary>
/// <typeparam name="T">What is made of an object.</typeparam>
public sealed class Resource<T>
    where T : class
{
    internal Resource(string? labels, params ImmutableArray<ResourceForm<T>> forms) => (Labels, Forms) = (labels, forms);

    /// <summary>The label selector of what is followed of it at all; null = everything.</summary>
    internal string? Labels { get; }

    /// <summary>Its forms, the one to use where it exists first; the last exists everywhere.</summary>
    internal ImmutableArray<ResourceForm<T>> Forms { get; }

    /// <summary>True: a server that does not know the resource has no objects of it, and may know it later. Else that is an error.</summary>
    internal bool IsOptional { get; init; }

    /// <summary>The path of its objects behind the server's address, in the form that exists everywhere.</summary>
    /// <param name="kubernetesNamespace">Of one namespace; null = of all, or of a kind without.</param>
    public string PathIn(string? kubernetesNamespace) => Forms[^1].PathIn(kubernetesNamespace);

    /// <summary>The path of one object, likewise.</summary>
    /// <param name="name">Its namespace (empty for a kind without) and name.</param>
    public string PathOf(NamespacedName name) => Forms[^1].PathOf(name);

    /// <summary>Reads a page of a list that somebody else has asked the server for.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public ValueTask<ResourcePage<T>> ReadPageAsync(Stream json, CancellationToken cancellationToken) => Forms[^1].ReadPageAsync(json, cancellationToken);

    /// <summary>Reads one such object; null when it is none of those that are followed.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public ValueTask<T?> ReadAsync(Stream json, CancellationToken cancellationToken) => Forms[^1].ReadObjectAsync(json, cancellationToken);
}

/// <summary>The kinds of object there are.</summary>
public static class Resource
{
    // What kube-proxy too leaves to others: Services that name another proxy, and slices of headless Services.
    private const string NotForAnotherProxy = "!service.kubernetes.io/service-proxy-name";
    private const string NotHeadless = NotForAnotherProxy + ",!service.kubernetes.io/headless";

    private static readonly ObjectJsonContext Json = ObjectJsonContext.Default;

    /// <summary>Pods.</summary>
    public static Resource<Pod> Pods { get; } = new(
        null, new ResourceForm<Pod, PodDocument>("", "v1", "pods", Json.PodDocument, Json.ListDocumentPodDocument, ObjectMapping.Pod));

    /// <summary>Pods as policies ask for them: those that have a network of their own and have not ended.</summary>
    public static Resource<PolicedPod> PolicedPods { get; } = new(
        null, new ResourceForm<PolicedPod, PodDocument>("", "v1", "pods", Json.PodDocument, Json.ListDocumentPodDocument, PolicedPodMapping.Pod));

    /// <summary>NetworkPolicies as read; one that has problems is closed where it could not be read.</summary>
    public static Resource<PolicyReadResult<NetworkPolicy>> NetworkPolicies { get; } = new(
        null, Policies("networking.k8s.io", "v1", "networkpolicies", NetworkPolicyReader.Read));

    /// <summary>ClusterNetworkPolicies likewise. A cluster may have none because it does not know them.</summary>
    public static Resource<PolicyReadResult<ClusterNetworkPolicy>> ClusterNetworkPolicies { get; } = new(
        null, Policies("policy.networking.k8s.io", "v1alpha2", "clusternetworkpolicies", ClusterNetworkPolicyReader.Read))
    {
        IsOptional = true,
    };

    /// <summary>Namespaces.</summary>
    public static Resource<NamespaceLabels> Namespaces { get; } = new(
        null,
        new ResourceForm<NamespaceLabels, NamespaceDocument>(
            "", "v1", "namespaces", Json.NamespaceDocument, Json.ListDocumentNamespaceDocument, ObjectMapping.Namespace));

    /// <summary>Nodes.</summary>
    public static Resource<Node> Nodes { get; } = new(
        null, new ResourceForm<Node, NodeDocument>("", "v1", "nodes", Json.NodeDocument, Json.ListDocumentNodeDocument, ObjectMapping.Node));

    /// <summary>Services that are balanced: not headless, and not left to another proxy.</summary>
    public static Resource<ServiceSpec> Services { get; } = new(
        NotForAnotherProxy,
        new ResourceForm<ServiceSpec, ServiceDocument>("", "v1", "services", Json.ServiceDocument, Json.ListDocumentServiceDocument, ServiceMapping.Service));

    /// <summary>The endpoints of those Services: EndpointSlices, of v1 or v1beta1, or Endpoints where there are no slices.</summary>
    public static Resource<ServiceEndpoints> Endpoints { get; } = new(
        NotHeadless,
        Slices("v1"),
        Slices("v1beta1"),
        new ResourceForm<ServiceEndpoints, EndpointsDocument>(
            "", "v1", "endpoints", Json.EndpointsDocument, Json.ListDocumentEndpointsDocument, ServiceMapping.Endpoints));

    /// <summary>The tenants that the cluster's custom resources post.</summary>
    public static Resource<TenantResource> Tenants { get; } = new(
        null,
        new ResourceForm<TenantResource, TenantResourceDocument>(
            "netplugin.io", "v1alpha1", "tenants", Json.TenantResourceDocument, Json.ListDocumentTenantResourceDocument, CustomResourceMapping.Tenant));

    /// <summary>The networks that the cluster's custom resources post.</summary>
    public static Resource<NetworkResource> Networks { get; } = new(
        null,
        new ResourceForm<NetworkResource, NetworkResourceDocument>(
            "netplugin.io", "v1alpha1", "networks", Json.NetworkResourceDocument, Json.ListDocumentNetworkResourceDocument, CustomResourceMapping.Network));

    private static ResourceForm<PolicyReadResult<T>, PolicyDocument> Policies<T>(string group, string version, string plural, Func<JsonElement, PolicyReadResult<T>> read)
        where T : class => new(group, version, plural, Json.PolicyDocument, Json.ListDocumentPolicyDocument, policy => read(policy.Json));

    private static ResourceForm<ServiceEndpoints, EndpointSliceDocument> Slices(string version) => new(
        "discovery.k8s.io", version, "endpointslices", Json.EndpointSliceDocument, Json.ListDocumentEndpointSliceDocument, ServiceMapping.Endpoints);
}
