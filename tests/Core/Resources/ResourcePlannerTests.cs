using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Core.Resources;
using Netplugin.Tests.Core.Planning;
using static Netplugin.Tests.Core.Resources.Samples;

namespace Netplugin.Tests.Core.Resources;

/// <summary>What resources post, and what is said of them.</summary>
public sealed class ResourcePlannerTests
{
    private const string Netdcli = """{"Tenants":[{"Name":"blue","SubnetPool":"11.1.0.0/16","VXLANs":"100-103","Networks":[{"Name":"orange"}]}]}""";

    [Fact]
    public void A_tenant_and_its_network_are_posted_and_the_network_is_told_what_it_got()
    {
        var plan = ClusterState.Empty.Plan(Network("orange"), Tenant("blue"));

        Assert.Equal(
            ["+ tenant blue vxlan pool 11.1.0.0/16 by /24 vxlans 100-103", "+ network blue/orange vxlan 100 11.1.0.0/24"],
            PlanDescription.Lines(plan.Post.Plan!.Changes));
        Assert.Equal(["tenant blue Posted: tenant \"blue\" is posted", "network orange Posted: network blue/orange has VNI 100 and subnet 11.1.0.0/24"], Verdicts(plan));
        Assert.Equal(new ResourceStatus(1, true, ResourceReasons.Posted, "network blue/orange has VNI 100 and subnet 11.1.0.0/24") { Vni = 100, Subnet = "11.1.0.0/24" }, plan.Networks["orange"].Status);
        Assert.Equal(("blue", "orange", 1), (After(plan).Tenants["blue"].Resource, After(plan).Networks[new("blue", "orange")].Resource, After(plan).Post.Number));
    }

    [Fact]
    public void A_VLAN_network_with_all_given_has_that()
    {
        var plan = ClusterState.Empty.Plan(
            Tenant("blue", pool: null, vxlans: null), Network("x", name: "orange", type: "vlan", tag: 7, subnet: "10.9.9.0/24", gateway: "10.9.9.1"));

        Assert.Equal(
            new ResourceStatus(1, true, ResourceReasons.Posted, "network blue/orange has VLAN 7 and subnet 10.9.9.0/24") { Vlan = 7, Subnet = "10.9.9.0/24", Gateway = "10.9.9.1" },
            plan.Networks["x"].Status);
    }

    [Fact]
    public void Posting_again_changes_nothing()
    {
        var first = ClusterState.Empty.Plan(Tenant("blue"), Network("orange"));

        var second = After(first).Plan(Tenant("blue"), Network("orange"));

        Assert.Empty(second.Post.Plan!.Changes);
        Assert.Same(After(first), After(second));
        Assert.Equal(Verdicts(first), Verdicts(second));
    }

    [Fact]
    public void Groups_and_policies_of_an_intent_keep_what_they_are_in()
    {
        var state = ClusterState.Empty.Post(Tenant("blue"), Network("orange"), Network("purple")).Post(
            """
            {"Tenants":[{"Name":"blue","Policies":[{"Name":"p","Rules":[{"RuleID":"1","Direction":"in","FromNetwork":"purple","Action":"deny"}]}],
            "Networks":[{"Name":"orange","EndpointGroups":[{"Name":"g","Policies":["p"]}]}]}]}
            """);
        Assert.Equal("g", Assert.Single(state.Groups).Key.Name);

        // What resources post again leaves them alone.
        Assert.Empty(state.Plan(Tenant("blue"), Network("orange"), Network("purple")).Post.Plan!.Changes);

        var plan = state.Plan(Tenant("blue").Deleted(), Network("orange").Deleted(), Network("purple").Deleted());
        Assert.Empty(plan.Post.Plan!.Changes);
        Assert.Equal("network blue/orange has endpoint group \"g\"; it is removed when they are gone (netdcli -del-cfg)", plan.Networks["orange"].Status!.Message);
        Assert.Equal("network blue/purple has a rule in policy \"p\"; it is removed when they are gone (netdcli -del-cfg)", plan.Networks["purple"].Status!.Message);

        var policyAlone = state.Post("""{"Tenants":[{"Name":"blue","Policies":[{"Name":"p"}]}]}""").Plan(Tenant("blue").Deleted(), Network("orange").Deleted(), Network("purple").Deleted());
        Assert.Equal(["- network blue/orange vxlan 100 11.1.0.0/24", "- network blue/purple vxlan 101 11.1.1.0/24"], PlanDescription.Lines(policyAlone.Post.Plan!.Changes));
        Assert.Equal("tenant \"blue\" has policy \"p\"; it is removed when they are gone (netdcli -del-cfg)", policyAlone.Tenants["blue"].Status!.Message);
    }

