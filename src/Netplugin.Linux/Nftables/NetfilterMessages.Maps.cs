using System.Text;
using Netplugin.Core.Addresses;
using Netplugin.Linux.Netlink;

namespace Netplugin.Linux.Nftables;

/// <summary>Maps and sets, and the expressions that go by them.</summary>
internal static partial class NetfilterMessages
{
    // NFT_MSG_*
    private const ushort NewSet = Subsystem << 8 | 9;
    private const ushort NewElement = Subsystem << 8 | 12;
    private const ushort GetElement = Subsystem << 8 | 13;
    private const ushort DropElement = Subsystem << 8 | 14;

    // NFTA_SET_*, NFTA_SET_ELEM_LIST_*, NFTA_SET_ELEM_*, NFTA_LOOKUP_*, NFTA_NAT_*, NFTA_FIB_*, NFTA_CT_*, NFTA_VERDICT_CHAIN
    private const ushort SetTable = 1;
    private const ushort SetName = 2;
    private const ushort SetFlags = 3;
    private const ushort SetKeyType = 4;
    private const ushort SetKeyLength = 5;
    private const ushort SetDataType = 6;
    private const ushort SetDataLength = 7;
    private const ushort SetId = 10;
    private const ushort ElementsTable = 1;
    private const ushort ElementsSet = 2;
    private const ushort Elements = 3;
    private const ushort ElementKey = 1;
    private const ushort ElementData = 2;
    private const ushort LookupSet = 1;
    private const ushort LookupSource = 2;
    private const ushort LookupDestination = 3;
    private const ushort NatType = 1;
    private const ushort NatFamily = 2;
    private const ushort NatAddress = 3;
    private const ushort NatPort = 5;
    private const ushort FibDestination = 1;
    private const ushort FibResult = 2;
    private const ushort FibFlags = 3;
    private const ushort ConnectionDestination = 1;
    private const ushort ConnectionKey = 2;
    private const ushort VerdictChain = 2;

    /// <summary><c>NFT_SET_MAP</c>.</summary>
    private const uint IsMap = 8;

    // What nft calls the fields, 6 bits each, the first one highest; the kernel only hands them back to who lists.
    private const uint TypeV4 = 7;
    private const uint TypeV6 = 8;
    private const uint TypeProtocol = 12;
    private const uint TypePort = 13;
    private const int TypeBits = 6;

    /// <summary><c>NFT_NAT_DNAT</c>.</summary>
    private const uint DestinationNat = 1;

    // NFPROTO_*
    private const byte FamilyV4 = 2;
    private const byte FamilyV6 = 10;

    /// <summary><c>NFT_META_NFPROTO</c>.</summary>
    private const uint NetworkProtocol = 15;

    /// <summary><c>NFT_PAYLOAD_NETWORK_HEADER</c>.</summary>
    private const uint NetworkHeader = 1;

    /// <summary><c>NFT_REG32_00</c>: the first 4 bytes of <see cref="Register1"/>, and the next ones follow.</summary>
    private const uint Register32 = 8;

    /// <summary><c>NFT_FIB_RESULT_ADDRTYPE</c>.</summary>
    private const uint FibAddressType = 3;

    /// <summary><c>NFTA_FIB_F_DADDR</c>.</summary>
    private const uint FibOfDestination = 2;

    /// <summary><c>RTN_LOCAL</c>.</summary>
    private const uint LocalAddress = 2;

    /// <summary><c>NFT_CT_STATUS</c>.</summary>
    private const uint ConnectionStatus = 2;

    /// <summary><c>IPS_DST_NAT</c>.</summary>
    private const uint StatusTranslated = 1 << 5;

    // NFT_JUMP, NFT_RETURN
    private const uint Jump = unchecked((uint)-3);
    private const uint Return = unchecked((uint)-5);

    /// <summary><c>NF_INET_LOCAL_OUT</c>.</summary>
    private const uint Output = 3;

