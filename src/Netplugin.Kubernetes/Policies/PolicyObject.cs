using System.Text.Json;
using Netplugin.Core.Services;
using Field = Netplugin.Kubernetes.Policies.FieldReader.Field;

namespace Netplugin.Kubernetes.Policies;

/// <summary>What all policy objects have: a name, a spec, and things that are not for us.</summary>
internal static class PolicyObject
{
    public delegate T? SpecReader<T>(FieldReader fields, NamespacedName name, Field? spec);

    public static PolicyReadResult<T> Read<T>(JsonElement json, SpecReader<T> readSpec)
        where T : class
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("a policy is an object");
        }

        try
        {
            var fields = new FieldReader();
            Field? spec = null;
            foreach (var field in fields.Fields(new("", "", json)))
            {
                if (field.Name == "spec")
                {
                    spec = field;
                }
                else if (field.Name is not ("apiVersion" or "kind" or "metadata" or "status"))
                {
                    fields.AddUnknown(field);
                }
            }

            var metadata = MetadataOf(json);
            var policy = readSpec(fields, NameOf(metadata), spec);
            return new(policy, fields.Problems) { Uid = Text(metadata, "uid") };
        }
        catch (InvalidOperationException e)
        {
            // The reader's way to refuse half of a surrogate pair, in a name or a text.
            throw new JsonException("a policy has text that is not Unicode", e);
        }
    }

    private static JsonElement MetadataOf(JsonElement json) => json.TryGetProperty("metadata", out var found) && found.ValueKind == JsonValueKind.Object ? found : default;

    private static NamespacedName NameOf(JsonElement metadata) =>
        new(Text(metadata, "namespace"), Text(metadata, "name") is { Length: > 0 } name ? name : throw new JsonException("a policy has no name"));

    private static string Text(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
