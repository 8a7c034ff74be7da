using Netplugin.Core.Addresses;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netplugin.Tests.Core.Planning;

/// <summary>Posts on a cluster in which pods have networks by labels.</summary>
public sealed class LabelledPlanTests
{
    private const string Posted = """
        {"Tenants":[{"Name":"t","DefaultNetType":"vxlan","SubnetPool":"11.1.0.0/16","AllocSubnetLen":28,"Vxlans":"100-110",
         "Networks":[{"Name":"n","Endpoints":[{"Container":"c1"}]},{"Name":"other"}]}]}
        """;

    private static readonly NetworkId Id = new("t", "n");

    [Fact]
    public void A_whole_intent_leaves_the_pods_endpoints_and_the_leases_as_they_are()
    {
        var state = With(pods: 3);
        var plan = state.Plan(Posted.Replace("c1", "c2", StringComparison.Ordinal));
        Assert.Equal(["+ endpoint t/n/c2 11.1.0.1", "- endpoint t/n/c1 11.1.0.1"], PlanDescription.Lines(plan.Changes).Select(line => line.Replace("11.1.0.2", "11.1.0.1", StringComparison.Ordinal)));
        Assert.Equal(Labelled(state), Labelled(plan.After));
        Assert.Equal(state.Leases, plan.After.Leases);
        Assert.Empty(state.Plan(Posted).Changes);
    }

    [Fact]
    public void A_post_gives_no_address_that_a_node_has_leased()
    {
        var state = With(pods: 1);
        var containers = string.Join(',', Enumerable.Range(1, 6).Select(i => $$"""{"Container":"c{{i}}"}"""));
        var after = state.Post($$"""{"Tenants":[{"Name":"t","Networks":[{"Name":"n","Endpoints":[{{containers}}]}]}]}""", PostMode.Add);
        Assert.Equal(
            ["11.1.0.1", "11.1.0.2", "11.1.0.3", "11.1.0.4", "11.1.0.5", "11.1.0.6"],
            after.Endpoints.Values.Where(endpoint => endpoint.Pod is null).Select(endpoint => endpoint.Address).Order().Select(address => address.ToString()));

        Assert.Contains(
            "network t/n has no address left in 11.1.0.0/28, which holds 14 endpoints (leased by nodes: host1 8): none for \"d2\"",
            Assert.Single(after.Errors("""{"Tenants":[{"Name":"t","Networks":[{"Name":"n","Endpoints":[{"Container":"d1"},{"Container":"d2"},{"Container":"d3"}]}]}]}""", PostMode.Add)),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Container":"x","IPAddress":"11.1.0.12"}""", "IPAddress 11.1.0.12 is of 11.1.0.8/29, which node host1 has leased for pods that have network t/n by labels or annotation")]
    [InlineData("""{"Container":"x","IPAddress":"11.1.0.8"}""", "IPAddress 11.1.0.8 is already that of endpoint t/n/ns.p0")]
    [InlineData("""{"Container":"ns.p0"}""", "endpoint t/n/ns.p0 is that of pod ns/p0, which has the network by labels or annotation: a container cannot have its name")]
    [InlineData("""{"Container":"ns.p0","IPAddress":"11.1.0.2"}""", "endpoint t/n/ns.p0 is that of pod ns/p0, which has the network by labels or annotation: a container cannot have its name")]
    public void What_is_a_pods_or_a_nodes_is_refused(string endpoint, string error)
    {
        var json = $$"""{"Tenants":[{"Name":"t","Networks":[{"Name":"n","Endpoints":[{{endpoint}}]}]}]}""";
        Assert.Equal(error, Assert.Single(With(pods: 1).TryPost(json, PostMode.Add).Errors).Message);
    }

    [Fact]
    public void A_gateway_is_refused_where_a_node_may_give_its_address_unless_it_was_there_before()
    {
        var json = """{"Tenants":[{"Name":"t","Networks":[{"Name":"n","DefaultGw":"11.1.0.14"}]}]}""";
        Assert.Equal(
            "DefaultGw 11.1.0.14 is of 11.1.0.8/29, which node host1 has leased for pods that have network t/n by labels or annotation",
            Assert.Single(With(pods: 1).TryPost(json, PostMode.Add).Errors).Message);

        var before = With(pods: 0).Post(json, PostMode.Add) with { Leases = With(pods: 1).Leases };
        Assert.Empty(before.Plan(json, PostMode.Add).Changes);
    }

    [Theory]
    [InlineData("""{"Tenants":[{"Name":"t","Networks":[{"Name":"n"}]}]}""", PostMode.Delete)]
    [InlineData("""{"Tenants":[{"Name":"t"}]}""", PostMode.Delete)]
    [InlineData("""{"Tenants":[{"Name":"t","Networks":[{"Name":"other"}]}]}""", PostMode.Replace)]
    [InlineData("""{"Tenants":[]}""", PostMode.Replace)]
    public void A_network_that_pods_have_by_labels_is_not_removed(string json, PostMode mode)
    {
        Assert.Equal(
            "network t/n cannot be removed while pods have it by labels or annotation, 12 now: ns/p0, ns/p1, ns/p10, ns/p11, ns/p2, ns/p3, ns/p4, ns/p5, ns/p6, ns/p7, ...; end them, or start them anew with others",
            Assert.Single(With(pods: 12).TryPost(json, mode).Errors).Message);

        // Leased, and nobody there any more.
        var plan = (With(pods: 12) with { Endpoints = With(pods: 0).Endpoints }).Plan(json, mode);
        Assert.Equal(Id, Assert.Single(plan.Changes.OfType<StateChange.DeleteLeases>()).Previous.Network);
        Assert.Empty(plan.After.Leases);
    }

    [Fact]
    public void The_endpoint_of_a_pod_is_not_removed_by_its_name()
    {
        var json = """{"Tenants":[{"Name":"t","Networks":[{"Name":"n","Endpoints":[{"Container":"ns.p0"}]}]}]}""";
        Assert.Equal(
            "endpoint t/n/ns.p0 is that of pod ns/p0, which has the network by labels or annotation: it goes with the pod",
            Assert.Single(With(pods: 1).TryPost(json, PostMode.Delete).Errors).Message);
    }

    [Fact]
    public void An_intent_written_from_the_state_names_no_pod()
    {
        var written = IntentReader.Read(IntentWriter.Write(With(pods: 2)));
        Assert.Equal("c1", Assert.Single(written.Value!.AllNetworks().SelectMany(network => network.Endpoints)).Container.Value);
    }

    private static string[] Labelled(ClusterState state) =>
        [.. state.Endpoints.Values.Where(endpoint => endpoint.Pod is not null).Select(endpoint => $"{endpoint.Id} {endpoint.Address}").Order(StringComparer.Ordinal)];

    /// <summary>What is posted, with pods on host1, which has the second half of the network.</summary>
    private static ClusterState With(int pods)
    {
        var state = ClusterState.Empty.Post(Posted);
        for (var i = 0; i < pods; i++)
        {
            var pod = new LabelledPod("ns", $"p{i}", "");
            var address = IpAddr.Parse("11.1.0.8").Add((uint)i);
            var endpoint = new EndpointRecord(new(Id, pod.Container), address, MacAddress.ForEndpoint(address), "", "", new("host1", $"s{i}", "eth0"), 1) { Pod = pod };
            state = state with { Endpoints = state.Endpoints.Add(endpoint.Id, endpoint) };
        }

        return pods == 0 ? state : state with { Leases = state.Leases.Add(Id, new(Id, [new("host1", IpPrefix.Parse("11.1.0.8/29"))])) };
    }
}
