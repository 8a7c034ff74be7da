using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Policies;

namespace Netplugin.Tests.Kubernetes.Unit.Policies;

/// <summary>ClusterNetworkPolicies as the API server sends them.</summary>
public sealed class ClusterNetworkPolicyReaderTests
{
    private const string Head = "\"tier\":\"Admin\",\"priority\":10,\"subject\":{\"namespaces\":{}}";

    [Fact]
    public void Every_field_is_read()
    {
        var (policy, problems) = ClusterNetworkPolicyReader.Read(Json.Object("""
            {"tier":"Baseline","priority":1000,"subject":{"pods":{"namespaceSelector":{"matchLabels":{"team":"shop"}},"podSelector":{"matchLabels":{"app":"db"}}}},
             "ingress":[{"name":"first","action":"Accept","from":[{"namespaces":{"matchLabels":{"team":"ops"}}},{"pods":{"podSelector":{}}}],
                         "protocols":[{"tcp":{"destinationPort":{"number":80}}},{"udp":{"destinationPort":{"range":{"start":1,"end":9}}}},{"sctp":{"destinationPort":{"number":7}}},{"destinationNamedPort":"http"}]},
                        {"action":"Pass","from":[{"namespaces":{}}]}],
             "egress":[{"action":"Deny","to":[{"nodes":{}},{"networks":["10.1.2.3/16","fd00::/8"]}]}]}
            """));

        Assert.Empty(problems);
        ClusterPolicyRule[] ingress =
        [
            new(
                "first",
                PolicyAction.Accept,
                [new ClusterPolicyPeer.Pods(new(In("team", "ops"), LabelSelector.Everything)), new ClusterPolicyPeer.Pods(new(LabelSelector.Everything, LabelSelector.Everything))],
                [
                    new ClusterPolicyProtocol.Ports(TransportProtocol.Tcp, 80, 80),
                    new ClusterPolicyProtocol.Ports(TransportProtocol.Udp, 1, 9),
                    new ClusterPolicyProtocol.Ports(TransportProtocol.Sctp, 7, 7),
                    new ClusterPolicyProtocol.Named("http"),
                ]),
            new("", PolicyAction.Pass, [new ClusterPolicyPeer.Pods(new(LabelSelector.Everything, LabelSelector.Everything))], []),
        ];
        ClusterPolicyRule egress = new(
            "",
            PolicyAction.Deny,
            [new ClusterPolicyPeer.Nodes(LabelSelector.Everything), new ClusterPolicyPeer.Networks([IpPrefix.Parse("10.1.0.0/16"), IpPrefix.Parse("fd00::/8")])],
            []);
        Assert.Equal(new ClusterNetworkPolicy("p", ClusterPolicyTier.Baseline, 1000, new(In("team", "shop"), In("app", "db")), [.. ingress], [egress]), policy);
    }

