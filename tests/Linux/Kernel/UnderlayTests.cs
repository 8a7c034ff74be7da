using Netplugin.Core.Addresses;
using Netplugin.Linux;
using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Tests.Linux.Kernel;

/// <summary>A pod's side of a link plays the node with an underlay: it has an address, a default route and an MTU.</summary>
public sealed class UnderlayTests : IDisposable
{
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
}
