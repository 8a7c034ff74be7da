using System.Text.Json.Serialization;

namespace Netplugin.Store.Json;

/// <summary>The one source-generated JSON context of the stored records. Unknown fields are skipped, but for those of policies: a newer writer may add some.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(IpAddrConverter), typeof(IpPrefixConverter), typeof(MacAddressConverter), typeof(EncapConverter), typeof(PolicyDirectionConverter)])]
[JsonSerializable(typeof(HostDocument))]
[JsonSerializable(typeof(TenantDocument))]
[JsonSerializable(typeof(NetworkDocument))]
[JsonSerializable(typeof(GroupDocument))]
[JsonSerializable(typeof(PolicyDocument))]
[JsonSerializable(typeof(EndpointDocument))]
[JsonSerializable(typeof(LeasesDocument))]
[JsonSerializable(typeof(LastLeaseDocument))]
[JsonSerializable(typeof(ContainerDocument))]
[JsonSerializable(typeof(NodeDocument))]
[JsonSerializable(typeof(BlocksDocument))]
[JsonSerializable(typeof(NodeStatusDocument))]
[JsonSerializable(typeof(PostDocument))]
[JsonSerializable(typeof(ClusterDocument))]
[JsonSerializable(typeof(PostTailDocument))]
internal sealed partial class RecordJsonContext : JsonSerializerContext;
