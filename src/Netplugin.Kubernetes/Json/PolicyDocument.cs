using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netplugin.Kubernetes.Json;

/// <summary>A policy whole: what of it is not known is a problem, so nothing is skipped while it is read.</summary>
[JsonConverter(typeof(PolicyDocumentConverter))]
internal sealed record PolicyDocument(MetadataDocument? Metadata, JsonElement Json) : IObjectDocument;

/// <summary>Reads a policy.</summary>
internal sealed class PolicyDocumentConverter : JsonConverter<PolicyDocument>
{
    public override PolicyDocument Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var json = document.RootElement.Clone();
        var metadata = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("metadata", out var found)
            ? found.Deserialize(ObjectJsonContext.Default.MetadataDocument)
            : null;
        return new(metadata, json);
    }

    public override void Write(Utf8JsonWriter writer, PolicyDocument value, JsonSerializerOptions options) => value.Json.WriteTo(writer);
}
