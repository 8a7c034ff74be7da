using System.Collections.Immutable;
using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Json;

namespace Netplugin.Kubernetes.Objects;

/// <summary>From the API server's pods, namespaces and nodes to ours. An address that is none is left out.</summary>
internal static class ObjectMapping
{
    /// <summary>The object's namespace (empty for a kind without) and name.</summary>
    /// <exception cref="JsonException">It has no name.</exception>
    public static NamespacedName NameOf(MetadataDocument? metadata) =>
        metadata?.Name is { Length: > 0 } name ? new(metadata.Namespace ?? "", name) : throw new JsonException("an object without a name");

    public static Pod Pod(PodDocument pod) => new(
        NameOf(pod.Metadata),
        pod.Metadata!.Uid ?? "",
        pod.Metadata.Labels ?? Labels.None,
        pod.Metadata.Annotations ?? Labels.None,
        pod.Spec?.NodeName is { Length: > 0 } node ? node : null,
        pod.Spec?.HostNetwork ?? false,
        pod.Status?.Phase ?? "",
        PodAddresses(pod.Status));

    public static NamespaceLabels Namespace(NamespaceDocument named) => new(NameOf(named.Metadata).Name, named.Metadata!.Labels ?? Labels.None);

    public static Node Node(NodeDocument node) => new(
        NameOf(node.Metadata).Name,
        node.Metadata!.Labels ?? Labels.None,
        [
            .. from text in (IEnumerable<string?>?)node.Spec?.PodCIDRs ?? [node.Spec?.PodCIDR]
               let prefix = IpPrefix.TryParse(text, out var parsed) ? parsed : (IpPrefix?)null
               where prefix is not null
               select prefix.Value,
        ],
        [
            .. from one in node.Status?.Addresses ?? []
               where one?.Type is "InternalIP" or "ExternalIP"
               let address = IpAddr.TryParse(one.Address, out var parsed) ? parsed : (IpAddr?)null
               where address is not null
               select new NodeAddress(one.Type!, address.Value),
        ])
    {
        Annotations = node.Metadata.Annotations ?? Labels.None,
        IsReady = node.Status?.Conditions?.Any(one => one is { Type: "Ready", Status: "True" }) ?? false,
    };

    /// <summary>A pod's addresses as its node reported them.</summary>
    public static ImmutableArray<IpAddr> PodAddresses(PodStatusDocument? status) => Addresses(status?.PodIPs?.Select(one => one?.Ip) ?? [status?.PodIP]);

    /// <summary>Those texts that are addresses, in order.</summary>
    public static ImmutableArray<IpAddr> Addresses(IEnumerable<string?> texts) =>
    [
        .. from text in texts
           let address = IpAddr.TryParse(text, out var parsed) ? parsed : (IpAddr?)null
           where address is not null
           select address.Value,
    ];
}
