using Netplugin.Core.Addresses;
using Netplugin.Linux.Netlink;
using K = Netplugin.Linux.Links.LinkConstants;

namespace Netplugin.Linux.Links;

/// <summary>Address and route requests (rtnetlink(7)), each appended to a batch.</summary>
internal static class AddressMessages
{
    // linux/if_addr.h: IFA_*
    internal const ushort Address = 1;
    internal const ushort Local = 2;
    internal const ushort Flags = 8;

    // linux/rtnetlink.h: RTA_*, RTAX_MTU
    internal const ushort RouteDestination = 1;
    internal const ushort RouteSource = 2;
    internal const ushort RouteOutput = 4;
    internal const ushort RouteGateway = 5;
    internal const ushort RoutePriority = 6;
    internal const ushort RoutePreferredSource = 7;
    internal const ushort RouteMetrics = 8;
    internal const ushort RouteMultipath = 9;
    internal const ushort RouteTable = 15;
    internal const ushort RouteVia = 18;
    internal const ushort RouteEncapsulation = 22;
    internal const ushort MetricMtu = 2;

    /// <summary><c>RT_TABLE_MAIN</c>.</summary>
    internal const byte MainTable = 254;

    /// <summary><c>RTN_UNICAST</c>.</summary>
    internal const byte Unicast = 1;

    /// <summary><c>IFA_F_NODAD</c>: the address is the pod's alone, so the kernel need not wait and ask.</summary>
    private const uint NoDuplicateDetection = 0x02;

    /// <summary><c>RTPROT_BOOT</c>, as <c>ip route add</c> and other CNI plugins set it.</summary>
    private const byte ProtocolBoot = 3;

    /// <summary><c>RTPROT_KERNEL</c>: a route that comes and goes with an address.</summary>
    internal const byte ProtocolKernel = 2;

    /// <summary>
    /// Marks the node's routes to pods as ours to whoever lists them: "n" in ASCII, which <c>linux/rtnetlink.h</c> gives to nobody.
    /// </summary>
    private const byte ProtocolNetplugin = (byte)'n';

    /// <summary><c>RTM_F_FIB_MATCH</c>: answer with the route itself, all its next hops, and not with what would become of one packet.</summary>
    private const uint WholeRoute = 0x2000;

    private const byte ScopeUniverse = 0;
    private const byte ScopeLink = 253;

