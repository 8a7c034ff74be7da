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
