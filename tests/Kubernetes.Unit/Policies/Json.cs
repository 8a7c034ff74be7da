using System.Text.Json;

namespace Netplugin.Tests.Kubernetes.Unit.Policies;

/// <summary>Policies as JSON, from their specs.</summary>
internal static class Json
{
    public static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>An object of namespace shop with this spec.</summary>
    public static JsonElement Object(string spec) => Parse($$$"""
        {"apiVersion":"v1","kind":"Any","metadata":{"name":"p","namespace":"shop","labels":{"a":"b"},"managedFields":[{}]},"spec":{{{spec}}},"status":{"conditions":[]}}
        """);
}