    /// <summary>Adds an address; the route to its subnet comes with it when the link goes up.</summary>
    internal static void Add(NetlinkBatch batch, IfIndex index, IpPrefix address)
    {
        var writer = batch.Begin("add the address", address.ToString(), NetlinkType.NewAddress, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        writer.Put(new AddressHeader { Family = Family(address.Address), PrefixLength = (byte)address.Length, Index = index.Value });
        PutAddress(ref writer, Local, address.Address);
        PutAddress(ref writer, Address, address.Address);
        if (!address.Address.IsV4)
        {
            writer.PutU32(Flags, NoDuplicateDetection);
        }

        batch.End(writer);
    }

    /// <summary>Adds a route through a link that is up.</summary>
    internal static void Add(NetlinkBatch batch, IfIndex index, PodRoute route)
    {
        var direct = route.Gateway.IsUnspecified;
        var writer = batch.Begin("add the route to", route.Destination.ToString(), NetlinkType.NewRoute, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        writer.Put(new RouteHeader
        {
            Family = Family(route.Destination.Address),
            DestinationLength = (byte)route.Destination.Length,
            Table = MainTable,
            Protocol = ProtocolBoot,
            Scope = direct && route.Destination.Address.IsV4 ? ScopeLink : ScopeUniverse,
            Type = Unicast,
        });
        if (route.Destination.Length > 0)
        {
            PutAddress(ref writer, RouteDestination, route.Destination.First);
        }

        if (!direct)
        {
            PutAddress(ref writer, RouteGateway, route.Gateway);
        }

        if (!route.Source.IsUnspecified)
        {
            PutAddress(ref writer, RoutePreferredSource, route.Source);
        }

        writer.PutS32(RouteOutput, index.Value);
        batch.End(writer);
    }

    /// <summary>Removes an address.</summary>
    internal static void Delete(NetlinkBatch batch, IfIndex index, IpPrefix address)
    {
        var writer = batch.Begin("delete the address", address.ToString(), NetlinkType.DeleteAddress);
        writer.Put(new AddressHeader { Family = Family(address.Address), PrefixLength = (byte)address.Length, Index = index.Value });
        PutAddress(ref writer, Local, address.Address);
        batch.End(writer);
    }

    /// <summary>Adds, or replaces, a route of the node to what is behind a device, spoken to from an address of the node.</summary>
    internal static void Put(NetlinkBatch batch, IfIndex index, IpPrefix destination, IpAddr source)
    {
        var writer = batch.Begin("set the route to", destination.ToString(), NetlinkType.NewRoute, NetlinkFlags.Create | NetlinkFlags.Replace);
        writer.Put(Behind(destination));
        PutAddress(ref writer, RouteDestination, destination.First);
        PutAddress(ref writer, RoutePreferredSource, source);
        writer.PutS32(RouteOutput, index.Value);
        batch.End(writer);
    }

    /// <summary>Removes a route of the node to what is behind a device.</summary>
    internal static void DeleteRoute(NetlinkBatch batch, IfIndex index, IpPrefix destination)
    {
        var writer = batch.Begin("delete the route to", destination.ToString(), NetlinkType.DeleteRoute);

        // Whoever made it.
        writer.Put(Behind(destination) with { Protocol = 0 });
        PutAddress(ref writer, RouteDestination, destination.First);
        writer.PutS32(RouteOutput, index.Value);
        batch.End(writer);
    }

    /// <summary>Asks for all addresses.</summary>
    internal static void GetAddresses(NetlinkBatch batch)
    {
        var writer = batch.Begin("list the addresses", string.Empty, NetlinkType.GetAddress, NetlinkFlags.Dump);
        writer.Put(new AddressHeader());
        batch.End(writer);
    }

    /// <summary>Asks for a family's routes of the main table; refused with ENOENT while there is no such table.</summary>
    internal static void GetRoutes(NetlinkBatch batch, byte family)
    {
        var writer = batch.Begin("list the routes", string.Empty, NetlinkType.GetRoute, NetlinkFlags.Dump);
        writer.Put(new RouteHeader { Family = family, Table = MainTable });
        batch.End(writer);
    }

    /// <summary>Asks which way a packet to an address would go.</summary>
    internal static void Resolve(NetlinkBatch batch, IpAddr destination) => Resolve(batch, destination, IpAddr.Unspecified, 0);

    /// <summary>Asks for the route by which packets from an address of the node to another would go. Linux 5.4 and up.</summary>
    internal static void ResolveRoute(NetlinkBatch batch, IpAddr source, IpAddr destination) => Resolve(batch, destination, source, WholeRoute);

    internal static byte Family(IpAddr address) => address.IsV4 ? K.FamilyInet : K.FamilyInet6;

    /// <summary>Reads an address attribute: 4 or 16 bytes in network order.</summary>
    internal static IpAddr Read(NetlinkAttribute attribute) => attribute.Value.Length switch
    {
        4 => IpAddr.FromV4(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(attribute.Value)),
        16 => IpAddr.FromBytes(attribute.Value),
        var length => throw new InvalidDataException($"the kernel sent an address of {length} bytes"),
    };

    private static RouteHeader Behind(IpPrefix destination) => new()
    {
        Family = Family(destination.Address),
        DestinationLength = (byte)destination.Length,
        Table = MainTable,
        Protocol = ProtocolNetplugin,
        Scope = destination.Address.IsV4 ? ScopeLink : ScopeUniverse,
        Type = Unicast,
    };

    private static void Resolve(NetlinkBatch batch, IpAddr destination, IpAddr source, uint flags)
    {
        var writer = batch.Begin("find the route to", destination.ToString(), NetlinkType.GetRoute);
        writer.Put(new RouteHeader
        {
            Family = Family(destination),
            DestinationLength = (byte)destination.Width,
            SourceLength = source.IsUnspecified ? (byte)0 : (byte)source.Width,
            Flags = flags,
        });
        PutAddress(ref writer, RouteDestination, destination);
        if (!source.IsUnspecified)
        {
            PutAddress(ref writer, RouteSource, source);
        }

        batch.End(writer);
    }

    private static void PutAddress(ref NetlinkWriter writer, ushort type, IpAddr address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.WriteBytes(bytes);
        writer.PutBytes(type, address.IsV4 ? bytes[12..] : bytes);
    }
}
