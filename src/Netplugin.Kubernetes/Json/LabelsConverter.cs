using System.Text.Json;
using System.Text.Json.Serialization;
using Netplugin.Core.Collections;

namespace Netplugin.Kubernetes.Json;

/// <summary>Reads an object's labels.</summary>
internal class LabelsConverter : JsonConverter<Labels>
{
    public sealed override Labels Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("labels are an object");
        }

        var pairs = new List<KeyValuePair<string, string>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKept = IsKept(ref reader);
            var key = isKept ? SharedTextConverter.Read(ref reader)! : "";
            reader.Read();
            if (!isKept)
            {
                // Not Skip(): it refuses while more of the document is to come, although this value is here whole.
                if (!reader.TrySkip())
                {
                    throw new JsonException("labels break off");
                }
            }
            else
            {
                pairs.Add(new(key, reader.TokenType == JsonTokenType.Null ? "" : SharedTextConverter.Read(ref reader)!));
            }
        }

        return pairs.Count == 0 ? Labels.None : new(pairs);
    }

    public sealed override void Write(Utf8JsonWriter writer, Labels value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (key, text) in value.Pairs)
        {
            writer.WriteString(key, text);
        }

        writer.WriteEndObject();
    }

    /// <summary>True when the property the reader is at is wanted.</summary>
    protected virtual bool IsKept(ref Utf8JsonReader reader) => true;
}

/// <summary>Reads those annotations that are a network's business; others, which may be large, never become strings.</summary>
internal sealed class AnnotationsConverter : LabelsConverter
{
    protected override bool IsKept(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> key = reader.ValueSpan;
        return key.StartsWith("io.contiv."u8) || key.StartsWith("k8s.v1.cni.cncf.io/"u8) || key.StartsWith("netplugin.io/"u8)
            || key.SequenceEqual("kubernetes.io/config.mirror"u8);
    }
}
