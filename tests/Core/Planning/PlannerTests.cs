using System.Diagnostics;
using System.Text;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using static Netplugin.Tests.Core.Planning.Samples;

namespace Netplugin.Tests.Core.Planning;

/// <summary>What a post makes of a state.</summary>
public sealed class PlannerTests
{
    private static EndpointId Endpoint(string network, string container) => new(new("one", network), container);

    [Fact]
    public void Posting_the_same_file_again_changes_nothing()
    {
        var state = ClusterState.Empty.Post(Base);

        foreach (var mode in new[] { PostMode.Replace, PostMode.Add })
        {
            var again = state.Plan(Base, mode);
            Assert.Empty(again.Changes);
            Assert.Same(state, again.After);
        }

        Assert.Equal(1, state.Post.Number);
    }

    [Fact]
    public void Changes_come_parents_first_and_removals_children_first()
    {
        var first = ClusterState.Empty.Plan(Base);
        Assert.Equal(
            ["PutHost", "PutTenant", "PutNetwork", "PutEndpoint", "PutContainer", "PutHome"],
            first.Changes.Select(c => c.GetType().Name).Distinct());
        Assert.All(first.Changes, change => Assert.False(change.IsRemoval));

        var last = first.After.Plan("{}");
        Assert.Equal(
            ["DeleteHome", "DeleteContainer", "DeleteEndpoint", "DeleteNetwork", "DeleteTenant", "DeleteHost"],
            last.Changes.Select(c => c.GetType().Name).Distinct());
        Assert.All(last.Changes, change => Assert.True(change.IsRemoval));
        Assert.Equal(2, last.After.Post.Number);
    }

    [Fact]
    public void A_whole_intent_keeps_what_stays_with_its_address_and_binding()
    {
        var state = ClusterState.Empty.Post(Base);
        var bound = state.Endpoints[Endpoint("orange", "c2")] with { Binding = new("host1", "sandbox", "eth0") };
        state = state with { Endpoints = state.Endpoints.SetItem(bound.Id, bound) };

        var plan = state.Plan("""
            {"Hosts":[{"Name":"host1","VtepIP":"192.168.2.10"}],
            "Tenants":[{"Name":"one","Networks":[{"Name":"orange","Endpoints":[{"Container":"c9"},{"Container":"c2"}]}]}]}
            """);

        Assert.Equal(bound, plan.After.Endpoints[bound.Id]);
        Assert.Equal("11.1.0.1", plan.After.Endpoints[Endpoint("orange", "c9")].Address.ToString());
        Assert.Equal(
            [
                "+ endpoint one/orange/c9 11.1.0.1",
                "- endpoint one/orange/c1 11.1.0.1",
                "- endpoint one/purple/c2 11.1.1.1 on host1",
                "- network one/purple vxlan 101 11.1.1.0/24",
                "- host host2",
            ],
            PlanDescription.Lines(plan.Changes));
    }

    [Fact]
    public void What_is_given_back_is_handed_out_again_lowest_first()
    {
        var state = ClusterState.Empty.Post(Base)
            .Post(Tenant("\"Networks\":[{\"Name\":\"orange\"}]"), PostMode.Delete)
            .Post(Tenant("\"Networks\":[{\"Name\":\"green\",\"Endpoints\":[{\"Container\":\"c7\"}]}]"), PostMode.Add);

        Assert.Equal((100u, "11.1.0.0/24"), (state.Networks[new("one", "green")].Tag, state.Networks[new("one", "green")].Subnet.ToString()));
        Assert.Equal("11.1.0.1", state.Endpoints[Endpoint("green", "c7")].Address.ToString());
    }

    [Fact]
    public void An_addition_leaves_the_rest_alone_and_may_name_only_its_tenant()
    {
        var state = ClusterState.Empty.Post(Base);
        var plan = state.Plan(Tenant("\"Networks\":[{\"Name\":\"green\",\"Endpoints\":[{\"Container\":\"c2\",\"Host\":\"host2\"}]}]"), PostMode.Add);

        Assert.Equal(
            ["+ network one/green vxlan 102 11.1.2.0/24", "+ endpoint one/green/c2 11.1.2.1 on host2"],
            PlanDescription.Lines(plan.Changes));
        Assert.Equal(["orange", "purple", "green"], plan.After.Containers["c2"].Endpoints.Select(n => n.Network));
        Assert.Equal(2, plan.After.Networks[new("one", "green")].Post);
        Assert.Equal(1, plan.After.Networks[new("one", "orange")].Post);
    }

