using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies.Normal;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>What a rule asks of the other end, with all that it needs of the subject folded in, so that two rules that ask the same have equal conditions.</summary>
internal abstract record Condition
{
    private Condition()
    {
    }

    /// <summary>It is an endpoint of such a pod.</summary>
    public sealed record Pods(PodSelection Selection) : Condition;

    /// <summary>It is such a node.</summary>
    public sealed record Nodes(LabelSelector Labels) : Condition;

    /// <summary>It is an endpoint of the network.</summary>
    public sealed record Network(NetworkId Id) : Condition;

    /// <summary>It is an endpoint of the group; and, if there is a block, has an address in it as <see cref="NetworkBlock"/> has it.</summary>
    public sealed record Group(GroupId Id, NetworkBlock? Within) : Condition;

    /// <summary>It has an address in a block.</summary>
    public abstract record Block(IpPrefix Cidr) : Condition;

    /// <summary>It has such an address, as <see cref="NormalPeer.ClusterBlock"/> says.</summary>
    public sealed record ClusterBlock(IpPrefix Cidr, ValueArray<IpPrefix> Except) : Block(Cidr);

    /// <summary>It has such an address, as <see cref="NormalPeer.NetworkBlock"/> says for subjects of the network.</summary>
    public sealed record NetworkBlock(IpPrefix Cidr, NetworkId OfSubject) : Block(Cidr);

    /// <summary>It is an endpoint of a pod that has a port of this name, protocol and number.</summary>
    public sealed record Port(TransportProtocol Transport, string Name, ushort Number) : Condition;

    /// <summary>What a peer of a rule asks when the subject is of a network; null: nothing, anybody fulfils it.</summary>
    public static Condition? Of(NormalPeer peer, NetworkId subject) => peer switch
    {
        NormalPeer.Everybody => null,
        NormalPeer.Pods pods => new Pods(pods.Selection),
        NormalPeer.Nodes nodes => new Nodes(nodes.Labels),
        NormalPeer.Network network => new Network(network.Id),
        NormalPeer.Group { Within: { } block } group => new Group(group.Id, new(block.Masked, subject)),
        NormalPeer.Group group => new Group(group.Id, null),
        NormalPeer.ClusterBlock block => new ClusterBlock(block.Cidr.Masked, [.. block.Except.Select(part => part.Masked)]),
        NormalPeer.NetworkBlock block => new NetworkBlock(block.Cidr.Masked, subject),
        _ => throw new ArgumentException($"unknown peer {peer}", nameof(peer)),
    };
}
