using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies.Normal;

/// <summary>A rule: does something with an attempt whose other end is one of the peers, and that is of one of the kinds of traffic.</summary>
/// <param name="Id">Its name, which has its direction and its place too.</param>
/// <param name="Precedence">Its place among the rules of its stage; the lower goes first.</param>
/// <param name="Action">What it does.</param>
/// <param name="Peers">The other end; never empty.</param>
/// <param name="Traffic">The traffic; never empty.</param>
public sealed record NormalRule(RuleId Id, int Precedence, PolicyAction Action, ValueArray<NormalPeer> Peers, ValueArray<NormalTraffic> Traffic);

/// <summary>The other end of an attempt.</summary>
public abstract record NormalPeer
{
    private NormalPeer()
    {
    }

    /// <summary>Anybody.</summary>
    public sealed record Everybody : NormalPeer;

    /// <summary>Pods.</summary>
    /// <param name="Selection">Which.</param>
    public sealed record Pods(PodSelection Selection) : NormalPeer;

    /// <summary>Nodes, and pods of their network.</summary>
    /// <param name="Labels">The nodes' labels.</param>
    public sealed record Nodes(LabelSelector Labels) : NormalPeer;

    /// <summary>The endpoints of a network.</summary>
    /// <param name="Id">The network.</param>
    public sealed record Network(NetworkId Id) : NormalPeer;

    /// <summary>The endpoints of a group.</summary>
    /// <param name="Id">The group.</param>
    /// <param name="Within">Those alone that have an address here, as <see cref="NetworkBlock"/> has it; null: all.</param>
    public sealed record Group(GroupId Id, IpPrefix? Within) : NormalPeer;

    /// <summary>
    /// Addresses of the cluster plane. An endpoint is held against it by its cluster address of the attempt's family, whichever plane the attempt is in; one that has none, by the address in the packet.
    /// </summary>
    /// <param name="Cidr">The block.</param>
    /// <param name="Except">Parts of it that are not meant.</param>
    public sealed record ClusterBlock(IpPrefix Cidr, ValueArray<IpPrefix> Except) : NormalPeer;

    /// <summary>
    /// Addresses as the subject's network has them. An endpoint is held against it by its cluster address of the attempt's family and, if it is of the subject's network, by its address there: one of
    /// them is enough. Any other end, by the address in the packet.
    /// </summary>
    /// <param name="Cidr">The block.</param>
    public sealed record NetworkBlock(IpPrefix Cidr) : NormalPeer;
}

/// <summary>A kind of traffic.</summary>
public abstract record NormalTraffic
{
    private NormalTraffic()
    {
    }

    /// <summary>All.</summary>
    public sealed record All : NormalTraffic;

    /// <summary>A protocol, whatever the port.</summary>
    /// <param name="Number">IANA's number.</param>
    public sealed record Protocol(byte Number) : NormalTraffic;

    /// <summary>Destination ports of a protocol.</summary>
    /// <param name="Transport">The protocol.</param>
    /// <param name="First">The first.</param>
    /// <param name="Last">The last.</param>
    public sealed record Ports(TransportProtocol Transport, ushort First, ushort Last) : NormalTraffic;

    /// <summary>The destination port of a protocol to which the pod that is connected to gives a name.</summary>
    /// <param name="Transport">The protocol.</param>
    /// <param name="Name">The name.</param>
    public sealed record Named(TransportProtocol Transport, string Name) : NormalTraffic;
}
