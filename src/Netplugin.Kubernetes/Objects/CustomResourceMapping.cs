using Netplugin.Core.Resources;
using Netplugin.Kubernetes.Json;

namespace Netplugin.Kubernetes.Objects;

/// <summary>From the API server's custom resources to Core's, and from a status to its form on the wire.</summary>
internal static class CustomResourceMapping
{
    private const string Ready = "Ready";

    public static TenantResource Tenant(TenantResourceDocument tenant)
    {
        var (spec, (status, since)) = (tenant.Spec ?? new(), Status(tenant.Status));
        return new(Metadata(tenant.Metadata), new(spec.DefaultNetType, spec.SubnetPool, spec.AllocSubnetLen, spec.Vlans, spec.Vxlans), status, since);
    }

    public static NetworkResource Network(NetworkResourceDocument network)
    {
        var (spec, (status, since)) = (network.Spec ?? new(), Status(network.Status));
        return new(Metadata(network.Metadata), new(spec.Tenant ?? "", spec.Name, spec.Type, spec.Tag, spec.Subnet, spec.Gateway), status, since);
    }

    public static ResourceStatusDocument Document(ResourceStatus status, DateTimeOffset since) => new(
        status.ObservedGeneration,
        [new(Ready, status.IsReady ? "True" : "False", status.Reason, status.Message, since, status.ObservedGeneration)],
        status.Vni,
        status.Vlan,
        status.Subnet,
        status.Gateway);

    private static ResourceMetadata Metadata(MetadataDocument? metadata) => new(
        ObjectMapping.NameOf(metadata).Name,
        metadata!.Uid ?? "",
        metadata.ResourceVersion ?? "",
        metadata.Generation,
        metadata.CreationTimestamp ?? DateTimeOffset.UnixEpoch,
        metadata.DeletionTimestamp is not null,
        [.. (metadata.Finalizers ?? []).OfType<string>()]);

    private static (ResourceStatus? Status, DateTimeOffset? Since) Status(ResourceStatusDocument? status) =>
        status?.Conditions?.FirstOrDefault(condition => condition?.Type == Ready) is { } ready
            ? (new(status.ObservedGeneration, ready.Status == "True", ready.Reason ?? "", ready.Message ?? "")
            {
                Vni = status.Vni,
                Vlan = status.Vlan,
                Subnet = status.Subnet,
                Gateway = status.Gateway,
            }, ready.LastTransitionTime)
            : (null, null);
}
