using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux;
using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;
using Netplugin.Tests.Support.Packets;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Linux.Kernel;

/// <summary>A pod's side of a link plays the node with an underlay: it has an address, a default route and an MTU.</summary>
public sealed class UnderlayTests : IDisposable
{
    private static readonly IpAddr Own = IpAddr.Parse("10.1.0.2");

    private readonly TestNode _switch = new();
    private readonly NetworkNamespace _host = NetworkNamespace.CreateAnonymous();
    private readonly LinkDriver _driver;

    public UnderlayTests()
    {
        _switch.Up(TestNode.Spec(podInterface: "eth1", mtu: 1460), _host);
        _driver = LinkDriver.Open(_host);
    }

    public void Dispose()
    {
        _driver.Dispose();
        _host.Dispose();
        _switch.Dispose();
    }

    [Fact]
    public void The_default_routes_address_is_found_with_its_device_and_mtu()
    {
        var found = _driver.Underlay.DefaultRouteAddress();

        Assert.NotNull(found);
        Assert.Equal(("eth1", IpPrefix.Parse("10.1.0.2/24"), 1460), (found.DeviceName, found.Prefix, found.Mtu));
        Assert.Equal(found, _driver.Underlay.Find(IpAddr.Parse("10.1.0.2")));
        Assert.Null(_driver.Underlay.Find(IpAddr.Parse("10.1.0.3")));
    }

    [Fact]
    public void An_address_on_the_loopback_device_has_the_mtu_of_the_way_out()
    {
        using (var conversation = _host.Run(NetlinkConversation.OpenRoute))
        {
            var batch = new NetlinkBatch();
            AddressMessages.Add(batch, new IfIndex(1), IpPrefix.Parse("198.51.100.7/32"));
            conversation.Execute(batch);
        }

        Assert.Equal(("lo", 1460), _driver.Underlay.Find(IpAddr.Parse("198.51.100.7")) is { } found ? (found.DeviceName, found.Mtu) : default);
        Assert.Equal("eth1", _driver.Underlay.DefaultRouteAddress()?.DeviceName);
    }

    [Fact]
    public void The_address_of_the_other_family_is_the_devices_oldest_that_lasts()
    {
        Assert.Equal(default, _driver.Underlay.OtherFamilyOf(Own));
        Ip("link", "add", "other", "type", "veth", "peer", "name", "beyond");
        Ip("addr", "add", "fd00:9::1/64", "dev", "other", "nodad");
        Ip("addr", "add", "fd00:1::5/64", "dev", "eth1", "nodad", "preferred_lft", "0");
        Ip("addr", "add", "fd00:1::2/64", "dev", "eth1", "nodad");
        Ip("addr", "add", "fd00:1::3/64", "dev", "eth1", "nodad");

        Assert.Equal(IpAddr.Parse("fd00:1::2"), _driver.Underlay.OtherFamilyOf(Own));
        Assert.Equal(Own, _driver.Underlay.OtherFamilyOf(IpAddr.Parse("fd00:1::3")));
        Assert.Equal(default, _driver.Underlay.OtherFamilyOf(IpAddr.Parse("10.1.0.77")));

        void Ip(params string[] arguments) => _host.Run(() => Command.Run("ip", arguments).Succeeded());
    }

    [Fact]
    public void A_node_without_a_default_route_has_no_default_address() => Assert.Null(_switch.Driver.Underlay.DefaultRouteAddress());

    [Fact]
    public void The_way_to_an_address_names_device_source_gateway_and_mtu()
    {
        var near = _driver.Underlay.RouteTo(IpAddr.Parse("10.1.0.9"));
        var far = _driver.Underlay.RouteTo(IpAddr.Parse("192.0.2.1"));

        Assert.Equal(("eth1", IpAddr.Parse("10.1.0.2"), default, 1460), (near.DeviceName, near.Source, near.Gateway, near.Mtu));
        Assert.Equal(("eth1", IpAddr.Parse("10.1.0.2"), IpAddr.Parse("10.1.0.254"), 1460), (far.DeviceName, far.Source, far.Gateway, far.Mtu));
    }

