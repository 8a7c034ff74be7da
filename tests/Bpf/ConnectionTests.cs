using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Tests.Bpf.Kernel;

namespace Netplugin.Tests.Bpf;

/// <summary>What the daemon keeps of the connections that programs translate.</summary>
public sealed class ConnectionTests : IDisposable
{
    private static readonly DatapathSizes Small = new() { Endpoints = 64, Networks = 64, Interfaces = 64, Vteps = 64, Blocks = 64, Frontends = 16, Backends = 32 };

    private readonly BpfDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_interface_has_a_quota_as_long_as_it_is_there()
    {
        using var datapath = BpfDatapath.Open(_directory.Path, Small);
        using var quotas = RawMap<ulong, QuotaValue>.Common(_directory, "np_quotas");
        datapath.Apply([Interface(5, 71), Interface(6, 72)]);
        Assert.Equal([71UL, 72UL], quotas.Elements.Keys.Order());

        // Writing it again takes nothing of what is used.
        quotas.Set(71, new QuotaValue { Used = 9 });
        datapath.Apply([Interface(5, 71)]);
        Assert.Equal(9U, quotas.Elements[71].Used);

        // A device's number may be another's later.
        datapath.Apply([Interface(6, 73)]);
        Assert.Equal([71UL, 73UL], quotas.Elements.Keys.Order());

        var removal = new DatapathChange.RemoveInterface(new IfIndex(5));
        datapath.Apply([removal]);
        datapath.Apply([removal]);
        Assert.Equal([73UL], quotas.Elements.Keys);
    }

    [Fact]
    public void Opening_gives_every_interface_its_quota_and_nobody_else()
    {
        using (var before = BpfDatapath.Open(_directory.Path, Small))
        {
            before.Apply([Interface(5, 71), Interface(6, 72)]);
        }

        using var quotas = RawMap<ulong, QuotaValue>.Common(_directory, "np_quotas");
        quotas.Set(71, new QuotaValue { Used = 9 });
        quotas.Delete(72);
        quotas.Set(99, default);

        using var after = BpfDatapath.Open(_directory.Path, Small);
        Assert.Equal([71UL, 72UL], quotas.Elements.Keys.Order());
        Assert.Equal(9U, quotas.Elements[71].Used);
    }

    [Fact]
    public void Connections_quotas_and_affinity_outlive_a_generation()
    {
        using var before = BpfDatapath.Open(_directory.Path, Small);
        before.Apply([Interface(5, 71)]);
        before.Activate();
        using (var connections = RawMap<TupleValue, ConnectionValue>.Common(_directory, "np_connections"))
        {
            connections.Set(default, new ConnectionValue { Used = 1, Endpoint = 71 });
        }

        using var after = BpfDatapath.Open(_directory.Path, Small with { Endpoints = 128 });
        after.Activate();
        using var same = RawMap<TupleValue, ConnectionValue>.Common(_directory, "np_connections");
        using var quotas = RawMap<ulong, QuotaValue>.Common(_directory, "np_quotas");
        Assert.Equal(71UL, Assert.Single(same.Elements).Value.Endpoint);
        Assert.Equal([71UL], quotas.Elements.Keys);
    }

    [Fact]
    public void A_sweep_of_nothing_finds_nothing()
    {
        using var datapath = BpfDatapath.Open(_directory.Path, Small);
        Assert.Equal(new SweepResult(0, 0), datapath.Sweep());
    }

    private static DatapathChange.SetInterface Interface(int device, ulong number) => new(
        new IfIndex(device), new InterfaceEntry(DatapathState.Cluster, number, MacAddress.ForEndpoint(IpAddr.Parse("10.244.1.2")), AddressPair.Of([IpAddr.Parse("10.244.1.2")])));
}
