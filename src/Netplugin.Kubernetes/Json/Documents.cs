using System.Text.Json.Serialization;
using Netplugin.Core.Collections;

namespace Netplugin.Kubernetes.Json;

// The part of the API server's objects that is used, as it is on the wire (names keep the API's spelling); the rest is skipped while it is read.
// Any field may be missing.

internal interface IObjectDocument
{
    MetadataDocument? Metadata { get; }
}

internal sealed record MetadataDocument(
    string? Name = null,
    [property: JsonConverter(typeof(SharedTextConverter))] string? Namespace = null,
    string? Uid = null,
    string? ResourceVersion = null,
    DateTimeOffset? CreationTimestamp = null,
    [property: JsonConverter(typeof(LabelsConverter))] Labels? Labels = null,
    [property: JsonConverter(typeof(AnnotationsConverter))] Labels? Annotations = null,
    long Generation = 0,
    DateTimeOffset? DeletionTimestamp = null,
    string[]? Finalizers = null);

internal sealed record ListMetadataDocument(string? ResourceVersion = null, string? Continue = null);

internal sealed record ListDocument<T>(ListMetadataDocument? Metadata = null, T[]? Items = null);

// A bookmark, of which only the version counts.
internal sealed record BookmarkDocument(MetadataDocument? Metadata = null) : IObjectDocument;

internal sealed record StatusDocument(int Code = 0, string? Reason = null, string? Message = null);

internal sealed record PodDocument(MetadataDocument? Metadata = null, PodSpecDocument? Spec = null, PodStatusDocument? Status = null) : IObjectDocument;

internal sealed record PodSpecDocument(
    [property: JsonConverter(typeof(SharedTextConverter))] string? NodeName = null,
    bool HostNetwork = false,
    ContainerDocument[]? Containers = null,
    ContainerDocument[]? InitContainers = null);

internal sealed record ContainerDocument(
    ContainerPortDocument[]? Ports = null, [property: JsonConverter(typeof(SharedTextConverter))] string? RestartPolicy = null);

internal sealed record ContainerPortDocument(
    [property: JsonConverter(typeof(SharedTextConverter))] string? Name = null,
    int ContainerPort = 0,
    [property: JsonConverter(typeof(SharedTextConverter))] string? Protocol = null);

internal sealed record PodStatusDocument(
    [property: JsonConverter(typeof(SharedTextConverter))] string? Phase = null, string? PodIP = null, IpDocument[]? PodIPs = null);

internal sealed record IpDocument(string? Ip = null, string? IpMode = null);

internal sealed record NamespaceDocument(MetadataDocument? Metadata = null) : IObjectDocument;

internal sealed record NodeDocument(MetadataDocument? Metadata = null, NodeSpecDocument? Spec = null, NodeStatusDocument? Status = null) : IObjectDocument;

internal sealed record NodeSpecDocument(string? PodCIDR = null, string[]? PodCIDRs = null);

internal sealed record NodeStatusDocument(NodeAddressDocument[]? Addresses = null, NodeConditionDocument[]? Conditions = null);

internal sealed record NodeConditionDocument(
    [property: JsonConverter(typeof(SharedTextConverter))] string? Type = null, [property: JsonConverter(typeof(SharedTextConverter))] string? Status = null);

internal sealed record NodeAddressDocument([property: JsonConverter(typeof(SharedTextConverter))] string? Type = null, string? Address = null);

internal sealed record ServiceDocument(
    MetadataDocument? Metadata = null, ServiceSpecDocument? Spec = null, ServiceStatusDocument? Status = null) : IObjectDocument;

internal sealed record ServiceSpecDocument(
    [property: JsonConverter(typeof(SharedTextConverter))] string? Type = null,
    string? ClusterIP = null,
    string[]? ClusterIPs = null,
    string[]? ExternalIPs = null,
    ServicePortDocument[]? Ports = null,
    string? SessionAffinity = null,
    SessionAffinityConfigDocument? SessionAffinityConfig = null,
    string? InternalTrafficPolicy = null,
    bool PublishNotReadyAddresses = false);

internal sealed record ServicePortDocument(
    [property: JsonConverter(typeof(SharedTextConverter))] string? Name = null, string? Protocol = null, int Port = 0, int NodePort = 0);

internal sealed record SessionAffinityConfigDocument(ClientIPConfigDocument? ClientIP = null);

internal sealed record ClientIPConfigDocument(int? TimeoutSeconds = null);

internal sealed record ServiceStatusDocument(LoadBalancerStatusDocument? LoadBalancer = null);

internal sealed record LoadBalancerStatusDocument(IpDocument[]? Ingress = null);

