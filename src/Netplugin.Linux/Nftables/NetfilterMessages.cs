using System.Buffers.Binary;
using System.Text;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Nftables;

/// <summary>
/// The few nf_tables requests the firewall needs: <c>linux/netfilter/nfnetlink.h</c> and <c>nf_tables.h</c>. All numbers inside
/// attributes are in network order.
/// </summary>
internal static partial class NetfilterMessages
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

    // NFTA_LIST_ELEM, NFTA_EXPR_*, NFTA_META_*, NFTA_CMP_*, NFTA_BITWISE_*, NFTA_PAYLOAD_*, NFTA_IMMEDIATE_*, NFTA_DATA_*, NFTA_VERDICT_*, NFTA_COUNTER_*
    private const ushort Element = 1;
    private const ushort ExpressionName = 1;
    private const ushort ExpressionData = 2;
    private const ushort MetaDestination = 1;
    private const ushort MetaKey = 2;
    private const ushort CompareSource = 1;
    private const ushort CompareOperator = 2;
    private const ushort CompareData = 3;
    private const ushort BitwiseSource = 1;
    private const ushort BitwiseDestination = 2;
    private const ushort BitwiseLength = 3;
    private const ushort BitwiseMask = 4;
    private const ushort BitwiseXor = 5;
    private const ushort PayloadDestination = 1;
    private const ushort PayloadBase = 2;
    private const ushort PayloadOffset = 3;
    private const ushort PayloadLength = 4;
    private const ushort ImmediateDestination = 1;
    private const ushort ImmediateData = 2;
    private const ushort DataValue = 1;
    private const ushort DataVerdict = 2;
    private const ushort VerdictCode = 1;
    private const ushort CounterPackets = 2;

    private const uint Register1 = 1;
    private const uint RegisterVerdict = 0;

    // NFT_META_*: the mark, the devices' names, the transport protocol.
    private const uint Mark = 3;
    private const uint InputName = 6;
    private const uint OutputName = 7;
    private const uint TransportProtocol = 16;

    // NFT_CMP_*
    private const uint CompareEqual = 0;
    private const uint CompareNotEqual = 1;

    /// <summary><c>NFT_PAYLOAD_TRANSPORT_HEADER</c>.</summary>
    private const uint TransportHeader = 2;

    /// <summary><c>NF_INET_PRE_ROUTING</c>.</summary>
    private const uint Prerouting = 0;

    /// <summary><c>NF_IP_PRI_RAW</c>: before connection tracking, so that what is dropped costs no entry.</summary>
    private const int PriorityRaw = -300;

    /// <summary><c>NF_INET_POST_ROUTING</c>.</summary>
    private const uint Postrouting = 4;

    /// <summary><c>NF_IP_PRI_NAT_SRC</c>.</summary>
    private const int PrioritySourceNat = 100;

    /// <summary><c>NF_IP_PRI_SELINUX_LAST</c>: after every address was translated.</summary>
    private const int PriorityAfterNat = 225;

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

    /// <summary>Adds a chain for what comes in, before connection tracking.</summary>
    internal static void AddPreroutingChain(NetlinkBatch batch, string table, string chain) =>
        AddChain(batch, table, chain, "filter", Prerouting, PriorityRaw);

    /// <summary>Adds a chain that translates the sources of what leaves.</summary>
    internal static void AddSourceNatChain(NetlinkBatch batch, string table, string chain) =>
        AddChain(batch, table, chain, "nat", Postrouting, PrioritySourceNat);

    /// <summary>Adds a chain for what leaves, as it will be on the wire.</summary>
    internal static void AddLeavingChain(NetlinkBatch batch, string table, string chain) =>
        AddChain(batch, table, chain, "filter", Postrouting, PriorityAfterNat);

    /// <summary>Adds a rule of the expressions that <paramref name="write"/> writes, with a comment.</summary>
    internal static void AddRule(NetlinkBatch batch, string table, string chain, string comment, RuleWriter write)
    {
        var writer = Begin(batch, "create the firewall rule in", chain, NewRule, NetlinkFlags.Create | NetlinkFlags.Append);
        writer.PutString(RuleTable, table);
        writer.PutString(RuleChain, chain);
        var rule = writer.BeginNested(RuleExpressions);
        write(ref writer);
        writer.EndNested(rule);
        writer.PutBytes(RuleUserData, [UserDataComment, checked((byte)(comment.Length + 1)), .. Encoding.ASCII.GetBytes(comment), 0]);
        batch.End(writer);
    }

    /// <summary><c>iifname "prefix*"</c>: comparing fewer bytes than the name has is how the star is said.</summary>
    internal static void InputNameBegins(ref NetlinkWriter writer, string prefix)
    {
        Meta(ref writer, InputName);
        Compare(ref writer, CompareEqual, Encoding.ASCII.GetBytes(prefix));
    }

    /// <summary><c>oifname != "name"</c>.</summary>
    internal static void OutputNameIsNot(ref NetlinkWriter writer, string name)
    {
        Meta(ref writer, OutputName);
        Compare(ref writer, CompareNotEqual, Encoding.ASCII.GetBytes(name + "\0"));
    }

    /// <summary><c>meta mark and bit == bit</c>, or <c>== 0</c>.</summary>
    internal static void MarkHas(ref NetlinkWriter writer, PacketMarks bit, bool isSet)
    {
        Meta(ref writer, Mark);

        // Numbers of the kernel's own, unlike those of packets, are in the host's byte order.
        var mask = BitConverter.GetBytes((uint)bit);
        Mask(ref writer, mask);
        Compare(ref writer, CompareEqual, isSet ? mask : new byte[sizeof(uint)]);
    }

    /// <summary><c>udp dport port</c>.</summary>
    internal static void UdpTo(ref NetlinkWriter writer, ushort port)
    {
        const byte udp = 17;
        Meta(ref writer, TransportProtocol);
        Compare(ref writer, CompareEqual, [udp]);
        Payload(ref writer, Register1, TransportHeader, 2, 2);
        Compare(ref writer, CompareEqual, [(byte)(port >> 8), (byte)port]);
    }

    /// <summary><c>counter drop</c>.</summary>
    internal static void CountAndDrop(ref NetlinkWriter writer)
    {
        var (element, data) = BeginExpression(ref writer, "counter");
        EndExpression(ref writer, element, data);
        Verdict(ref writer, Drop);
    }

    /// <summary><c>masquerade</c>.</summary>
    internal static void Masquerade(ref NetlinkWriter writer)
    {
        var (element, data) = BeginExpression(ref writer, "masq");
        EndExpression(ref writer, element, data);
    }

    /// <summary>Asks for a table's rules; they come chain by chain in the order the chains were made.</summary>
    internal static void GetRules(NetlinkBatch batch, string table)
    {
        var writer = Begin(batch, "list the firewall rules of", table, GetRule, NetlinkFlags.Dump);
        writer.PutString(RuleTable, table);
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

    private static void AddChain(NetlinkBatch batch, string table, string chain, string type, uint hookNumber, int priority)
    {
        var writer = Begin(batch, "create the firewall chain", chain, NewChain, NetlinkFlags.Create);
        writer.PutString(ChainTable, table);
        writer.PutString(ChainName, chain);
        var hook = writer.BeginNested(ChainHook);
        writer.PutU32BigEndian(HookNumber, hookNumber);
        writer.PutU32BigEndian(HookPriority, unchecked((uint)priority));
        writer.EndNested(hook);
        writer.PutU32BigEndian(ChainPolicy, Accept);
        writer.PutString(ChainType, type);
        batch.End(writer);
    }

    private static void Meta(ref NetlinkWriter writer, uint key, uint register = Register1)
    {
        var (element, data) = BeginExpression(ref writer, "meta");
        writer.PutU32BigEndian(MetaDestination, register);
        writer.PutU32BigEndian(MetaKey, key);
        EndExpression(ref writer, element, data);
    }

    private static void Payload(ref NetlinkWriter writer, uint register, uint header, uint offset, uint length)
    {
        var (element, data) = BeginExpression(ref writer, "payload");
        writer.PutU32BigEndian(PayloadDestination, register);
        writer.PutU32BigEndian(PayloadBase, header);
        writer.PutU32BigEndian(PayloadOffset, offset);
        writer.PutU32BigEndian(PayloadLength, length);
        EndExpression(ref writer, element, data);
    }

    private static void Mask(ref NetlinkWriter writer, byte[] mask)
    {
        var (element, data) = BeginExpression(ref writer, "bitwise");
        writer.PutU32BigEndian(BitwiseSource, Register1);
        writer.PutU32BigEndian(BitwiseDestination, Register1);
        writer.PutU32BigEndian(BitwiseLength, (uint)mask.Length);
        PutValue(ref writer, BitwiseMask, mask);
        PutValue(ref writer, BitwiseXor, new byte[mask.Length]);
        EndExpression(ref writer, element, data);
    }

    private static void Verdict(ref NetlinkWriter writer, uint code, string? chain = null)
    {
        var (element, data) = BeginExpression(ref writer, "immediate");
        writer.PutU32BigEndian(ImmediateDestination, RegisterVerdict);
        var immediate = writer.BeginNested(ImmediateData);
        var verdict = writer.BeginNested(DataVerdict);
        writer.PutU32BigEndian(VerdictCode, code);
        if (chain is not null)
        {
            writer.PutString(VerdictChain, chain);
        }

        writer.EndNested(verdict);
        writer.EndNested(immediate);
        EndExpression(ref writer, element, data);
    }

    private static void Compare(ref NetlinkWriter writer, uint comparison, byte[] with)
    {
        var (element, data) = BeginExpression(ref writer, "cmp");
        writer.PutU32BigEndian(CompareSource, Register1);
        writer.PutU32BigEndian(CompareOperator, comparison);
        PutValue(ref writer, CompareData, with);
        EndExpression(ref writer, element, data);
    }

    private static void PutValue(ref NetlinkWriter writer, ushort type, byte[] value)
    {
        var nested = writer.BeginNested(type);
        writer.PutBytes(DataValue, value);
        writer.EndNested(nested);
    }

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

/// <summary>Writes a rule's expressions.</summary>
internal delegate void RuleWriter(ref NetlinkWriter writer);
