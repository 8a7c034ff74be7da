using System.Buffers.Binary;
using System.Text;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Nftables;

/// <summary>
/// The few nf_tables requests the firewall needs: <c>linux/netfilter/nfnetlink.h</c> and <c>nf_tables.h</c>. All numbers inside
/// attributes are in network order.
/// </summary>
internal static class NetfilterMessages
{
    private const ushort BatchBegin = 16;
    private const ushort BatchEnd = 17;

    /// <summary><c>NFNL_SUBSYS_NFTABLES</c>.</summary>
    private const ushort Subsystem = 10;

    // NFT_MSG_*
    private const ushort NewTable = Subsystem << 8;
    private const ushort DropTable = Subsystem << 8 | 2;
    private const ushort NewChain = Subsystem << 8 | 3;
    private const ushort NewRule = Subsystem << 8 | 6;
    private const ushort GetRule = Subsystem << 8 | 7;

    /// <summary><c>NFPROTO_INET</c>: IPv4 and IPv6.</summary>
    private const byte FamilyInet = 1;

    // NFTA_TABLE_*, NFTA_CHAIN_*, NFTA_HOOK_*, NFTA_RULE_*
    private const ushort TableName = 1;
    private const ushort ChainTable = 1;
    private const ushort ChainName = 3;
    private const ushort ChainHook = 4;
    private const ushort ChainPolicy = 5;
    private const ushort ChainType = 7;
    private const ushort HookNumber = 1;
    private const ushort HookPriority = 2;
    private const ushort RuleTable = 1;
    private const ushort RuleChain = 2;
    private const ushort RuleExpressions = 4;
    private const ushort RuleUserData = 7;

    /// <summary><c>NFTNL_UDATA_RULE_COMMENT</c>, libnftnl's <c>udata.h</c>: a byte of type, a byte of length, the text with its zero.</summary>
    private const byte UserDataComment = 0;

    // NFTA_LIST_ELEM, NFTA_EXPR_*, NFTA_META_*, NFTA_CMP_*, NFTA_IMMEDIATE_*, NFTA_DATA_*, NFTA_VERDICT_*, NFTA_COUNTER_*
    private const ushort Element = 1;
    private const ushort ExpressionName = 1;
    private const ushort ExpressionData = 2;
    private const ushort MetaDestination = 1;
    private const ushort MetaKey = 2;
    private const ushort CompareSource = 1;
    private const ushort CompareOperator = 2;
    private const ushort CompareData = 3;
    private const ushort ImmediateDestination = 1;
    private const ushort ImmediateData = 2;
    private const ushort DataValue = 1;
    private const ushort DataVerdict = 2;
    private const ushort VerdictCode = 1;
    private const ushort CounterPackets = 2;

    private const uint Register1 = 1;
    private const uint RegisterVerdict = 0;

    /// <summary><c>NFT_META_IIFNAME</c>: the input device's name.</summary>
    private const uint InputName = 6;

    /// <summary><c>NF_INET_PRE_ROUTING</c>.</summary>
    private const uint Prerouting = 0;

    /// <summary><c>NF_IP_PRI_RAW</c>: before connection tracking, so that what is dropped costs no entry.</summary>
    private const int PriorityRaw = -300;

    private const uint Accept = 1;
    private const uint Drop = 0;

    internal static NetlinkBatch BeginTransaction()
    {
        var batch = new NetlinkBatch { IsTransaction = true };
        Frame(batch, BatchBegin);
        return batch;
    }

    internal static void End(NetlinkBatch batch) => Frame(batch, BatchEnd);

    internal static void AddTable(NetlinkBatch batch, string table)
    {
        var writer = Begin(batch, "create the firewall table", table, NewTable, NetlinkFlags.Create);
        writer.PutString(TableName, table);
        batch.End(writer);
    }

    internal static void DeleteTable(NetlinkBatch batch, string table)
    {
        var writer = Begin(batch, "delete the firewall table", table, DropTable);
        writer.PutString(TableName, table);
        batch.End(writer);
    }

    internal static void AddPreroutingChain(NetlinkBatch batch, string table, string chain)
    {
        var writer = Begin(batch, "create the firewall chain", chain, NewChain, NetlinkFlags.Create);
        writer.PutString(ChainTable, table);
        writer.PutString(ChainName, chain);
        var hook = writer.BeginNested(ChainHook);
        writer.PutU32BigEndian(HookNumber, Prerouting);
        writer.PutU32BigEndian(HookPriority, unchecked((uint)PriorityRaw));
        writer.EndNested(hook);
        writer.PutU32BigEndian(ChainPolicy, Accept);
        writer.PutString(ChainType, "filter");
        batch.End(writer);
    }

