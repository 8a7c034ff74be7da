using System.Diagnostics;
using Netplugin.Core.Addresses;
using Netplugin.Linux;
using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Linux.Kernel;

public sealed class EndpointLinkTests : IDisposable
{
    private readonly TestNode _node = new();
    private readonly NetworkNamespace _pod = NetworkNamespace.CreateAnonymous();

    public void Dispose()
    {
        _pod.Dispose();
        _node.Dispose();
    }

    [Fact]
    public void A_created_link_is_down_on_both_sides_and_has_its_programs()
    {
        using var link = _node.Driver.Create(TestNode.Spec(), _pod, _node.Filters);

        var owned = Assert.Single(_node.Driver.ListOwned());
        Assert.Equal("np00000000001", owned.Name);
        Assert.Equal("netplugin sandbox1 eth0 default/orange/c1", owned.Alias);
        Assert.Equal(link.HostIndex, owned.Index);
        Assert.Equal(1450, owned.Mtu);
        Assert.True(owned.HasFilters);
        Assert.False(owned.IsUp);
        var wrong = _node.Driver.Check(TestNode.Spec(), _pod);
        Assert.Contains("interface eth0 is down", wrong);
    }

    [Fact]
    public void A_link_that_was_brought_up_passes_the_check()
    {
        using var link = _node.Up(TestNode.Spec(), _pod);

        Assert.Empty(_node.Driver.Check(TestNode.Spec(), _pod));
        Assert.True(Assert.Single(_node.Driver.ListOwned()).IsUp);
    }

    [Fact]
    public void A_default_route_leads_through_a_gateway_of_no_subnet_and_speaks_from_the_address_that_it_says()
    {
        IpAddr four = IpAddr.Parse("10.244.1.7"), six = IpAddr.Parse("fd00:244::7"), fourth = IpAddr.Parse("10.244.1.1"), sixth = IpAddr.Parse("fd00:244::1");
        var spec = TestNode.Spec() with
        {
            Addresses = [IpPrefix.Parse("10.1.0.2/24"), new(four, 32), IpPrefix.Parse("fd00:1::2/64"), new(six, 128)],
            Routes = [PodRoute.OnLink(fourth, four), PodRoute.DefaultVia(fourth, four), PodRoute.OnLink(sixth, six), PodRoute.DefaultVia(sixth, six)],
        };
        using var link = _node.Up(spec, _pod);

        Assert.Empty(_node.Driver.Check(spec, _pod));
        foreach (var (target, source) in new[] { ("198.51.100.9", "10.244.1.7"), ("10.244.1.1", "10.244.1.7"), ("10.1.0.9", "10.1.0.2"), ("2001:db8::9", "fd00:244::7"), ("fd00:244::1", "fd00:244::7"), ("fd00:1::9", "fd00:1::2") })
        {
            Assert.Contains($" src {source} ", InPod("route", "get", target), StringComparison.Ordinal);
        }

        InPod("route", "replace", "default", "via", "10.244.1.1", "dev", "eth0");
        Assert.Equal(["the route to 0.0.0.0/0 via 10.244.1.1 from 10.244.1.7 through eth0 is missing"], _node.Driver.Check(spec, _pod));

        string InPod(params string[] arguments) => _pod.Run(() => Command.Run("ip", arguments).Succeeded());
    }

    [Fact]
    public void Both_families_get_their_address_and_default_route()
    {
        var spec = TestNode.Spec() with
        {
            Addresses = [IpPrefix.Parse("10.1.0.2/24"), IpPrefix.Parse("fd00:1::2/64")],
            Routes =
            [
                PodRoute.DefaultVia(IpAddr.Parse("10.1.0.254")), PodRoute.DefaultVia(IpAddr.Parse("fd00:1::fe")),
                new(IpPrefix.Parse("10.9.0.0/16"), IpAddr.Unspecified), new(IpPrefix.Parse("fd00:9::/64"), IpAddr.Unspecified),
            ],
        };
        _pod.Run(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
            return 0;
        });

        _node.Up(spec, _pod);

