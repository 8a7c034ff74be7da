using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Judging;
using Netplugin.Core.Services;
using static Netplugin.Tests.Core.Policies.ShopCluster;

namespace Netplugin.Tests.Core.Policies;

/// <summary>NetworkPolicy v1, field by field.</summary>
public sealed class NetworkPolicyJudgeTests
{
    private static readonly NetworkPolicyPeer WebPods = new NetworkPolicyPeer.Pods(null, Select("app=web"));

    [Theory]
    [InlineData("probe", "web")]
    [InlineData("web", "198.51.100.1")]
    [InlineData("198.51.100.1", "web")]
    [InlineData("node2", "db")]
    [InlineData("store", "other")]
    public void Without_policies_everything_is_allowed(string from, string to) => Assert.True(PolicySet.Empty.Allows(from, to));

    [Theory]
    [InlineData("web", "db", false)]
    [InlineData("probe", "db", false)]
    [InlineData("198.51.100.1", "db", false)]
    [InlineData("node1", "db", false)]
    [InlineData("node2", "db", true)] // the node that it runs on
    [InlineData("db", "db", true)] // itself
    [InlineData("db", "web", true)] // isolated for ingress alone
    [InlineData("web", "probe", true)] // another namespace
    public void A_policy_without_rules_isolates_what_it_selects_in_its_direction(string from, string to, bool allowed) =>
        Assert.Equal(allowed, Set(Ingress("app=db")).Allows(from, to));

    [Theory]
    [InlineData("db", "web", false)]
    [InlineData("db", "node2", false)]
    [InlineData("db", "db", true)]
    [InlineData("web", "db", true)]
    public void Egress_is_isolated_apart_from_ingress(string from, string to, bool allowed) => Assert.Equal(allowed, Set(Egress("app=db")).Allows(from, to));

    [Fact]
    public void An_empty_selector_selects_all_pods_of_the_namespace_and_no_others()
    {
        var policies = Set(Ingress(""));
        Assert.False(policies.Allows("probe", "web"));
        Assert.False(policies.Allows("probe", "cart"));
        Assert.True(policies.Allows("web", "probe"));
        Assert.True(policies.Allows("cart", "store"));
    }

    [Fact]
    public void A_rule_without_peers_allows_everybody_also_from_outside()
    {
        var policies = Set(Ingress("app=db", From()));
        Assert.All(["web", "probe", "node1", "198.51.100.1"], from => Assert.True(policies.Allows(from, "db")));
    }

    [Theory]
    [InlineData(null, "app=web", "web", true)]
    [InlineData(null, "app=web", "cart", false)]
    [InlineData(null, "", "web", true)] // an empty pod selector: all pods of the namespace
    [InlineData(null, "", "probe", false)]
    [InlineData(null, "", "node1", false)]
    [InlineData("team=ops", null, "probe", true)] // a namespace selector alone: all of its pods
    [InlineData("team=ops", null, "web", false)]
    [InlineData("", null, "probe", true)]
    [InlineData("", null, "198.51.100.1", false)]
    [InlineData("", null, "store", false)] // no pod
    [InlineData("team=ops", "app=probe", "probe", true)] // both: and
    [InlineData("team=ops", "app=web", "probe", false)]
    [InlineData("team=ops", "app=web", "web", false)]
    public void Peers_are_pods_by_their_own_and_their_namespaces_labels(string? namespaces, string? pods, string from, bool allowed)
    {
        var peer = new NetworkPolicyPeer.Pods(namespaces is null ? null : Select(namespaces), pods is null ? null : Select(pods));
        Assert.Equal(allowed, Set(Ingress("app=db", From(peer))).Allows(from, "db"));
        Assert.Equal(allowed, Set(Egress("app=db", From(peer))).Allows("db", from));
    }