    [Theory]
    [InlineData("""{"action":"Accept","to":[{}]}""", "to[0]: must be one of namespaces, pods, nodes, networks")]
    [InlineData("""{"action":"Accept","to":[{"domainNames":["a.example"]}]}""", "to[0].domainNames: unknown kind of peer")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{},"pods":{"podSelector":{}}}]}""", "to[0]: must be one of namespaces, pods, nodes, networks")]
    [InlineData("""{"action":"Accept","to":[{"pods":{}}]}""", "to[0].pods.podSelector: must be given")]
    [InlineData("""{"action":"Accept","to":[]}""", "to: must have 1 to 25 items, not 0")]
    [InlineData("""{"action":"Accept"}""", "to: must be given")]
    [InlineData("""{"action":"Accept","to":[{"networks":[]}]}""", "to[0].networks: must have 1 to 25 items, not 0")]
    [InlineData("""{"action":"Accept","to":[{"networks":["10.1"]}]}""", "to[0].networks[0]: must be a CIDR prefix such as 10.1.0.0/16 or fd00:1::/64")]
    [InlineData("""{"action":"Allow","to":[{"namespaces":{}}]}""", "action: must be one of Accept, Deny, Pass")]
    [InlineData("""{"to":[{"namespaces":{}}]}""", "action: must be given")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{}}],"from":[]}""", "from: unknown field")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{}}],"protocols":[]}""", "protocols: must have 1 to 25 items, not 0")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{}}],"protocols":[{}]}""", "protocols[0]: must be one of tcp, udp, sctp, destinationNamedPort")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{}}],"protocols":[{"icmp":{}}]}""", "protocols[0].icmp: unknown kind of protocol")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{}}],"protocols":[{"tcp":{}}]}""", "protocols[0].tcp.destinationPort: must be given")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{}}],"protocols":[{"tcp":{"flags":1}}]}""", "protocols[0].tcp.flags: unknown field")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{}}],"protocols":[{"tcp":{"destinationPort":{}}}]}""", "protocols[0].tcp.destinationPort: must have number or range, and not both")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{}}],"protocols":[{"tcp":{"destinationPort":{"number":1,"range":{"start":1,"end":2}}}}]}""", "protocols[0].tcp.destinationPort: must have number or range, and not both")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{}}],"protocols":[{"tcp":{"destinationPort":{"range":{"start":2,"end":2}}}}]}""", "protocols[0].tcp.destinationPort.range: must have a start and an end, and the start must be less than the end")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{}}],"protocols":[{"tcp":{"destinationPort":{"number":0}}}]}""", "protocols[0].tcp.destinationPort.number: must be a whole number from 1 to 65535")]
    [InlineData("""{"action":"Accept","to":[{"networks":["::/0"]}],"protocols":[{"destinationNamedPort":"http"}]}""", "protocols: must not name a port in a rule for nodes or networks, which have no named ports")]
    [InlineData("""{"action":"Accept","to":[{"nodes":{}}],"protocols":[{"destinationNamedPort":"http"}]}""", "protocols: must not name a port in a rule for nodes or networks, which have no named ports")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{}}],"protocols":[{"destinationNamedPort":""}]}""", "protocols[0].destinationNamedPort: must not be empty")]
    public void What_is_wrong_in_a_rule_is_told_by_its_path_and_closes_the_rule_alone(string rule, params string[] problems)
    {
        var read = ClusterNetworkPolicyReader.Read(Json.Object($$$"""{{{{Head}}},"egress":[{"action":"Pass","to":[{"namespaces":{}}]},{{{rule}}}]}"""));
        Assert.Equal(problems.Select(problem => $"spec.egress[1].{problem}"), read.Problems.Select(problem => problem.ToString()));
        Assert.Equal([true, false], read.Policy!.Egress.Select(one => one.IsReadable));
        Assert.NotEqual(PolicyAction.Pass, read.Policy.Egress[1].Action);
    }

    [Theory]
    [InlineData("nodes")]
    [InlineData("networks")]
    public void Ingress_knows_neither_nodes_nor_networks(string kind)
    {
        var read = ClusterNetworkPolicyReader.Read(Json.Object($$$"""{{{{Head}}},"ingress":[{"action":"Deny","from":[{"{{{kind}}}":{}}]}]}"""));
        Assert.Equal($"spec.ingress[0].from[0].{kind}: unknown kind of peer", Assert.Single(read.Problems).ToString());
    }

    [Theory]
    [InlineData("""{"tier":"Admin","priority":10,"subject":{"namespaces":{}},"later":1,"egress":[{"action":"Pass","to":[{"namespaces":{}}]}]}""", "spec.later: unknown field")]
    [InlineData("""{"tier":"Admin","priority":10,"subject":{"namespaces":{}},"ingress":{},"egress":[{"action":"Pass","to":[{"namespaces":{}}]}]}""", "spec.ingress: must be a list")]
    public void What_is_wrong_outside_rules_closes_all(string spec, string problem)
    {
        var read = ClusterNetworkPolicyReader.Read(Json.Object(spec));
        Assert.Equal(problem, Assert.Single(read.Problems).ToString());
        Assert.False(Assert.Single(read.Policy!.Egress).IsReadable);
    }

    [Fact]
    public void Too_many_rules_are_told()
    {
        var rules = string.Join(',', Enumerable.Repeat("""{"action":"Pass","from":[{"namespaces":{}}]}""", 26));
        var read = ClusterNetworkPolicyReader.Read(Json.Object($$$"""{{{{Head}}},"ingress":[{{{rules}}}]}"""));
        Assert.Equal("spec.ingress: must have 0 to 25 items, not 26", Assert.Single(read.Problems).ToString());
    }

    [Theory]
    [InlineData("""{"priority":1,"subject":{"namespaces":{}}}""", "spec.tier: must be given")]
    [InlineData("""{"tier":"Middle","priority":1,"subject":{"namespaces":{}}}""", "spec.tier: must be one of Admin, Baseline")]
    [InlineData("""{"tier":"Admin","subject":{"namespaces":{}}}""", "spec.priority: must be given")]
    [InlineData("""{"tier":"Admin","priority":1001,"subject":{"namespaces":{}}}""", "spec.priority: must be a whole number from 0 to 1000")]
    [InlineData("""{"tier":"Admin","priority":1}""", "spec.subject: must be given")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{}}""", "spec.subject: must have namespaces or pods, and not both")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"serviceAccounts":{}}}""", "spec.subject.serviceAccounts: unknown field")]
    public void Without_subject_tier_or_priority_there_is_no_policy(string spec, string problem)
    {
        var read = ClusterNetworkPolicyReader.Read(Json.Object(spec));
        Assert.Equal(problem, Assert.Single(read.Problems).ToString());
        Assert.Null(read.Policy);
    }

    private static LabelSelector In(string key, string value) => new([new(key, LabelOperator.In, [value])]);
}
