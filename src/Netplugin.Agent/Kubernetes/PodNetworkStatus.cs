using Netplugin.Agent.Attachments;
using Netplugin.Core.Datapath;
using Netplugin.Kubernetes.Annotations;

namespace Netplugin.Agent.Kubernetes;

/// <summary>What the annotation of a pod should say. Pure.</summary>
internal static class PodNetworkStatus
{
    private const uint MaxVni = 0xff_ffff;

    /// <summary>The annotation's value; null: the pod has no interface, and so none.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="mtu">The MTU of pods' interfaces.</param>
    public static string? Of(Pod pod, int mtu)
    {
        NetworkStatus[] interfaces = [.. pod.Attachments.Where(a => a.Phase == AttachmentPhase.Up).Select(a => Of(a, mtu))];
        return interfaces.Length == 0 ? null : NetworkStatus.Write(interfaces);
    }

    /// <summary>True while an interface is being made: what the annotation should say is not known before it is there, or is not.</summary>
    public static bool IsUndecided(Pod pod) => pod.Attachments.Any(a => a.Phase == AttachmentPhase.Adding);

    private static NetworkStatus Of(Attachment a, int mtu) => new(
        a.IsInDefaultNetwork ? NetworkStatus.DefaultNetwork : a.Endpoint.Network.ToString(),
        a.Interface,
        [.. a.Addresses.Select(one => one.Address.ToString())],
        a.Mac.ToString(),
        mtu,
        a.HasDefaultRoute,
        new NetworkDns(),

        // Numbers above are those of VLAN networks.
        a.DatapathId is DatapathState.Cluster or <= MaxVni ? a.DatapathId : null,
        [.. a.Addresses.Select(one => one.Subnet.ToString())],
        a.ClusterAddresses.IsEmpty ? null : [.. a.ClusterAddresses.Select(one => one.Address.ToString())],
        a.Group is { Length: > 0 } group ? group : null);
}
