using Netplugin.Core.Addresses;
using Netplugin.Core.Services;
using static Netplugin.Tests.Core.Services.Samples;

namespace Netplugin.Tests.Core.Services;

/// <summary>Each rule by which kube-proxy chooses where a pod's packet to a Service goes.</summary>
public sealed class ServiceRuleTests
{
    private static readonly ServiceSpec Everywhere = Service("web", "10.96.0.1", Http with { NodePort = 30080 }) with
    {
        ExternalIps = Ips("198.51.100.1"),
        LoadBalancerIps = Ips("203.0.113.1"),
    };

    [Fact]
    public void Every_kind_of_address_leads_to_every_ready_endpoint() => Assert.Equal(
        [
            "TCP 0.0.0.0:30080 -> 10.1.0.2:8080 10.1.1.2:8080",
            "TCP 10.96.0.1:80 -> 10.1.0.2:8080 10.1.1.2:8080",
            "TCP 198.51.100.1:80 -> 10.1.0.2:8080 10.1.1.2:8080",
            "TCP 203.0.113.1:80 -> 10.1.0.2:8080 10.1.1.2:8080",
        ],
        Table(Everywhere, Slice("web-a", "web", At("10.1.1.2"), At("10.1.0.2", "here"))).Lines());

    [Fact]
    public void The_internal_policy_Local_keeps_cluster_addresses_on_the_node_and_nothing_else() => Assert.Equal(
        [
            "TCP 0.0.0.0:30080 -> 10.1.0.2:8080 10.1.1.2:8080",
            "TCP 10.96.0.1:80 -> 10.1.0.2:8080",
            "TCP 198.51.100.1:80 -> 10.1.0.2:8080 10.1.1.2:8080",
            "TCP 203.0.113.1:80 -> 10.1.0.2:8080 10.1.1.2:8080",
        ],
        Table(Everywhere with { Internal = TrafficPolicy.Local }, Slice("web-a", "web", At("10.1.1.2"), At("10.1.0.2", "here"))).Lines());

    [Theory]
    [InlineData("there", "DROP")]
    [InlineData(null, "DROP")]
    [InlineData("here", "10.1.1.2:8080")]
    public void With_the_internal_policy_Local_and_endpoints_only_elsewhere_packets_are_dropped(string? node, string fate) => Assert.Equal(
        [$"TCP 10.96.0.1:80 -> {fate}"],
        Table(Service("web", "10.96.0.1") with { Internal = TrafficPolicy.Local }, Slice("web-a", "web", At("10.1.1.2", node))).Lines());

    [Theory]
    [InlineData(TrafficPolicy.Cluster)]
    [InlineData(TrafficPolicy.Local)]
    public void A_Service_without_endpoints_refuses(TrafficPolicy policy) => Assert.Equal(
        ["TCP 0.0.0.0:30080 -> REJECT", "TCP 10.96.0.1:80 -> REJECT", "TCP 198.51.100.1:80 -> REJECT", "TCP 203.0.113.1:80 -> REJECT"],
        Table(Everywhere with { Internal = policy }).Lines());

    [Fact]
    public void Ready_endpoints_go_before_those_that_are_leaving() => Assert.Equal(
        ["TCP 10.96.0.1:80 -> 10.1.0.3:8080"],
        Table(
            Service("web", "10.96.0.1"),
            Slice("web-a", "web", At("10.1.0.1", conditions: EndpointConditions.None), At("10.1.0.2", conditions: Leaving), At("10.1.0.3"))).Lines());

    [Theory]
    [InlineData(EndpointConditions.None, "REJECT")]
    [InlineData(EndpointConditions.Serving, "REJECT")]
    [InlineData(EndpointConditions.Terminating, "REJECT")]
    [InlineData(Leaving, "10.1.0.1:8080")]
    [InlineData(EndpointConditions.Ready, "10.1.0.1:8080")]
    public void When_none_is_ready_those_that_leave_and_still_serve_must_do(EndpointConditions conditions, string fate) => Assert.Equal(
        [$"TCP 10.96.0.1:80 -> {fate}"],
        Table(Service("web", "10.96.0.1"), Slice("web-a", "web", At("10.1.0.1", conditions: conditions))).Lines());

    [Fact]
    public void On_the_node_too_those_that_leave_serve_when_none_is_ready_here() => Assert.Equal(
        ["TCP 10.96.0.1:80 -> 10.1.0.1:8080"],
        Table(
            Service("web", "10.96.0.1") with { Internal = TrafficPolicy.Local },
            Slice("web-a", "web", At("10.1.0.1", "here", Leaving), At("10.1.1.1"), At("10.1.0.2", "here", EndpointConditions.None))).Lines());

