using System.Text;
using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Core.Intents;

/// <summary>Endpoint groups and policies in an intent.</summary>
public sealed class PolicyIntentTests
{
    private const string Good = """
        {"Tenants":[{"Name":"t","Policies":[{"Name":"p","Rules":[{"RuleID":"1","Direction":"in","Priority":7,"FromEndpointGroup":"web","FromIPAddress":"10.1.2.3","Protocol":"tcp","Port":80,
        "Action":"allow"}]}],"Networks":[{"Name":"n","EndpointGroups":[{"Name":"web","Policies":["p"]}],"Endpoints":[{"Container":"c","Group":"web"}]}]}]}
        """;

    [Fact]
    public void Groups_and_policies_are_read()
    {
        var intent = IntentReader.Read("""
            {"Tenants":[{"Name":"t","policies":[{"Name":"p","Rules":[
                {"RuleID":"1","Direction":"in","Action":"deny"},
                {"ruleId":"2","direction":"IN","priority":100,"fromEndpointGroup":"web","fromIpAddress":"10.1.2.3/16","protocol":"TCP","port":80,"action":"Allow"},
                {"RuleID":"3","Direction":"out","ToNetwork":"n","Protocol":47,"Action":"allow"},
                {"RuleID":"4","Direction":"out","ToEndpointGroup":"","ToIPAddress":"fd00::1","Protocol":"icmp","Port":0,"Action":"allow"}]},
              {"Name":"empty"}],
             "Networks":[{"Name":"n","EndpointGroups":[{"Name":"web","Policies":["p","empty"]},{"Name":"db"}],"Endpoints":[{"Container":"c","Group":"web"},{"Container":"d"}]}]}]}
            """u8);

        Assert.Empty(intent.Errors);
        var tenant = Assert.Single(intent.Value!.Tenants);
        Assert.Equal(
            [
                "1 Ingress 1 - - - any 0 False", "2 Ingress 100 web - 10.1.0.0/16 tcp 80 True", "3 Egress 1 - n - 47 0 True", $"4 Egress 1 - - {IpPrefix.Parse("fd00::1/128")} icmp 0 True",
            ],
            tenant.Policies[0].Rules!.Value.Select(rule =>
                $"{rule.RuleId.Value} {rule.Direction} {rule.Priority} {rule.Group?.Value ?? "-"} {rule.Network?.Value ?? "-"} {rule.Addresses?.ToString() ?? "-"} {rule.Protocol} {rule.Port} {rule.Allow}"));
        Assert.Null(tenant.Policies[1].Rules);
        var network = Assert.Single(tenant.Networks);
        Assert.Equal(["p", "empty"], network.Groups[0].Policies!.Value.Select(policy => policy.Value));
        Assert.Null(network.Groups[1].Policies);
        Assert.Equal(["web", null], network.Endpoints.Select(endpoint => endpoint.Group?.Value));
    }

