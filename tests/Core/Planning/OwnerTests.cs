using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Tests.Core.Resources;
using static Netplugin.Tests.Core.Resources.Samples;

namespace Netplugin.Tests.Core.Planning;

/// <summary>What intents may do to what custom resources posted.</summary>
public sealed class OwnerTests
{
    private const string EditTenant = "change it in the Tenant resource \"blue\", which posted it (kubectl edit tenants.netplugin.io blue)";
    private const string EditNetwork = "change it in the Network resource \"x\", which posted it (kubectl edit networks.netplugin.io x)";
    private const string DeleteTenant = "delete the Tenant resource \"blue\", which posted it (kubectl delete tenants.netplugin.io blue)";
    private const string DeleteNetwork = "delete the Network resource \"x\" first, which posted it (kubectl delete networks.netplugin.io x)";

    private readonly ClusterState _state = ClusterState.Empty.Post(Resources.Samples.Tenant("blue"), Resources.Samples.Network("x", name: "orange"));

    [Theory]
    [InlineData(PostMode.Add)]
    [InlineData(PostMode.Replace)]
    public void An_intent_adds_endpoints_and_networks_to_what_a_resource_posted(PostMode mode)
    {
        var plan = States.Plan(_state, Tenant("""{"Name":"orange","Endpoints":[{"Container":"c"}]},{"Name":"green"}"""), mode);

        Assert.Equal(["+ network blue/green vxlan 101 11.1.1.0/24", "+ endpoint blue/orange/c 11.1.0.1"], PlanDescription.Lines(plan.Changes));
        Assert.Equal("", plan.After.Networks[new("blue", "green")].Resource);

        // An intent's network in a resource's tenant keeps the tenant.
        Assert.Equal(
            "tenant blue InUse: tenant \"blue\" has 1 network: blue/green (posted with netdcli); it is removed when they are",
            Verdicts(States.Post(_state, Tenant("""{"Name":"green"}"""), mode).Plan(Resources.Samples.Tenant("blue").Deleted(), Resources.Samples.Network("x", name: "orange").Deleted()))[0]);
    }

    [Theory]
    [InlineData(PostMode.Add)]
    [InlineData(PostMode.Replace)]
    public void An_intent_that_agrees_changes_nothing(PostMode mode)
    {
        Assert.Empty(States.Plan(
            _state,
            """
            {"Tenants":[{"Name":"blue","DefaultNetType":"vxlan","SubnetPool":"11.1.0.0/16","AllocSubnetLen":24,"VXLANs":"100-103",
            "Networks":[{"Name":"orange","PktTagType":"vxlan","PktTag":100,"SubnetCIDR":"11.1.0.0/24"}]}]}
            """,
            mode).Changes);
    }

    [Theory]
    [InlineData("\"DefaultNetType\":\"vlan\"", "tenant \"blue\" has DefaultNetType vxlan; " + EditTenant)]
    [InlineData("\"SubnetPool\":\"11.0.0.0/8\"", "tenant \"blue\" has SubnetPool 11.1.0.0/16; " + EditTenant)]
    [InlineData("\"AllocSubnetLen\":25", "tenant \"blue\" has AllocSubnetLen 24; " + EditTenant)]
    [InlineData("\"VLANs\":\"1-9\"", "tenant \"blue\" has no VLANs; " + EditTenant)]
    [InlineData("\"VXLANs\":\"100-999\"", "tenant \"blue\" has VXLANs 100-103; " + EditTenant)]
    [InlineData("\"Networks\":[{\"Name\":\"orange\",\"DefaultGw\":\"11.1.0.1\"}]", "network blue/orange has no DefaultGw; " + EditNetwork)]
    [InlineData("\"Networks\":[{\"Name\":\"orange\",\"PktTag\":7}]", "network blue/orange has vxlan tag 100, which cannot change; " + DeleteNetwork)]
    [InlineData("\"Networks\":[{\"Name\":\"orange\",\"SubnetCIDR\":\"11.1.9.0/24\"}]", "network blue/orange has subnet 11.1.0.0/24, which cannot change; " + DeleteNetwork)]
    public void An_intent_that_contradicts_a_resource_is_refused_and_told_which(string fields, string message)
    {
        foreach (var mode in (PostMode[])[PostMode.Add, PostMode.Replace])
        {
            var error = Assert.Single(States.TryPost(_state, $$"""{"Tenants":[{"Name":"blue",{{fields}}}]}""", mode).Errors);

            Assert.Equal(message, error.Message);
            Assert.True(error.At.Column > 27, "the error is where the field is");
        }
    }

    [Fact]
    public void A_whole_intent_removes_nothing_that_a_resource_posted()
    {
        Assert.Empty(States.Plan(_state, """{"Tenants":[]}""").Changes);

        var mixed = States.Post(ClusterState.Empty, """{"Tenants":[{"Name":"red","SubnetPool":"10.0.0.0/8","VXLANs":"500-600","Networks":[{"Name":"own"}]}]}""")
            .Post(Resources.Samples.Network("x", tenant: "red", name: "orange", gateway: "10.0.1.1"));
        var plan = States.Plan(mixed, """{"Tenants":[]}""");
        Assert.Equal(["- network red/own vxlan 500 10.0.0.0/24"], PlanDescription.Lines(plan.Changes));
        Assert.Equal(["1:1: tenant \"red\" stays for its network red/orange, which the Network resource \"x\" posted"], plan.Warnings.Select(warning => warning.ToString()));

        // Naming it without its gateway does not take that away.
        Assert.Empty(States.Plan(mixed, """{"Tenants":[{"Name":"red","Networks":[{"Name":"own"},{"Name":"orange"}]}]}""").Changes);
    }

    [Fact]
    public void What_a_resource_posted_is_not_removed_by_an_intent()
    {
        Assert.Equal([$"network blue/orange stays: {DeleteNetwork}"], Errors("""{"Tenants":[{"Name":"blue","Networks":[{"Name":"orange"}]}]}"""));
        Assert.Equal([$"tenant \"blue\" stays: {DeleteTenant}", $"network blue/orange stays: {DeleteNetwork}"], Errors("""{"Tenants":[{"Name":"blue"}]}"""));

        var used = States.Post(_state, Tenant("""{"Name":"orange","Endpoints":[{"Container":"c"}]}"""), PostMode.Add);
        Assert.Equal(
            ["- endpoint blue/orange/c 11.1.0.1"],
            PlanDescription.Lines(States.Plan(used, Tenant("""{"Name":"orange","Endpoints":[{"Container":"c"}]}"""), PostMode.Delete).Changes));

        string[] Errors(string json) => [.. States.TryPost(_state, json, PostMode.Delete).Errors.Select(error => error.Message)];
    }

    private static string Tenant(string networks) => $$"""{"Tenants":[{"Name":"blue","Networks":[{{networks}}]}]}""";
}