    [Fact]
    public void With_publishNotReadyAddresses_an_endpoint_that_is_not_ready_counts_as_ready() => Assert.Equal(
        ["TCP 10.96.0.1:80 -> 10.1.0.1:8080 10.1.0.2:8080"],
        Table(
            Service("web", "10.96.0.1") with { PublishNotReadyAddresses = true },
            Slice("web-a", "web", At("10.1.0.1", conditions: EndpointConditions.None), At("10.1.0.2"))).Lines());

    [Fact]
    public void A_port_is_served_by_the_endpoints_port_of_its_name_and_protocol() => Assert.Equal(
        [
            "TCP 10.96.0.10:53 -> 10.1.0.2:5353",
            "UDP 10.96.0.10:53 -> 10.1.0.2:5354",
            "TCP 10.96.0.10:9153 -> REJECT",
        ],
        Table(
            Service(
                "dns",
                "10.96.0.10",
                new("dns", TransportProtocol.Udp, 53, 0),
                new("dns", TransportProtocol.Tcp, 53, 0),
                new("metrics", TransportProtocol.Tcp, 9153, 0)),
            Slice("dns-a", "dns", [new("dns", TransportProtocol.Tcp, 5353), new("dns", TransportProtocol.Udp, 5354)], At("10.1.0.2"))).Lines());

    [Fact]
    public void Slices_may_give_one_named_port_other_numbers() => Assert.Equal(
        ["TCP 10.96.0.1:80 -> 10.1.0.2:8080 10.1.0.3:9090"],
        Table(
            Service("web", "10.96.0.1"),
            Slice("web-a", "web", At("10.1.0.2")),
            Slice("web-b", "web", [new("http", TransportProtocol.Tcp, 9090)], At("10.1.0.3"))).Lines());

    [Fact]
    public void Subsets_of_one_Endpoints_object_have_ports_of_their_own() => Assert.Equal(
        ["TCP 10.96.0.1:80 -> 10.1.0.2:8080 10.1.0.3:9090"],
        Table(Service("web", "10.96.0.1"), new ServiceEndpoints(Name("web"), Name("web"),
            [
                new([new("http", TransportProtocol.Tcp, 9090)], [At("10.1.0.3")]),
                new([new("http", TransportProtocol.Tcp, 8080)], [At("10.1.0.2")]),
            ])).Lines());

    [Fact]
    public void An_endpoint_in_two_slices_is_one_backend_and_ready_if_either_says_so() => Assert.Equal(
        ["TCP 10.96.0.1:80 -> 10.1.0.2:8080"],
        Table(
            Service("web", "10.96.0.1"),
            Slice("web-a", "web", At("10.1.0.2", conditions: EndpointConditions.None)),
            Slice("web-b", "web", At("10.1.0.2")),
            Slice("web-c", "web", At("10.1.0.2"))).Lines());

    [Fact]
    public void Each_family_has_its_own_backends() => Assert.Equal(
        [
            "TCP [::]:30080 -> [fd00:1::2]:8080",
            "TCP 0.0.0.0:30080 -> 10.1.0.2:8080",
            "TCP 10.96.0.1:80 -> 10.1.0.2:8080",
            "TCP [fd00:96::1]:80 -> [fd00:1::2]:8080",
        ],
        Table(
            Service("web", "10.96.0.1", Http with { NodePort = 30080 }) with { ClusterIps = Ips("10.96.0.1", "fd00:96::1") },
            Slice("web-4", "web", At("10.1.0.2")),
            Slice("web-6", "web", At("fd00:1::2"))).Lines());

    [Fact]
    public void An_address_of_a_family_the_Service_does_not_have_is_not_served() => Assert.Equal(
        ["TCP 0.0.0.0:30080 -> REJECT", "TCP 10.96.0.1:80 -> REJECT"],
        Table(
            Service("web", "10.96.0.1", Http with { NodePort = 30080 }) with { ExternalIps = Ips("2001:db8::1"), LoadBalancerIps = Ips("2001:db8::2") },
            Slice("web-6", "web", At("fd00:1::2"))).Lines());

    [Fact]
    public void A_typed_unspecified_address_takes_no_port_of_the_nodes() => Assert.Equal(
        ["TCP 10.96.0.1:80 -> REJECT"],
        Table(Service("web", "10.96.0.1") with { ExternalIps = Ips("0.0.0.0", "::"), LoadBalancerIps = Ips("0.0.0.0") }).Lines());

    [Fact]
    public void Affinity_is_the_Services() => Assert.All(
        Table(Everywhere with { Affinity = TimeSpan.FromHours(3) }, Slice("web-a", "web", At("10.1.0.2"))).Frontends.Values,
        frontend => Assert.Equal(TimeSpan.FromHours(3), frontend.Affinity));

