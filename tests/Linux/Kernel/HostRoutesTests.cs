using Netplugin.Core.Addresses;
using Netplugin.Linux.Links;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Linux.Kernel;

public sealed class HostRoutesTests : IDisposable
{
    private static readonly IpAddr Own = IpAddr.Parse("10.244.1.1");
    private static readonly IpAddr OwnV6 = IpAddr.Parse("fd00:1::1");

    private readonly TestNode _node = new();
    private readonly IfIndex _device;

    public HostRoutesTests() => _device = _node.Driver.EnsureVxlanDevice(1450, _node.Filters);

    public void Dispose() => _node.Dispose();

    [Fact]
    public void The_device_gets_the_nodes_addresses_and_the_way_to_the_blocks()
    {
        Ensure([Own, OwnV6], "10.244.1.0/24", "10.244.2.0/24", "fd00:2::/64");

        Assert.Equal(["10.244.1.1/32", "fd00:1::1/128"], Addresses());
        Assert.Equal(["10.244.1.0/24 src 10.244.1.1", "10.244.2.0/24 src 10.244.1.1", "fd00:2::/64 src fd00:1::1"], Routes());
    }

    [Fact]
    public void What_is_no_longer_wanted_goes_and_the_rest_stays()
    {
        Ensure([Own, OwnV6], "10.244.1.0/24", "10.244.2.0/24", "fd00:2::/64");

        var moved = IpAddr.Parse("10.244.3.1");
        Ensure([moved], "10.244.2.0/24", "10.244.3.0/24");

        Assert.Equal(["10.244.3.1/32"], Addresses());
        Assert.Equal(["10.244.2.0/24 src 10.244.3.1", "10.244.3.0/24 src 10.244.3.1"], Routes());
    }

    [Fact]
    public void The_node_may_speak_from_an_address_that_is_on_another_device()
    {
        Ip("link", "set", "lo", "up");
        Ip("addr", "add", "192.168.2.10/32", "dev", "lo");

        _node.Driver.EnsureHostRoutes(_device, [Own], [IpPrefix.Parse("10.244.1.0/24")], [IpAddr.Parse("192.168.2.10")]);

        Assert.Equal(["10.244.1.1/32"], Addresses());
        Assert.Equal(["10.244.1.0/24 src 192.168.2.10"], Routes());
    }

    [Fact]
    public void Routes_that_somebody_doubled_are_no_harm_and_go_with_the_block()
    {
        Ensure([Own], "10.244.1.0/24", "10.244.2.0/24");
        Ip("route", "add", "10.244.2.0/24", "dev", LinkNames.Vxlan, "metric", "7");

        Ensure([Own], "10.244.1.0/24", "10.244.2.0/24", "10.244.2.0/24");
        Ensure([Own], "10.244.1.0/24");

        Assert.DoesNotContain("10.244.2.0", Ip("route", "show"), StringComparison.Ordinal);
    }

    [Fact]
    public void Asked_twice_it_changes_nothing()
    {
        Ensure([Own], "10.244.1.0/24");
        Ensure([Own], "10.244.1.0/24");

        Assert.Equal(["10.244.1.0/24 src 10.244.1.1"], Routes());
    }

    [Fact]
    public void Strangers_routes_by_other_devices_are_left_alone()
    {
        Ip("link", "set", "lo", "up");
        Ip("route", "add", "198.51.100.0/24", "dev", "lo");

        Ensure([Own], "10.244.1.0/24");
        Ensure([]);

        Assert.Empty(Routes());
        Assert.Contains("198.51.100.0/24", Ip("route", "show"), StringComparison.Ordinal);
    }

    private void Ensure(IpAddr[] addresses, params string[] blocks) =>
        _node.Driver.EnsureHostRoutes(_device, addresses, [.. blocks.Select(IpPrefix.Parse)], addresses);

    private string[] Addresses() =>
        [.. Ip("-o", "addr", "show", "dev", LinkNames.Vxlan).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3]).Order(StringComparer.Ordinal)];

    private string[] Routes() =>
        [.. new[] { "-4", "-6" }.SelectMany(family => Ip(family, "route", "show", "dev", LinkNames.Vxlan, "proto", "110").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(words => $"{words[0]} src {words[Array.IndexOf(words, "src") + 1]}").Order(StringComparer.Ordinal)];

    private string Ip(params string[] arguments) => _node.Namespace.Run(() => Command.Run("ip", arguments).Succeeded());
}