    [Fact]
    public void A_resource_that_is_not_held_yet_is_held_first()
    {
        var plan = ClusterState.Empty.Plan(Tenant("blue") with { Metadata = Metadata("blue", isHeld: false) });

        Assert.Empty(plan.Post.Plan!.Changes);
        Assert.Equal(["tenant blue Hold"], Verdicts(plan));
    }

    [Fact]
    public void What_cannot_be_read_names_the_field_and_holds_up_no_other()
    {
        var plan = ClusterState.Empty.Plan(
            Tenant("blue"), Tenant("red", pool: "nonsense", vxlans: "9-1"), Network("orange"), Network("bad", type: "gre", tag: -1, gateway: "x"), Network("_"));

        Assert.Equal(
            [
                "tenant blue Posted: tenant \"blue\" is posted",
                "tenant red Invalid: spec.subnetPool: SubnetPool \"nonsense\" is not a CIDR prefix such as 10.1.0.0/16; spec.vxlans: VXLANs: \"9-1\" begins after its end",
                "network _ Invalid: metadata.name: network Name \"_\" may hold only letters, digits and . - _ and begins with a letter or digit",
                "network bad Invalid: spec.type: PktTagType must be \"vlan\" or \"vxlan\", not \"gre\"; spec.tag: PktTag \"-1\" is not a whole number from 1 to 16777215 (vxlan) or 4094 (vlan); spec.gateway: DefaultGw \"x\" is not an IP address",
                "network orange Posted: network blue/orange has VNI 100 and subnet 11.1.0.0/24",
            ],
            Verdicts(plan));
        Assert.Equal(["blue"], After(plan).Tenants.Keys);
    }

    [Fact]
    public void What_cannot_be_had_is_refused_in_the_planners_words_and_holds_up_no_other()
    {
        var plan = ClusterState.Empty.Plan(
            Tenant("blue", vxlans: "100"), Network("a", age: 1), Network("b", age: 2), Network("c", tag: 100, age: 3), Network("d", tag: 9, gateway: "10.0.0.1", age: 4), Network("e", tag: 8, age: 5));

        Assert.Equal(
            [
                "network a Posted: network blue/a has VNI 100 and subnet 11.1.0.0/24",
                "network b Refused: metadata.name: every id of VXLANs 100 of tenant \"blue\" is taken: none is left for network blue/b",
                "network c Refused: spec.tag: PktTag 100 is already that of vxlan network blue/a",
                "network d Refused: spec.gateway: DefaultGw 10.0.0.1 is outside 11.1.2.0/24, the subnet of network blue/d",
                "network e Posted: network blue/e has VNI 8 and subnet 11.1.1.0/24",
            ],
            Verdicts(plan).Skip(1));
    }

    [Fact]
    public void The_older_of_two_resources_for_one_network_has_it_whatever_their_names()
    {
        var state = ClusterState.Empty.Post(Tenant("blue"));

        var plan = state.Plan(Tenant("blue"), Network("a", name: "orange", age: 2), Network("z", name: "orange", age: 1));

        Assert.Equal(
            "network a Conflict: network blue/orange is that of the Network resource \"z\", which was first; give this one another spec.name, or delete one of them",
            Verdicts(plan)[1]);
        Assert.Null(plan.Networks["a"].Status!.Vni);

        // Who has it keeps it, though an older one comes.
        var later = After(plan).Plan(Tenant("blue"), Network("b", name: "orange"), Network("z", name: "orange", age: 1));
        Assert.Equal((ResourceReasons.Conflict, ResourceReasons.Posted), (later.Networks["b"].Status!.Reason, later.Networks["z"].Status!.Reason));

        // The other has it when that one goes, in the same post.
        var after = After(plan).Plan(Tenant("blue"), Network("a", name: "orange", age: 2), Network("z", name: "orange", age: 1).Deleted());
        Assert.Equal(["network a Posted: network blue/orange has VNI 100 and subnet 11.1.0.0/24", "network z Release"], Verdicts(after).Skip(1));
        Assert.Equal("a", After(after).Networks[new("blue", "orange")].Resource);
    }

