using System.Diagnostics;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Tests.Bpf.Kernel;

namespace Netplugin.Tests.Bpf;

/// <summary>When connections to Services end, and how many a pod may have.</summary>
public sealed class SweepTests : IDisposable
{
    // enum np_connection_flag.
    private const uint Forward = 1;
    private const uint Replied = 2;
    private const uint Assured = 4;
    private const uint ClientEnded = 8;
    private const uint BackendEnded = 16;
    private const uint Reset = 32;

    private const ulong Endpoint = 71;
    private static readonly IpAddr Pod = IpAddr.Parse("10.244.1.9");
    private static readonly IpAddr Service = IpAddr.Parse("10.96.0.10");
    private static readonly IpAddr Other = IpAddr.Parse("10.244.2.9");

    private readonly BpfDirectory _directory = new();
    private readonly BpfDatapath _datapath;
    private readonly RawMap<TupleValue, ConnectionValue> _connections;
    private readonly RawMap<ulong, QuotaValue> _quotas;

    public SweepTests()
    {
        _datapath = BpfDatapath.Open(_directory.Path, new DatapathSizes { Endpoints = 64, Networks = 64, Interfaces = 64, Vteps = 64, Blocks = 64, Frontends = 16, Backends = 32 });
        _connections = RawMap<TupleValue, ConnectionValue>.Common(_directory, "np_connections");
        _quotas = RawMap<ulong, QuotaValue>.Common(_directory, "np_quotas");
        _datapath.Apply([new DatapathChange.SetInterface(new IfIndex(5), new InterfaceEntry(DatapathState.Cluster, Endpoint, MacAddress.ForEndpoint(Pod), AddressPair.Of([Pod])))]);
    }

    public void Dispose()
    {
        _quotas.Dispose();
        _connections.Dispose();
        _datapath.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(TransportProtocol.Tcp, 0, 50, true)]
    [InlineData(TransportProtocol.Tcp, 0, 70, false)]
    [InlineData(TransportProtocol.Tcp, Replied, 70, false)]
    [InlineData(TransportProtocol.Tcp, Replied | Assured, 23 * 3600, true)]
    [InlineData(TransportProtocol.Tcp, Replied | Assured, 25 * 3600, false)]
    [InlineData(TransportProtocol.Tcp, Replied | Assured | ClientEnded, 3500, true)]
    [InlineData(TransportProtocol.Tcp, Replied | Assured | BackendEnded, 3700, false)]
    [InlineData(TransportProtocol.Tcp, Replied | Assured | ClientEnded | BackendEnded, 5, true)]
    [InlineData(TransportProtocol.Tcp, Replied | Assured | ClientEnded | BackendEnded, 15, false)]
    [InlineData(TransportProtocol.Tcp, Replied | Assured | Reset, 15, false)]
    [InlineData(TransportProtocol.Udp, Replied, 25, true)]
    [InlineData(TransportProtocol.Udp, Replied, 35, false)]
    [InlineData(TransportProtocol.Udp, Replied | Assured, 290, true)]
    [InlineData(TransportProtocol.Udp, Replied | Assured, 310, false)]
    [InlineData(TransportProtocol.Sctp, Replied | Assured, 290, true)]
    [InlineData(TransportProtocol.Sctp, Replied | Assured, 310, false)]
    public void A_connection_is_kept_as_long_as_one_may_hear_of_it(TransportProtocol protocol, uint flags, int seconds, bool stays)
    {
        Add(40000, protocol, flags, seconds);
        Assert.Equal(stays ? new SweepResult(1, 0) : new SweepResult(0, 1), _datapath.Sweep());
        Assert.Equal(stays ? 1U : 0U, _quotas.Elements[Endpoint].Used);

        // What is left of one that ended goes with the next sweep at the latest.
        _datapath.Sweep();
        Assert.Equal(stays ? 2 : 0, _connections.Elements.Count);
    }

    [Fact]
    public void The_backends_packets_keep_a_connection_as_well()
    {
        Add(40000, TransportProtocol.Udp, Replied | Assured, 3600, secondsBack: 1);
        Assert.Equal(new SweepResult(1, 0), _datapath.Sweep());
    }

    [Fact]
    public void Of_many_connections_those_end_that_are_over()
    {
        for (ushort i = 0; i < 2000; i++)
        {
            Add((ushort)(40000 + i), TransportProtocol.Tcp, Replied | Assured, i % 2 == 0 ? 1 : 100_000);
        }

        _quotas.Set(Endpoint, new QuotaValue { Used = 2000 });
        Assert.Equal(new SweepResult(1000, 1000), _datapath.Sweep());
        Assert.Equal(1000U, _quotas.Elements[Endpoint].Used);
        Assert.Equal(new SweepResult(1000, 0), _datapath.Sweep());
        Assert.Equal(2000, _connections.Elements.Count);
    }

    [Fact]
    public void With_a_pod_go_its_connections()
    {
        Add(40000, TransportProtocol.Tcp, Replied | Assured, 1);
        _datapath.Apply([new DatapathChange.RemoveInterface(new IfIndex(5))]);
        Assert.Equal(new SweepResult(0, 1), _datapath.Sweep());
        _datapath.Sweep();
        Assert.Empty(_connections.Elements);
    }

    [Fact]
    public void An_entry_without_its_other_one_goes()
    {
        var (forward, back) = Add(40000, TransportProtocol.Tcp, Replied | Assured, 1);
        _connections.Delete(back);
        Assert.Equal(new SweepResult(0, 0), _datapath.Sweep());
        Assert.Empty(_connections.Elements);

        (forward, _) = Add(40000, TransportProtocol.Tcp, Replied | Assured, 1);
        _connections.Delete(forward);
        Assert.Equal(new SweepResult(0, 1), _datapath.Sweep());
        Assert.Empty(_connections.Elements);
    }

    private (TupleValue Forward, TupleValue Back) Add(ushort port, TransportProtocol protocol, uint flags, int seconds, int? secondsBack = null)
    {
        var forward = Tuple(Pod, Service, port, 80, protocol);
        var back = Tuple(Other, Pod, 8080, (ushort)(port - 31744), protocol);
        _connections.Set(back, new ConnectionValue { Used = Ago(secondsBack ?? seconds), Endpoint = Endpoint, To = Tuple(Service, Pod, 80, port, protocol), Flags = flags & Replied });
        _connections.Set(forward, new ConnectionValue { Used = Ago(seconds), Endpoint = Endpoint, To = Tuple(Pod, Other, (ushort)(port - 31744), 8080, protocol), Flags = flags | Forward });
        _quotas.Set(Endpoint, new QuotaValue { Used = 1 });
        return (forward, back);
    }

    // The runtime's own clock is the one that programs go by, CLOCK_MONOTONIC in ns. On a machine that has just started it may be before its start.
    private static ulong Ago(int seconds) => unchecked((ulong)(Stopwatch.GetTimestamp() - (seconds * 1_000_000_000L)));

    private static TupleValue Tuple(IpAddr source, IpAddr target, ushort sourcePort, ushort targetPort, TransportProtocol protocol) => new()
    {
        Src = WireAddress.From(source),
        Dst = WireAddress.From(target),
        Sport = WirePort.From(sourcePort),
        Dport = WirePort.From(targetPort),
        Proto = protocol,
    };
}
