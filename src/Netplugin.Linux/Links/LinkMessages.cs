using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;
using K = Netplugin.Linux.Links.LinkConstants;

namespace Netplugin.Linux.Links;

/// <summary>The link requests (rtnetlink(7)), each appended to a batch.</summary>
internal static class LinkMessages
{
    private const NetlinkFlags CreateNew = NetlinkFlags.Create | NetlinkFlags.Exclusive;

    /// <summary>False on a kernel booted without IPv6, which refuses attributes of that family.</summary>
    private static readonly bool HasInet6 = Directory.Exists("/proc/sys/net/ipv6");

    /// <summary>
    /// Creates a veth pair with the peer born in the pod's namespace. Neither side is up: the kernel refuses a peer that is up at
    /// birth, and the host side must not be before its programs are attached.
    /// </summary>
    internal static void AddPair(NetlinkBatch batch, EndpointLinkSpec spec, NetworkNamespace pod)
    {
        var writer = batch.Begin("create the link", spec.HostInterface, NetlinkType.NewLink, CreateNew);
        writer.Put(new LinkHeader());
        PutCommon(ref writer, spec.HostInterface, spec.Mtu);
        var info = writer.BeginNested(K.Info);
        writer.PutString(K.InfoKind, "veth");
        var data = writer.BeginNested(K.InfoData);
        var peer = writer.BeginNested(K.VethPeer, new LinkHeader());
        PutCommon(ref writer, spec.PodInterface, spec.Mtu);
        Span<byte> mac = stackalloc byte[MacAddress.Size];
        spec.Mac.WriteBytes(mac);
        writer.PutBytes(K.Address, mac);
        writer.PutS32(K.NamespaceDescriptor, (int)pod.Handle.DangerousGetHandle());
        writer.EndNested(peer);
        writer.EndNested(data);
        writer.EndNested(info);
        batch.End(writer);
    }

    /// <summary>Creates the VXLAN device: one for all networks, its key and peer set for each packet by the programs.</summary>
    internal static void AddVxlan(NetlinkBatch batch, string name, ushort port, int mtu)
    {
        var writer = batch.Begin("create the VXLAN device", name, NetlinkType.NewLink, CreateNew);
        writer.Put(new LinkHeader());
        writer.PutString(K.Name, name);
        writer.PutU32(K.Mtu, (uint)mtu);
        var info = writer.BeginNested(K.Info);
        writer.PutString(K.InfoKind, "vxlan");
        var data = writer.BeginNested(K.InfoData);
        writer.PutU32(K.VxlanId, 0);
        writer.PutU8(K.VxlanCollectMetadata, 1);
        writer.PutU8(K.VxlanLearning, 0);
        writer.PutU16BigEndian(K.VxlanPort, port);
        // The programs send without a UDP checksum (RFC 7348 section 5); over IPv6 a receiver must be told to take that (RFC 6935).
        writer.PutU8(K.VxlanZeroChecksum6Receive, 1);
        writer.EndNested(data);
        writer.EndNested(info);
        batch.End(writer);
    }

    /// <summary>
    /// Gives our side of a link its alias and keeps the host's stack from speaking on it: no ARP, no IPv6 link-local address.
    /// (The kernel ignores these attributes at creation.)
    /// </summary>
    internal static void Silence(NetlinkBatch batch, string name, string? alias)
    {
        var writer = batch.Begin("set up the link", name, NetlinkType.SetLink);
        writer.Put(new LinkHeader { Flags = K.FlagNoArp, Change = K.FlagNoArp });
        writer.PutString(K.Name, name);
        if (alias is not null)
        {
            writer.PutString(K.Alias, CutToAlias(alias));
        }

        PutNoAddressGeneration(ref writer);
        batch.End(writer);
    }

    /// <summary>Keeps the kernel from making IPv6 addresses of its own on a link.</summary>
    internal static void StopAddressGeneration(NetlinkBatch batch, IfIndex index)
    {
        var writer = batch.Begin("turn address generation off on link", index.ToString(), NetlinkType.SetLink);
        writer.Put(new LinkHeader { Index = index.Value });
        PutNoAddressGeneration(ref writer);
        batch.End(writer);
    }

    /// <summary>Brings a link up.</summary>
    internal static void BringUp(NetlinkBatch batch, IfIndex index)
    {
        var writer = batch.Begin("bring up link", index.ToString(), NetlinkType.SetLink);
        writer.Put(new LinkHeader { Index = index.Value, Flags = K.FlagUp, Change = K.FlagUp });
        batch.End(writer);
    }

