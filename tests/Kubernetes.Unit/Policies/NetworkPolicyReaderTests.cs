using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Policies;

namespace Netplugin.Tests.Kubernetes.Unit.Policies;

/// <summary>NetworkPolicies as the API server sends them.</summary>
public sealed class NetworkPolicyReaderTests
{
    [Fact]
    public void Every_field_is_read()
    {
        var policy = Good("""
            {"podSelector":{"matchLabels":{"app":"db"},"matchExpressions":[{"key":"tier","operator":"NotIn","values":["x","y"]},{"key":"old","operator":"DoesNotExist"}]},
             "policyTypes":["Ingress","Egress"],
             "ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}},{"namespaceSelector":{}},{"namespaceSelector":{},"podSelector":{"matchExpressions":[{"key":"a/b","operator":"Exists"}]}},
                                 {"ipBlock":{"cidr":"10.1.0.7/16","except":["10.1.2.0/24"]}}],
                         "ports":[{"port":80},{"protocol":"UDP","port":53},{"protocol":"SCTP","port":100,"endPort":200},{"port":"http"},{"protocol":"UDP"},{}]},
                        {}],
             "egress":[{"to":[{"ipBlock":{"cidr":"fd00::/8"}}]}]}
            """);

        NetworkPolicyRule first = new(
            [
                new NetworkPolicyPeer.Pods(null, In("app", "web")),
                new NetworkPolicyPeer.Pods(LabelSelector.Everything, null),
                new NetworkPolicyPeer.Pods(LabelSelector.Everything, new([new("a/b", LabelOperator.Exists, [])])),
                new NetworkPolicyPeer.IpBlock(IpPrefix.Parse("10.1.0.0/16"), [IpPrefix.Parse("10.1.2.0/24")]),
            ],
            [
                new NetworkPolicyPort.Range(TransportProtocol.Tcp, 80, 80),
                new NetworkPolicyPort.Range(TransportProtocol.Udp, 53, 53),
                new NetworkPolicyPort.Range(TransportProtocol.Sctp, 100, 200),
                new NetworkPolicyPort.Named(TransportProtocol.Tcp, "http"),
                new NetworkPolicyPort.Any(TransportProtocol.Udp),
                new NetworkPolicyPort.Any(TransportProtocol.Tcp),
            ]);
        Assert.Equal(
            new NetworkPolicy(
                new("shop", "p"),
                new([new("app", LabelOperator.In, ["db"]), new("tier", LabelOperator.NotIn, ["x", "y"]), new("old", LabelOperator.DoesNotExist, [])]),
                new([first, new([], [])]),
                new([new([new NetworkPolicyPeer.IpBlock(IpPrefix.Parse("fd00::/8"), [])], [])])),
            policy);
    }

    [Theory]
    [InlineData("""{}""", true, false)]
    [InlineData("""{"podSelector":{},"ingress":null,"egress":null,"policyTypes":null}""", true, false)]
    [InlineData("""{"ingress":[{}]}""", true, false)]
    [InlineData("""{"egress":[]}""", true, false)]
    [InlineData("""{"egress":[{}]}""", true, true)]
    [InlineData("""{"policyTypes":[]}""", true, false)]
    [InlineData("""{"policyTypes":["Egress"]}""", false, true)]
    [InlineData("""{"policyTypes":["Egress"],"ingress":[{}]}""", false, true)]
    [InlineData("""{"policyTypes":["Ingress"],"egress":[{}]}""", true, false)]
    [InlineData("""{"policyTypes":["Egress","Ingress"]}""", true, true)]
    public void Directions_are_as_the_API_fills_them_in(string spec, bool ingress, bool egress)
    {
        var policy = Good(spec);
        Assert.Equal((ingress, egress), (policy.Ingress is not null, policy.Egress is not null));
        Assert.Equal(LabelSelector.Everything, policy.PodSelector);
    }