    [Fact]
    public void A_whole_intent_sets_the_order_of_a_containers_interfaces()
    {
        var state = ClusterState.Empty.Post(Base);
        var turned = Tenant("""
            "Networks":[{"Name":"purple","Endpoints":[{"Container":"c2"}]},{"Name":"orange","Endpoints":[{"Container":"c1"},{"Container":"c2"}]}]
            """).Replace("{\"Tenants\"", "{\"Hosts\":[{\"Name\":\"host1\",\"VtepIP\":\"192.168.2.10\"},{\"Name\":\"host2\",\"VtepIP\":\"192.168.2.11\"}],\"Tenants\"", StringComparison.Ordinal);

        var change = Assert.IsType<StateChange.PutContainer>(Assert.Single(state.Plan(turned).Changes));
        Assert.Equal(["purple", "orange"], change.Container.Endpoints.Select(n => n.Network));
        Assert.Empty(state.Plan(turned, PostMode.Add).Changes);
    }

    [Fact]
    public void A_lost_index_entry_stops_no_post_and_is_mended_by_a_whole_intent()
    {
        var state = ClusterState.Empty.Post(Base);
        var damaged = state with { Containers = state.Containers.Clear() };

        Assert.Equal("", damaged.Post("{}").Show());
        Assert.Equal(state.Show(), damaged.Post(Base).Show());
        Assert.All(damaged.Plan(Base).Changes, change => Assert.IsType<StateChange.PutContainer>(change));
    }

    [Fact]
    public void A_host_given_later_rehomes_and_none_given_leaves_the_home()
    {
        var state = ClusterState.Empty.Post(Base);
        var plan = state.Plan(
            Tenant("\"Networks\":[{\"Name\":\"orange\",\"Endpoints\":[{\"Container\":\"c1\",\"Host\":\"host2\",\"AttachUUID\":\"u1\"},{\"Container\":\"c2\",\"Host\":\"host2\"}]}]"),
            PostMode.Add);

        Assert.Equal(
            ["~ endpoint one/orange/c1 host: none -> host2, attach: none -> u1", "~ endpoint one/orange/c2 host: host1 -> host2"],
            PlanDescription.Lines(plan.Changes));
        Assert.Equal(
            [new StateChange.PutHome("host2", Endpoint("orange", "c1"), "u1"), new StateChange.PutHome("host2", Endpoint("orange", "c2"), ""), new StateChange.DeleteHome("host1", Endpoint("orange", "c2"))],
            plan.Changes.Where(c => c is StateChange.PutHome or StateChange.DeleteHome));
        Assert.Empty(plan.After.Plan(Tenant("\"Networks\":[{\"Name\":\"orange\",\"Endpoints\":[{\"Container\":\"c1\"}]}]"), PostMode.Add).Changes);
    }

    [Fact]
    public void Listed_endpoints_go_and_their_network_stays_until_it_is_listed_bare()
    {
        var state = ClusterState.Empty.Post(Base);

        var withoutEndpoint = state.Plan(Tenant("\"Networks\":[{\"Name\":\"orange\",\"Endpoints\":[{\"Container\":\"c1\"},{\"Container\":\"c2\"}]}]"), PostMode.Delete);
        Assert.Equal(["- endpoint one/orange/c1 11.1.0.1", "- endpoint one/orange/c2 11.1.0.2 on host1"], PlanDescription.Lines(withoutEndpoint.Changes));

        var withoutNetwork = withoutEndpoint.After.Plan(Tenant("\"Networks\":[{\"Name\":\"orange\"}]"), PostMode.Delete);
        Assert.Equal(["- network one/orange vxlan 100 11.1.0.0/24"], PlanDescription.Lines(withoutNetwork.Changes));

        var withoutTenant = state.Post("""{"Hosts":[{"Name":"host1"},{"Name":"host2"}],"Tenants":[{"Name":"one"}]}""", PostMode.Delete);
        Assert.Equal("", withoutTenant.Show());
    }

    [Fact]
    public void Given_values_are_taken_before_anything_is_allocated()
    {
        var state = ClusterState.Empty.Post(Tenant("""
            "SubnetPool":"11.1.0.0/16","VXLANs":"100-103","Networks":[
            {"Name":"first","Endpoints":[{"Container":"a"},{"Container":"b","IPAddress":"11.1.1.1"},{"Container":"c"}]},
            {"Name":"second","PktTag":100,"SubnetCIDR":"11.1.0.0/24"}]
            """));

        Assert.Equal(
            """
            + tenant one vxlan pool 11.1.0.0/16 by /24 vxlans 100-103
            + network one/first vxlan 101 11.1.1.0/24
            + network one/second vxlan 100 11.1.0.0/24
            + endpoint one/first/a 11.1.1.2
            + endpoint one/first/b 11.1.1.1
            + endpoint one/first/c 11.1.1.3
            """,
            state.Show());
    }

