using System.Runtime.CompilerServices;

namespace Netplugin.Linux.Bpf.Layout;

/// <summary>Room that a frozen structure has for what later builds need to say.</summary>
[InlineArray(16)]
internal struct SixteenBytes
{
    private byte _first;
}

/// <summary>As the other.</summary>
[InlineArray(12)]
internal struct TwelveBytes
{
    private byte _first;
}