    [Theory]
    [InlineData("""{"from":[{"ipBlock":{"cidr":"10.1.0.0/33"}}]}""", "from[0].ipBlock.cidr: must be a CIDR prefix such as 10.1.0.0/16 or fd00:1::/64")]
    [InlineData("""{"from":[{"ipBlock":{}}]}""", "from[0].ipBlock.cidr: must be given")]
    [InlineData("""{"from":[{"ipBlock":{"cidr":"10.1.0.0/16","except":["10.1.0.0/24","10.2.0.0/24"]}}]}""", "from[0].ipBlock.except[1]: must be a part of 10.1.0.0/16, and not all of it")]
    [InlineData("""{"from":[{"ipBlock":{"cidr":"10.1.0.0/16","except":["10.1.0.0/16"]}}]}""", "from[0].ipBlock.except[0]: must be a part of 10.1.0.0/16, and not all of it")]
    [InlineData("""{"from":[{"ipBlock":{"cidr":"10.1.0.0/16","except":["fd00::/32"]}}]}""", "from[0].ipBlock.except[0]: must be a part of 10.1.0.0/16, and not all of it")]
    [InlineData("""{"from":[{"ipBlock":{"cidr":"10.1.0.0/16","more":1}}]}""", "from[0].ipBlock.more: unknown field")]
    [InlineData("""{"from":[{"ipBlock":{"cidr":"10.1.0.0/16"},"podSelector":{}}]}""", "from[0]: must not have both ipBlock and a selector")]
    [InlineData("""{"from":[{"podSelector":{}},{}]}""", "from[1]: must have podSelector, namespaceSelector or ipBlock")]
    [InlineData("""{"from":[{"serviceAccounts":{}}]}""", "from[0].serviceAccounts: unknown kind of peer")]
    [InlineData("""{"from":[null]}""", "from[0]: must be an object")]
    [InlineData("""{"from":{}}""", "from: must be a list")]
    [InlineData("""{"to":[]}""", "to: unknown field")]
    [InlineData("""{"ports":[{"protocol":"ICMP"}]}""", "ports[0].protocol: must be one of TCP, UDP, SCTP")]
    [InlineData("""{"ports":[{"port":0}]}""", "ports[0].port: must be a whole number from 1 to 65535")]
    [InlineData("""{"ports":[{"port":65536}]}""", "ports[0].port: must be a whole number from 1 to 65535")]
    [InlineData("""{"ports":[{"port":1.5}]}""", "ports[0].port: must be a whole number from 1 to 65535")]
    [InlineData("""{"ports":[{"port":"HTTP"}]}""", "ports[0].port: must be a number, or a port's name: 1 to 15 lower case letters, digits and single inner '-', with a letter among them")]
    [InlineData("""{"ports":[{"port":"80"}]}""", "ports[0].port: must be a number, or a port's name: 1 to 15 lower case letters, digits and single inner '-', with a letter among them")]
    [InlineData("""{"ports":[{"port":80,"endPort":79}]}""", "ports[0].endPort: must not be less than port")]
    [InlineData("""{"ports":[{"port":"http","endPort":79}]}""", "ports[0].endPort: must not be given unless port is a number")]
    [InlineData("""{"ports":[{"endPort":79}]}""", "ports[0].endPort: must not be given unless port is a number")]
    [InlineData("""{"ports":[{"portRange":1}]}""", "ports[0].portRange: unknown field")]
    [InlineData("""{"from":[{"podSelector":{"matchLabels":{"-a":"b"}}}]}""", "from[0].podSelector.matchLabels.-a: \"-a\" is not a label key: [prefix/]name, the name of 1 to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends")]
    [InlineData("""{"from":[{"podSelector":{"matchLabels":{"a":null}}}]}""", "from[0].podSelector.matchLabels.a: must be a text")]
    [InlineData("""{"from":[{"podSelector":{"matchLabels":{"a":"b c"}}}]}""", "from[0].podSelector.matchLabels.a: \"b c\" is not a label value: empty, or up to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends")]
    [InlineData("""{"from":[{"podSelector":{"matchExpressions":[{"key":"a","operator":"Gt","values":["1"]}]}}]}""", "from[0].podSelector.matchExpressions[0].operator: must be one of In, NotIn, Exists, DoesNotExist")]
    [InlineData("""{"from":[{"podSelector":{"matchExpressions":[{"key":"a","operator":"In"}]}}]}""", "from[0].podSelector.matchExpressions[0].values: must have a value when the operator is In")]
    [InlineData("""{"from":[{"podSelector":{"matchExpressions":[{"key":"a","operator":"Exists","values":["1"]}]}}]}""", "from[0].podSelector.matchExpressions[0].values: must have no value when the operator is Exists")]
    [InlineData("""{"from":[{"podSelector":{"matchExpressions":[{"operator":"Exists"}]}}]}""", "from[0].podSelector.matchExpressions[0]: must have a key and an operator")]
    [InlineData("""{"from":[{"podSelector":{"matchFields":{}}}]}""", "from[0].podSelector.matchFields: unknown field")]
    [InlineData("""{"action":"Deny"}""", "action: unknown field")]
    [InlineData("""{"\u001b[2J":1}""", "[\"\\u001b[2J\"]: unknown field")]
    [InlineData("""{"":1}""", "[\"\"]: unknown field")]
    [InlineData("""{"from":[{"podSelector":{"matchLabels":{"a/b_c":"\u001b"}}}]}""", "from[0].podSelector.matchLabels.a/b_c: \"\\u001b\" is not a label value: empty, or up to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends")]
    [InlineData("""{"from":[{"podSelector":{"matchLabels":{"\u001b/b":"c"}}}]}""", "from[0].podSelector.matchLabels[\"\\u001b/b\"]: the prefix before the slash of label key \"\\u001b/b\" is not a DNS subdomain")]
    [InlineData("""{"from":[{"podSelector":{"matchExpressions":[{"key":"\u001b","operator":"Exists"}]}}]}""", "from[0].podSelector.matchExpressions[0].key: \"\\u001b\" is not a label key: [prefix/]name, the name of 1 to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends")]
    [InlineData("7", ": must be an object")]
    public void What_is_wrong_in_a_rule_is_told_by_its_path_and_closes_the_rule_alone(string rule, string problem)
    {
        var (policy, problems) = NetworkPolicyReader.Read(Json.Object($$$"""{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{},{{{rule}}}]}"""));
        Assert.Equal(problem[0] is ':' or '[' ? $"spec.ingress[1]{problem}" : $"spec.ingress[1].{problem}", Assert.Single(problems).ToString());
        Assert.Equal([true, false], policy!.Ingress!.Value.Select(one => one.IsReadable));
        Assert.Equal(In("app", "db"), policy.PodSelector);
    }

