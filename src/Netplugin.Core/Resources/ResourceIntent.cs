using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Netplugin.Core.Intents;

namespace Netplugin.Core.Resources;

/// <summary>
/// A resource as the intent it stands for, read by the reader of intents: what is refused there is refused here, in the same words. The text has one
/// field a line, so that a problem's line says which field of the resource it is about.
/// </summary>
internal sealed class ResourceIntent
{
    // A resource has few fields, and a problem of each.
    private const int MostTold = 10;
    private readonly ImmutableArray<string> _fieldOfLine;

    private ResourceIntent(params ReadOnlySpan<(string Field, string Text)> lines)
    {
        var text = new StringBuilder();
        var fields = ImmutableArray.CreateBuilder<string>();
        foreach (var (field, line) in lines)
        {
            // A field that was not given has no line.
            if (line.Length > 0)
            {
                text.Append(line).Append('\n');
                fields.Add(field);
            }
        }

        _fieldOfLine = fields.ToImmutable();
        Read = IntentReader.Read(Encoding.UTF8.GetBytes(text.ToString()));
    }

    public IntentReadResult<Intent> Read { get; }

    public static ResourceIntent Of(TenantResource tenant) => new(
        ("metadata.name", $$"""{"Tenants":[{"Name":{{Quote(tenant.Metadata.Name)}}"""),
        ("spec.defaultNetType", Member("DefaultNetType", Quote(tenant.Spec.DefaultNetType))),
        ("spec.subnetPool", Member("SubnetPool", Quote(tenant.Spec.SubnetPool))),
        ("spec.allocSubnetLen", Member("AllocSubnetLen", tenant.Spec.AllocSubnetLen?.ToString(CultureInfo.InvariantCulture))),
        ("spec.vlans", Member("VLANs", Quote(tenant.Spec.Vlans))),
        ("spec.vxlans", Member("VXLANs", Quote(tenant.Spec.Vxlans))),
        ("", "}]}"));

    public static ResourceIntent Of(NetworkResource network) => new(
        ("spec.tenant", $$"""{"Tenants":[{"Name":{{Quote(network.Spec.Tenant)}},"Networks":[{"""),
        (network.Spec.Name is null ? "metadata.name" : "spec.name", $"\"Name\":{Quote(network.Spec.Name ?? network.Metadata.Name)}"),
        ("spec.type", Member("PktTagType", Quote(network.Spec.Type))),
        ("spec.tag", Member("PktTag", network.Spec.Tag?.ToString(CultureInfo.InvariantCulture))),
        ("spec.subnet", Member("SubnetCIDR", Quote(network.Spec.Subnet))),
        ("spec.gateway", Member("DefaultGw", Quote(network.Spec.Gateway))),
        ("", "}]}]}"));

    /// <summary>What is wrong, in one sentence that names the resource's fields.</summary>
    public string Explain(ImmutableArray<IntentProblem> problems) => string.Join("; ", problems.Take(MostTold).Select(Explain));

    private string Explain(IntentProblem problem) =>
        _fieldOfLine[problem.At.Line - 1] is { Length: > 0 } field ? $"{field}: {problem.Message}" : problem.Message;

    private static string Member(string name, string? json) => json is null ? "" : $",\"{name}\":{json}";

    private static string? Quote(string? text) => text is null ? null : $"\"{JsonEncodedText.Encode(text)}\"";
}