    /// <summary>Puts a link into the group of links to be deleted. It stays up: taking it down waits for a grace period of the kernel's.</summary>
    internal static void Retire(NetlinkBatch batch, IfIndex index)
    {
        var writer = batch.Begin("retire link", index.ToString(), NetlinkType.SetLink);
        writer.Put(new LinkHeader { Index = index.Value });
        writer.PutU32(K.Group, LinkNames.RetiredGroup);
        batch.End(writer);
    }

    /// <summary>Sets a link's MTU in bytes.</summary>
    internal static void SetMtu(NetlinkBatch batch, IfIndex index, int mtu)
    {
        var writer = batch.Begin(string.Create(CultureInfo.InvariantCulture, $"set MTU {mtu} on link"), index.ToString(), NetlinkType.SetLink);
        writer.Put(new LinkHeader { Index = index.Value });
        writer.PutU32(K.Mtu, (uint)mtu);
        batch.End(writer);
    }

    /// <summary>Deletes one link. Blocks for an RCU grace period, 16 to 24 ms.</summary>
    internal static void Delete(NetlinkBatch batch, IfIndex index)
    {
        var writer = batch.Begin("delete link", index.ToString(), NetlinkType.DeleteLink);
        writer.Put(new LinkHeader { Index = index.Value });
        batch.End(writer);
    }

    /// <summary>Deletes one link by name, as slowly.</summary>
    internal static void Delete(NetlinkBatch batch, string name)
    {
        var writer = batch.Begin("delete the link", name, NetlinkType.DeleteLink);
        writer.Put(new LinkHeader());
        writer.PutString(K.Name, name);
        batch.End(writer);
    }

    /// <summary>Deletes every link of the group of retired ones, for about the price of one.</summary>
    internal static void DeleteRetired(NetlinkBatch batch)
    {
        var writer = batch.Begin("delete retired links", string.Empty, NetlinkType.DeleteLink);
        writer.Put(new LinkHeader());
        writer.PutU32(K.Group, LinkNames.RetiredGroup);
        batch.End(writer);
    }

    /// <summary>Asks for one link by name.</summary>
    internal static void Get(NetlinkBatch batch, string name)
    {
        var writer = batch.Begin("find the link", name, NetlinkType.GetLink);
        writer.Put(new LinkHeader());
        writer.PutString(K.Name, name);
        writer.PutU32(K.ExtendedMask, K.SkipStatistics);
        batch.End(writer);
    }

    /// <summary>Asks for one link by index.</summary>
    internal static void Get(NetlinkBatch batch, IfIndex index)
    {
        var writer = batch.Begin("find link", index.ToString(), NetlinkType.GetLink);
        writer.Put(new LinkHeader { Index = index.Value });
        writer.PutU32(K.ExtendedMask, K.SkipStatistics);
        batch.End(writer);
    }

    /// <summary>Asks for all links.</summary>
    internal static void GetAll(NetlinkBatch batch)
    {
        var writer = batch.Begin("list the links", string.Empty, NetlinkType.GetLink, NetlinkFlags.Dump);
        writer.Put(new LinkHeader());
        writer.PutU32(K.ExtendedMask, K.SkipStatistics);
        batch.End(writer);
    }

    /// <summary>Cuts text to <c>IFALIASZ</c> - 1 bytes (<c>linux/if.h</c>), between characters.</summary>
    private static string CutToAlias(string text)
    {
        const int Longest = 255;
        var size = 0;
        var characters = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            size += rune.Utf8SequenceLength;
            if (size > Longest)
            {
                return text[..characters];
            }

            characters += rune.Utf16SequenceLength;
        }

        return text;
    }

    private static void PutCommon(ref NetlinkWriter writer, string name, int mtu)
    {
        writer.PutString(K.Name, name);
        writer.PutU32(K.Mtu, (uint)mtu);
        // One queue each way: the kernel's default is one for each processor, which costs memory and brings a veth nothing.
        writer.PutU32(K.TransmitQueues, 1);
        writer.PutU32(K.ReceiveQueues, 1);
    }

    private static void PutNoAddressGeneration(ref NetlinkWriter writer)
    {
        if (!HasInet6)
        {
            return;
        }

        var families = writer.BeginNested(K.AddressFamilies);
        var inet6 = writer.BeginNested(K.FamilyInet6);
        writer.PutU8(K.Inet6AddressGeneration, K.AddressGenerationNone);
        writer.EndNested(inet6);
        writer.EndNested(families);
    }
}