        Assert.Empty(_node.Driver.Check(spec, _pod));
        var wrong = _node.Driver.Check(spec with { Addresses = [IpPrefix.Parse("10.1.0.3/24")], Mac = MacAddress.Gateway, Routes = [PodRoute.DefaultVia(IpAddr.Parse("10.1.0.1"))] }, _pod);
        Assert.Equal(
            [
                "interface eth0 has MAC 02:02:0a:01:00:02, not 02:02:00:00:00:01", "interface eth0 lacks address 10.1.0.3/24",
                "the route to 0.0.0.0/0 via 10.1.0.1 through eth0 is missing",
            ],
            wrong);
    }

    [Fact]
    public void Creating_again_replaces_what_is_there()
    {
        using var first = _node.Driver.Create(TestNode.Spec(), _pod, _node.Filters);

        using var second = _node.Up(TestNode.Spec(), _pod);

        Assert.NotEqual(first.HostIndex, second.HostIndex);
        Assert.Equal(second.HostIndex, Assert.Single(_node.Driver.ListOwned()).Index);
        Assert.Empty(_node.Driver.Check(TestNode.Spec(), _pod));
    }

    [Fact]
    public void An_interface_of_an_older_attachment_of_ours_is_replaced()
    {
        using var first = _node.Up(TestNode.Spec(1), _pod);
        _node.Driver.Retire([first.HostIndex]);

        using var second = _node.Up(TestNode.Spec(2), _pod);

        Assert.Equal(2UL, Assert.Single(_node.Driver.ListOwned()).Attachment);
        Assert.Empty(_node.Driver.Check(TestNode.Spec(2), _pod));
    }

    [Fact]
    public void An_interface_of_somebody_else_is_left_alone()
    {
        using var other = new TestNode();
        using var theirs = other.Up(TestNode.Spec(7), _pod);

        var error = Assert.Throws<KernelException>(() => _node.Driver.Create(TestNode.Spec(1), _pod, _node.Filters));

        Assert.Equal(KernelErrorKind.Exists, error.Kind);
        Assert.Contains("not netplugin's", error.Message, StringComparison.Ordinal);
        Assert.Empty(_node.Driver.ListOwned());
        Assert.Empty(other.Driver.Check(TestNode.Spec(7), _pod));
    }

    [Fact]
    public void Creation_that_fails_half_way_leaves_nothing()
    {
        var spec = TestNode.Spec() with { Addresses = [IpPrefix.Parse("10.1.0.2/24"), IpPrefix.Parse("10.1.0.2/24")] };

        var error = Assert.Throws<KernelException>(() => _node.Driver.Create(spec, _pod, _node.Filters));

        Assert.Equal(KernelErrorKind.Exists, error.Kind);
        Assert.Contains("10.1.0.2/24", error.Message, StringComparison.Ordinal);
        Assert.Empty(_node.Driver.ListOwned());
    }

    [Fact]
    public void Retired_links_are_marked_at_once_and_gone_after_the_group_is_deleted()
    {
        using var second = NetworkNamespace.CreateAnonymous();
        using var keptPod = NetworkNamespace.CreateAnonymous();
        var links = new[] { _node.Up(TestNode.Spec(1), _pod).HostIndex, _node.Up(TestNode.Spec(2), second).HostIndex, new IfIndex(99999) };
        using var kept = _node.Up(TestNode.Spec(3), keptPod);

        _node.Driver.Retire(links);

        Assert.All(_node.Driver.ListOwned(), link => Assert.Equal(link.Attachment != 3, link.IsRetired));
        Assert.Contains("link np00000000001 waits to be deleted", _node.Driver.Check(TestNode.Spec(1), _pod));
        Assert.True(_node.Driver.DeleteRetired());
        Assert.False(_node.Driver.DeleteRetired());
        Assert.Equal(3UL, Assert.Single(_node.Driver.ListOwned()).Attachment);
        Assert.Contains("interface eth0 is missing in the pod", _node.Driver.Check(TestNode.Spec(1), _pod));
    }

    [Fact]
    public void The_mtu_is_set_on_both_sides()
    {
        using var link = _node.Up(TestNode.Spec(), _pod);

        _node.Driver.SetMtu(link.HostIndex, _pod, "eth0", 1400);

        Assert.Equal(1400, Assert.Single(_node.Driver.ListOwned()).Mtu);
        using var inPod = LinkDriver.Open(_pod);
        Assert.Equal(1400, Assert.Single(inPod.Underlay.Addresses()).Mtu);
    }

    [Fact]
    public void A_long_alias_is_cut_between_characters()
    {
        var spec = TestNode.Spec() with { Alias = "netplugin " + new string('x', 244) + "éé" };

        using var link = _node.Up(spec, _pod);

        Assert.Equal("netplugin " + new string('x', 244), Assert.Single(_node.Driver.ListOwned()).Alias);
    }

    [Fact]
    public void A_hundred_pods_are_created_quickly()
    {
        const int Pods = 100;
        var pods = Enumerable.Range(0, Pods).Select(_ => NetworkNamespace.CreateAnonymous()).ToList();
        try
        {
            var times = new List<double>();
            for (var i = 0; i < Pods; i++)
            {
                var start = Stopwatch.GetTimestamp();
                _node.Up(TestNode.Spec((ulong)i), pods[i]);
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            times.Sort();
            TestContext.Current.SendDiagnosticMessage($"a pod's link: median {times[Pods / 2]:f2} ms, slowest {times[^1]:f2} ms");
            TestContext.Current.TestOutputHelper!.WriteLine($"a pod's link: median {times[Pods / 2]:f2} ms, slowest {times[^1]:f2} ms");
            Assert.Equal(Pods, _node.Driver.ListOwned().Count(link => link.HasFilters && link.IsUp));
        }
        finally
        {
            pods.ForEach(pod => pod.Dispose());
        }
    }
}