    [Fact]
    public void Frontends_of_one_port_share_one_list_of_backends()
    {
        var frontends = Table(Everywhere, Slice("web-a", "web", At("10.1.0.2"))).Frontends.Values.ToArray();

        Assert.All(frontends, frontend => Assert.Same(frontends[0], frontend));
    }

    [Fact]
    public void Hints_keep_traffic_in_the_zone_when_every_ready_endpoint_has_one() => Assert.Equal(
        ["TCP 10.96.0.1:80 -> 10.1.0.2:8080 10.1.0.3:8080"],
        Table(
            Service("web", "10.96.0.1"),
            Slice(
                "web-a",
                "web",
                At("10.1.0.2", zones: "east"),
                At("10.1.0.3", zones: ["west", "east"]),
                At("10.1.0.4", zones: "west"),
                At("10.1.0.5", conditions: Leaving))).Lines());

    [Theory]
    [InlineData("west", "10.1.0.2:8080 10.1.0.3:8080")]
    [InlineData(null, "10.1.0.2:8080 10.1.0.3:8080")]
    [InlineData("east", "10.1.0.2:8080")]
    public void Hints_count_only_when_one_is_for_this_zone_and_none_is_missing(string? second, string fate) => Assert.Equal(
        [$"TCP 10.96.0.1:80 -> {fate}"],
        Table(
            Service("web", "10.96.0.1"),
            Slice("web-a", "web", At("10.1.0.2", zones: second == "west" ? "west" : "east"), At("10.1.0.3", zones: second is null ? [] : ["west"]))).Lines());

    [Fact]
    public void A_node_that_gets_its_zone_late_follows_the_hints_from_then_on()
    {
        ServiceChange[] changes =
        [
            new ServiceChange.SetService(Service("web", "10.96.0.1")),
            new ServiceChange.SetEndpoints(Slice("web-a", "web", At("10.1.0.2", zones: "east"), At("10.1.0.3", zones: "west"))),
        ];
        var before = ServiceTable.Empty(new("here", null)).With(changes);

        Assert.Equal(["TCP 10.96.0.1:80 -> 10.1.0.2:8080 10.1.0.3:8080"], before.Lines());
        Assert.Equal(["TCP 10.96.0.1:80 -> 10.1.0.2:8080"], before.At(Here).Lines());
    }

    [Fact]
    public void Of_two_that_claim_an_address_the_older_has_it_and_the_other_is_reported()
    {
        var older = Service("b", "10.96.0.1") with { ExternalIps = Ips("198.51.100.1") };
        var younger = Service("a", "10.96.0.2").CreatedAt(1) with { ExternalIps = Ips("198.51.100.1") };
        var table = Table([younger, older], Slice("a-1", "a", At("10.1.0.1")), Slice("b-1", "b", At("10.1.0.2")));
        var contested = new FrontendKey(IpAddr.Parse("198.51.100.1"), 80, TransportProtocol.Tcp);

        Assert.Equal("TCP 198.51.100.1:80 -> 10.1.0.2:8080", Line(contested, table.Frontends[contested]));
        Assert.Equal([new FrontendConflict(contested, Name("b"), Name("a"))], table.Conflicts);

        table = table.With([new ServiceChange.RemoveService(Name("b"))]);
        Assert.Equal("TCP 198.51.100.1:80 -> 10.1.0.1:8080", Line(contested, table.Frontends[contested]));
        Assert.Empty(table.Conflicts);
    }

    [Fact]
    public void Of_two_as_old_the_lesser_name_wins()
    {
        var table = Table([
            Service("b", "10.96.0.1") with { LoadBalancerIps = Ips("203.0.113.1") },
            Service("a", "10.96.0.2") with { LoadBalancerIps = Ips("203.0.113.1") },
        ]);

        Assert.Equal([Name("b")], table.Conflicts.Select(conflict => conflict.Loser));
    }

    [Fact]
    public void No_typed_address_takes_the_cluster_address_of_another_Service()
    {
        var thief = Service("thief", "10.96.0.66") with { ExternalIps = Ips("10.96.0.10"), LoadBalancerIps = Ips("10.96.0.10") };
        var table = Table([thief, Service("dns", "10.96.0.10").CreatedAt(9)], Slice("dns-1", "dns", At("10.1.0.2")));

        Assert.Contains("TCP 10.96.0.10:80 -> 10.1.0.2:8080", table.Lines());
        Assert.Equal(Name("thief"), Assert.Single(table.Conflicts).Loser);
    }
}
