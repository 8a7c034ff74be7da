using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Policies.Maps;
using Netplugin.Core.Services;
using static Netplugin.Tests.Core.Policies.Maps.MapTestNode;
using static Netplugin.Tests.Core.Policies.ShopCluster;

namespace Netplugin.Tests.Core.Policies.Maps;

/// <summary>What does not fit, and what is left over.</summary>
public sealed class PolicyMapRoomTests
{
    private static readonly NetworkPolicy Small = Ingress("app=web", From(new NetworkPolicyPeer.Pods(null, Select("app=db"))));
    private static readonly NetworkPolicy Large = Ingress(
        "app=web", From(new NetworkPolicyPeer.Pods(null, Select("app=db"))), From(new NetworkPolicyPeer.Pods(Select("team=ops"), null)), By(Port(80)), By(Port(443)));

    [Fact]
    public void What_does_not_fit_leaves_all_as_it_was_and_goes_when_it_is_not_wanted_any_more()
    {
        var node = Start();
        var (before, count) = (node.TablesOf(Device), node.Maps.ReadVerdicts().Count());
        node.Maps.Sizes = PolicyMapSizes.OfMaps with { Verdicts = 2 * count };
        Assert.Throws<InvalidOperationException>(() => node.Set(Large).Apply());
        Assert.Equal(before, node.TablesOf(Device));
        Assert.Equal(1UL, node.Maps.Generation);

        node.Set(Small).Apply();
        Assert.Equal(count, node.Maps.ReadVerdicts().Count());
        Assert.Empty(node.Maps.ReadPrograms());
    }

    [Fact]
    public void What_did_not_fit_takes_no_room_of_what_a_later_daemon_writes()
    {
        var node = Start();
        var count = node.Maps.ReadVerdicts().Count();
        node.Maps.Sizes = PolicyMapSizes.OfMaps with { Verdicts = 2 * count };
        Assert.Throws<InvalidOperationException>(() => node.Set(Large).Apply());
        Assert.Equal(2 * count, node.Maps.ReadVerdicts().Count());

        node.Start().Set(Web, Db, Probe).Set(Small).Writer.Attach(Web.Id, Device, 1);
        node.Apply();
        Assert.Equal(count, node.Maps.ReadVerdicts().Count());
        Assert.Equal(2UL, node.Maps.Generation);
    }

    [Fact]
    public void There_is_room_for_what_an_earlier_daemon_left_leaves()
    {
        var node = Start();
        Assert.Equal(node.Maps.Sizes, node.Writer.Room);
        var left = new PolicyMapSizes(0, 0, node.Maps.ReadVerdicts().Count(), node.Maps.ReadPrograms().Count(), node.Maps.ReadReasons().Count());
        Assert.NotEqual(default, left);

        node.Start().Set(Web, Db, Probe).Set(Small).Writer.Attach(Web.Id, Device, 1);
        Assert.Equal(node.Maps.Sizes - left, node.Writer.Room);
        node.Writer.Apply(node.Compiler.TakeChanges());
        Assert.Equal(node.Maps.Sizes - left, node.Writer.Room);
        node.Writer.RemoveFormer();
        Assert.Equal(node.Maps.Sizes, node.Writer.Room);
    }

    // What the earlier one wrote last may have been a generation, and programs may be in the one before.
    [Fact]
    public void Who_begins_waits_for_programs_that_run()
    {
        var node = Start();
        node.Writer.Apply(node.Set(Large).Compiler.TakeChanges());
        Assert.NotNull(node.Maps.Former);
        node.Start().Set(Web, Db, Probe).Set(Small).Writer.Attach(Web.Id, Device, 1);
        var generation = node.Maps.Generation;
        node.Maps.Written = () => Assert.True(node.Maps.Former is null || node.Maps.Generation > generation);
        node.Apply();
        Assert.Equal(generation + 1, node.Maps.Generation);
    }

    [Fact]
    public void The_first_of_all_is_a_generation_though_there_is_nothing()
    {
        var node = new MapTestNode().Start().Apply();
        Assert.Equal(1UL, node.Maps.Generation);
        node.Apply();
        Assert.Equal(1UL, node.Maps.Generation);
    }

    [Fact]
    public void What_a_reason_has_denied_is_told_when_it_goes()
    {
        var node = Start();
        var reason = node.Maps.ReadReasons().First();
        node.Maps.Deny(reason, new(3, 180));
        node.Compiler.Remove(Small.Id);
        node.Apply();
        Assert.Equal([new(reason, new DeniedCount(3, 180))], node.Writer.TakeCounted());
        Assert.Empty(node.Writer.TakeCounted());
        Assert.Empty(node.Maps.ReadReasons());
    }

    private static NetworkPolicyPort.Range Port(ushort port) => new(TransportProtocol.Tcp, port, port);

    private static MapTestNode Start()
    {
        var node = new MapTestNode().Start();
        node.Writer.Attach(Web.Id, Device, 1);
        return node.Set(Web, Db, Probe).Set(Small).Apply();
    }
}
