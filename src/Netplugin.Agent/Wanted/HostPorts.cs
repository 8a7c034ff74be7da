using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Core.Services;
using Netplugin.Linux.Links;
using Netplugin.Linux.Nftables;

namespace Netplugin.Agent.Wanted;

/// <summary>Which ports of the node lead to which pods. Pure.</summary>
internal static class HostPorts
{
    /// <summary>What the pods of the journal want.</summary>
    public static ImmutableHashSet<HostPort> Of(IEnumerable<Pod> pods) => [.. pods.SelectMany(Of)];

    /// <summary>What a pod wants: nothing before it has an address of the node's blocks, and when it leaves.</summary>
    public static IEnumerable<HostPort> Of(Pod pod) =>
        pod.Attachments.FirstOrDefault(IsPresent) is { } attachment
            ? from port in pod.HostPorts
              from own in attachment.OfBlocks
              where port.HostAddress.IsUnspecified || port.HostAddress.IsV4 == own.IsV4
              select new HostPort(port.Protocol, port.HostAddress, port.HostPort, own.Address, port.ContainerPort)
            : [];

    /// <summary>Refuses a pod whose host ports cannot be had.</summary>
    /// <param name="pod">The pod, not yet attached.</param>
    /// <param name="blocks">What it will have an address of each.</param>
    /// <param name="others">The node's other pods.</param>
    /// <exception cref="ResolveException">A port is another pod's, or the node's own, or at an address of a family that the pod has not.</exception>
    public static void Judge(Pod pod, PerFamily<AddressBlock> blocks, IEnumerable<Pod> others)
    {
        var taken = others.Where(other => other.Attachments.Any(IsPresent)).SelectMany(other => other.HostPorts.Select(port => (Port: port, Pod: other))).ToArray();
        for (var i = 0; i < pod.HostPorts.Length; i++)
        {
            var wanted = pod.HostPorts[i];
            if (!wanted.HostAddress.IsUnspecified && blocks.Of(wanted.HostAddress.IsV4) is null)
            {
                throw Refusal($"host port {wanted} is at an address of the other family than the pod's: pods of this node have IPv{(blocks.First.IsV4 ? 4 : 6)} addresses; give no hostIP, or one of theirs");
            }

            if (wanted is { Protocol: TransportProtocol.Udp, HostPort: LinkDriver.VxlanPort })
            {
                throw Refusal($"host port {wanted} is the nodes' own, for VXLAN: choose another");
            }

            if (taken.FirstOrDefault(t => t.Port.Overlaps(wanted)).Pod is { } holder)
            {
                throw Refusal($"host port {wanted} is pod {holder.FullName}'s (sandbox {holder.Key.Sandbox}) on this node: stop that pod, or choose another port");
            }

            if (pod.HostPorts.Take(i).Any(earlier => earlier.Overlaps(wanted) && earlier != wanted))
            {
                throw Refusal($"host port {wanted} is listed twice for pod {pod.FullName}, with different ports or addresses: list it once");
            }
        }
    }

    /// <summary>Refuses host ports for a pod that an intent names, on a node without blocks: the host does not reach its address.</summary>
    /// <exception cref="ResolveException">It has some.</exception>
    public static void RefuseWithoutBlocks(Pod pod, EndpointId endpoint)
    {
        if (!pod.HostPorts.IsEmpty)
        {
            throw Refusal(
                $"pod {pod.FullName} has host port {pod.HostPorts[0]}, and an intent gives it {endpoint}: host ports lead to cluster addresses, and this node has no block for them; give it one (-pod-cidr or -pod-pool), or take hostPort out of the pod");
        }
    }

    private static ResolveException Refusal(string message) => new(ResolveFailure.HostPort, message);

    private static bool IsPresent(Attachment attachment) =>
        attachment is { OfBlocks.IsEmpty: false, Phase: AttachmentPhase.Adding or AttachmentPhase.Up };
}
