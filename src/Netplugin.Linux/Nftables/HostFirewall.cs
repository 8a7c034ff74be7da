using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Nftables;

/// <summary>
/// The node's one firewall rule: what comes in by a device of ours and reaches the host's stack is dropped. The programs let nothing
/// through to there; the rule is for the moment when a program is missing. Table <c>netplugin</c> of family <c>inet</c>, chain
/// <c>pods</c> at prerouting before connection tracking.
/// </summary>
public static class HostFirewall
{
    /// <summary>Name of the table, which is ours alone.</summary>
    public const string Table = "netplugin";

    private const string Chain = "pods";

    /// <summary>Says whose the rule is to who lists the firewall, and marks its form: a build with another form uses another text.</summary>
    private const string Comment = "netplugin: pods do not reach the host's stack";

    /// <summary>
    /// Makes sure the rule is in force in the calling thread's namespace; returns whether it had to be written. The table is then
    /// replaced whole in one transaction, so there is no moment without the rule, and whatever else was in the table is gone.
    /// </summary>
    /// <exception cref="KernelException">The kernel has no nf_tables, or refuses.</exception>
    public static bool Ensure()
    {
        using var conversation = Open();
        if (ListRules(conversation) is [{ Comment: Comment }])
        {
            return false;
        }

        var batch = NetfilterMessages.BeginTransaction();
        // The first makes sure that there is a table to delete.
        NetfilterMessages.AddTable(batch, Table);
        NetfilterMessages.DeleteTable(batch, Table);
        NetfilterMessages.AddTable(batch, Table);
        NetfilterMessages.AddPreroutingChain(batch, Table, Chain);
        NetfilterMessages.AddDropRule(batch, Table, Chain, LinkNames.Prefix, Comment);
        NetfilterMessages.End(batch);
        conversation.Execute(batch);
        return true;
    }

    /// <summary>Makes sure the rule is in force in another namespace; returns whether it had to be written.</summary>
    public static bool Ensure(NetworkNamespace node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Run(Ensure);
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

    /// <summary>Packets the rule has dropped since it was written, in the calling thread's namespace; 0 when it is not there.</summary>
    public static ulong CountDropped()
    {
        using var conversation = Open();
        return ListRules(conversation).Aggregate(0UL, (sum, rule) => sum + rule.Packets);
    }

    private static List<RuleState> ListRules(NetlinkConversation conversation)
    {
        try
        {
            return conversation.Dump("list the firewall's rules", batch => NetfilterMessages.GetRules(batch, Table, Chain), NetfilterMessages.ParseRule);
        }
        catch (KernelException none) when (none.Kind == KernelErrorKind.NotFound)
        {
            return [];
        }
    }

    private static NetlinkConversation Open() => new(NetlinkSocket.Open(NetlinkSocket.Netfilter));
}