    /// <summary>Before <c>NF_IP_PRI_NAT_DST</c> (-100), where kube-proxy translates.</summary>
    private const int PriorityBeforeDestinationNat = -105;

    /// <summary>Adds an empty map of host ports.</summary>
    internal static void AddMap(NetlinkBatch batch, string table, HostPortMap map)
    {
        var address = map.IsV4 ? TypeV4 : TypeV6;
        var key = TypeProtocol << TypeBits | TypePort;
        var writer = BeginSet(
            batch, "create the firewall map", table, map.Name, map.HasAddress ? address << (2 * TypeBits) | key : key, (uint)map.KeyLength, IsMap);
        writer.PutU32BigEndian(SetDataType, address << TypeBits | TypePort);
        writer.PutU32BigEndian(SetDataLength, (uint)map.ValueLength);
        batch.End(writer);
    }

    /// <summary>Adds an empty set of nodes' addresses.</summary>
    internal static void AddNodeSet(NetlinkBatch batch, string table, bool isV4) =>
        batch.End(BeginSet(batch, "create the firewall set", table, NodeSet(isV4), isV4 ? TypeV4 : TypeV6, isV4 ? 4u : 16u, 0));

    /// <summary>Adds a host port to its map.</summary>
    internal static void AddElement(NetlinkBatch batch, string table, HostPortMap map, HostPort port) =>
        ChangeElement(batch, "add a host port to the firewall map", NewElement, NetlinkFlags.Create, table, map.Name, map.KeyOf(port), map.ValueOf(port));

    /// <summary>Removes a host port from its map.</summary>
    internal static void RemoveElement(NetlinkBatch batch, string table, HostPortMap map, HostPort port) =>
        ChangeElement(batch, "remove a host port from the firewall map", DropElement, NetlinkFlags.None, table, map.Name, map.KeyOf(port), null);

    /// <summary>Adds a node's address to its set.</summary>
    internal static void AddNode(NetlinkBatch batch, string table, IpAddr node) =>
        ChangeElement(batch, "add a node to the firewall set", NewElement, NetlinkFlags.Create, table, NodeSet(node.IsV4), node.ToIPAddress().GetAddressBytes(), null);

    /// <summary>Removes a node's address from its set.</summary>
    internal static void RemoveNode(NetlinkBatch batch, string table, IpAddr node) =>
        ChangeElement(batch, "remove a node from the firewall set", DropElement, NetlinkFlags.None, table, NodeSet(node.IsV4), node.ToIPAddress().GetAddressBytes(), null);

    /// <summary>Asks for a map's elements.</summary>
    internal static void GetElements(NetlinkBatch batch, string table, HostPortMap map) => GetElements(batch, table, map.Name);

    /// <summary>Asks for a set of nodes' addresses.</summary>
    internal static void GetNodes(NetlinkBatch batch, string table, bool isV4) => GetElements(batch, table, NodeSet(isV4));

    /// <summary>Reads some of a map's elements; null when the message has none.</summary>
    internal static List<HostPort>? ParseElements(HostPortMap map, NetlinkMessage message) => Parse(message, element =>
        TryFindValue(element, ElementKey, out var key) && TryFindValue(element, ElementData, out var value) ? map.Read(key, value) : (HostPort?)null);

    /// <summary>Reads some of the nodes' addresses; null when the message has none.</summary>
    internal static List<IpAddr>? ParseNodes(NetlinkMessage message) => Parse(message, element =>
        TryFindValue(element, ElementKey, out var key) ? IpAddr.From(new System.Net.IPAddress(key)) : (IpAddr?)null);

    /// <summary>Adds a chain without a hook, for others to jump to.</summary>
    internal static void AddPlainChain(NetlinkBatch batch, string table, string chain)
    {
        var writer = Begin(batch, "create the firewall chain", chain, NewChain, NetlinkFlags.Create);
        writer.PutString(ChainTable, table);
        writer.PutString(ChainName, chain);
        batch.End(writer);
    }