    [Theory]
    [InlineData("""{"ingress":[{}],"podSelector":{"matchLabels":{"app":"db"}},"later":1}""", "spec.later: unknown field", "app=db", true, false)]
    [InlineData("""{"ingress":[{}],"podSelector":{"matchNames":["x"]}}""", "spec.podSelector.matchNames: unknown field", "", true, false)]
    [InlineData("""{"ingress":[{}],"podSelector":[]}""", "spec.podSelector: must be an object", "", true, false)]
    [InlineData("""{"ingress":[{}],"policyTypes":["Egress","Both"]}""", "spec.policyTypes[1]: must be one of Ingress, Egress", "", true, true)]
    [InlineData("""{"ingress":{},"egress":[{}],"policyTypes":["Egress"]}""", "spec.ingress: must be a list", "", false, true)]
    [InlineData("[]", "spec: must be an object", "", true, true)]
    public void What_is_wrong_elsewhere_closes_every_rule(string spec, string problem, string selector, bool ingress, bool egress)
    {
        var (policy, problems) = NetworkPolicyReader.Read(Json.Object(spec));
        Assert.Equal(problem, Assert.Single(problems).ToString());
        Assert.Equal(selector, policy!.PodSelector.ToString());
        Assert.Equal((ingress, egress), (policy.Ingress is not null, policy.Egress is not null));
        Assert.All([.. policy.Ingress ?? [], .. policy.Egress ?? []], rule => Assert.False(rule.IsReadable));
    }

    [Fact]
    public void Every_problem_is_told()
    {
        var (_, problems) = NetworkPolicyReader.Read(Json.Object("""{"x":1,"ingress":[{"from":[{"y":1},{"z":1}]}],"egress":[{"w":1}]}"""));
        Assert.Equal(
            ["spec.x", "spec.ingress[0].from[0].y", "spec.ingress[0].from[1].z", "spec.egress[0].w"],
            problems.Select(problem => problem.Path));
    }

    [Theory]
    [InlineData("""{"metadata":{"namespace":"shop"}}""")]
    [InlineData("""[]""")]
    [InlineData("""{"metadata":{"name":"p"},"spec":{"\ud800":1}}""")]
    [InlineData("""{"metadata":{"name":"p"},"spec":{"podSelector":{"matchLabels":{"a":"\ud800"}}}}""")]
    public void What_is_no_object_is_refused(string json) => Assert.ThrowsAny<JsonException>(() => NetworkPolicyReader.Read(Json.Parse(json)));

    private static NetworkPolicy Good(string spec)
    {
        var (policy, problems) = NetworkPolicyReader.Read(Json.Object(spec));
        Assert.Empty(problems);
        return policy!;
    }

    private static LabelSelector In(string key, string value) => new([new(key, LabelOperator.In, [value])]);
}
