using Netplugin.Core.Addresses;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Links;

/// <summary>
/// A pod's link that was created and is still down. Holds a socket in the pod's namespace, which keeps the namespace alive: dispose
/// it as soon as the link is up, or was given up.
/// </summary>
public sealed class EndpointLink : IDisposable
{
    internal EndpointLink(EndpointLinkSpec spec, IfIndex hostIndex, IfIndex podIndex, NetlinkConversation pod)
    {
        Spec = spec;
        HostIndex = hostIndex;
        PodIndex = podIndex;
        Pod = pod;
    }

    /// <summary>What it was made from.</summary>
    public EndpointLinkSpec Spec { get; }

    /// <summary>The host side's index, in the node's namespace.</summary>
    public IfIndex HostIndex { get; }

    /// <summary>The pod side's index, in the pod's namespace.</summary>
    public IfIndex PodIndex { get; }

    internal NetlinkConversation Pod { get; }

    /// <summary>Closes the socket in the pod's namespace; the link stays.</summary>
    public void Dispose() => Pod.Dispose();
}
