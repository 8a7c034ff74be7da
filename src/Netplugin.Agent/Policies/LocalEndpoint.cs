using Netplugin.Agent.Attachments;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Services;

namespace Netplugin.Agent.Policies;

/// <summary>An endpoint that is attached here, as policies see it.</summary>
/// <param name="Id">Its network and name.</param>
/// <param name="Number">The attachment's number: of two that are the same endpoint the higher is the newer.</param>
/// <param name="Device">The host-side device.</param>
/// <param name="DatapathId">The network's number in the maps.</param>
/// <param name="Pod">The pod's namespace and name; null where there is no namespace.</param>
/// <param name="Addresses">Its addresses in a tenant's network; none in the default network.</param>
/// <param name="ClusterAddresses">Its cluster addresses.</param>
/// <param name="Group">Its group as it was when it was attached, for as long as the store's record was not heard of.</param>
internal sealed record LocalEndpoint(
    EndpointId Id, ulong Number, IfIndex Device, uint DatapathId, NamespacedName? Pod, PerFamily<IpAddr> Addresses, PerFamily<IpAddr> ClusterAddresses, string Group)
{
    /// <summary>Those of pods that have devices: being made, or there.</summary>
    public static IEnumerable<LocalEndpoint> Of(IEnumerable<Pod> pods) =>
        from pod in pods
        from attachment in pod.Attachments
        where attachment.Device != IfIndex.None && attachment.Phase is AttachmentPhase.Adding or AttachmentPhase.Up
        select Of(pod, attachment);

    private static LocalEndpoint Of(Pod pod, Attachment attachment) => new(
        attachment.Endpoint,
        attachment.Number,
        attachment.Device,
        attachment.DatapathId,
        pod.Namespace.Length > 0 ? new(pod.Namespace, pod.Name) : null,
        attachment.IsInDefaultNetwork ? [] : [.. attachment.Addresses.Select(a => a.Address)],
        [.. attachment.OfBlocks.Select(a => a.Address)],
        attachment.Group ?? attachment.PostedGroup);
}
