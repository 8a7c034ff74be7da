using System.Globalization;
using Netdcli.Output;
using Netplugin.NodeApi.Messages;

namespace Netdcli.Views;

/// <summary>The columns of <c>policy list</c>.</summary>
internal static class PolicyColumns
{
    /// <summary>The columns.</summary>
    public static IReadOnlyList<Column<EnforcedPolicy>> Enforced { get; } =
    [
        new("POLICY", NameOf),
        new("KIND", p => p.Kind),
        new("TIER", p => p.Tier),
        new("PRIORITY", p => p.Priority?.ToString(CultureInfo.InvariantCulture) ?? ""),
        new("ENDPOINTS", p => p.Endpoints.ToString(CultureInfo.InvariantCulture)),
        new("DENIED", p => p.DeniedPackets.ToString(CultureInfo.InvariantCulture)),
        new("BYTES", p => p.DeniedBytes.ToString(CultureInfo.InvariantCulture), WideOnly: true),
        new("ENFORCED", p => p.Enforced ? "yes" : "no", WideOnly: true, Tone: p => p.Enforced ? Tone.Plain : Tone.Bad),
        new("PROBLEMS", p => p.Problems.Length == 0 ? "" : p.Problems.Length.ToString(CultureInfo.InvariantCulture), Tone: _ => Tone.Warning),
    ];

    /// <summary>A policy's name with its namespace or tenant.</summary>
    public static string NameOf(EnforcedPolicy policy) => policy.Scope.Length == 0 ? policy.Name : $"{policy.Scope}/{policy.Name}";
}