    [Fact]
    public void What_an_intent_posted_first_is_not_touched()
    {
        var state = States.Post(ClusterState.Empty, Netdcli);

        var plan = state.Plan(Tenant("blue", pool: "12.0.0.0/16"), Network("orange", gateway: "11.1.0.1"), Network("purple"));

        Assert.Equal(
            [
                "tenant blue Conflict: tenant \"blue\" was posted with netdcli before; remove it there (netdcli -del-cfg), or delete this resource",
                "network orange Conflict: network blue/orange was posted with netdcli before; remove it there (netdcli -del-cfg), or delete this resource",
                "network purple Posted: network blue/purple has VNI 101 and subnet 11.1.1.0/24",
            ],
            Verdicts(plan));
        Assert.Equal(["+ network blue/purple vxlan 101 11.1.1.0/24"], PlanDescription.Lines(plan.Post.Plan!.Changes));

        // Deleting what posted nothing removes nothing.
        var gone = state.Plan(Tenant("blue").Deleted(), Network("orange").Deleted());
        Assert.Empty(gone.Post.Plan!.Changes);
        Assert.Equal(["tenant blue Release", "network orange Release"], Verdicts(gone));
    }

    [Fact]
    public void A_network_waits_for_its_tenant()
    {
        Assert.Equal(
            ["network orange TenantMissing: spec.tenant: there is no tenant \"blue\"; make a Tenant resource of that name, or post it with netdcli"],
            Verdicts(ClusterState.Empty.Plan(Network("orange"))));

        var state = ClusterState.Empty.Post(Tenant("blue"), Network("orange"));
        Assert.Equal(
            ["network orange Posted: network blue/orange has VNI 100 and subnet 11.1.0.0/24", "network purple TenantMissing: spec.tenant: tenant \"blue\" is being deleted"],
            Verdicts(state.Plan(Tenant("blue").Deleted(), Network("orange"), Network("purple"))).Skip(1));
    }

    [Fact]
    public void Type_tag_subnet_tenant_and_name_are_for_life_and_the_gateway_is_not()
    {
        var state = ClusterState.Empty.Post(Tenant("blue"), Tenant("red"), Network("orange", gateway: "11.1.0.1"));

        var plan = state.Plan(Tenant("blue"), Tenant("red"), Network("orange", type: "vlan", tag: 7, subnet: "11.1.9.0/24"));
        const string Remedy = "which cannot change; delete the Network resource \"orange\" first, which posted it (kubectl delete networks.netplugin.io orange)";
        Assert.Equal(
            $"network orange Refused: spec.type: network blue/orange is vxlan, {Remedy}; spec.tag: network blue/orange has vxlan tag 100, {Remedy}; spec.subnet: network blue/orange has subnet 11.1.0.0/24, {Remedy}",
            Verdicts(plan)[^1]);
        Assert.Equal((100u, "11.1.0.0/24"), (plan.Networks["orange"].Status!.Vni, plan.Networks["orange"].Status!.Subnet));
        Assert.Equal(
            "network orange Refused: spec.tenant: this resource posted network blue/orange, and tenant and name are for life; delete the resource and make another",
            Verdicts(state.Plan(Tenant("blue"), Tenant("red"), Network("orange", tenant: "red")))[^1]);
        Assert.Equal(
            "network orange Refused: spec.name: this resource posted network blue/orange, and tenant and name are for life; delete the resource and make another",
            Verdicts(state.Plan(Tenant("blue"), Tenant("red"), Network("orange", name: "apple")))[^1]);

        Assert.Equal(["~ network blue/orange gateway: 11.1.0.1 -> none"], PlanDescription.Lines(state.Plan(Tenant("blue"), Tenant("red"), Network("orange")).Post.Plan!.Changes));
        var bound = States.Post(state, """{"Tenants":[{"Name":"blue","Networks":[{"Name":"orange","Endpoints":[{"Container":"c"}]}]}]}""", PostMode.Add);
        Assert.Equal(
            "network orange Refused: spec.gateway: DefaultGw 11.1.0.2 is already that of endpoint blue/orange/c",
            Verdicts(bound.Plan(Tenant("blue"), Tenant("red"), Network("orange", gateway: "11.1.0.2")))[^1]);
    }

