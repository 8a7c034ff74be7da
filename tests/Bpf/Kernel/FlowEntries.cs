using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Netplugin.Linux.Bpf.Layout;

namespace Netplugin.Tests.Bpf.Kernel;

// The structures of bpf/policies.h that only the programs read and write.

/// <summary><c>struct np_flow_key</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FlowKeyValue
{
    internal WireAddressPair Addr; // an array of two
    internal PortPair Port;
    internal uint Network;
    internal byte Proto;
    internal ThreeBytes Pad;

    [InlineArray(2)]
    internal struct PortPair
    {
        private WirePort _first;
    }

    [InlineArray(3)]
    internal struct ThreeBytes
    {
        private byte _first;
    }
}

/// <summary><c>struct np_flow</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FlowValue
{
    internal const uint BySecond = 1; // NP_FLOW_BY_SECOND
    private const uint ByNode = 64; // NP_FLOW_BY_NODE

    internal ulong Used;
    internal ulong Began;
    internal ulong Other;
    internal uint Flags;
    internal uint Seal;

    /// <summary>The seal that it has under a key.</summary>
    internal readonly uint SealUnder(FlowKeyValue key) => Linux.Bpf.Layout.Seal.Of(key, (Began, Other, (ulong)(Flags & (BySecond | ByNode))));
}
