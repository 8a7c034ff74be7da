using Netplugin.Linux.Bpf;
using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Nftables;

/// <summary>
/// The node's few firewall rules, the same however many pods and networks there are: table <c>netplugin</c> of family <c>inet</c>.
/// What comes in by a device of ours without a program's mark is dropped before connection tracking; the programs let nothing else
/// through to there, so that the rule is for the moment when one is missing. What a pod sends to the VXLAN port is dropped after its
/// addresses were translated, when it would be this node's. And what a pod sends out of the cluster may go as the node's.
/// </summary>
public static class HostFirewall
{
    /// <summary>Name of the table, which is ours alone.</summary>
    public const string Table = "netplugin";

    private const string Pods = "pods";
    private const string Leaving = "leaving";
    private const string Masquerade = "masquerade";

    // They say whose a rule is to who lists the firewall, and mark its form: a build with another form uses another text.
    private const string PodsComment = "netplugin: what no program has judged does not reach the host's stack";
    private const string LeavingComment = "netplugin: pods do not send VXLAN through their node";
    private const string MasqueradeComment = "netplugin: pods leave the cluster by their node's address";

    /// <summary>
    /// Makes sure the rules are in force in the calling thread's namespace; returns whether they had to be written. The table is then
    /// replaced whole in one transaction, so there is no moment without them, and whatever else was in the table is gone.
    /// </summary>
    /// <param name="masquerade">Whether pods' packets leave the cluster by the node's address.</param>
    /// <exception cref="KernelException">The kernel has no nf_tables, or refuses.</exception>
    public static bool Ensure(bool masquerade = false)
    {
        using var conversation = Open();
        string[] wanted = masquerade ? [PodsComment, LeavingComment, MasqueradeComment] : [PodsComment, LeavingComment];
        if (ListRules(conversation).Select(rule => rule.Comment).SequenceEqual(wanted))
        {
            return false;
        }

        var batch = NetfilterMessages.BeginTransaction();
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

        NetfilterMessages.End(batch);
        conversation.Execute(batch);
        return true;
    }

    /// <summary>Makes sure the rules are in force in another namespace; returns whether they had to be written.</summary>
    public static bool Ensure(NetworkNamespace node, bool masquerade = false)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Run(() => Ensure(masquerade));
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