    [Fact]
    public void A_tenant_is_what_its_resource_says_now_and_not_what_it_said_before()
    {
        var state = ClusterState.Empty.Post(Tenant("blue", type: "vlan", length: 28));

        var after = state.Post(Tenant("blue", pool: null, vxlans: null)).Tenants["blue"];

        Assert.Equal((Encap.Vxlan, (IpPrefix?)null, 24, 0), (after.DefaultEncap, after.SubnetPool, after.AllocSubnetLength, after.Vxlans.Length));
        Assert.Equal(
            "tenant blue Refused: metadata.name: a tenant without SubnetPool does not hold 11.1.0.0/24, which network blue/orange has from 11.1.0.0/16; remove the network first, or give it its SubnetCIDR; "
            + "spec.vxlans: VXLANs 101 does not hold 100, which network blue/orange has from 100-103; remove the network first, or give it its PktTag",
            Verdicts(ClusterState.Empty.Post(Tenant("blue"), Network("orange")).Plan(Tenant("blue", pool: null, vxlans: "101"), Network("orange")))[0]);
    }

    [Fact]
    public void A_deleted_network_goes_when_no_endpoint_is_left_and_says_which_are()
    {
        var pods = string.Join(',', Enumerable.Range(10, 12).Select(i => $$"""{"Container":"c{{i}}"}"""));
        var state = States.Post(
            ClusterState.Empty.Post(Tenant("blue"), Network("orange")),
            $$"""{"Tenants":[{"Name":"blue","Networks":[{"Name":"orange","Endpoints":[{{pods}},{"Container":"posted"}]}]}]}""",
            PostMode.Add);
        for (var i = 10; i < 22; i++)
        {
            state = state.Bind("blue", "orange", $"c{i}");
        }

        var plan = state.Plan(Tenant("blue").Deleted(), Network("orange").Deleted());

        Assert.Empty(plan.Post.Plan!.Changes);
        Assert.Equal(
            [
                "tenant blue InUse: tenant \"blue\" has 1 network: blue/orange (Network resource \"orange\"); it is removed when they are",
                "network orange InUse: network blue/orange has 12 pods: c10 on host1, c11 on host1, c12 on host1, c13 on host1, c14 on host1, c15 on host1, c16 on host1, c17 on host1, "
                + "c18 on host1, c19 on host1 and 2 more, and 1 endpoint without a pod: posted; it is removed when they are gone (what an intent posted: netdcli -del-cfg)",
            ],
            Verdicts(plan));
        Assert.Equal((new NetworkId("blue", "orange"), 100u), (Assert.Single(plan.Awaited), plan.Networks["orange"].Status!.Vni));

        var emptied = States.Post(
            state, $$"""{"Tenants":[{"Name":"blue","Networks":[{"Name":"orange","Endpoints":[{{pods}},{"Container":"posted"}]}]}]}""", PostMode.Delete);
        var gone = emptied.Plan(Tenant("blue").Deleted(), Network("orange").Deleted());
        Assert.Equal(["- network blue/orange vxlan 100 11.1.0.0/24", "- tenant blue"], PlanDescription.Lines(gone.Post.Plan!.Changes));
        Assert.Equal(["tenant blue Release", "network orange Release"], Verdicts(gone));
        Assert.Empty(gone.Awaited);
    }

    [Fact]
    public void A_resource_that_went_unseen_is_as_one_that_was_deleted()
    {
        var state = ClusterState.Empty.Post(Tenant("blue"), Network("orange"), Network("purple"));
        var used = States.Post(state, """{"Tenants":[{"Name":"blue","Networks":[{"Name":"orange","Endpoints":[{"Container":"c"}]}]}]}""", PostMode.Add).Bind("blue", "orange", "c");

        var plan = used.Plan();

        Assert.Equal(["- network blue/purple vxlan 101 11.1.1.0/24"], PlanDescription.Lines(plan.Post.Plan!.Changes));
        Assert.Equal(
            [
                "the Network resource \"orange\" is gone, but network blue/orange has 1 pod: c on host1; it is removed when they are gone (what an intent posted: netdcli -del-cfg)",
                "the Tenant resource \"blue\" is gone, but tenant \"blue\" has 1 network: blue/orange (Network resource \"orange\"); it is removed when they are",
            ],
            plan.Problems);
        Assert.Empty(state.Post().Tenants);
    }
}
