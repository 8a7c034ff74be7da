using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Netplugin.Core.Services;

namespace Netplugin.Linux.Bpf.Layout;

// The structures of bpf/services.h and bpf/connections.h that the daemon reads or writes, in their order; tested like those of Entries.cs.

/// <summary><c>struct np_frontend_key</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FrontendKeyValue
{
    internal WireAddress Addr;
    internal WirePort Port;
    internal TransportProtocol Proto;
    internal byte Pad;

    internal static FrontendKeyValue From(FrontendKey key) => new()
    {
        Addr = WireAddress.From(key.Address),
        Port = WirePort.From(key.Port),
        Proto = key.Protocol,
    };

    internal readonly FrontendKey ToKey() => new(Addr.ToAddress(), Port.ToPort(), Proto);
}

/// <summary><c>struct np_frontend</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FrontendValue
{
    internal uint Action;
    internal uint Table;
    internal uint Count;
    internal uint Affinity;
}

/// <summary><c>struct np_backend_key</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BackendKeyValue
{
    internal uint Table;
    internal uint Slot;
}

/// <summary><c>struct np_backend</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BackendValue
{
    internal WireAddress Addr;
    internal WirePort Port;
    internal ushort Pad;

    internal static BackendValue From(Backend backend) => new() { Addr = WireAddress.From(backend.Address), Port = WirePort.From(backend.Port) };

    internal readonly Backend ToBackend() => new(Addr.ToAddress(), Port.ToPort());
}

/// <summary><c>struct np_member_key</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MemberKeyValue
{
    internal uint Table;
    internal WireAddress Addr;
    internal WirePort Port;
    internal ushort Pad;

    internal static MemberKeyValue From(uint table, Backend backend) => new()
    {
        Table = table,
        Addr = WireAddress.From(backend.Address),
        Port = WirePort.From(backend.Port),
    };

    internal readonly Backend ToBackend() => new(Addr.ToAddress(), Port.ToPort());
}

/// <summary><c>struct np_tuple</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TupleValue
{
    internal WireAddress Src;
    internal WireAddress Dst;
    internal WirePort Sport;
    internal WirePort Dport;
    internal TransportProtocol Proto;
    internal ThreeBytes Pad;

    [InlineArray(3)]
    internal struct ThreeBytes
    {
        private byte _first;
    }
}

/// <summary><c>struct np_connection</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ConnectionValue
{
    internal ulong Used;
    internal ulong Endpoint;
    internal TupleValue To;
    internal uint Flags;
    internal uint Table;
    internal SixteenBytes Pad;
}

/// <summary><c>struct np_quota</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct QuotaValue
{
    internal uint Used;
    internal uint Flows;
}

/// <summary>A port as it is on the wire (<c>__be16</c>).</summary>
internal struct WirePort
{
    private ushort _bits;

    internal static WirePort From(ushort port) => new() { _bits = (ushort)IPAddress.HostToNetworkOrder((short)port) };

    internal readonly ushort ToPort() => (ushort)IPAddress.NetworkToHostOrder((short)_bits);
}

/// <summary><c>struct np_swept</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SweepCounts
{
    internal ulong Left;
    internal ulong Removed;
}
