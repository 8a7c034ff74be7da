using Netplugin.Core.Addresses;
using Netplugin.Core.Services;

namespace Netplugin.Core.Datapath;

/// <summary>One change of a node's maps. Applying one twice, or removing what is gone, succeeds.</summary>
public abstract record DatapathChange
{
    private DatapathChange()
    {
    }

    /// <summary>Writes the node's own settings.</summary>
    /// <param name="Node">The settings.</param>
    public sealed record SetNode(NodeEntry Node) : DatapathChange;

    /// <summary>Clears the node's settings; the programs then pass nothing.</summary>
    public sealed record ClearNode : DatapathChange;

    /// <summary>Writes a network.</summary>
    /// <param name="Network">Its datapath id.</param>
    /// <param name="Entry">The entry.</param>
    public sealed record SetNetwork(uint Network, NetworkEntry Entry) : DatapathChange;

    /// <summary>Removes a network.</summary>
    /// <param name="Network">Its datapath id.</param>
    public sealed record RemoveNetwork(uint Network) : DatapathChange;

    /// <summary>Accepts VXLAN from an address, and writes its next hop.</summary>
    /// <param name="Vtep">The address.</param>
    /// <param name="Entry">The entry.</param>
    public sealed record SetVtep(IpAddr Vtep, VtepEntry Entry) : DatapathChange;

    /// <summary>No longer accepts VXLAN from an address.</summary>
    /// <param name="Vtep">The address.</param>
    public sealed record RemoveVtep(IpAddr Vtep) : DatapathChange;

    /// <summary>Writes where an endpoint is.</summary>
    /// <param name="Key">Its network and address.</param>
    /// <param name="Entry">The entry.</param>
    public sealed record SetEndpoint(EndpointKey Key, EndpointEntry Entry) : DatapathChange;

    /// <summary>Removes an endpoint: what is sent to it is dropped.</summary>
    /// <param name="Key">Its network and address.</param>
    public sealed record RemoveEndpoint(EndpointKey Key) : DatapathChange;

    /// <summary>Says whose a block of addresses is.</summary>
    /// <param name="Key">Its network and prefix.</param>
    /// <param name="Vtep">The tunnel address of the node whose it is; unspecified: this node's own.</param>
    public sealed record SetBlock(BlockKey Key, IpAddr Vtep) : DatapathChange;

    /// <summary>Removes a block: only endpoints with entries of their own are found in it.</summary>
    /// <param name="Key">Its network and prefix.</param>
    public sealed record RemoveBlock(BlockKey Key) : DatapathChange;

    /// <summary>Writes a frontend with its backends.</summary>
    /// <param name="Key">Which.</param>
    /// <param name="Frontend">What becomes of packets to it.</param>
    public sealed record SetFrontend(FrontendKey Key, Frontend Frontend) : DatapathChange;

    /// <summary>Removes a frontend: packets to it are none of the balancer's.</summary>
    /// <param name="Key">Which.</param>
    public sealed record RemoveFrontend(FrontendKey Key) : DatapathChange;

    /// <summary>Lets pods of every network use an endpoint's port.</summary>
    /// <param name="Key">The endpoint's address, port and protocol.</param>
    public sealed record SetShared(FrontendKey Key) : DatapathChange;

    /// <summary>Leaves an endpoint's port to the pods of its own network.</summary>
    /// <param name="Key">The endpoint's address, port and protocol.</param>
    public sealed record RemoveShared(FrontendKey Key) : DatapathChange;

    /// <summary>Says whose a local device is; the pod behind it can then send.</summary>
    /// <param name="Device">The host-side device.</param>
    /// <param name="Entry">The entry.</param>
    public sealed record SetInterface(IfIndex Device, InterfaceEntry Entry) : DatapathChange;

    /// <summary>Removes a local device: what enters by it is dropped.</summary>
    /// <param name="Device">The host-side device.</param>
    public sealed record RemoveInterface(IfIndex Device) : DatapathChange;
}