    [Theory]
    [InlineData("10.1.0.0/24", "", "web", true)] // a pod, by its cluster address
    [InlineData("10.1.0.0/24", "10.1.0.1/32", "web", false)]
    [InlineData("10.1.0.0/24", "10.1.0.1/32", "probe", true)]
    [InlineData("10.1.0.0/24", "10.1.0.9/32", "cart", false)] // in whichever plane
    [InlineData("10.1.0.0/24", "", "cart", true)]
    [InlineData("11.1.0.0/24", "", "cart", false)]
    [InlineData("11.1.0.0/24", "", "store", true)] // it has no other address
    [InlineData("192.168.2.0/24", "", "node1", true)]
    [InlineData("0.0.0.0/0", "", "198.51.100.1", true)]
    [InlineData("0.0.0.0/0", "198.51.100.0/24", "198.51.100.1", false)]
    [InlineData("::/0", "", "198.51.100.1", false)]
    public void An_address_block_is_held_against_cluster_addresses(string cidr, string except, string from, bool allowed)
    {
        var peer = new NetworkPolicyPeer.IpBlock(IpPrefix.Parse(cidr), except.Length == 0 ? [] : [IpPrefix.Parse(except)]);
        Assert.Equal(allowed, Set(Ingress("app=db", From(peer))).Allows(from, "db"));
    }

    [Fact]
    public void One_peer_and_one_port_of_a_rule_are_enough_but_both_are_needed()
    {
        var rule = new NetworkPolicyRule([WebPods, new NetworkPolicyPeer.IpBlock(IpPrefix.Parse("198.51.100.0/24"), [])], [Port(80), Port(443)]);
        var policies = Set(Ingress("app=db", rule));
        Assert.True(policies.Allows("web", "db", port: 443));
        Assert.True(policies.Allows("198.51.100.1", "db"));
        Assert.False(policies.Allows("web", "db", port: 81));
        Assert.False(policies.Allows("probe", "db"));
    }

    [Theory]
    [InlineData("any tcp", Tcp, 1, true)]
    [InlineData("any tcp", Udp, 1, false)]
    [InlineData("any sctp", Sctp, 5, true)]
    [InlineData("range 80-90", Tcp, 79, false)]
    [InlineData("range 80-90", Tcp, 80, true)]
    [InlineData("range 80-90", Tcp, 90, true)]
    [InlineData("range 80-90", Tcp, 91, false)]
    [InlineData("range 80-90", Udp, 85, false)]
    [InlineData("none", Icmp, 0, true)] // a rule without ports is for every protocol
    [InlineData("any tcp", Icmp, 0, false)]
    public void Ports_are_of_a_protocol(string ports, byte protocol, int port, bool allowed)
    {
        NetworkPolicyRule rule = ports switch
        {
            "none" => From(),
            "any tcp" => By(new NetworkPolicyPort.Any(TransportProtocol.Tcp)),
            "any sctp" => By(new NetworkPolicyPort.Any(TransportProtocol.Sctp)),
            _ => By(new NetworkPolicyPort.Range(TransportProtocol.Tcp, 80, 90)),
        };
        Assert.Equal(allowed, Set(Ingress("app=db", rule)).Allows("web", "db", protocol, port));
    }

    [Theory]
    [InlineData("probe", "web", Tcp, 8080, true)]
    [InlineData("probe", "web", Udp, 8080, false)]
    [InlineData("probe", "db", Tcp, 9090, true)] // the same name, another number
    [InlineData("probe", "db", Tcp, 8080, false)]
    [InlineData("web", "db", Tcp, 9090, true)] // egress: the destination's number
    [InlineData("web", "198.51.100.1", Tcp, 8080, false)] // nobody outside has names
    [InlineData("web", "node1", Tcp, 8080, false)]
    public void A_named_port_is_that_of_the_pod_that_is_connected_to(string from, string to, byte protocol, int port, bool allowed)
    {
        var rule = By(new NetworkPolicyPort.Named(TransportProtocol.Tcp, "http"));
        Assert.Equal(allowed, Set(Ingress("", rule), Egress("", rule)).Allows(from, to, protocol, port));
    }

    [Fact]
    public void A_named_port_is_of_the_rules_protocol()
    {
        Assert.True(Set(Ingress("app=web", By(new NetworkPolicyPort.Named(TransportProtocol.Udp, "dns")))).Allows("db", "web", Udp, 53));
        Assert.False(Set(Ingress("app=web", By(new NetworkPolicyPort.Named(TransportProtocol.Tcp, "dns")))).Allows("db", "web", Tcp, 53));
    }

