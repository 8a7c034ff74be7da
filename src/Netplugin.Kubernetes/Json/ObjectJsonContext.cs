using System.Text.Json.Serialization;
using Netplugin.Kubernetes.Annotations;

namespace Netplugin.Kubernetes.Json;

/// <summary>
/// The one source-generated JSON context of what the API server sends and is sent. Unknown fields are skipped; of a field that comes twice the last
/// counts, as in the server's own reader.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ListDocument<PodDocument>))]
[JsonSerializable(typeof(ListDocument<NamespaceDocument>))]
[JsonSerializable(typeof(ListDocument<NodeDocument>))]
[JsonSerializable(typeof(ListDocument<ServiceDocument>))]
[JsonSerializable(typeof(ListDocument<EndpointSliceDocument>))]
[JsonSerializable(typeof(ListDocument<EndpointsDocument>))]
[JsonSerializable(typeof(ListDocument<TenantResourceDocument>))]
[JsonSerializable(typeof(ListDocument<NetworkResourceDocument>))]
[JsonSerializable(typeof(ListDocument<PolicyDocument>))]
[JsonSerializable(typeof(ResourceListDocument))]
[JsonSerializable(typeof(ResourceStatusPatch))]
[JsonSerializable(typeof(FinalizersPatch))]
[JsonSerializable(typeof(BookmarkDocument))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(GroupDocument))]
[JsonSerializable(typeof(AnnotationPatch))]
[JsonSerializable(typeof(EventDocument))]
[JsonSerializable(typeof(EventCountPatch))]
[JsonSerializable(typeof(NetworkStatus[]))]
[JsonSerializable(typeof(NodeReport))]
[JsonSerializable(typeof(SecretPatch))]
internal sealed partial class ObjectJsonContext : JsonSerializerContext;