    /// <summary>Adds a chain that translates the destinations of what comes in, before kube-proxy's do.</summary>
    internal static void AddDestinationNatChain(NetlinkBatch batch, string table, string chain) =>
        AddChain(batch, table, chain, "nat", Prerouting, PriorityBeforeDestinationNat);

    /// <summary>Adds a chain that translates the destinations of what the node itself sends, before kube-proxy's do.</summary>
    internal static void AddOwnDestinationNatChain(NetlinkBatch batch, string table, string chain) =>
        AddChain(batch, table, chain, "nat", Output, PriorityBeforeDestinationNat);

    /// <summary><c>iifname "name" oifname "name"</c>.</summary>
    internal static void PassesThrough(ref NetlinkWriter writer, string device)
    {
        Meta(ref writer, InputName);
        Compare(ref writer, CompareEqual, Encoding.ASCII.GetBytes(device + "\0"));
        OutputNameIs(ref writer, device);
    }

    /// <summary><c>oifname "name"</c>.</summary>
    internal static void OutputNameIs(ref NetlinkWriter writer, string device)
    {
        Meta(ref writer, OutputName);
        Compare(ref writer, CompareEqual, Encoding.ASCII.GetBytes(device + "\0"));
    }

    /// <summary><c>ip saddr @nodes</c>.</summary>
    internal static void IsFromNode(ref NetlinkWriter writer, bool isV4)
    {
        IsOfFamily(ref writer, isV4);
        Payload(ref writer, Register1, NetworkHeader, isV4 ? 12u : 8u, isV4 ? 4u : 16u);
        var (element, data) = BeginExpression(ref writer, "lookup");
        writer.PutString(LookupSet, NodeSet(isV4));
        writer.PutU32BigEndian(LookupSource, Register1);
        EndExpression(ref writer, element, data);
    }

    /// <summary><c>ct status dnat</c>.</summary>
    internal static void IsTranslated(ref NetlinkWriter writer)
    {
        var (element, data) = BeginExpression(ref writer, "ct");
        writer.PutU32BigEndian(ConnectionDestination, Register1);
        writer.PutU32BigEndian(ConnectionKey, ConnectionStatus);
        EndExpression(ref writer, element, data);
        Mask(ref writer, BitConverter.GetBytes(StatusTranslated));
        Compare(ref writer, CompareNotEqual, new byte[sizeof(uint)]);
    }

    /// <summary><c>fib daddr type local</c>: it is for an address of the node's.</summary>
    internal static void IsForThisNode(ref NetlinkWriter writer)
    {
        var (element, data) = BeginExpression(ref writer, "fib");
        writer.PutU32BigEndian(FibDestination, Register1);
        writer.PutU32BigEndian(FibResult, FibAddressType);
        writer.PutU32BigEndian(FibFlags, FibOfDestination);
        EndExpression(ref writer, element, data);
        Compare(ref writer, CompareEqual, BitConverter.GetBytes(LocalAddress));
    }

    /// <summary><c>ip daddr 127.0.0.0/8</c>, or <c>ip6 daddr ::1</c>.</summary>
    internal static void IsForLoopback(ref NetlinkWriter writer, bool isV4)
    {
        IsOfFamily(ref writer, isV4);
        var loopback = isV4 ? [127] : System.Net.IPAddress.IPv6Loopback.GetAddressBytes();
        Payload(ref writer, Register1, NetworkHeader, DestinationOffset(isV4), (uint)loopback.Length);
        Compare(ref writer, CompareEqual, loopback);
    }

