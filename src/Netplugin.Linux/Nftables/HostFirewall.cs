using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Nftables;

/// <summary>
/// The node's few firewall rules, the same however many pods and networks there are: table <c>netplugin</c> of family <c>inet</c>.
/// What comes in by a device of ours without a program's mark is dropped before connection tracking; the programs let nothing else
/// through to there, so that the rule is for the moment when one is missing. What a pod sends to the VXLAN port is dropped after its
/// addresses were translated, when it would be this node's. What a pod sends out of the cluster may go as the node's. And where pods have
/// host ports, what comes for one becomes the pod's, by a look into a map of them.
/// </summary>
public static class HostFirewall
{
    /// <summary>Name of the table, which is ours alone.</summary>
    public const string Table = "netplugin";

    private const string Pods = "pods";
    private const string Leaving = "leaving";
    private const string Masquerade = "masquerade";
    private const string HostPorts = "host-ports";
    private const string HostPortsIn = "host-ports-in";
    private const string HostPortsOut = "host-ports-out";
    private const string HostPortsBack = "host-ports-back";

    // IPv4 and IPv6.
    private static readonly bool[] BothFamilies = [true, false];

    // They say whose a rule is to who lists the firewall, and mark its form: a build with another form uses another text.
    private const string PodsComment = "netplugin: what no program has judged does not reach the host's stack";
    private const string LeavingComment = "netplugin: pods do not send VXLAN through their node";
    private const string MasqueradeComment = "netplugin: pods leave the cluster by their node's address";
    private const string LoopbackComment = "netplugin: what the node says to itself by loopback stays there";
    private const string HostPortsComment = "netplugin: host ports lead to their pods";
    private const string HostPortsBackComment = "netplugin: a pod answers by its node who came by a host port";

    /// <summary>
    /// Makes sure the rules are in force in the calling thread's namespace, and host ports are those wanted; returns whether something had to
    /// be written. All of it is written in one transaction. Where a rule is not as it should be, the table is replaced whole, so there
    /// is no moment without them, and whatever else was in the table is gone.
    /// </summary>
    /// <param name="masquerade">Whether pods' packets leave the cluster by the node's address.</param>
    /// <param name="hostPorts">The ports of the node that lead to pods; null: none. The rules for them are there while there are some.</param>
    /// <param name="nodes">The other nodes' addresses that pods send to by the tunnel; needed only with host ports.</param>
    /// <exception cref="KernelException">The kernel has no nf_tables, or refuses.</exception>
    public static bool Ensure(bool masquerade = false, ImmutableHashSet<HostPort>? hostPorts = null, ImmutableHashSet<IpAddr>? nodes = null)
    {
        using var conversation = Open();
        var wanted = hostPorts ?? HostPort.None;
        var peers = nodes ?? [];
        var batch = NetfilterMessages.BeginTransaction();
        if (!ListRules(conversation).Select(rule => rule.Comment).SequenceEqual(Comments(masquerade, !wanted.IsEmpty)))
        {
            Replace(batch, masquerade, !wanted.IsEmpty);
            Change(batch, HostPort.None, wanted);
            if (!wanted.IsEmpty)
            {
                ChangeNodes(batch, [], peers);
            }
        }
        else if (wanted.IsEmpty || !(Change(batch, ListHostPorts(conversation), wanted) | ChangeNodes(batch, ListNodes(conversation), peers)))
        {
            return false;
        }

        NetfilterMessages.End(batch);
        conversation.Execute(batch);
        return true;
    }

