using System.Collections.Immutable;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux.Links;
using Netplugin.Linux.Nftables;

namespace Netplugin.Agent.Kernel;

/// <summary>
/// The links of this node, as the daemon needs them: the seam at which tests fail the Nth call. The real one is <see cref="KernelLinks"/>.
/// Members throw <see cref="Linux.KernelException"/>.
/// </summary>
internal interface ILinks
{
    /// <summary>Makes a pod's link, programs attached, both ends down; replaces what an earlier try left of the same number.</summary>
    ICreatedLink Create(LinkWish wish, IPodNamespace pod);

    /// <summary>Brings a created link up; traffic may flow from then on.</summary>
    void BringUp(ICreatedLink link);

    /// <summary>Attaches the programs to a pod link that lost them.</summary>
    void Attach(LinkWish wish, IfIndex device);

    /// <summary>Puts links into the group that is to be deleted; fast. A device that is gone is not an error.</summary>
    void Retire(ImmutableArray<IfIndex> devices);

    /// <summary>Deletes every retired link; blocks for tens of milliseconds.</summary>
    void DeleteRetired();

    /// <summary>Every pod link of this node that is not retired.</summary>
    ImmutableArray<OwnedLink> ListOwned();

    /// <summary>What is wrong with a pod's link, a sentence each; empty when it is as it was made.</summary>
    ImmutableArray<string> Check(LinkWish wish, IfIndex device, IPodNamespace pod);

    /// <summary>Sets the MTU in bytes of both ends of a link.</summary>
    void SetMtu(IfIndex device, IPodNamespace pod, string podInterface, int mtu);

    /// <summary>Makes or mends the VXLAN device, filters attached, up.</summary>
    /// <returns>The device.</returns>
    IfIndex EnsureVxlanDevice(int mtu);

    /// <summary>The next hops towards other nodes' tunnel ends; what has none is left out.</summary>
    /// <param name="source">This node's tunnel end.</param>
    /// <param name="vteps">The others'.</param>
    /// <param name="mtu">The MTU in bytes that the route must have.</param>
    ImmutableDictionary<IpAddr, VtepEntry> NextHopsTo(IpAddr source, IReadOnlyCollection<IpAddr> vteps, int mtu);

    /// <summary>Has the programs see what comes in by a device that leads to other nodes.</summary>
    void AttachUplink(IfIndex device);

    /// <summary>Drops what pods send past the programs, and has the node's ports lead to pods.</summary>
    /// <param name="masquerade">Whether the default network's pods leave the cluster by the node's address.</param>
    /// <param name="hostPorts">The ports; all others lead nowhere.</param>
    /// <param name="nodes">The other nodes' addresses: what comes from there to a host port is answered by this node, not by the tunnel.</param>
    void EnsureFirewall(bool masquerade, ImmutableHashSet<HostPort> hostPorts, ImmutableHashSet<IpAddr> nodes);

    /// <summary>The node's ports that lead to pods.</summary>
    ImmutableHashSet<HostPort> ListHostPorts();

    /// <summary>Has the host's stack speak with the default network's pods, and route for them.</summary>
    /// <param name="vxlan">The VXLAN device, by which it speaks.</param>
    /// <param name="plane">With whom; null: with none.</param>
    void EnsureHostPlane(IfIndex vxlan, HostPlane? plane);
}

/// <summary>A pod's link that was made and is still down; dispose it once it is up or given up.</summary>
internal interface ICreatedLink : IDisposable
{
    /// <summary>The host-side device.</summary>
    IfIndex Device { get; }
}

/// <summary>What a pod's link should be.</summary>
/// <param name="Number">The attachment's number.</param>
/// <param name="Alias">The host-side device's alias, which says whose it is.</param>
/// <param name="Interface">The pod-side device's name.</param>
/// <param name="Mac">The pod-side device's Ethernet address.</param>
/// <param name="Addresses">Its addresses with their subnets' prefix lengths.</param>
/// <param name="Routes">Its routes beside those to its subnets, in the order in which they are made.</param>
/// <param name="Mtu">MTU of both ends in bytes.</param>
internal sealed record LinkWish(
    ulong Number, string Alias, string Interface, MacAddress Mac, ImmutableArray<IpPrefix> Addresses, ImmutableArray<PodRoute> Routes, int Mtu);

/// <summary>A pod link found on this node.</summary>
/// <param name="Device">The host-side device.</param>
/// <param name="Number">The attachment's number, from its name.</param>
/// <param name="IsUp">The host side is up.</param>
/// <param name="HasFilters">Both programs are attached.</param>
/// <param name="Mtu">MTU of the host side in bytes.</param>
internal readonly record struct OwnedLink(IfIndex Device, ulong Number, bool IsUp, bool HasFilters, int Mtu);
