using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Tests.Bpf.Kernel;

namespace Netplugin.Tests.Bpf.Policies;

/// <summary>For how long flows are remembered.</summary>
public sealed class FlowSweepTests : IDisposable
{
    // enum np_flow_flag.
    private const uint Replied = 2;
    private const uint Assured = 4;
    private const uint BeganEnded = 8;
    private const uint OtherEnded = 16;
    private const uint Reset = 32;
    private const byte Tcp = 6;
    private const byte Udp = 17;
    private const byte Icmp = 1;
    private const ulong Endpoint = 71;
    private static readonly IpAddr Pod = IpAddr.Parse("10.244.1.9");

    private readonly BpfDirectory _directory = new();
    private readonly BpfDatapath _datapath;
    private readonly RawMap<FlowKey, FlowValue> _flows;
    private readonly RawMap<ulong, QuotaValue> _quotas;

    public FlowSweepTests()
    {
        _datapath = BpfDatapath.Open(_directory.Path, new DatapathSizes { Endpoints = 64, Networks = 64, Interfaces = 64, Vteps = 64, Blocks = 64, Frontends = 16, Backends = 32 });
        _flows = RawMap<FlowKey, FlowValue>.Common(_directory, "np_flows");
        _quotas = RawMap<ulong, QuotaValue>.Common(_directory, "np_quotas");
        _datapath.Apply([new DatapathChange.SetInterface(new IfIndex(5), new InterfaceEntry(DatapathState.Cluster, Endpoint, MacAddress.ForEndpoint(Pod), AddressPair.Of([Pod])))]);
    }

    public void Dispose()
    {
        _quotas.Dispose();
        _flows.Dispose();
        _datapath.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(Tcp, 0, 50, true)]
    [InlineData(Tcp, 0, 70, false)]
    [InlineData(Tcp, Replied | Assured, 23 * 3600, true)]
    [InlineData(Tcp, Replied | Assured, 25 * 3600, false)]
    [InlineData(Tcp, Replied | Assured | BeganEnded | OtherEnded, 5, true)]
    [InlineData(Tcp, Replied | Assured | BeganEnded | OtherEnded, 15, false)]
    [InlineData(Tcp, Replied | Assured | Reset, 15, false)]
    [InlineData(Udp, Replied, 25, true)]
    [InlineData(Udp, Replied, 35, false)]
    [InlineData(Udp, Replied | Assured, 290, true)]
    [InlineData(Icmp, 0, 35, false)]
    public void A_flow_is_remembered_as_long_as_one_may_hear_of_it(byte protocol, uint flags, int seconds, bool stays)
    {
        Add(1, protocol, flags, seconds);
        Assert.Equal(stays ? new SweepResult(1, 0) : new SweepResult(0, 1), _datapath.SweepFlows());
        Assert.Equal(stays ? 1 : 0, _flows.Elements.Count);
        Assert.Equal(stays ? 1U : 0U, _quotas.Elements[Endpoint].Flows);
    }

    [Fact]
    public void With_a_pod_go_its_flows()
    {
        Add(1, Tcp, Replied | Assured, 1);
        _datapath.Apply([new DatapathChange.RemoveInterface(new IfIndex(5))]);
        Assert.Equal(new SweepResult(0, 1), _datapath.SweepFlows());
        Assert.Empty(_flows.Elements);
    }

    [Fact]
    public void Of_many_flows_those_end_that_are_over()
    {
        for (var i = 0; i < 2000; i++)
        {
            Add((byte)i, Tcp, Replied | Assured, i % 2 == 0 ? 1 : 100_000, (byte)(i >> 8));
        }

        _quotas.Set(Endpoint, new QuotaValue { Flows = 2000 });
        Assert.Equal(new SweepResult(1000, 1000), _datapath.SweepFlows());
        Assert.Equal(1000U, _quotas.Elements[Endpoint].Flows);
        Assert.Equal(new SweepResult(1000, 0), _datapath.SweepFlows());
    }

    private void Add(byte first, byte protocol, uint flags, int seconds, byte second = 0)
    {
        var key = default(FlowKey);
        (key[0], key[1], key[ProtocolAt]) = (first, second, protocol);
        _flows.Set(key, new FlowValue { Used = (ulong)((Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency)) - (seconds * 1_000_000_000L)), Other = Endpoint, Flags = flags });
        _quotas.Set(Endpoint, new QuotaValue { Flows = 1 });
    }

    // struct np_flow_key, of which only the protocol matters here.
    private const int ProtocolAt = 40;

    [InlineArray(44)]
    private struct FlowKey
    {
        private byte _first;
    }

    // struct np_flow.
    [StructLayout(LayoutKind.Sequential, Size = 32)]
    private struct FlowValue
    {
        internal ulong Used;
        internal ulong Began;
        internal ulong Other;
        internal uint Flags;
    }
}
