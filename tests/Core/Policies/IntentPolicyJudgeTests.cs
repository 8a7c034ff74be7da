using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Judging;
using static Netplugin.Tests.Core.Policies.ShopCluster;

namespace Netplugin.Tests.Core.Policies;

/// <summary>An intent's rules, field by field.</summary>
public sealed class IntentPolicyJudgeTests
{
    private static readonly GroupId Front = new(Orange, "front");
    private static readonly GroupId Back = new(Orange, "back");

    [Fact]
    public void What_no_rule_matches_is_allowed()
    {
        Assert.True(Set(For(Back)).Allows("cart", "store"));
        Assert.True(Set(For(Back, Deny(protocol: new(Udp)))).Allows("cart", "store"));
        Assert.False(Set(For(Back, Deny())).Allows("cart", "store"));
    }

    [Fact]
    public void A_policy_that_cannot_be_read_denies_both_directions_whatever_others_of_the_group_allow()
    {
        var closed = new IntentPolicy("shop", "closed", [Back], IntentPolicies.Closed(new("shop", "closed")).Rules);
        IntentRule[] allow = [Allow(IntentRule.HighestPriority), Deny(PolicyDirection.Egress, IntentRule.HighestPriority) with { Allow = true }];
        Assert.True(Set(For(Back, allow)).Allows("cart", "store"));
        var policies = Set(For(Back, allow), closed);
        Assert.Equal((false, false, true), (policies.Allows("cart", "store"), policies.Allows("store", "cart"), policies.Allows("cart", "198.51.100.1")));
    }

    [Fact]
    public void A_policy_is_for_its_groups_and_for_one_direction()
    {
        var policies = Set(For(Back, Deny()));
        Assert.False(policies.Allows("cart", "store"));
        Assert.True(policies.Allows("store", "cart"));
        Assert.True(policies.Allows("store", "198.51.100.1"));
        Assert.False(Set(For(Back, Deny(PolicyDirection.Egress))).Allows("store", "cart"));
        Assert.True(Set(For(new(Purple, "back"), Deny())).Allows("cart", "store"));
    }

    [Fact]
    public void The_higher_priority_goes_first_whatever_the_policy()
    {
        Assert.True(Set(For(Back, Deny(), Allow(priority: 2))).Allows("cart", "store"));
        Assert.False(Set(For(Back, Deny(priority: 3), Allow(priority: 2))).Allows("cart", "store"));
        Assert.True(Set(For(Back, Deny(priority: 3)), For(Back, Allow(priority: 4)) with { Name = "z" }).Allows("cart", "store"));
    }

    [Fact]
    public void Of_equal_priorities_denying_wins() => Assert.False(Set(For(Back, Allow(priority: 7), Deny(priority: 7))).Allows("cart", "store"));

    [Theory]
    [InlineData("group", "cart", true)]
    [InlineData("group", "cart-cluster", true)]
    [InlineData("group", "other", false)]
    [InlineData("group", "198.51.100.1", false)]
    [InlineData("network", "cart", true)]
    [InlineData("network", "other", false)]
    [InlineData("network", "11.1.0.7", false)] // of nobody that is known
    [InlineData("11.1.0.0/30", "cart", true)]
    [InlineData("11.1.0.0/30", "cart-cluster", true)] // the same endpoint in either plane
    [InlineData("10.1.0.9/32", "cart", true)]
    [InlineData("11.2.0.0/24", "other", false)] // another network's address is nobody's here
    [InlineData("198.51.100.0/24", "198.51.100.1", true)]
    [InlineData("group and 11.1.0.1/32", "cart", true)]
    [InlineData("group and 11.1.0.3/32", "cart", false)]
    public void Peers_are_groups_networks_and_addresses(string kind, string from, bool denied)
    {
        var peer = kind switch
        {
            "group" => new IntentPeer(Group: Front),
            "network" => new IntentPeer(Network: Orange),
            "group and 11.1.0.1/32" => new IntentPeer(Front, null, IpPrefix.Parse("11.1.0.1/32")),
            "group and 11.1.0.3/32" => new IntentPeer(Front, null, IpPrefix.Parse("11.1.0.3/32")),
            _ => new IntentPeer(Addresses: IpPrefix.Parse(kind)),
        };
        Assert.Equal(!denied, Set(For(Back, Deny(peer: peer))).Allows(from, "store"));
    }

    [Theory]
    [InlineData("tcp", 0, Tcp, 80, true)]
    [InlineData("tcp", 80, Tcp, 80, true)]
    [InlineData("tcp", 80, Tcp, 81, false)]
    [InlineData("tcp", 0, Udp, 80, false)]
    [InlineData("icmp", 0, Icmp, 0, true)]
    [InlineData("icmp", 0, (byte)58, 0, true)]
    [InlineData("icmp", 0, Tcp, 80, false)]
    [InlineData("47", 0, (byte)47, 0, true)]
    [InlineData("any", 0, (byte)47, 0, true)]
    public void Protocol_and_port_narrow_a_rule(string asked, int port, byte protocol, int to, bool denied)
    {
        var named = asked switch { "tcp" => new(Tcp), "icmp" => IntentProtocol.Icmp, "47" => new(47), _ => IntentProtocol.Any };
        Assert.Equal(!denied, Set(For(Back, Deny(protocol: named) with { Port = (ushort)port })).Allows("cart", "store", protocol, to));
    }

    [Fact]
    public void Intent_and_namespace_may_both_deny_and_neither_allows_what_the_other_denies()
    {
        var (open, isolated) = (Ingress("app=cart", From()), Ingress("app=cart"));
        var (deny, allow) = (For(Front, Deny()), For(Front, Allow()));
        Assert.False((Set(open) with { Intent = [deny] }).Allows("store", "cart"));
        Assert.False((Set(isolated) with { Intent = [allow] }).Allows("store", "cart"));
        Assert.True((Set(open) with { Intent = [allow] }).Allows("store", "cart"));

        // Either decides before the baseline.
        var baseline = Cluster("b", ClusterPolicyTier.Baseline, 1, Rule(PolicyAction.Deny, Team("")));
        Assert.False(Set(baseline).Allows("web", "cart-cluster"));
        Assert.True((Set(baseline) with { Intent = [allow] }).Allows("web", "cart-cluster"));
    }

    [Fact]
    public void The_reason_names_the_rule()
    {
        var judgement = PolicyJudge.Judge(Set(For(Back, Allow(priority: 1), Deny(priority: 9))), Try("cart", "store"));
        Assert.Equal("policy blue/p, ingress rule 1 (r)", Assert.IsType<JudgementReason.ByRule>(judgement.Ingress.Reason).Rule.ToString());
    }

    private static IntentPolicy For(GroupId group, params IntentRule[] rules) => new("blue", "p", [group], [.. rules]);

    private static IntentRule Deny(PolicyDirection direction = PolicyDirection.Ingress, int priority = 1, IntentPeer? peer = null, IntentProtocol protocol = default) =>
        new("r", direction, priority, peer ?? IntentPeer.Anybody, protocol, 0, false);

    private static IntentRule Allow(int priority = 1) => Deny(priority: priority) with { Allow = true };
}
