using Netplugin.Core.Addresses;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Tests.Bpf.Kernel;
using static Netplugin.Tests.Bpf.Kernel.SweptDatapath;

namespace Netplugin.Tests.Bpf;

/// <summary>When connections to Services end, and how many a pod may have.</summary>
public sealed class SweepTests : IDisposable
{
    // enum np_connection_flag, beside those that flows have too.
    private const uint Forward = 1;

    private static readonly IpAddr Service = IpAddr.Parse("10.96.0.10");
    private static readonly IpAddr Other = IpAddr.Parse("10.244.2.9");

    private readonly SweptDatapath _datapath = new();
    private readonly RawMap<TupleValue, ConnectionValue> _connections;

    public SweepTests() => _connections = RawMap<TupleValue, ConnectionValue>.Common(_datapath.Directory, "np_connections");

    public void Dispose()
    {
        _connections.Dispose();
        _datapath.Dispose();
    }

    [Theory]
    [MemberData(nameof(Patience), MemberType = typeof(SweptDatapath))]
    public void A_connection_is_kept_as_long_as_one_may_hear_of_it(TransportProtocol protocol, uint flags, int seconds, bool stays)
    {
        Add(40000, protocol, flags, seconds);
        Assert.Equal(stays ? new SweepResult(1, 0) : new SweepResult(0, 1), _datapath.Maps.Sweep());
        Assert.Equal(stays ? 1U : 0U, _datapath.Quotas.Elements[Endpoint].Used);

        // What is left of one that ended goes with the next sweep at the latest.
        _datapath.Maps.Sweep();
        Assert.Equal(stays ? 2 : 0, _connections.Elements.Count);
    }

    [Fact]
    public void The_backends_packets_keep_a_connection_as_well()
    {
        Add(40000, TransportProtocol.Udp, Replied | Assured, 3600, secondsBack: 1);
        Assert.Equal(new SweepResult(1, 0), _datapath.Maps.Sweep());
    }

    [Fact]
    public void Of_many_connections_those_end_that_are_over()
    {
        for (ushort i = 0; i < 2000; i++)
        {
            Add((ushort)(40000 + i), TransportProtocol.Tcp, Replied | Assured, i % 2 == 0 ? 1 : 100_000);
        }

        _datapath.Quotas.Set(Endpoint, new QuotaValue { Used = 2000 });
        Assert.Equal(new SweepResult(1000, 1000), _datapath.Maps.Sweep());
        Assert.Equal(1000U, _datapath.Quotas.Elements[Endpoint].Used);
        Assert.Equal(new SweepResult(1000, 0), _datapath.Maps.Sweep());
        Assert.Equal(2000, _connections.Elements.Count);
    }

    [Fact]
    public void With_a_pod_go_its_connections()
    {
        Add(40000, TransportProtocol.Tcp, Replied | Assured, 1);
        _datapath.RemovePod();
        Assert.Equal(new SweepResult(0, 1), _datapath.Maps.Sweep());
        _datapath.Maps.Sweep();
        Assert.Empty(_connections.Elements);
    }

    [Fact]
    public void An_entry_without_its_other_one_goes()
    {
        var (forward, back) = Add(40000, TransportProtocol.Tcp, Replied | Assured, 1);
        _connections.Delete(back);
        Assert.Equal(new SweepResult(0, 0), _datapath.Maps.Sweep());
        Assert.Empty(_connections.Elements);

        (forward, _) = Add(40000, TransportProtocol.Tcp, Replied | Assured, 1);
        _connections.Delete(forward);
        Assert.Equal(new SweepResult(0, 1), _datapath.Maps.Sweep());
        Assert.Empty(_connections.Elements);
    }

    private (TupleValue Forward, TupleValue Back) Add(ushort port, TransportProtocol protocol, uint flags, int seconds, int? secondsBack = null)
    {
        var forward = Tuple(Pod, Service, port, 80, protocol);
        var back = Tuple(Other, Pod, 8080, (ushort)(port - 31744), protocol);
        _connections.Set(back, new ConnectionValue { Used = Ago(secondsBack ?? seconds), Endpoint = Endpoint, To = Tuple(Service, Pod, 80, port, protocol), Flags = flags & Replied });
        _connections.Set(forward, new ConnectionValue { Used = Ago(seconds), Endpoint = Endpoint, To = Tuple(Pod, Other, (ushort)(port - 31744), 8080, protocol), Flags = flags | Forward });
        _datapath.Quotas.Set(Endpoint, new QuotaValue { Used = 1 });
        return (forward, back);
    }

    private static TupleValue Tuple(IpAddr source, IpAddr target, ushort sourcePort, ushort targetPort, TransportProtocol protocol) => new()
    {
        Src = WireAddress.From(source),
        Dst = WireAddress.From(target),
        Sport = WirePort.From(sourcePort),
        Dport = WirePort.From(targetPort),
        Proto = protocol,
    };
}