    /// <summary><c>dnat to ... map</c>, by address if the map has it, protocol and port.</summary>
    internal static void TranslateBy(ref NetlinkWriter writer, HostPortMap map)
    {
        var address = map.IsV4 ? 4u : 16u;
        var words = address / sizeof(uint);
        var key = Register32;
        IsOfFamily(ref writer, map.IsV4);
        if (map.HasAddress)
        {
            Payload(ref writer, key, NetworkHeader, DestinationOffset(map.IsV4), address);
            key += words;
        }

        Meta(ref writer, TransportProtocol, key);
        Payload(ref writer, key + 1, TransportHeader, 2, 2);
        var (element, data) = BeginExpression(ref writer, "lookup");
        writer.PutString(LookupSet, map.Name);
        writer.PutU32BigEndian(LookupSource, Register32);
        writer.PutU32BigEndian(LookupDestination, Register32);
        EndExpression(ref writer, element, data);

        (element, data) = BeginExpression(ref writer, "nat");
        writer.PutU32BigEndian(NatType, DestinationNat);
        writer.PutU32BigEndian(NatFamily, map.IsV4 ? FamilyV4 : FamilyV6);
        writer.PutU32BigEndian(NatAddress, Register32);
        writer.PutU32BigEndian(NatPort, Register32 + words);
        EndExpression(ref writer, element, data);
    }

    /// <summary><c>jump chain</c>.</summary>
    internal static void JumpTo(ref NetlinkWriter writer, string chain) => Verdict(ref writer, Jump, chain);

    /// <summary><c>return</c>.</summary>
    internal static void ReturnToCaller(ref NetlinkWriter writer) => Verdict(ref writer, Return);

    private static string NodeSet(bool isV4) => isV4 ? "nodes4" : "nodes6";

    private static NetlinkWriter BeginSet(NetlinkBatch batch, string operation, string table, string name, uint keyType, uint keyLength, uint flags)
    {
        var writer = Begin(batch, operation, name, NewSet, NetlinkFlags.Create);
        writer.PutString(SetTable, table);
        writer.PutString(SetName, name);
        writer.PutU32BigEndian(SetFlags, flags);
        writer.PutU32BigEndian(SetKeyType, keyType);
        writer.PutU32BigEndian(SetKeyLength, keyLength);

        // Only a number that differs from the others' of the transaction: rules go by the name.
        writer.PutU32BigEndian(SetId, (uint)batch.Count);
        return writer;
    }

    private static void GetElements(NetlinkBatch batch, string table, string set)
    {
        var writer = Begin(batch, "list the firewall set", set, GetElement, NetlinkFlags.Dump);
        writer.PutString(ElementsTable, table);
        writer.PutString(ElementsSet, set);
        batch.End(writer);
    }

    private static void ChangeElement(
        NetlinkBatch batch, string operation, ushort type, NetlinkFlags flags, string table, string set, byte[] key, byte[]? value)
    {
        var writer = Begin(batch, operation, set, type, flags);
        writer.PutString(ElementsTable, table);
        writer.PutString(ElementsSet, set);
        var elements = writer.BeginNested(Elements);
        var element = writer.BeginNested(Element);
        PutValue(ref writer, ElementKey, key);
        if (value is not null)
        {
            PutValue(ref writer, ElementData, value);
        }

        writer.EndNested(element);
        writer.EndNested(elements);
        batch.End(writer);
    }

    private delegate T? ElementReader<T>(NetlinkAttribute element)
        where T : struct;

    private static List<T>? Parse<T>(NetlinkMessage message, ElementReader<T> read)
        where T : struct
    {
        if (message.Type != NewElement || !message.AttributesAfter<NetfilterHeader>().TryFind(Elements, out var elements))
        {
            return null;
        }

        var found = new List<T>();
        foreach (var element in elements.Nested)
        {
            if (read(element) is { } one)
            {
                found.Add(one);
            }
        }

        return found;
    }

    private static bool TryFindValue(NetlinkAttribute element, ushort part, out ReadOnlySpan<byte> bytes)
    {
        if (element.Nested.TryFind(part, out var found) && found.Nested.TryFind(DataValue, out var value))
        {
            bytes = value.Value;
            return true;
        }

        bytes = default;
        return false;
    }

    private static uint DestinationOffset(bool isV4) => isV4 ? 16u : 24u;

    private static void IsOfFamily(ref NetlinkWriter writer, bool isV4)
    {
        Meta(ref writer, NetworkProtocol);
        Compare(ref writer, CompareEqual, [isV4 ? FamilyV4 : FamilyV6]);
    }
}
