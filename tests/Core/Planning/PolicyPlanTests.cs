using System.Text;
using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Judging;

namespace Netplugin.Tests.Core.Planning;

/// <summary>Endpoint groups and policies: what posts make of them.</summary>
public sealed class PolicyPlanTests
{
    private const string Tenant = "\"Name\":\"t\",\"SubnetPool\":\"11.1.0.0/16\",\"VXLANs\":\"1-99\"";

    private const string Whole = $$"""
        {"Tenants":[{{{Tenant}},
          "Policies":[{"Name":"in","Rules":[{"RuleID":"1","Direction":"in","Action":"deny"},
            {"RuleID":"2","Direction":"in","Priority":10,"FromEndpointGroup":"web","Protocol":"tcp","Port":6379,"Action":"allow"},
            {"RuleID":"3","Direction":"in","Priority":5,"FromNetwork":"m","Action":"allow"}]}],
          "Networks":[{"Name":"n","EndpointGroups":[{"Name":"web"},{"Name":"db","Policies":["in"]}],
            "Endpoints":[{"Container":"a","Group":"web"},{"Container":"b","Group":"db"},{"Container":"c"}]},{"Name":"m"}]}]}
        """;

    // Both groups are of the other network.
    private const string Moved = $$$"""
        {"Tenants":[{{{{Tenant}}},"Policies":[{"Name":"in","Rules":[{"RuleID":"2","Direction":"in","FromEndpointGroup":"web","Action":"allow"}]}],
          "Networks":[{"Name":"n","Endpoints":[{"Container":"c"}]},{"Name":"m","EndpointGroups":[{"Name":"web"},{"Name":"db","Policies":["in"]}],"Endpoints":[{"Container":"a","Group":"web"}]}]}]}
        """;

    private static readonly ClusterState Posted = ClusterState.Empty.Post(Whole);

    [Fact]
    public void A_post_makes_groups_and_policies() => Assert.Equal(
        [
            "+ tenant t vxlan pool 11.1.0.0/16 by /24 vxlans 1-99",
            "+ network t/m vxlan 2 11.1.1.0/24",
            "+ network t/n vxlan 1 11.1.0.0/24",
            "+ policy t/in rules 1: in 1 deny any; 2: in 10 allow tcp/6379 from group t/n/web; 3: in 5 allow any from network t/m",
            "+ endpoint group t/n/db policies in",
            "+ endpoint group t/n/web",
            "+ endpoint t/n/a 11.1.0.1 group web",
            "+ endpoint t/n/b 11.1.0.2 group db",
            "+ endpoint t/n/c 11.1.0.3",
        ],
        PlanDescription.Lines(ClusterState.Empty.Plan(Whole).Changes));

    [Fact]
    public void The_policies_of_what_is_posted_know_their_groups()
    {
        var policy = Assert.Single(IntentPolicies.Of(Posted));
        Assert.Equal(new GroupId(new("t", "n"), "db"), Assert.Single(policy.Groups));
        Assert.Equal(Posted.Policies.Values.Single().Rules, policy.Rules);
    }