    /// <summary>Makes sure the rules are in force in another namespace; returns whether they had to be written.</summary>
    public static bool Ensure(NetworkNamespace node, bool masquerade = false, ImmutableHashSet<HostPort>? hostPorts = null, ImmutableHashSet<IpAddr>? nodes = null)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Run(() => Ensure(masquerade, hostPorts, nodes));
    }

    /// <summary>The host ports that are in force in the calling thread's namespace.</summary>
    public static ImmutableHashSet<HostPort> ListHostPorts()
    {
        using var conversation = Open();
        return ListHostPorts(conversation);
    }

    /// <summary>Removes the table from the calling thread's namespace; it may be gone already.</summary>
    public static void Remove()
    {
        var batch = NetfilterMessages.BeginTransaction();
        NetfilterMessages.AddTable(batch, Table);
        NetfilterMessages.DeleteTable(batch, Table);
        NetfilterMessages.End(batch);
        using var conversation = Open();
        conversation.Execute(batch);
    }

    /// <summary>Packets the rules have dropped since they were written, in the calling thread's namespace; 0 when they are not there.</summary>
    public static ulong CountDropped()
    {
        using var conversation = Open();
        return ListRules(conversation).Aggregate(0UL, (sum, rule) => sum + rule.Packets);
    }

    // In the order in which the rules are written.
    private static IEnumerable<string> Comments(bool masquerade, bool hostPorts) =>
    [
        PodsComment, LeavingComment,
        .. masquerade ? [MasqueradeComment] : Array.Empty<string>(),
        .. hostPorts
            ? [LoopbackComment, LoopbackComment, .. HostPortMap.All.Select(_ => HostPortsComment), HostPortsComment, HostPortsComment, HostPortsBackComment, HostPortsBackComment, HostPortsBackComment]
            : Array.Empty<string>(),
    ];

    private static void Replace(NetlinkBatch batch, bool masquerade, bool hostPorts)
    {
        // The first makes sure that there is a table to delete.
        NetfilterMessages.AddTable(batch, Table);
        NetfilterMessages.DeleteTable(batch, Table);
        NetfilterMessages.AddTable(batch, Table);
        NetfilterMessages.AddPreroutingChain(batch, Table, Pods);
        NetfilterMessages.AddRule(batch, Table, Pods, PodsComment, static (ref NetlinkWriter rule) =>
        {
            NetfilterMessages.InputNameBegins(ref rule, LinkNames.Prefix);
            NetfilterMessages.MarkHas(ref rule, PacketMarks.Passed, isSet: false);
            NetfilterMessages.CountAndDrop(ref rule);
        });
        NetfilterMessages.AddLeavingChain(batch, Table, Leaving);
        NetfilterMessages.AddRule(batch, Table, Leaving, LeavingComment, static (ref NetlinkWriter rule) =>
        {
            NetfilterMessages.MarkHas(ref rule, PacketMarks.Pod, isSet: true);
            NetfilterMessages.UdpTo(ref rule, LinkDriver.VxlanPort);
            NetfilterMessages.CountAndDrop(ref rule);
        });
        if (masquerade)
        {
            NetfilterMessages.AddSourceNatChain(batch, Table, Masquerade);
            NetfilterMessages.AddRule(batch, Table, Masquerade, MasqueradeComment, static (ref NetlinkWriter rule) =>
            {
                NetfilterMessages.MarkHas(ref rule, PacketMarks.Pod, isSet: true);
                NetfilterMessages.OutputNameIsNot(ref rule, LinkNames.Vxlan);
                NetfilterMessages.Masquerade(ref rule);
            });
        }

        if (hostPorts)
        {
            AddHostPortRules(batch);
        }
    }

    private static void AddHostPortRules(NetlinkBatch batch)
    {
        NetfilterMessages.AddPlainChain(batch, Table, HostPorts);
        foreach (var isV4 in BothFamilies)
        {
            // Such a source cannot leave the node, so that what listens at loopback would only be lost.
            NetfilterMessages.AddRule(batch, Table, HostPorts, LoopbackComment, (ref NetlinkWriter rule) =>
            {
                NetfilterMessages.IsForLoopback(ref rule, isV4);
                NetfilterMessages.ReturnToCaller(ref rule);
            });
        }

        foreach (var map in HostPortMap.All)
        {
            NetfilterMessages.AddMap(batch, Table, map);
            NetfilterMessages.AddRule(batch, Table, HostPorts, HostPortsComment, (ref NetlinkWriter rule) => NetfilterMessages.TranslateBy(ref rule, map));
        }

        // What comes in, and what the node itself sends. The first chain that translates a connection decides: a host port names this very node, so it
        // goes before a Service's node port or external address, and what is none of them is left to kube-proxy.
        NetfilterMessages.AddDestinationNatChain(batch, Table, HostPortsIn);
        NetfilterMessages.AddOwnDestinationNatChain(batch, Table, HostPortsOut);
        foreach (var chain in new[] { HostPortsIn, HostPortsOut })
        {
            NetfilterMessages.AddRule(batch, Table, chain, HostPortsComment, static (ref NetlinkWriter rule) =>
            {
                NetfilterMessages.IsForThisNode(ref rule);
                NetfilterMessages.JumpTo(ref rule, HostPorts);
            });
        }

        // A pod's answer to a pod, or to a node, goes there by the programs alone, past the translation: so to the pod it comes from its node.
        NetfilterMessages.AddSourceNatChain(batch, Table, HostPortsBack);
        NetfilterMessages.AddRule(batch, Table, HostPortsBack, HostPortsBackComment, static (ref NetlinkWriter rule) =>
        {
            NetfilterMessages.PassesThrough(ref rule, LinkNames.Vxlan);
            NetfilterMessages.IsTranslated(ref rule);
            NetfilterMessages.Masquerade(ref rule);
        });
        foreach (var isV4 in BothFamilies)
        {
            NetfilterMessages.AddNodeSet(batch, Table, isV4);
            NetfilterMessages.AddRule(batch, Table, HostPortsBack, HostPortsBackComment, (ref NetlinkWriter rule) =>
            {
                NetfilterMessages.OutputNameIs(ref rule, LinkNames.Vxlan);
                NetfilterMessages.IsTranslated(ref rule);
                NetfilterMessages.IsFromNode(ref rule, isV4);
                NetfilterMessages.Masquerade(ref rule);
            });
        }
    }

    private static bool ChangeNodes(NetlinkBatch batch, ImmutableHashSet<IpAddr> present, ImmutableHashSet<IpAddr> wanted)
    {
        var (gone, missing) = (present.Except(wanted), wanted.Except(present));
        foreach (var node in gone)
        {
            NetfilterMessages.RemoveNode(batch, Table, node);
        }

        foreach (var node in missing)
        {
            NetfilterMessages.AddNode(batch, Table, node);
        }

        return !gone.IsEmpty || !missing.IsEmpty;
    }

    private static ImmutableHashSet<IpAddr> ListNodes(NetlinkConversation conversation) =>
    [
        .. BothFamilies.SelectMany(isV4 => conversation.Dump(
            "list the firewall's nodes", batch => NetfilterMessages.GetNodes(batch, Table, isV4), NetfilterMessages.ParseNodes).SelectMany(some => some)),
    ];

    /// <summary>Writes what differs; what goes is written first, for it may have the key of what comes.</summary>
    /// <returns>False when nothing differs.</returns>
    private static bool Change(NetlinkBatch batch, ImmutableHashSet<HostPort> present, ImmutableHashSet<HostPort> wanted)
    {
        var (gone, missing) = (present.Except(wanted), wanted.Except(present));
        foreach (var port in gone)
        {
            NetfilterMessages.RemoveElement(batch, Table, MapOf(port), port);
        }

        foreach (var port in missing)
        {
            NetfilterMessages.AddElement(batch, Table, MapOf(port), port);
        }

        return !gone.IsEmpty || !missing.IsEmpty;
    }

    private static HostPortMap MapOf(HostPort port) => HostPortMap.All.Single(map => map.Holds(port));

    private static ImmutableHashSet<HostPort> ListHostPorts(NetlinkConversation conversation)
    {
        try
        {
            return
            [
                .. HostPortMap.All.SelectMany(map => conversation.Dump(
                    "list the firewall's host ports", batch => NetfilterMessages.GetElements(batch, Table, map),
                    message => NetfilterMessages.ParseElements(map, message)).SelectMany(some => some)),
            ];
        }
        catch (KernelException none) when (none.Kind == KernelErrorKind.NotFound)
        {
            return HostPort.None;
        }
    }

    private static List<RuleState> ListRules(NetlinkConversation conversation)
    {
        try
        {
            return conversation.Dump("list the firewall's rules", batch => NetfilterMessages.GetRules(batch, Table), NetfilterMessages.ParseRule);
        }
        catch (KernelException none) when (none.Kind == KernelErrorKind.NotFound)
        {
            return [];
        }
    }

    private static NetlinkConversation Open() => new(NetlinkSocket.Open(NetlinkSocket.Netfilter));
}