    [Fact]
    public void What_any_policy_allows_is_allowed()
    {
        var policies = Set(Ingress("app=db"), Ingress("app=db", From(WebPods)) with { Name = new("shop", "more") });
        Assert.True(policies.Allows("web", "db"));
        Assert.False(policies.Allows("probe", "db"));
    }

    [Fact]
    public void Both_ends_must_allow()
    {
        var policies = Set(Ingress("app=db", From(WebPods)), Egress("app=web"));
        Assert.False(policies.Allows("web", "db"));
        var judgement = PolicyJudge.Judge(policies, Try("web", "db"));
        Assert.False(judgement.Egress.IsAllowed);
        Assert.True(judgement.Ingress.IsAllowed);
    }

    [Fact]
    public void A_rule_that_could_not_be_read_allows_nothing_but_isolates()
    {
        var policies = Set(Ingress("app=db", From() with { IsReadable = false }));
        Assert.False(policies.Allows("web", "db"));
    }

    [Theory]
    [InlineData(LabelOperator.In, "app", "web,db", true)]
    [InlineData(LabelOperator.In, "app", "db", false)]
    [InlineData(LabelOperator.In, "none", "db", false)]
    [InlineData(LabelOperator.NotIn, "app", "web", false)]
    [InlineData(LabelOperator.NotIn, "app", "db", true)]
    [InlineData(LabelOperator.NotIn, "none", "db", true)]
    [InlineData(LabelOperator.Exists, "app", "", true)]
    [InlineData(LabelOperator.Exists, "none", "", false)]
    [InlineData(LabelOperator.DoesNotExist, "app", "", false)]
    [InlineData(LabelOperator.DoesNotExist, "none", "", true)]
    public void Selectors_know_four_operators(LabelOperator asked, string key, string values, bool selects)
    {
        var selector = new LabelSelector([new LabelRequirement(key, asked, values.Length == 0 ? [] : [.. values.Split(',')])]);
        Assert.Equal(selects, Set(Ingress("app=db", From(new NetworkPolicyPeer.Pods(null, selector)))).Allows("web", "db"));
    }

    [Fact]
    public void The_reason_names_rule_and_isolating_policies()
    {
        var policies = Set(Ingress("app=db", By(Port(1)), From(WebPods)), Ingress("") with { Name = new("shop", "all") });
        Assert.Equal("NetworkPolicy shop/in, ingress rule 1", Assert.IsType<JudgementReason.ByRule>(PolicyJudge.Judge(policies, Try("web", "db")).Ingress.Reason).Rule.ToString());
        Assert.Equal(
            "[NetworkPolicy shop/all, NetworkPolicy shop/in]",
            Assert.IsType<JudgementReason.Isolated>(PolicyJudge.Judge(policies, Try("probe", "db")).Ingress.Reason).By.ToString());
        Assert.IsType<JudgementReason.LocalNode>(PolicyJudge.Judge(policies, Try("node2", "db")).Ingress.Reason);
        Assert.IsType<JudgementReason.NoEndpoint>(PolicyJudge.Judge(policies, Try("node2", "db")).Egress.Reason);
        Assert.IsType<JudgementReason.Itself>(PolicyJudge.Judge(policies, Try("db", "db")).Ingress.Reason);
        Assert.IsType<JudgementReason.Undecided>(PolicyJudge.Judge(policies, Try("db", "probe")).Egress.Reason);
    }

    [Fact]
    public void Policies_are_equal_when_they_say_the_same()
    {
        Assert.Equal(Ingress("app=db", From(WebPods)), Ingress("app=db", From(new NetworkPolicyPeer.Pods(null, Select("app=web")))));
        Assert.NotEqual(Ingress("app=db", From()), Ingress("app=db"));
        Assert.NotEqual(Ingress("app=db"), Egress("app=db") with { Name = new("shop", "in") });
    }

    private static NetworkPolicyPort.Range Port(int number) => new(TransportProtocol.Tcp, (ushort)number, (ushort)number);
}
