using System.Collections.Immutable;
using System.Text.Json;

namespace Netplugin.Agent.Configuration;

/// <summary>
/// The original's configuration file, as far as it has a counterpart: <c>plugin-instance.host-label</c>, <c>etcd.machines</c>, and our own
/// <c>etcd.ca</c>, <c>etcd.cert</c>, <c>etcd.key</c>. Keys match whatever their case; sections of drivers this program does not have are passed over.
/// </summary>
/// <param name="HostLabel">Empty when the file does not say.</param>
/// <param name="Machines">Empty when the file does not say.</param>
/// <param name="Ca">Empty when the file does not say.</param>
/// <param name="Certificate">Empty when the file does not say.</param>
/// <param name="Key">Empty when the file does not say.</param>
internal sealed record ConfigFile(string HostLabel, ImmutableArray<string> Machines, string Ca, string Certificate, string Key)
{
    /// <summary>What stands for a file that was not given.</summary>
    public static ConfigFile None { get; } = new("", [], "", "", "");

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="FormatException">It is not such a file; the message says where.</exception>
    public static ConfigFile Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            var instance = Member(document.RootElement, "plugin-instance", JsonValueKind.Object);
            var etcd = Member(document.RootElement, "etcd", JsonValueKind.Object);
            var machines = Member(etcd, "machines", JsonValueKind.Array);
            return new ConfigFile(
                Text(instance, "host-label"),
                machines is { } list ? [.. list.EnumerateArray().Select(m => m.ValueKind == JsonValueKind.String ? m.GetString()! : throw Wrong("etcd.machines", "a list of texts"))] : [],
                Text(etcd, "ca"), Text(etcd, "cert"), Text(etcd, "key"));
        }
        catch (JsonException e)
        {
            throw new FormatException($"line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}: it is not JSON", e);
        }
    }

    private static string Text(JsonElement? section, string name) => Member(section, name, JsonValueKind.String)?.GetString() ?? "";

    private static JsonElement? Member(JsonElement? section, string name, JsonValueKind kind)
    {
        if (section is not { } parent)
        {
            return null;
        }

        if (parent.ValueKind != JsonValueKind.Object)
        {
            throw Wrong("the file", "an object");
        }

        foreach (var member in parent.EnumerateObject().Where(m => string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase)))
        {
            return member.Value.ValueKind == kind ? member.Value : throw Wrong($"\"{name}\"", Name(kind));
        }

        return null;
    }

    private static FormatException Wrong(string what, string wanted) => new($"{what} is not {wanted}");

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => "a text",
    };
}