internal sealed record EndpointSliceDocument(
    MetadataDocument? Metadata = null,
    string? AddressType = null,
    SliceEndpointDocument[]? Endpoints = null,
    EndpointPortDocument[]? Ports = null) : IObjectDocument;

// Version v1beta1 says the node in "topology".
internal sealed record SliceEndpointDocument(
    string[]? Addresses = null,
    ConditionsDocument? Conditions = null,
    [property: JsonConverter(typeof(SharedTextConverter))] string? NodeName = null,
    TopologyDocument? Topology = null,
    HintsDocument? Hints = null);

// The value is the node's name, whatever that node's label of this key is.
internal sealed record TopologyDocument(
    [property: JsonPropertyName("kubernetes.io/hostname"), JsonConverter(typeof(SharedTextConverter))] string? Hostname = null);

internal sealed record ConditionsDocument(bool? Ready = null, bool? Serving = null, bool? Terminating = null);

internal sealed record HintsDocument(ZoneDocument[]? ForZones = null);

internal sealed record ZoneDocument([property: JsonConverter(typeof(SharedTextConverter))] string? Name = null);

internal sealed record EndpointPortDocument([property: JsonConverter(typeof(SharedTextConverter))] string? Name = null, string? Protocol = null, int? Port = null);

internal sealed record EndpointsDocument(MetadataDocument? Metadata = null, SubsetDocument[]? Subsets = null) : IObjectDocument;

internal sealed record SubsetDocument(
    EndpointAddressDocument[]? Addresses = null, EndpointAddressDocument[]? NotReadyAddresses = null, EndpointPortDocument[]? Ports = null);

internal sealed record EndpointAddressDocument(string? Ip = null, [property: JsonConverter(typeof(SharedTextConverter))] string? NodeName = null);

internal sealed record TenantResourceDocument(
    MetadataDocument? Metadata = null, TenantSpecDocument? Spec = null, ResourceStatusDocument? Status = null) : IObjectDocument;

internal sealed record TenantSpecDocument(
    string? DefaultNetType = null, string? SubnetPool = null, int? AllocSubnetLen = null, string? Vlans = null, string? Vxlans = null);

internal sealed record NetworkResourceDocument(
    MetadataDocument? Metadata = null, NetworkSpecDocument? Spec = null, ResourceStatusDocument? Status = null) : IObjectDocument;

internal sealed record NetworkSpecDocument(
    string? Tenant = null, string? Name = null, string? Type = null, long? Tag = null, string? Subnet = null, string? Gateway = null);

// Read and written: a merge patch keeps what it does not name, so nulls are written.
internal sealed record ResourceStatusDocument(
    long ObservedGeneration = 0,
    ResourceConditionDocument[]? Conditions = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] uint? Vni = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] uint? Vlan = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Subnet = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Gateway = null);

internal sealed record ResourceConditionDocument(
    string? Type = null, string? Status = null, string? Reason = null, string? Message = null, DateTimeOffset? LastTransitionTime = null, long ObservedGeneration = 0);

internal sealed record ResourceListDocument(ResourceNameDocument[]? Resources = null);

internal sealed record ResourceNameDocument(string? Name = null);

internal sealed record GroupDocument(GroupVersionDocument[]? Versions = null);

internal sealed record GroupVersionDocument(string? Version = null);

// What is written.

internal sealed record AnnotationPatch(AnnotationPatchMetadata Metadata);

// A missing value removes the annotation, so nulls are written here.
internal sealed record AnnotationPatchMetadata(string? Uid, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyDictionary<string, string?> Annotations);

internal sealed record ResourceStatusPatch(ResourceStatusDocument Status);

internal sealed record FinalizersPatch(FinalizersPatchMetadata Metadata);

// The uid says that it is still that object, the version that nobody changed it meanwhile.
internal sealed record FinalizersPatchMetadata(string Uid, string ResourceVersion, string[] Finalizers);

// On the wire the values are base64.
internal sealed record SecretPatch(IReadOnlyDictionary<string, byte[]> Data);

internal sealed record EventDocument(
    EventMetadataDocument Metadata,
    ReferenceDocument InvolvedObject,
    string Reason,
    string Message,
    string Type,
    EventSourceDocument Source,
    DateTimeOffset FirstTimestamp,
    DateTimeOffset LastTimestamp,
    int Count,
    string ReportingComponent,
    string ReportingInstance);

internal sealed record EventMetadataDocument(string Name, string Namespace);

internal sealed record ReferenceDocument(string ApiVersion, string Kind, string Name, string? Namespace = null, string? Uid = null);

internal sealed record EventSourceDocument(string Component, string Host);

internal sealed record EventCountPatch(int Count, DateTimeOffset LastTimestamp);
