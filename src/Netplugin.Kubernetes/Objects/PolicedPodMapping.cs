using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Annotations;
using Netplugin.Kubernetes.Json;

namespace Netplugin.Kubernetes.Objects;

/// <summary>From the API server's pods to what policies ask of them.</summary>
internal static class PolicedPodMapping
{
    // One reference each. Pods of one template have the same labels but for those that count them.
    private const int Slots = 4096;

    private static readonly Labels?[] Table = new Labels?[Slots];

    /// <summary>Of a pod; null: it is bound to no node, has the node's network, or has ended, and so has no address of its own (any more).</summary>
    public static PolicedPod? Pod(PodDocument pod)
    {
        if (pod.Spec is not { NodeName: { Length: > 0 } node, HostNetwork: false } spec || pod.Status?.Phase is "Succeeded" or "Failed")
        {
            return null;
        }

        var (metadata, name) = (pod.Metadata!, ObjectMapping.NameOf(pod.Metadata));
        var shown = NetworkStatus.Read(metadata.Annotations?[NetworkStatus.Key]);
        return new(
            name,
            Guid.TryParse(metadata.Annotations?[Objects.Pod.MirrorAnnotation] ?? metadata.Uid, out var uid) ? uid : Guid.Empty,
            node,
            Share(metadata.Labels ?? Labels.None),
            [.. Ports(spec)],
            OnePerFamily(ObjectMapping.PodAddresses(pod.Status)),
            shown.Count == 0 || shown.Any(one => one.Name == NetworkStatus.DefaultNetwork),
            [.. shown.Select(Interface).OfType<PodInterface>()]);
    }

    // As the kubelet finds a port by its name: among containers, and those that run beside them (init containers that are restarted always).
    private static IEnumerable<NamedPort> Ports(PodSpecDocument spec) =>
        from container in (spec.Containers ?? []).Concat((spec.InitContainers ?? []).Where(one => one?.RestartPolicy == "Always"))
        from port in container?.Ports ?? []
        where port?.Name is { Length: > 0 } && ServiceMapping.IsPort(port.ContainerPort)
        let protocol = ServiceMapping.Protocol(port!.Protocol)
        where protocol != TransportProtocol.None
        select new NamedPort(port.Name!, protocol, (ushort)port.ContainerPort);

    private static PerFamily<IpAddr> OnePerFamily(IEnumerable<IpAddr> addresses) => [.. addresses.DistinctBy(address => address.IsV4)];

    private static PodInterface? Interface(NetworkStatus shown)
    {
        if (shown.Name.Split('/') is not [{ Length: > 0 } tenant, { Length: > 0 } network] || !IpAddr.TryParse(shown.Ips is [var first, ..] ? first : null, out var address))
        {
            return null;
        }

        var id = new NetworkId(SharedTextConverter.Share(tenant), SharedTextConverter.Share(network));
        return new(id, address, shown.ClusterIps is { Count: > 0 }, SharedTextConverter.Share(shown.Group ?? ""));
    }

    private static Labels Share(Labels labels)
    {
        ref var slot = ref Table[(uint)labels.GetHashCode() % Slots];
        return labels.Equals(slot) ? slot! : slot = labels;
    }
}
