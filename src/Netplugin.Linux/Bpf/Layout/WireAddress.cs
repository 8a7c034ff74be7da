using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Netplugin.Core.Addresses;

namespace Netplugin.Linux.Bpf.Layout;

/// <summary><c>struct np_addr</c>: 16 bytes in network order, aligned to 4.</summary>
[InlineArray(4)]
internal struct WireAddress
{
    private uint _word;

    internal static WireAddress From(IpAddr address)
    {
        WireAddress wire = default;
        address.WriteBytes(MemoryMarshal.AsBytes(new Span<WireAddress>(ref wire)));
        return wire;
    }

    internal readonly IpAddr ToAddress() => IpAddr.FromBytes(MemoryMarshal.AsBytes(new ReadOnlySpan<WireAddress>(in this)));
}

/// <summary><c>struct np_addr_pair</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WireAddressPair
{
    internal WireAddress V4;
    internal WireAddress V6;

    internal static WireAddressPair From(AddressPair pair) => new() { V4 = WireAddress.From(pair.V4), V6 = WireAddress.From(pair.V6) };

    internal readonly AddressPair ToPair() => new(V4.ToAddress(), V6.ToAddress());
}

/// <summary>An IPv4 address as it is on the wire (<c>__be32</c>).</summary>
internal struct WireIpv4
{
    private uint _bits;

    /// <exception cref="ArgumentException">The address is not IPv4.</exception>
    internal static WireIpv4 From(IpAddr address) => address.IsV4
        ? new() { _bits = (uint)IPAddress.HostToNetworkOrder((int)(uint)address.FamilyBits) }
        : throw new ArgumentException($"{address} is not an IPv4 address", nameof(address));

    internal readonly IpAddr ToAddress() => IpAddr.FromV4((uint)IPAddress.NetworkToHostOrder((int)_bits));
}

/// <summary>Six bytes as they are on the wire (<c>ETH_ALEN</c>).</summary>
[InlineArray(MacAddress.Size)]
internal struct WireMac
{
    private byte _first;

    internal static WireMac From(MacAddress mac)
    {
        WireMac wire = default;
        mac.WriteBytes(wire);
        return wire;
    }

    internal readonly MacAddress ToMac() => MacAddress.FromBytes(this);
}
