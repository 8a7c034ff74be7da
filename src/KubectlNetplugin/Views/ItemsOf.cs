using System.Collections.Immutable;
using Netplugin.Kubernetes.Annotations;
using Netplugin.Kubernetes.Objects;

namespace KubectlNetplugin.Views;

/// <summary>From the API server's objects to what is shown. Pure.</summary>
internal static class ItemsOf
{
    /// <summary>A pod.</summary>
    public static PodItem Pod(Pod pod) => new(
        pod.Name.Namespace,
        pod.Name.Name,
        pod.Node,
        pod.Phase,
        pod.IsHostNetwork,
        [.. pod.Addresses.Select(address => address.ToString())],
        [
            .. from status in NetworkStatus.Read(pod.Annotations[NetworkStatus.Key])
               select new InterfaceItem(
                   status.Name, status.Interface, [.. status.Ips ?? []], status.Mac, status.Mtu, status.Default, status.Vni, [.. status.Subnets ?? []],
                   [.. status.ClusterIps ?? []], status.Group),
        ]);

    /// <summary>The networks that pods have, by name. Pods that have ended hold no address any more.</summary>
    public static ImmutableArray<NetworkItem> Networks(IEnumerable<PodItem> pods) =>
    [
        .. from pod in pods
           where pod.Phase is not ("Succeeded" or "Failed")
           from one in pod.Interfaces
           group (Pod: pod, Interface: one) by one.Network into network
           orderby network.Key == NetworkStatus.DefaultNetwork ? "" : network.Key
           select new NetworkItem(
               network.Key,
               network.Select(each => each.Interface.Vni).FirstOrDefault(vni => vni is not null),
               [.. network.SelectMany(each => each.Interface.Subnets).Distinct().Order(StringComparer.Ordinal)],
               network.Select(each => (each.Pod.Namespace, each.Pod.Name)).Distinct().Count(),
               network.Select(each => each.Pod.Node).OfType<string>().Distinct().Count()),
    ];

    /// <summary>A node.</summary>
    public static NodeItem Node(Node node)
    {
        var report = NodeReport.Read(node.Annotations[NodeReport.Key]);
        return new(
            node.Name,
            node.IsReady,
            report?.State,
            report?.Version,
            report?.Vtep,
            report?.Mtu ?? 0,
            [.. report?.Blocks ?? []],
            [.. node.PodCidrs.Select(prefix => prefix.ToString())],
            [.. report?.Problems ?? []]);
    }
}
