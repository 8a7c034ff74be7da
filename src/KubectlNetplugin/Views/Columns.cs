using System.Collections.Immutable;
using System.Globalization;
using Netdcli.Output;

namespace KubectlNetplugin.Views;

/// <summary>A row of the pods' table: a pod has one for each of its interfaces, and one when it has none.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Interface">The interface; null = none.</param>
internal sealed record PodRow(PodItem Pod, InterfaceItem? Interface)
{
    /// <summary>The rows of pods.</summary>
    public static ImmutableArray<PodRow> Of(IEnumerable<PodItem> pods) =>
        [.. pods.SelectMany(pod => pod.Interfaces.IsEmpty ? [new PodRow(pod, null)] : pod.Interfaces.Select(one => new PodRow(pod, one)))];
}

/// <summary>The columns of each command's table.</summary>
internal static class Columns
{
    // In the column of networks: no network is named so, since a tenant's has a slash in its name.
    private const string NodesOwn = "host";

    /// <summary>Columns of <c>pods</c>.</summary>
    public static IReadOnlyList<Column<PodRow>> Pods { get; } =
    [
        new("NAMESPACE", row => row.Pod.Namespace),
        new("NAME", row => row.Pod.Name),
        new("NODE", row => row.Pod.Node ?? ""),
        new("POD-IP", row => string.Join(',', row.Pod.PodIPs)),
        new("NETWORK", row => row.Interface?.Network ?? (row.Pod.HostNetwork ? NodesOwn : "")),
        new("ADDRESS", row => string.Join(',', row.Interface?.Addresses ?? [])),
        new("CLUSTER-ADDRESS", row => string.Join(',', row.Interface?.ClusterAddresses ?? []), WideOnly: true),
        new("GROUP", row => row.Interface?.Group ?? "", WideOnly: true),
        new("MAC", row => row.Interface?.Mac ?? "", WideOnly: true),
        new("INTERFACE", row => row.Interface?.Interface ?? "", WideOnly: true),
        new("VNI", row => Number(row.Interface?.Vni), WideOnly: true),
        new("MTU", row => Number(row.Interface?.Mtu is > 0 and var mtu ? (uint)mtu : null), WideOnly: true),
    ];

    /// <summary>Columns of <c>networks</c>.</summary>
    public static IReadOnlyList<Column<NetworkItem>> Networks { get; } =
    [
        new("NETWORK", network => network.Network),
        new("VNI", network => Number(network.Vni)),
        new("SUBNET", network => network.Subnets is [var only] ? only : network.Subnets.IsEmpty ? "" : $"{Number((uint)network.Subnets.Length)} blocks"),
        new("PODS", network => Number((uint)network.Pods)),
        new("NODES", network => Number((uint)network.Nodes)),
        new("SUBNETS", network => string.Join(',', network.Subnets), WideOnly: true),
    ];

    /// <summary>Columns of <c>status</c>.</summary>
    public static IReadOnlyList<Column<NodeItem>> Nodes { get; } =
    [
        new("NODE", node => node.Name),
        new("READY", node => node.Ready ? "yes" : "no", Tone: node => node.Ready ? Tone.Good : Tone.Bad),
        new("NETPLUGIN", node => node.State ?? "", Tone: node => node.State == "ready" ? Tone.Good : Tone.Warning),
        new("BLOCK", node => string.Join(',', node.Blocks)),
        new("VTEP", node => node.Vtep ?? ""),
        new("VERSION", node => node.Version ?? ""),
        new("PROBLEMS", node => Number((uint)node.Problems.Length), Tone: node => node.Problems.IsEmpty ? Tone.Plain : Tone.Warning),
        new("MTU", node => Number(node.Mtu > 0 ? (uint)node.Mtu : null), WideOnly: true),
        new("POD-CIDR", node => string.Join(',', node.PodCidrs), WideOnly: true),
    ];

    private static string Number(uint? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