    [Fact]
    public void An_address_no_route_leads_to_is_an_error()
    {
        var error = Assert.Throws<KernelException>(() => _switch.Driver.Underlay.RouteTo(IpAddr.Parse("192.0.2.1")));

        Assert.Contains("192.0.2.1", error.Message, StringComparison.Ordinal);
        Assert.Contains("ENETUNREACH", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plain_route_has_its_router_or_the_address_itself_for_a_next_hop()
    {
        var near = IpAddr.Parse("10.1.0.9");
        var far = IpAddr.Parse("192.0.2.1");

        var hops = NextHops([near, far], 1460);

        Assert.Equal(near, hops[near].NextHop);
        Assert.Equal(IpAddr.Parse("10.1.0.254"), hops[far].NextHop);
        Assert.All(hops.Values, hop => Assert.Equal(_driver.Underlay.Find(Own)!.Device, hop.Device));
    }

    [Fact]
    public void What_is_not_plain_has_no_next_hop()
    {
        var two = IpAddr.Parse("192.0.2.1");
        Ip("route add 192.0.2.0/24 nexthop via 10.1.0.8 nexthop via 10.1.0.9", "route add 198.51.100.1/32 via 10.1.0.8 mtu 1400",
            "route add blackhole 203.0.113.0/24", "-6 addr add fd00::2/64 dev eth1 nodad", "route add 198.51.100.2/32 via inet6 fd00::9 dev eth1",
            "route add 198.51.100.3/32 dev lo");

        Assert.Empty(NextHops([two], 1400));
        Assert.Empty(NextHops([IpAddr.Parse("198.51.100.1")], 1460));
        Assert.Single(NextHops([IpAddr.Parse("198.51.100.1")], 1400));
        Assert.Empty(NextHops([IpAddr.Parse("203.0.113.5"), IpAddr.Parse("198.51.100.2"), IpAddr.Parse("198.51.100.3"), IpAddr.Parse("fd00::9")], 576));
        Assert.Empty(NextHops([IpAddr.Parse("10.1.0.9")], 1461));
        Assert.Empty(_driver.Underlay.NextHopsTo(IpAddr.Parse("10.1.0.77"), [IpAddr.Parse("10.1.0.9")], 576));
        Assert.Empty(_driver.Underlay.NextHopsTo(IpAddr.Parse("fd00::2"), [IpAddr.Parse("10.1.0.9")], 576));
    }

    [Fact]
    public void The_program_of_an_uplink_stands_beside_others_and_leaves_them()
    {
        var device = _driver.Underlay.Find(Own)!.Device;
        using var program = TestProgram.Load(TestProgram.Pass);
        _driver.AttachUplink(device, program);
        _driver.AttachUplink(device, program);
        Assert.True(_driver.HasUplinkProgram(device));
        Assert.Single(Tc("filter show dev eth1 ingress").Split('\n'), line => line.Contains("netplugin_vxlan", StringComparison.Ordinal));

        using var theirs = TestProgram.Load(TestProgram.Pass);
        _driver.Attach(device, "eth1", new(theirs, theirs));
        _driver.DetachUplinks();
        Assert.False(_driver.HasUplinkProgram(device));
        Assert.Contains("clsact", Tc("qdisc show dev eth1"), StringComparison.Ordinal);

        Tc("filter del dev eth1 ingress prio 1");
        Tc("filter del dev eth1 egress prio 1");
        _driver.AttachUplink(device, program);
        _driver.DetachUplinks();
        _driver.DetachUplinks();
        Assert.DoesNotContain("clsact", Tc("qdisc show dev eth1"), StringComparison.Ordinal);
    }

    private ImmutableDictionary<IpAddr, VtepEntry> NextHops(IpAddr[] vteps, int mtu) => _driver.Underlay.NextHopsTo(Own, vteps, mtu);

    private void Ip(params string[] commands)
    {
        foreach (var command in commands)
        {
            Inside("ip", command);
        }
    }

    private string Tc(string command) => Inside("tc", command);

    private string Inside(string program, string arguments) => InNamespace.Run(InNamespace.PathOf(_host.Handle), [program, .. arguments.Split(' ')]);
}