    [Fact]
    public void VNIs_are_unique_in_the_cluster_though_tenants_share_a_range()
    {
        var state = ClusterState.Empty.Post("""
            {"Tenants":[
            {"Name":"a","SubnetPool":"10.1.0.0/16","VXLANs":"100-102","Networks":[{"Name":"x"},{"Name":"y"}]},
            {"Name":"b","SubnetPool":"10.1.0.0/16","VXLANs":"100-102","Networks":[{"Name":"x"}]},
            {"Name":"c","DefaultNetType":"vlan","SubnetPool":"10.1.0.0/16","VLANs":"100-102","Networks":[{"Name":"x"}]}]}
            """);

        Assert.Equal([100u, 101u, 102u, 100u], state.Networks.Values.Select(n => n.Tag));
        Assert.Equal(4, state.Networks.Values.Select(n => n.DatapathId).Distinct().Count());
    }

    [Theory]
    [InlineData("\"SubnetCIDR\":\"10.9.9.1/24\"", "10.9.9.2,10.9.9.3")]
    [InlineData("\"SubnetCIDR\":\"10.9.9.253/24\"", "10.9.9.254,10.9.9.1")]
    [InlineData("\"SubnetCIDR\":\"10.9.9.0/30\"", "10.9.9.1,10.9.9.2")]
    [InlineData("\"SubnetCIDR\":\"10.9.9.0/31\"", "10.9.9.0,10.9.9.1")]
    [InlineData("\"SubnetCIDR\":\"10.9.9.0/24\",\"DefaultGw\":\"10.9.9.1\"", "10.9.9.2,10.9.9.3")]
    [InlineData("\"SubnetCIDR\":\"fd00:1::/64\"", "fd00:1::1,fd00:1::2")]
    [InlineData("\"SubnetCIDR\":\"fd00:1::/127\"", "fd00:1::,fd00:1::1")]
    [InlineData("\"SubnetCIDR\":\"fd00:1::fffe/112\"", "fd00:1::ffff,fd00:1::1")]
    public void The_lowest_usable_addresses_come_first(string network, string expected)
    {
        var state = ClusterState.Empty.Post(Network(network + ",\"Endpoints\":[{\"Container\":\"a\"},{\"Container\":\"b\"}]"));

        Assert.Equal(expected, string.Join(',', new[] { "a", "b" }.Select(c => state.Endpoints[Endpoint("n", c)].Address)));
    }

    [Fact]
    public void Pools_of_either_family_are_cut_in_order()
    {
        Assert.Equal("fd00:1::/64", Subnet("\"SubnetPool\":\"fd00:1::/48\",\"VXLANs\":\"1-9\""));
        Assert.Equal("10.4.0.0/30", Subnet("\"SubnetPool\":\"10.4.0.0/30\",\"VXLANs\":\"1-9\""));
        Assert.Equal("10.0.0.0/24", Subnet("\"SubnetPool\":\"10.0.0.77/8\",\"AllocSubnetLen\":24,\"VXLANs\":\"1-9\""));

        static string Subnet(string tenant) =>
            ClusterState.Empty.Post(Tenant(tenant + ",\"Networks\":[{\"Name\":\"n\"}]")).Networks[new("one", "n")].Subnet.ToString();
    }

    [Fact]
    public void Tenants_may_use_the_same_subnets()
    {
        ClusterState.Empty.Post("""
            {"Tenants":[{"Name":"one","VXLANs":"1-99","Networks":[{"Name":"a","SubnetCIDR":"10.1.0.0/16"}]},
            {"Name":"two","VXLANs":"1-99","Networks":[{"Name":"a","SubnetCIDR":"10.1.0.0/16"}]}]}
            """);
    }

    [Fact]
    public void Adding_to_a_host_keeps_what_is_not_given_and_a_whole_intent_does_not()
    {
        var state = ClusterState.Empty.Post("""{"Hosts":[{"Name":"h","VtepIP":"10.0.0.1"}]}""");

        Assert.Equal("+ host h vtep 10.0.0.1 interface eth2", state.Post("""{"Hosts":[{"Name":"h","Intf":"eth2"}]}""", PostMode.Add).Show());
        Assert.Equal("+ host h interface eth2", state.Post("""{"Hosts":[{"Name":"h","Intf":"eth2"}]}""").Show());
    }

