using System.Collections.Immutable;
using System.Text.Json;

namespace Netplugin.NodeApi.Cni;

/// <summary>Reads members of the runtime's JSON; what has the wrong type is named with its path.</summary>
internal static class CniJson
{
    /// <summary>A member by its name, else by it in other letters: the plugins that runtimes know are read so, and containerd writes <c>HostPort</c>.</summary>
    public static JsonElement? Member(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value))
        {
            value = parent.EnumerateObject().FirstOrDefault(member => member.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
        }

        return value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? null : value;
    }

    public static string Text(JsonElement parent, string name, string where)
    {
        if (Member(parent, name) is not { } value)
        {
            return "";
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong($"{where}{name}", "text", value);
    }

    public static long? Number(JsonElement parent, string name, string where)
    {
        if (Member(parent, name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw Wrong($"{where}{name}", "a number", value);
    }

    public static JsonElement? Object(JsonElement parent, string name, string where)
    {
        var value = Member(parent, name);
        return value is null or { ValueKind: JsonValueKind.Object } ? value : throw Wrong($"{where}{name}", "an object", value.Value);
    }

    public static IEnumerable<JsonElement> Objects(JsonElement parent, string name, string where)
    {
        if (Member(parent, name) is not { } value)
        {
            yield break;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong($"{where}{name}", "a list", value);
        }

        foreach (var item in value.EnumerateArray())
        {
            yield return item.ValueKind == JsonValueKind.Object ? item : throw Wrong($"{where}{name}[]", "an object", item);
        }
    }

    public static ImmutableArray<string> Texts(JsonElement parent, string name, string where)
    {
        if (Member(parent, name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong($"{where}{name}", "a list", value);
        }

        return [.. value.EnumerateArray().Select(item =>
            item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong($"{where}{name}[]", "text", item))];
    }

    private static CniException Wrong(string path, string wanted, JsonElement value) =>
        new(CniErrorCode.InvalidConfiguration, $"\"{path}\" must be {wanted}, not {value.ValueKind.ToString().ToLowerInvariant()}");
}
