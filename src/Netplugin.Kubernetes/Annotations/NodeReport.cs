using System.Text.Json;
using Netplugin.Kubernetes.Json;

namespace Netplugin.Kubernetes.Annotations;

/// <summary>How netplugin is on a node, as the node's annotation <see cref="Key"/> shows it. It says what was when it changed last, not that the daemon runs.</summary>
/// <param name="Version">The daemon's version.</param>
/// <param name="State"><c>starting</c>, <c>ready</c>, <c>degraded</c> (see the problems) or <c>holding</c> (waits for <c>netdcli store accept-reset</c>).</param>
/// <param name="Vtep">The node's tunnel address; null = it has none.</param>
/// <param name="Mtu">The MTU of pods' interfaces in bytes; 0 = not known yet.</param>
/// <param name="Blocks">The blocks that pods of the default network get their addresses of.</param>
/// <param name="Problems">What an operator should look at, a sentence each.</param>
public sealed record NodeReport(
    string? Version = null,
    string? State = null,
    string? Vtep = null,
    int Mtu = 0,
    IReadOnlyList<string>? Blocks = null,
    IReadOnlyList<string>? Problems = null)
{
    /// <summary>The annotation's key.</summary>
    public const string Key = "netplugin.io/status";

    /// <summary>The annotation's value.</summary>
    public string Write() => JsonSerializer.Serialize(this, ObjectJsonContext.Default.NodeReport);

    /// <summary>Reads the annotation's value; null when it is missing or none.</summary>
    public static NodeReport? Read(string? value)
    {
        try
        {
            return value is null ? null : JsonSerializer.Deserialize(value, ObjectJsonContext.Default.NodeReport);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
