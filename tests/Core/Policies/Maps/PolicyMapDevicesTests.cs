using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using static Netplugin.Tests.Core.Policies.Maps.MapTestNode;
using static Netplugin.Tests.Core.Policies.ShopCluster;

namespace Netplugin.Tests.Core.Policies.Maps;

/// <summary>Which devices have which tables.</summary>
public sealed class PolicyMapDevicesTests
{
    private static readonly NetworkPolicy Policy = Ingress("app=web", From(new NetworkPolicyPeer.Pods(null, Select("app=db"))));
    private static readonly NetworkPolicy Wider = Ingress("app=web", From(new NetworkPolicyPeer.Pods(null, Select(""))));

    [Fact]
    public void A_device_is_closed_until_the_compiler_knows_its_endpoint()
    {
        var node = new MapTestNode().Start();
        node.Writer.Attach(Web.Id, Device, 1);
        Assert.Equal(SubjectTables.Closed, node.TablesOf(Device));

        node.Apply();
        Assert.Equal(SubjectTables.Closed, node.TablesOf(Device));

        node.Set(Web).Apply();
        Assert.Equal(default(SubjectTables), node.TablesOf(Device));
    }

    [Fact]
    public void A_device_of_an_endpoint_that_is_known_has_its_tables_at_once()
    {
        var node = new MapTestNode().Start().Set(Web).Set(Policy).Apply();
        var generation = node.Maps.Generation;
        node.Writer.Attach(Web.Id, Device, 1);
        Assert.True(node.TablesOf(Device) is { Ingress: not (0 or SubjectTables.ClosedTable), Egress: 0 });
        Assert.Equal(generation, node.Maps.Generation);
        Assert.Equal(1UL, Assert.Single(node.Maps.ReadSubjects()).EndpointNumber);
    }

    [Fact]
    public void All_devices_of_an_endpoint_have_its_tables()
    {
        var node = new MapTestNode().Start().Set(Web).Set(Policy).Apply();
        node.Writer.Attach(Web.Id, Device, 1);
        node.Writer.Attach(Web.Id, Another, 2);
        var before = node.TablesOf(Device);
        Assert.Equal(before, node.TablesOf(Another));

        node.Set(Wider).Apply();
        Assert.NotEqual(before, node.TablesOf(Device));
        Assert.Equal(node.TablesOf(Device), node.TablesOf(Another));

        node.Writer.Detach(Device);
        Assert.Null(node.TablesOf(Device));
        before = node.TablesOf(Another);
        node.Set(Policy).Apply();
        Assert.NotEqual(before, node.TablesOf(Another));
        Assert.Null(node.TablesOf(Device));
    }

    [Fact]
    public void A_device_may_become_another_endpoints()
    {
        var node = new MapTestNode().Start().Set(Web, Probe).Set(Policy).Apply();
        node.Writer.Attach(Web.Id, Device, 1);
        node.Writer.Attach(Probe.Id, Device, 2);
        Assert.Equal(default(SubjectTables), node.TablesOf(Device));
        node.Set(Wider).Apply();
        Assert.Equal(default(SubjectTables), node.TablesOf(Device));
    }

    [Fact]
    public void An_endpoint_that_is_gone_leaves_its_device_closed()
    {
        var node = new MapTestNode().Start().Set(Web).Apply();
        node.Writer.Attach(Web.Id, Device, 1);
        node.Compiler.Remove(Web.Id);
        node.Apply();
        Assert.Equal(SubjectTables.Closed, node.TablesOf(Device));
    }

    [Fact]
    public void A_device_that_comes_between_a_change_that_did_not_fit_and_the_next_has_what_is_in_force()
    {
        var node = new MapTestNode().Start().Set(Web).Set(Policy).Apply();
        node.Writer.Attach(Web.Id, Device, 1);
        node.Maps.Sizes = default;
        Assert.Throws<InvalidOperationException>(() => node.Set(Wider).Apply());
        node.Writer.Attach(Web.Id, Another, 2);
        Assert.Equal(node.TablesOf(Device), node.TablesOf(Another));
        Assert.NotEqual(SubjectTables.Closed, node.TablesOf(Another));
    }

    [Fact]
    public void A_daemon_that_starts_goes_on_with_the_devices_of_the_same_attachments()
    {
        var node = new MapTestNode().Start().Set(Web, Probe).Set(Policy).Apply();
        node.Writer.Attach(Web.Id, Device, 1);
        node.Writer.Attach(Probe.Id, Another, 2);
        var before = node.TablesOf(Device);

        node.Start();
        node.Writer.Attach(Web.Id, Device, 1);
        Assert.Equal(before, node.TablesOf(Device));

        // Another attachment behind a number that the kernel gave again.
        node.Writer.Attach(Probe.Id, Another, 3);
        Assert.Equal(SubjectTables.Closed, node.TablesOf(Another));

        node.Set(Web, Probe).Set(Policy).Apply();
        Assert.True(node.TablesOf(Device)?.Ingress > before?.Ingress);
        Assert.Equal(default(SubjectTables), node.TablesOf(Another));
    }

    [Fact]
    public void A_device_of_an_earlier_daemon_whose_endpoint_is_not_known_any_more_is_closed()
    {
        var node = new MapTestNode().Start().Set(Web).Apply();
        node.Writer.Attach(Web.Id, Device, 1);
        node.Start();
        node.Writer.Attach(Web.Id, Device, 1);
        node.Apply();
        Assert.Equal(SubjectTables.Closed, node.TablesOf(Device));
    }

    [Fact]
    public void Devices_that_nobody_has_any_more_go_when_a_daemon_starts()
    {
        var node = new MapTestNode().Start().Set(Web).Apply();
        node.Writer.Attach(Web.Id, Device, 1);
        node.Start().Set(Web);
        Assert.NotNull(node.TablesOf(Device));
        node.Apply();
        Assert.Null(node.TablesOf(Device));
    }
}
