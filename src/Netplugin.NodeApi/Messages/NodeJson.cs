using System.Text.Json.Serialization;

namespace Netplugin.NodeApi.Messages;

/// <summary>The source-generated serialisation of every message; camelCase.</summary>
/// <remarks>
/// Metadata only: the generated fast path of .NET 10 writes a byte array that is null as an empty text, and a removed key would come
/// out as one with an empty value.
/// </remarks>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(NodeRequest))]
[JsonSerializable(typeof(NodeReply))]
internal sealed partial class NodeJson : JsonSerializerContext;
