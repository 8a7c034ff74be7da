using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Core.Planning;

namespace Netdcli.Posting;

/// <summary>Counts a plan's changes for a person; index records (containers, homes) follow from endpoints and are not told.</summary>
internal static class ChangeCount
{
    /// <summary><c>2 networks new, 1 endpoint removed</c>; <c>bindings changed</c> when only index records changed.</summary>
    public static string Sentence(ImmutableArray<StateChange> changes)
    {
        var parts = changes
            .Select(Describe)
            .Where(d => d.Kind.Length > 0)
            .CountBy(d => d)
            .Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value} {(c.Value == 1 ? c.Key.Kind : Plural(c.Key.Kind))} {c.Key.What}"));
        return string.Join(", ", parts) is { Length: > 0 } sentence ? sentence : "bindings changed";
    }

    private static (string Kind, string What) Describe(StateChange change) => change switch
    {
        StateChange.PutHost put => ("host", Put(put.Previous)),
        StateChange.DeleteHost => ("host", "removed"),
        StateChange.PutTenant put => ("tenant", Put(put.Previous)),
        StateChange.DeleteTenant => ("tenant", "removed"),
        StateChange.PutNetwork put => ("network", Put(put.Previous)),
        StateChange.DeleteNetwork => ("network", "removed"),
        StateChange.PutGroup put => ("endpoint group", Put(put.Previous)),
        StateChange.DeleteGroup => ("endpoint group", "removed"),
        StateChange.PutPolicy put => ("policy", Put(put.Previous)),
        StateChange.DeletePolicy => ("policy", "removed"),
        StateChange.PutEndpoint put => ("endpoint", Put(put.Previous)),
        StateChange.DeleteEndpoint => ("endpoint", "removed"),
        _ => ("", ""),
    };

    private static string Plural(string kind) => kind == "policy" ? "policies" : $"{kind}s";

    private static string Put(object? previous) => previous is null ? "new" : "changed";
}