    [Fact]
    public void The_same_values_given_again_agree()
    {
        var state = ClusterState.Empty.Post(Base);

        Assert.Empty(state.Plan(Tenant("""
            "SubnetPool":"11.1.0.0/16","Networks":[{"Name":"orange","PktTagType":"vxlan","PktTag":"100","SubnetCIDR":"11.1.0.0/24",
            "Endpoints":[{"Container":"c1","IPAddress":"11.1.0.1"}]}]
            """), PostMode.Add).Changes);
    }

    [Fact]
    public void A_gateway_comes_and_goes_with_a_whole_intent()
    {
        var state = ClusterState.Empty.Post(Network("\"SubnetCIDR\":\"10.0.0.0/24\""));

        var with = state.Plan(Network("\"DefaultGw\":\"10.0.0.254\""), PostMode.Add);
        Assert.Equal(["~ network one/n gateway: none -> 10.0.0.254"], PlanDescription.Lines(with.Changes));
        Assert.Empty(with.After.Plan(Network("\"PktTag\":\"\""), PostMode.Add).Changes);
        Assert.Equal(["~ network one/n gateway: 10.0.0.254 -> none"], PlanDescription.Lines(with.After.Plan(Network("\"PktTag\":\"\"")).Changes));
    }

    [Fact]
    public void A_tenant_removed_can_be_made_again()
    {
        var state = ClusterState.Empty.Post(Base);

        Assert.Equal(state.Show(), state.Post("{}").Post(Base).Show());
    }

    [Fact]
    public void Bindings_set_host_and_attach_uuid_everywhere_and_an_empty_host_unbinds()
    {
        var state = ClusterState.Empty.Post(Base);

        var bound = Bind(state, """[{"Container":"c2","Host":"host2","AttachUUID":"uuid"},{"Container":"nobody","Host":"host2"}]""");
        Assert.Equal(
            ["~ endpoint one/orange/c2 host: host1 -> host2, attach: none -> uuid", "~ endpoint one/purple/c2 host: host1 -> host2, attach: none -> uuid"],
            PlanDescription.Lines(bound.Changes));
        Assert.Equal(["1:69: no endpoint is posted for container \"nobody\""], bound.Warnings.Select(w => w.ToString()));
        Assert.Equal(2, bound.After.Post.Number);

        // A pod started anew on the same host has another infra container, which that host must hear of.
        var again = Bind(bound.After, """[{"Container":"c2","Host":"host2","AttachUUID":"other"}]""");
        Assert.Equal(
            [new StateChange.PutHome("host2", Endpoint("orange", "c2"), "other"), new StateChange.PutHome("host2", Endpoint("purple", "c2"), "other")],
            again.Changes.Where(c => c is StateChange.PutHome or StateChange.DeleteHome));

        var unbound = Bind(bound.After, """[{"Container":"c2","Host":""}]""");
        Assert.Equal(4, unbound.Changes.Length);
        Assert.All(unbound.After.Endpoints.Values, e => Assert.Equal(("", ""), (e.Host, e.AttachUuid)));
        Assert.Empty(Bind(unbound.After, """[{"Container":"c2","Host":""}]""").Changes);

        static PostPlan Bind(ClusterState state, string json) =>
            States.Succeeded(Planner.Bind(state, IntentReader.ReadBindings(Encoding.UTF8.GetBytes(json)).Value!));
    }

    [Fact]
    public void A_hundred_networks_of_a_hundred_endpoints_are_read_and_planned_quickly()
    {
        var networks = Enumerable.Range(0, 100).Select(n => $$"""
            {"Name":"n{{n}}","Endpoints":[{{string.Join(',', Enumerable.Range(0, 100).Select(e => $"{{\"Container\":\"c{n}-{e}\",\"Host\":\"h{e % 4}\"}}"))}}]}
            """);
        var json = Tenant($"\"SubnetPool\":\"11.1.0.0/16\",\"VXLANs\":\"1-1000\",\"Networks\":[{string.Join(',', networks)}]");
        ClusterState.Empty.Post(json);

        var clock = Stopwatch.StartNew();
        var state = ClusterState.Empty.Post(json);
        var first = clock.Elapsed;
        Assert.Empty(state.Plan(json).Changes);

        // Well under 200 ms on an idle machine; the margin is for a busy one.
        Assert.Equal(10_000, state.Endpoints.Count);
        Assert.InRange(first, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }
}