    [Theory]
    [InlineData("myContainer1", "myContainer2", 6379, true)]
    [InlineData("myContainer1", "myContainer2", 80, false)]
    [InlineData("myContainer2", "myContainer1", 80, true)]
    public void The_example_of_the_documentation_means_what_is_said_beside_it(string from, string to, int port, bool allowed)
    {
        var page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "policy.md"));
        var example = page.Split("```json\n")[1].Split("```")[0].Replace("\"Name\": \"tenant-one\",", "\"Name\": \"tenant-one\", \"SubnetPool\": \"11.1.0.0/16\", \"VXLANs\": \"1-9\",", StringComparison.Ordinal);
        var state = ClusterState.Empty.Post(example);

        var policies = PolicySet.Empty with { Intent = IntentPolicies.Of(state) };
        Assert.Equal(allowed, PolicyJudge.Judge(policies, new(End(from), End(to), 6, (ushort)port)).IsAllowed);

        AttemptEnd.OfEndpoint End(string container)
        {
            var record = state.Endpoints[new(new("tenant-one", "orange"), container)];
            return new(new(record.Id, record.Group, [record.Address], [], "n", null), record.Address);
        }
    }

    [Fact]
    public void Posting_again_changes_nothing_and_what_is_written_out_is_the_same()
    {
        Assert.Empty(Posted.Plan(Whole).Changes);
        Assert.Empty(Posted.Plan(Whole, PostMode.Add).Changes);
        Assert.Equal(Posted.Show(), ClusterState.Empty.Post(Encoding.UTF8.GetString(IntentWriter.Write(Posted))).Show());
    }

    [Fact]
    public void What_an_addition_does_not_say_stays()
    {
        var after = Posted.Post("""{"Tenants":[{"Name":"t","Policies":[{"Name":"in"}],"Networks":[{"Name":"n","EndpointGroups":[{"Name":"db"}],"Endpoints":[{"Container":"b"}]}]}]}""", PostMode.Add);
        Assert.Equal(Posted.Show(), after.Show());
    }

    [Fact]
    public void What_a_whole_intent_does_not_say_goes()
    {
        var after = Posted.Plan($$"""{"Tenants":[{{{Tenant}},"Policies":[{"Name":"in"}],"Networks":[{"Name":"n","EndpointGroups":[{"Name":"db"}],"Endpoints":[{"Container":"a"},{"Container":"b"},{"Container":"c"}]},{"Name":"m"}]}]}""");
        Assert.Equal(
            [
                "~ policy t/in rules: 1: in 1 deny any; 2: in 10 allow tcp/6379 from group t/n/web; 3: in 5 allow any from network t/m -> none",
                "~ endpoint group t/n/db policies: in -> none",
                "~ endpoint t/n/a group: web -> none",
                "~ endpoint t/n/b group: db -> none",
                "- endpoint group t/n/web",
            ],
            PlanDescription.Lines(after.Changes));
    }

    [Fact]
    public void An_endpoint_may_change_its_group_and_keeps_its_address()
    {
        var after = Posted.Post("""{"Tenants":[{"Name":"t","Networks":[{"Name":"n","Endpoints":[{"Container":"a","Group":"db"}]}]}]}""", PostMode.Add);
        var endpoint = after.Endpoints[new(new("t", "n"), "a")];
        Assert.Equal(("db", IpAddr.Parse("11.1.0.1")), (endpoint.Group, endpoint.Address));
    }

    [Theory]
    [InlineData("""{"Name":"t","Networks":[{"Name":"n","Endpoints":[{"Container":"a","Group":"no"}]}]}""", "network t/n has no endpoint group \"no\"; name it in the network's EndpointGroups")]
    [InlineData("""{"Name":"t","Networks":[{"Name":"m","Endpoints":[{"Container":"a","Group":"web"}]}]}""", "network t/m has no endpoint group \"web\"; name it in the network's EndpointGroups")]
    [InlineData("""{"Name":"t","Networks":[{"Name":"n","EndpointGroups":[{"Name":"web","Policies":["no"]}]}]}""", "tenant \"t\" has no policy \"no\"")]
    [InlineData("""{"Name":"t","Networks":[{"Name":"m","EndpointGroups":[{"Name":"web"}]}]}""", "endpoint group \"web\" is already one of network t/n; in a tenant no two groups share a name")]
    [InlineData("""{"Name":"t","Policies":[{"Name":"in","Rules":[{"RuleID":"1","Direction":"in","FromEndpointGroup":"no","Action":"deny"}]}]}""", "tenant \"t\" has no endpoint group \"no\"")]
    [InlineData("""{"Name":"t","Policies":[{"Name":"in","Rules":[{"RuleID":"1","Direction":"in","FromNetwork":"no","Action":"deny"}]}]}""", "tenant \"t\" has no network \"no\"")]
    public void References_lead_somewhere(string tenant, string message) =>
        Assert.EndsWith($": {message}", Assert.Single(Posted.Errors($$"""{"Tenants":[{{tenant}}]}""", PostMode.Add)), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"Name":"t","Policies":[{"Name":"in"}]}""", "policy t/in cannot be removed while it is in use, by 1 now: endpoint group t/n/db")]
    [InlineData("""{"Name":"t","Networks":[{"Name":"n","EndpointGroups":[{"Name":"web"}]}]}""", "endpoint group t/n/web cannot be removed while it is in use, by 2 now: endpoint t/n/a, rule \"2\" of policy t/in")]
    [InlineData("""{"Name":"t","Networks":[{"Name":"m"}]}""", "network t/m cannot be removed while it is in use, by 1 now: rule \"3\" of policy t/in")]
    public void What_is_in_use_is_not_removed(string tenant, string message) =>
        Assert.Equal($"1:21: {message}", Assert.Single(Posted.Errors($$"""{"Tenants":[{{tenant}}]}""", PostMode.Delete)));

    [Fact]
    public void What_is_listed_is_removed_and_not_what_it_is_in()
    {
        var after = Posted.Plan(
            """{"Tenants":[{"Name":"t","Policies":[{"Name":"in"}],"Networks":[{"Name":"n","EndpointGroups":[{"Name":"db"}],"Endpoints":[{"Container":"b"}]}]}]}""", PostMode.Delete);
        Assert.Equal(
            [
                "- endpoint t/n/b 11.1.0.2 group db",
                "- endpoint group t/n/db policies in",
                "- policy t/in rules 1: in 1 deny any; 2: in 10 allow tcp/6379 from group t/n/web; 3: in 5 allow any from network t/m",
            ],
            PlanDescription.Lines(after.Changes));
    }

    [Fact]
    public void A_tenant_goes_with_its_groups_and_policies()
    {
        var after = Posted.Post("""{"Tenants":[{"Name":"t"}]}""", PostMode.Delete);
        Assert.Empty(after.Groups);
        Assert.Empty(after.Policies);
        Assert.Empty(Posted.Post("""{"Tenants":[]}""").Policies);
    }

    [Fact]
    public void What_is_not_there_to_be_removed_is_a_warning()
    {
        var plan = Posted.Plan("""{"Tenants":[{"Name":"t","Policies":[{"Name":"no"}],"Networks":[{"Name":"m","EndpointGroups":[{"Name":"web"}]}]}]}""", PostMode.Delete);
        Assert.Empty(plan.Changes);
        Assert.Equal(["policy t/no is not there", "endpoint group t/m/web is not there"], plan.Warnings.Select(warning => warning.Message));
    }

    [Fact]
    public void A_group_that_a_pod_has_by_a_label_is_not_removed()
    {
        var state = WithPod();
        Assert.EndsWith(
            "endpoint group t/n/db cannot be removed while it is in use, by 1 now: pod ns/p",
            Assert.Single(state.Errors($$"""{"Tenants":[{{{Tenant}},"Policies":[{"Name":"in"}],"Networks":[{"Name":"n","EndpointGroups":[{"Name":"web"}]},{"Name":"m"}]}]}""")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_intent_moves_groups_to_another_network() => Assert.Equal(
        [
            "~ policy t/in rules: 1: in 1 deny any; 2: in 10 allow tcp/6379 from group t/n/web; 3: in 5 allow any from network t/m -> 2: in 1 allow any from group t/m/web",
            "~ endpoint group t/m/db network: n -> m",
            "~ endpoint group t/m/web network: n -> m",
            "+ endpoint t/m/a 11.1.1.1 group web",
            "- endpoint t/n/a 11.1.0.1 group web",
            "- endpoint t/n/b 11.1.0.2 group db",
        ],
        PlanDescription.Lines(Posted.Plan(Moved).Changes));

    [Fact]
    public void A_group_that_a_pod_has_by_a_label_is_not_moved() => Assert.EndsWith(
        "endpoint group t/n/db cannot be removed while it is in use, by 1 now: pod ns/p", Assert.Single(WithPod().Errors(Moved)), StringComparison.Ordinal);

    // A pod that is in group db by its label.
    private static ClusterState WithPod()
    {
        var pod = new EndpointRecord(new(new("t", "n"), "ns.p"), IpAddr.Parse("11.1.0.9"), default, "", "", new("h", "s", "eth0"), 1) { Pod = new("ns", "p", "db") };
        Assert.Equal("db", pod.Group);
        return Posted with { Endpoints = Posted.Endpoints.Add(pod.Id, pod) };
    }
}
