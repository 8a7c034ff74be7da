using Netplugin.Core.Services;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Tests.Bpf.Kernel;
using static Netplugin.Tests.Bpf.Kernel.SweptDatapath;

namespace Netplugin.Tests.Bpf.Policies;

/// <summary>For how long flows are remembered.</summary>
public sealed class FlowSweepTests : IDisposable
{
    private const TransportProtocol Icmp = (TransportProtocol)1;
    private readonly SweptDatapath _datapath = new();
    private readonly RawMap<FlowKeyValue, FlowValue> _flows;

    public FlowSweepTests() => _flows = RawMap<FlowKeyValue, FlowValue>.Common(_datapath.Directory, "np_flows");

    public void Dispose()
    {
        _flows.Dispose();
        _datapath.Dispose();
    }

    [Theory]
    [MemberData(nameof(Patience), MemberType = typeof(SweptDatapath))]
    [InlineData(Icmp, 0, 25, true)]
    [InlineData(Icmp, 0, 35, false)]
    public void A_flow_is_remembered_as_long_as_one_may_hear_of_it(TransportProtocol protocol, uint flags, int seconds, bool stays)
    {
        Add(1, protocol, flags, seconds);
        Assert.Equal(stays ? new SweepResult(1, 0) : new SweepResult(0, 1), _datapath.Maps.SweepFlows());
        Assert.Equal(stays ? 1 : 0, _flows.Elements.Count);
        Assert.Equal(stays ? 1U : 0U, _datapath.Quotas.Elements[Endpoint].Flows);
    }

    [Fact]
    public void With_a_pod_go_its_flows()
    {
        Add(1, TransportProtocol.Tcp, Replied | Assured, 1);
        _datapath.RemovePod();
        Assert.Equal(new SweepResult(0, 1), _datapath.Maps.SweepFlows());
        Assert.Empty(_flows.Elements);
    }

    [Fact]
    public void Of_many_flows_those_end_that_are_over()
    {
        for (var i = 0; i < 2000; i++)
        {
            Add(i, TransportProtocol.Tcp, Replied | Assured, i % 2 == 0 ? 1 : 100_000);
        }

        _datapath.Quotas.Set(Endpoint, new QuotaValue { Flows = 2000 });
        Assert.Equal(new SweepResult(1000, 1000), _datapath.Maps.SweepFlows());
        Assert.Equal(1000U, _datapath.Quotas.Elements[Endpoint].Flows);
        Assert.Equal(new SweepResult(1000, 0), _datapath.Maps.SweepFlows());
    }

    private void Add(int number, TransportProtocol protocol, uint flags, int seconds)
    {
        var key = new FlowKeyValue { Network = (uint)number, Proto = (byte)protocol };
        _flows.Set(key, new FlowValue { Used = Ago(seconds), Other = Endpoint, Flags = flags });
        _datapath.Quotas.Set(Endpoint, new QuotaValue { Flows = 1 });
    }
}
