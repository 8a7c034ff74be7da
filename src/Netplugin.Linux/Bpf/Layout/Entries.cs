using System.Runtime.InteropServices;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;

namespace Netplugin.Linux.Bpf.Layout;

// The structures of bpf/maps.h and bpf/counters.h, in their order; those of Services are in ServiceEntries.cs. A test compares size and offset of every field with the object's BTF.

/// <summary><c>struct np_node</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NodeValue
{
    internal WireAddress Vtep;
    internal uint VxlanIfindex;
    internal uint OverlayMtu;
    internal WireMac GatewayMac;
    internal ushort Pad;
}

/// <summary><c>struct np_network</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetworkValue
{
    internal WireAddressPair Gateways;
    internal WireAddressPair Subnets;
    internal WireAddressPair Masks;

    internal static NetworkValue From(NetworkEntry entry) => new()
    {
        Gateways = WireAddressPair.From(entry.Gateways),
        Subnets = WireAddressPair.From(AddressPair.Of([.. entry.Subnets.Select(subnet => subnet.First)])),
        Masks = new()
        {
            V4 = MaskOf(entry.Subnets.Of(isV4: true)),
            V6 = MaskOf(entry.Subnets.Of(isV4: false)),
        },
    };

    internal readonly NetworkEntry ToEntry() => new(Gateways.ToPair(), [.. Subnet(Subnets.V4, Masks.V4), .. Subnet(Subnets.V6, Masks.V6)]);

    // The mask of a mapped IPv4 prefix covers the 96 bits before it.
    private static WireAddress MaskOf(IpPrefix? prefix) => WireAddress.From(prefix is { } subnet ? new IpAddr(~subnet.HostMask) : default);

    private static IEnumerable<IpPrefix> Subnet(WireAddress first, WireAddress mask)
    {
        var ones = (int)UInt128.PopCount(mask.ToAddress().Bits);
        var address = first.ToAddress();
        return ones == 0 ? [] : [new IpPrefix(address, ones - (128 - address.Width))];
    }
}

/// <summary><c>struct np_endpoint_key</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EndpointKeyValue
{
    internal uint Network;
    internal WireAddress Addr;
}

/// <summary><c>struct np_endpoint</c>, but for its spare bytes, which are always zero.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EndpointValue
{
    internal uint Ifindex;
    internal WireAddress Vtep;
    internal WireMac Mac;
    internal ushort Pad;
    internal uint Network;
}

/// <summary><c>struct np_interface</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InterfaceValue
{
    internal ulong Endpoint;
    internal WireAddressPair Addrs;
    internal WireAddressPair Cluster;
    internal uint Network;
    internal WireMac Mac;
    internal WireMac Pad;
}

/// <summary><c>struct np_vtep</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VtepValue
{
    internal uint Ifindex;
    internal WireIpv4 NextHop;
}

/// <summary><c>struct np_block_key</c>, the key of a longest-prefix match: the network's bits come first and always count whole.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BlockKeyValue
{
    internal uint PrefixLen;
    internal uint Network;
    internal WireAddress Addr;

    private const int NetworkBits = 32;
    private const int MappedBits = 96;

    internal static BlockKeyValue From(BlockKey key) => new()
    {
        PrefixLen = (uint)(NetworkBits + (key.Prefix.Address.IsV4 ? MappedBits : 0) + key.Prefix.Length),
        Network = key.Network,
        Addr = WireAddress.From(key.Prefix.First),
    };

    internal readonly BlockKey ToKey()
    {
        var address = Addr.ToAddress();
        return new(Network, new IpPrefix(address, (int)PrefixLen - NetworkBits - (address.IsV4 ? MappedBits : 0)));
    }
}

/// <summary><c>struct np_block</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BlockValue
{
    internal WireAddress Vtep;
}

/// <summary><c>struct np_count</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CountValue
{
    internal ulong Packets;
    internal ulong Bytes;

    /// <summary>What all CPUs have together.</summary>
    internal static CountValue Sum(ReadOnlySpan<CountValue> shares)
    {
        CountValue sum = default;
        foreach (var share in shares)
        {
            sum.Packets += share.Packets;
            sum.Bytes += share.Bytes;
        }

        return sum;
    }
}
