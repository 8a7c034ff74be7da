using System.Diagnostics;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Layout;

namespace Netplugin.Tests.Bpf.Kernel;

/// <summary>A datapath with one pod, to whose quota sweeps give back what they take away.</summary>
internal sealed class SweptDatapath : IDisposable
{
    // Of enum np_connection_flag, and of enum np_flow_flag, which has these five alike.
    internal const uint Replied = 2;
    internal const uint Assured = 4;
    internal const uint OneEnded = 8;
    internal const uint OtherEnded = 16;
    internal const uint Reset = 32;

    /// <summary>The pod's number.</summary>
    internal const ulong Endpoint = 71;

    private static readonly IfIndex Device = new(5);

    internal SweptDatapath()
    {
        Maps = BpfDatapath.Open(Directory.Path, DatapathStates.Sizes);
        Quotas = RawMap<ulong, QuotaValue>.Common(Directory, "np_quotas");
        Maps.Apply([new DatapathChange.SetInterface(Device, new InterfaceEntry(DatapathState.Cluster, Endpoint, MacAddress.ForEndpoint(Pod), AddressPair.Of([Pod])))]);
    }

    /// <summary>The pod's address.</summary>
    internal static IpAddr Pod { get; } = IpAddr.Parse("10.244.1.9");

    /// <summary>By protocol and flags, after how many silent seconds something is still remembered, and after how many it is not.</summary>
    public static TheoryData<TransportProtocol, uint, int, bool> Patience { get; } = new()
    {
        { TransportProtocol.Tcp, 0, 50, true },
        { TransportProtocol.Tcp, 0, 70, false },
        { TransportProtocol.Tcp, Replied, 70, false },
        { TransportProtocol.Tcp, Replied | Assured, 23 * 3600, true },
        { TransportProtocol.Tcp, Replied | Assured, 25 * 3600, false },
        { TransportProtocol.Tcp, Replied | Assured | OneEnded, 3500, true },
        { TransportProtocol.Tcp, Replied | Assured | OtherEnded, 3700, false },
        { TransportProtocol.Tcp, Replied | Assured | OneEnded | OtherEnded, 5, true },
        { TransportProtocol.Tcp, Replied | Assured | OneEnded | OtherEnded, 15, false },
        { TransportProtocol.Tcp, Replied | Assured | Reset, 15, false },
        { TransportProtocol.Udp, Replied, 25, true },
        { TransportProtocol.Udp, Replied, 35, false },
        { TransportProtocol.Udp, Replied | Assured, 290, true },
        { TransportProtocol.Udp, Replied | Assured, 310, false },
        { TransportProtocol.Sctp, Replied | Assured, 290, true },
        { TransportProtocol.Sctp, Replied | Assured, 310, false },
    };

    internal BpfDirectory Directory { get; } = new();

    internal BpfDatapath Maps { get; }

    internal RawMap<ulong, QuotaValue> Quotas { get; }

    /// <summary>When it was so many seconds ago, as programs tell the time.</summary>
    /// <remarks>The runtime's own clock is the one that programs go by, CLOCK_MONOTONIC in ns. On a machine that has just started it may be before its start.</remarks>
    internal static ulong Ago(int seconds) => unchecked((ulong)(Stopwatch.GetTimestamp() - (seconds * 1_000_000_000L)));

    internal void RemovePod() => Maps.Apply([new DatapathChange.RemoveInterface(Device)]);

    public void Dispose()
    {
        Quotas.Dispose();
        Maps.Dispose();
        Directory.Dispose();
    }
}
