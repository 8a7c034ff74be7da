using System.Globalization;
using System.Text.Json;

namespace Netplugin.Runtime;

/// <summary>
/// What a runtime's verbose sandbox status tells of its namespaces. The interface leaves it to the runtime; containerd (1.6, 2.x) and
/// CRI-O all answer one JSON text under the key <c>info</c> with the OCI specification as <c>runtimeSpec</c> and the infra
/// process as <c>pid</c>.
/// </summary>
/// <param name="NamespacePath">Path of the network namespace; null when the specification gives none.</param>
/// <param name="Pid">The infra container's process, 0 when it does not run.</param>
/// <param name="SharesHostNetwork">True when the specification asks for no network namespace: the pod is in the node's own.</param>
internal readonly record struct SandboxInfo(string? NamespacePath, int Pid, bool SharesHostNetwork)
{
    /// <summary>Reads the text.</summary>
    /// <exception cref="JsonException">Not JSON of that shape.</exception>
    public static SandboxInfo Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("the sandbox's information is not an object");
        }

        var pid = root.TryGetProperty("pid", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : 0;
        if (!TryGet(root, "runtimeSpec", out var spec) || !TryGet(spec, "linux", out var linux)
            || !linux.TryGetProperty("namespaces", out var namespaces) || namespaces.ValueKind != JsonValueKind.Array)
        {
            return new(null, pid, SharesHostNetwork: false);
        }

        foreach (var item in namespaces.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("type", out var type)
                && type.ValueKind == JsonValueKind.String && type.ValueEquals("network"))
            {
                var path = item.TryGetProperty("path", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
                return new(string.IsNullOrEmpty(path) ? null : path, pid, SharesHostNetwork: false);
            }
        }

        return new(null, pid, SharesHostNetwork: true);
    }

    /// <summary>The namespace's path as this process can open it: the runtime's own, or by way of the process; null when there is none.</summary>
    public string? Resolve(Func<string, bool> exists)
    {
        if (SharesHostNetwork)
        {
            return null;
        }

        if (NamespacePath is not null && exists(NamespacePath))
        {
            return NamespacePath;
        }

        var byProcess = string.Create(CultureInfo.InvariantCulture, $"/proc/{Pid}/ns/net");
        return Pid > 0 && exists(byProcess) ? byProcess : null;
    }

    private static bool TryGet(JsonElement parent, string name, out JsonElement value) =>
        parent.TryGetProperty(name, out value) && value.ValueKind == JsonValueKind.Object;
}