    [Theory]
    [InlineData("""{"Direction":"in","Action":"deny"}""", "this rule has no RuleID")]
    [InlineData("""{"RuleID":"1","Action":"deny"}""", "this rule has no Direction: \"in\" or \"out\"")]
    [InlineData("""{"RuleID":"1","Direction":"in"}""", "this rule has no Action: \"allow\" or \"deny\"")]
    [InlineData("""{"RuleID":"1","Direction":"both","Action":"deny"}""", "Direction \"both\" must be \"in\" or \"out\"")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"accept"}""", "Action \"accept\" must be \"allow\" or \"deny\"")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny","Priority":0}""", "Priority 0 must be from 1 to 100")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny","Priority":101}""", "Priority 101 must be from 1 to 100")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny","Protocol":"tcp","Port":65536}""", "Port 65536 must be from 0 to 65535")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny","Port":80}""", "Port needs Protocol \"tcp\", \"udp\" or \"sctp\": others have no ports")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny","Protocol":"icmp","Port":80}""", "Port needs Protocol \"tcp\", \"udp\" or \"sctp\": others have no ports")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny","Protocol":"tpc","Port":80}""", "Protocol \"tpc\" must be \"tcp\", \"udp\", \"sctp\", \"icmp\" or a protocol's number from 0 to 255")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny","Protocol":256}""", "Protocol \"256\" must be \"tcp\", \"udp\", \"sctp\", \"icmp\" or a protocol's number from 0 to 255")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny","ToNetwork":"n"}""", "a rule of direction \"in\" has FromNetwork and no ToNetwork: to whom is said by the group that the policy is for")]
    [InlineData("""{"RuleID":"1","Direction":"out","Action":"deny","FromEndpointGroup":"g"}""", "a rule of direction \"out\" has ToEndpointGroup and no FromEndpointGroup: from whom is said by the group that the policy is for")]
    [InlineData("""{"RuleID":"1","Direction":"out","Action":"deny","FromIPAddress":"10.1.0.1"}""", "a rule of direction \"out\" has ToIPAddress and no FromIPAddress: from whom is said by the group that the policy is for")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny","FromNetwork":"n","FromEndpointGroup":"g"}""", "a rule for a whole network has neither an endpoint group nor an IP address")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny","FromNetwork":"n","FromIPAddress":"10.1.0.1"}""", "a rule for a whole network has neither an endpoint group nor an IP address")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny","FromIPAddress":"10.1"}""", "FromIPAddress \"10.1\" is neither an IP address nor a CIDR prefix such as 10.1.0.0/16")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny","FromEndpointGrp":"g"}""", "unknown field \"FromEndpointGrp\" (did you mean \"FromEndpointGroup\"?)")]
    [InlineData("""{"RuleID":"1","Direction":"in","Action":"deny"},{"RuleID":"1","Direction":"in","Action":"deny"}""", "rule \"1\" is listed twice (first at 1:68)")]
    public void What_is_wrong_in_a_rule_is_told(string rules, string message) =>
        Assert.Equal(message, Assert.Single(Read($$$"""{"Tenants":[{"Name":"t","Policies":[{"Name":"p","Rules":[{{{rules}}}]}]}]}""").Errors).Message);

    [Theory]
    [InlineData("""{"Tenants":[{"Name":"t","Policies":[{"Rules":[]}]}]}""", "this policy has no Name")]
    [InlineData("""{"Tenants":[{"Name":"t","Policies":[{"Name":"p"},{"Name":"p"}]}]}""", "policy \"p\" is listed twice (first at 1:45)")]
    [InlineData("""{"Tenants":[{"Name":"t","Networks":[{"Name":"n","EndpointGroups":[{"Name":"g/h"}]}]}]}""", "endpoint group Name \"g/h\" may hold only letters, digits and . - _ and begins with a letter or digit")]
    [InlineData("""{"Tenants":[{"Name":"t","Networks":[{"Name":"n","EndpointGroups":[{"Name":"g","Policies":["p","p"]}]}]}]}""", "policy \"p\" is listed twice (first at 1:91)")]
    [InlineData("""{"Tenants":[{"Name":"t","Networks":[{"Name":"n","EndpointGroups":[{"Name":"g","Policies":[5]}]}]}]}""", "each element of Policies must be a string, not the number 5")]
    [InlineData("""{"Tenants":[{"Name":"t","Networks":[{"Name":"n","EndpointGroups":[{"Name":"g","Policies":"p"}]}]}]}""", "Policies must be an array, not a string")]
    public void What_is_wrong_around_rules_is_told(string json, string message) => Assert.Equal(message, Assert.Single(Read(json).Errors).Message);

    [Fact]
    public void Whatever_is_damaged_is_read_or_refused() => Damage.Of([Good], ["{}", "[]", "null", "5", "-1", "\"\"", "{", "}", "[", "]", ":", ",", "\"", "\\ud800", "9e99", "x"], most: 3).Sample(
        text =>
        {
            var read = Read(text);
            Assert.Equal(read.Errors.IsEmpty, read.Succeeded);
        },
        iter: 20_000);

    private static IntentReadResult<Intent> Read(string json) => IntentReader.Read(Encoding.UTF8.GetBytes(json));
}
