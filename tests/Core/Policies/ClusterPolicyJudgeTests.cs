using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Judging;
using Netplugin.Core.Services;
using static Netplugin.Tests.Core.Policies.ShopCluster;

namespace Netplugin.Tests.Core.Policies;

/// <summary>ClusterNetworkPolicy v1alpha2, field by field.</summary>
public sealed class ClusterPolicyJudgeTests
{
    private const ClusterPolicyTier Admin = ClusterPolicyTier.Admin;
    private const ClusterPolicyTier Baseline = ClusterPolicyTier.Baseline;

    private static readonly ClusterPolicyRule DenyOps = Rule(PolicyAction.Deny, Team("ops"));
    private static readonly ClusterPolicyRule AcceptOps = Rule(PolicyAction.Accept, Team("ops"));
    private static readonly ClusterPolicyRule PassOps = Rule(PolicyAction.Pass, Team("ops"));
    private static readonly NetworkPolicy Isolated = Ingress("");
    private static readonly NetworkPolicy Open = Ingress("", From());

    [Theory]
    [InlineData("probe", "web", false)]
    [InlineData("db", "web", true)] // no implicit isolation
    [InlineData("probe", "198.51.100.1", true)]
    [InlineData("node2", "web", true)]
    public void A_rule_is_for_its_peers_alone(string from, string to, bool allowed) => Assert.Equal(allowed, Set(Cluster("a", Admin, 1, DenyOps)).Allows(from, to));

    [Fact]
    public void Admin_goes_before_the_namespace_and_baseline_after_it()
    {
        Assert.True(With(Cluster("a", Admin, 1, AcceptOps), Isolated).Allows("probe", "web"));
        Assert.False(With(Cluster("a", Admin, 1, DenyOps), Open).Allows("probe", "web"));
        Assert.False(With(Cluster("a", Baseline, 1, AcceptOps), Isolated).Allows("probe", "web"));
        Assert.True(With(Cluster("a", Baseline, 1, DenyOps), Open).Allows("probe", "web"));
        Assert.False(Set(Cluster("a", Baseline, 1, DenyOps)).Allows("probe", "web"));
    }

    [Fact]
    public void Pass_skips_the_rest_of_the_tier()
    {
        Assert.True(Set(Cluster("a", Admin, 1, PassOps, DenyOps)).Allows("probe", "web"));
        Assert.True(Set(Cluster("a", Admin, 1, PassOps), Cluster("b", Admin, 2, DenyOps)).Allows("probe", "web"));
        Assert.False(With(Cluster("a", Admin, 1, PassOps, AcceptOps), Isolated).Allows("probe", "web"));
        Assert.False(Set(Cluster("a", Admin, 1, PassOps), Cluster("b", Baseline, 1, DenyOps)).Allows("probe", "web"));
        Assert.True(Set(Cluster("b", Baseline, 1, PassOps, DenyOps)).Allows("probe", "web"));
    }

    [Fact]
    public void The_lower_priority_goes_first_and_then_the_order_of_rules()
    {
        Assert.False(Set(Cluster("a", Admin, 5, AcceptOps), Cluster("b", Admin, 4, DenyOps)).Allows("probe", "web"));
        Assert.True(Set(Cluster("a", Admin, 4, AcceptOps), Cluster("b", Admin, 5, DenyOps)).Allows("probe", "web"));
        Assert.True(Set(Cluster("a", Admin, 4, AcceptOps, DenyOps)).Allows("probe", "web"));
        Assert.False(Set(Cluster("a", Admin, 4, DenyOps, AcceptOps)).Allows("probe", "web"));
    }

    [Fact]
    public void Of_equal_priorities_the_name_decides_whatever_the_order_they_come_in()
    {
        var (first, second) = (Cluster("a", Admin, 4, DenyOps), Cluster("b", Admin, 4, AcceptOps));
        Assert.False(Set(first, second).Allows("probe", "web"));
        Assert.False(Set(second, first).Allows("probe", "web"));
    }

    [Theory]
    [InlineData("team=shop", "", "web", false)]
    [InlineData("team=shop", "app=db", "web", true)]
    [InlineData("", "app=web", "web", false)]
    [InlineData("", "", "web", false)]
    [InlineData("team=ops", "", "web", true)]
    public void The_subject_is_pods_by_namespace_and_own_labels(string namespaces, string pods, string to, bool allowed)
    {
        var policy = Cluster("a", Admin, 1, Rule(PolicyAction.Deny, Team(""))) with { Subject = new(Select(namespaces), Select(pods)) };
        Assert.Equal(allowed, Set(policy).Allows("db", to));
    }