    /// <summary>Adds <c>iifname "prefix*" counter drop comment "..."</c>.</summary>
    internal static void AddDropRule(NetlinkBatch batch, string table, string chain, string inputPrefix, string comment)
    {
        var writer = Begin(batch, "create the firewall rule in", chain, NewRule, NetlinkFlags.Create | NetlinkFlags.Append);
        writer.PutString(RuleTable, table);
        writer.PutString(RuleChain, chain);
        var rule = writer.BeginNested(RuleExpressions);

        var (element, data) = BeginExpression(ref writer, "meta");
        writer.PutU32BigEndian(MetaDestination, Register1);
        writer.PutU32BigEndian(MetaKey, InputName);
        EndExpression(ref writer, element, data);

        // Comparing fewer bytes than the name has is how "np*" is said.
        (element, data) = BeginExpression(ref writer, "cmp");
        writer.PutU32BigEndian(CompareSource, Register1);
        writer.PutU32BigEndian(CompareOperator, 0);
        var value = writer.BeginNested(CompareData);
        writer.PutBytes(DataValue, Encoding.ASCII.GetBytes(inputPrefix));
        writer.EndNested(value);
        EndExpression(ref writer, element, data);

        (element, data) = BeginExpression(ref writer, "counter");
        EndExpression(ref writer, element, data);

        (element, data) = BeginExpression(ref writer, "immediate");
        writer.PutU32BigEndian(ImmediateDestination, RegisterVerdict);
        var immediate = writer.BeginNested(ImmediateData);
        var verdict = writer.BeginNested(DataVerdict);
        writer.PutU32BigEndian(VerdictCode, Drop);
        writer.EndNested(verdict);
        writer.EndNested(immediate);
        EndExpression(ref writer, element, data);

        writer.EndNested(rule);
        writer.PutBytes(RuleUserData, [UserDataComment, checked((byte)(comment.Length + 1)), .. Encoding.ASCII.GetBytes(comment), 0]);
        batch.End(writer);
    }

    internal static void GetRules(NetlinkBatch batch, string table, string chain)
    {
        var writer = Begin(batch, "list the firewall rules of", chain, GetRule, NetlinkFlags.Dump);
        writer.PutString(RuleTable, table);
        writer.PutString(RuleChain, chain);
        batch.End(writer);
    }

    /// <summary>Reads a rule; null when the message is none.</summary>
    internal static RuleState? ParseRule(NetlinkMessage message)
    {
        if (message.Type != NewRule)
        {
            return null;
        }

        var rule = message.AttributesAfter<NetfilterHeader>();
        return new(
            rule.TryFind(RuleExpressions, out var expressions) ? ReadCounter(expressions.Nested) : 0,
            rule.TryFind(RuleUserData, out var data) ? ReadComment(data.Value) : string.Empty);
    }

    private static ulong ReadCounter(NetlinkAttributes expressions)
    {
        foreach (var expression in expressions)
        {
            if (expression.Nested.TryFind(ExpressionName, out var name) && name.Text == "counter"
                && expression.Nested.TryFind(ExpressionData, out var data) && data.Nested.TryFind(CounterPackets, out var packets))
            {
                return packets.U64BigEndian;
            }
        }

        return 0;
    }

    private static string ReadComment(ReadOnlySpan<byte> data) =>
        data is [UserDataComment, var length, .. var rest] && length > 0 && length <= rest.Length
            ? Encoding.UTF8.GetString(rest[..(length - 1)]) : string.Empty;

    private static NetlinkWriter Begin(NetlinkBatch batch, string operation, string subject, ushort type, NetlinkFlags flags = NetlinkFlags.None)
    {
        var writer = batch.Begin(operation, subject, type, flags);
        writer.Put(new NetfilterHeader { Family = FamilyInet });
        return writer;
    }

    private static void Frame(NetlinkBatch batch, ushort type)
    {
        var writer = batch.Begin("change the firewall", string.Empty, type);
        var subsystem = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(Subsystem) : Subsystem;
        writer.Put(new NetfilterHeader { Resource = subsystem });
        batch.End(writer);
    }

    private static (int Element, int Data) BeginExpression(ref NetlinkWriter writer, string name)
    {
        var element = writer.BeginNested(Element);
        writer.PutString(ExpressionName, name);
        return (element, writer.BeginNested(ExpressionData));
    }

    private static void EndExpression(ref NetlinkWriter writer, int element, int data)
    {
        writer.EndNested(data);
        writer.EndNested(element);
    }
}