    [Theory]
    [InlineData("pods", "db", true)]
    [InlineData("pods", "web", false)]
    [InlineData("pods", "node1", false)]
    [InlineData("nodes", "node1", false)]
    [InlineData("nodes", "node2", true)]
    [InlineData("nodes", "192.168.2.11", false)]
    [InlineData("networks", "10.1.1.77", true)]
    [InlineData("networks", "db", true)] // pods too
    [InlineData("networks", "192.168.2.10", false)]
    [InlineData("second network", "node1", true)]
    public void Egress_peers_are_pods_nodes_and_networks(string kind, string to, bool denied)
    {
        ClusterPolicyPeer peer = kind switch
        {
            "pods" => Team("shop", "app=db"),
            "nodes" => new ClusterPolicyPeer.Nodes(Select("role=db")),
            "networks" => new ClusterPolicyPeer.Networks([IpPrefix.Parse("10.1.1.0/24")]),
            _ => new ClusterPolicyPeer.Networks([IpPrefix.Parse("203.0.113.0/24"), IpPrefix.Parse("192.168.2.0/24")]),
        };
        var policy = Cluster("a", Admin, 1) with { Egress = [Rule(PolicyAction.Deny, peer)], Subject = new(Select("team=ops"), Select("")) };
        Assert.Equal(!denied, Set(policy).Allows("probe", to));
    }

    [Theory]
    [InlineData("tcp 80", Tcp, 80, true)]
    [InlineData("tcp 80", Tcp, 81, false)]
    [InlineData("tcp 80", Udp, 80, false)]
    [InlineData("udp 10-20", Udp, 15, true)]
    [InlineData("sctp 9", Sctp, 9, true)]
    [InlineData("named http", Tcp, 8080, true)]
    [InlineData("named http", Udp, 8080, false)]
    [InlineData("named dns", Udp, 53, true)] // of whatever protocol
    [InlineData("named dns", Tcp, 53, false)]
    [InlineData("none", Icmp, 0, true)]
    [InlineData("tcp 80", Icmp, 0, false)]
    public void Protocols_narrow_a_rule(string protocols, byte protocol, int port, bool denied)
    {
        ClusterPolicyProtocol[] list = protocols switch
        {
            "tcp 80" => [new ClusterPolicyProtocol.Ports(TransportProtocol.Sctp, 1, 1), new ClusterPolicyProtocol.Ports(TransportProtocol.Tcp, 80, 80)],
            "udp 10-20" => [new ClusterPolicyProtocol.Ports(TransportProtocol.Udp, 10, 20)],
            "sctp 9" => [new ClusterPolicyProtocol.Ports(TransportProtocol.Sctp, 9, 9)],
            "named http" => [new ClusterPolicyProtocol.Named("http")],
            "named dns" => [new ClusterPolicyProtocol.Named("dns")],
            _ => [],
        };
        Assert.Equal(!denied, Set(Cluster("a", Admin, 1, Rule(PolicyAction.Deny, Team("ops"), list))).Allows("probe", "web", protocol, port));
    }

    [Theory]
    [InlineData(PolicyAction.Accept, "db", true)] // matches nothing: the deny behind it is asked
    [InlineData(PolicyAction.Accept, "probe", false)]
    [InlineData(PolicyAction.Deny, "db", false)] // denies all
    [InlineData(PolicyAction.Pass, "db", false)]
    [InlineData(PolicyAction.Pass, "node1", true)] // never the own node
    [InlineData(PolicyAction.Pass, "198.51.100.1", false)]
    public void A_rule_that_could_not_be_read_fails_closed(PolicyAction action, string from, bool allowed)
    {
        var unreadable = Rule(action, Team("ops")) with { IsReadable = false };
        Assert.Equal(allowed, Set(Cluster("a", Admin, 1, unreadable, DenyOps)).Allows(from, "web"));
    }

    [Fact]
    public void A_pod_reaches_itself_but_through_a_Service_policies_of_the_cluster_are_asked()
    {
        var denied = With(Cluster("a", Admin, 1, Rule(PolicyAction.Deny, Team(""))), Isolated);
        Assert.True(denied.Allows("web", "web"));
        Assert.False(PolicyJudge.Judge(denied, Try("web", "web") with { ThroughService = true }).IsAllowed);

        // Isolation does not keep it from itself, and what isolates it has decided before the baseline.
        var baseline = Cluster("b", Baseline, 1, Rule(PolicyAction.Deny, Team("")));
        Assert.True(PolicyJudge.Judge(With(baseline, Isolated), Try("web", "web") with { ThroughService = true }).IsAllowed);
        Assert.False(PolicyJudge.Judge(Set(baseline), Try("web", "web") with { ThroughService = true }).IsAllowed);
    }

    [Fact]
    public void Endpoints_without_a_pod_are_not_selected()
    {
        var policy = Cluster("a", Admin, 1, Rule(PolicyAction.Deny, Team(""))) with { Subject = new(Select(""), Select("")) };
        Assert.True(Set(policy).Allows("cart", "store"));
        Assert.False(Set(policy).Allows("web", "cart"));
        Assert.True(Set(policy).Allows("store", "cart"));
    }

    [Fact]
    public void The_reason_names_the_rule()
    {
        var judgement = PolicyJudge.Judge(Set(Cluster("a", Admin, 1, PassOps with { Protocols = [new ClusterPolicyProtocol.Named("dns")] }, DenyOps with { Name = "no ops" })), Try("probe", "web"));
        Assert.Equal("ClusterNetworkPolicy a, ingress rule 1 (no ops)", Assert.IsType<JudgementReason.ByRule>(judgement.Ingress.Reason).Rule.ToString());
    }

    private static PolicySet With(ClusterNetworkPolicy cluster, NetworkPolicy policy) => PolicySet.Empty with { Cluster = [cluster], Network = [policy] };
}
