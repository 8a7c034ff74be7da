using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using static Netplugin.Tests.Core.Planning.Samples;

namespace Netplugin.Tests.Core.Planning;

/// <summary>What is refused, in which words.</summary>
public sealed class PlannerRefusalTests
{
    [Fact]
    public void Deleting_a_missing_endpoint_or_host_warns_and_a_missing_network_or_tenant_is_an_error()
    {
        var state = ClusterState.Empty.Post(Base);

        var plan = state.Plan(
            """{"Hosts":[{"Name":"host9"}],"Tenants":[{"Name":"one","Networks":[{"Name":"orange","Endpoints":[{"Container":"c9"}]}]}]}""", PostMode.Delete);
        Assert.Empty(plan.Changes);
        Assert.Equal(["1:19: host \"host9\" is not there", "1:109: endpoint one/orange/c9 is not there"], plan.Warnings.Select(w => w.ToString()));

        Assert.Equal(
            ["1:47: network one/green does not exist", "1:66: tenant \"two\" does not exist"],
            state.Errors("""{"Tenants":[{"Name":"one","Networks":[{"Name":"green"}]},{"Name":"two"}]}""", PostMode.Delete));
    }

    [Theory]
    [InlineData("\"PktTag\":0", "PktTag 0 of a vxlan network must be from 1 to 16777215")]
    [InlineData("\"PktTag\":16777216", "PktTag 16777216 of a vxlan network must be from 1 to 16777215")]
    [InlineData("\"PktTagType\":\"vlan\",\"PktTag\":4095", "PktTag 4095 of a vlan network must be from 1 to 4094")]
    [InlineData("\"PktTagType\":\"vlan\"", "network one/n is vlan, but tenant \"one\" has no VLANs; give the tenant VLANs or the network a PktTag")]
    [InlineData("\"DefaultGw\":\"10.0.0.1\"", "DefaultGw 10.0.0.1 is outside 11.1.0.0/24, the subnet of network one/n")]
    [InlineData("\"DefaultGw\":\"11.1.0.255\"", "DefaultGw 11.1.0.255 is the first or last address of 11.1.0.0/24, which no host can have")]
    [InlineData("\"Endpoints\":[{\"Container\":\"a\",\"IPAddress\":\"11.1.1.1\"}]", "IPAddress 11.1.1.1 is outside 11.1.0.0/24, the subnet of network one/n")]
    [InlineData("\"Endpoints\":[{\"Container\":\"a\",\"IPAddress\":\"11.1.0.0\"}]", "IPAddress 11.1.0.0 is the network address of 11.1.0.0/24")]
    [InlineData("\"Endpoints\":[{\"Container\":\"a\",\"IPAddress\":\"11.1.0.255\"}]", "IPAddress 11.1.0.255 is the broadcast address of 11.1.0.0/24")]
    [InlineData("\"DefaultGw\":\"11.1.0.1\",\"Endpoints\":[{\"Container\":\"a\",\"IPAddress\":\"11.1.0.1\"}]", "IPAddress 11.1.0.1 is the gateway of network one/n")]
    [InlineData("\"Endpoints\":[{\"Container\":\"a\",\"IPAddress\":\"11.1.0.9\"},{\"Container\":\"b\",\"IPAddress\":\"11.1.0.9\"}]", "IPAddress 11.1.0.9 is already that of endpoint one/n/a")]
    [InlineData("\"SubnetCIDR\":\"11.1.0.0/30\",\"Endpoints\":[{\"Container\":\"a\"},{\"Container\":\"b\"},{\"Container\":\"c\"},{\"Container\":\"d\"}]", "network one/n has no address left in 11.1.0.0/30, which holds 2 endpoints: none for \"c\"")]
    public void A_network_that_cannot_be_is_refused(string fields, string message)
    {
        Assert.Equal([message], ClusterState.Empty.TryPost(Network(fields)).Errors.Select(e => e.Message));
    }

    [Theory]
    [InlineData("\"VXLANs\":\"1-9\"", "tenant \"one\" has no SubnetPool; give the tenant a SubnetPool or network one/n a SubnetCIDR")]
    [InlineData("\"SubnetPool\":\"11.1.0.0/16\"", "network one/n is vxlan, but tenant \"one\" has no VXLANs; give the tenant VXLANs or the network a PktTag")]
    [InlineData("\"SubnetPool\":\"11.1.0.0/16\",\"VXLANs\":\"1-9\",\"AllocSubnetLen\":8", "AllocSubnetLen 8 must be from 16 to 32, so that a subnet fits into SubnetPool 11.1.0.0/16")]
    [InlineData("\"SubnetPool\":\"11.1.0.0/16\",\"VXLANs\":\"1-9\",\"AllocSubnetLen\":33", "AllocSubnetLen 33 must be from 16 to 32, so that a subnet fits into SubnetPool 11.1.0.0/16")]
    public void A_tenant_without_what_its_networks_need_is_refused(string tenant, string message)
    {
        Assert.Equal([message], ClusterState.Empty.TryPost(Network("\"PktTagType\":\"\"", tenant)).Errors.Select(e => e.Message));
    }

    [Fact]
    public void Exhausted_pools_are_named_with_their_size()
    {
        Assert.Equal(
            [
                "2:22: every id of VXLANs 7 of tenant \"one\" is taken: none is left for network one/b",
                "2:35: every id of VXLANs 7 of tenant \"one\" is taken: none is left for network one/c",
                "2:35: SubnetPool 10.0.0.0/23 of tenant \"one\" has no /24 left of its 2: none for network one/c",
            ],
            ClusterState.Empty.Errors(Tenant("""
                "SubnetPool":"10.0.0.0/23","VXLANs":"7","Networks":[
                {"Name":"a"},{"Name":"b"},{"Name":"c"}]
                """)));
    }

    [Theory]
    [InlineData("10.1.0.0/16", "10.1.2.0/24")]
    [InlineData("10.1.2.0/24", "10.1.0.0/16")]
    [InlineData("10.1.2.0/24", "10.1.2.0/24")]
    [InlineData("10.1.0.0/24", "10.1.0.0/16")]
    [InlineData("10.1.0.0/16", "10.1.255.0/24")]
    public void Overlap_within_a_tenant_is_refused(string first, string second)
    {
        Assert.Equal(
            [$"SubnetCIDR {second} overlaps {first}, the subnet of network one/a"],
            ClusterState.Empty.TryPost(Tenant($$"""
                "VXLANs":"1-99","Networks":[{"Name":"a","SubnetCIDR":"{{first}}"},{"Name":"b","SubnetCIDR":"{{second}}"}]
                """)).Errors.Select(e => e.Message));
    }

    [Fact]
    public void A_taken_tag_names_its_owner()
    {
        Assert.Equal(
            ["PktTag 5 is already that of vxlan network one/a"],
            ClusterState.Empty.TryPost("""
                {"Tenants":[{"Name":"one","SubnetPool":"10.0.0.0/8","Networks":[{"Name":"a","PktTag":5}]},
                {"Name":"two","SubnetPool":"10.0.0.0/8","Networks":[{"Name":"a","PktTag":"5"}]}]}
                """).Errors.Select(e => e.Message));
    }

    [Fact]
    public void Hosts_need_an_address_or_a_device_and_no_two_share_a_VTEP()
    {
        Assert.Equal(
            [
                "1:19: host \"a\" needs a VtepIP (for vxlan networks) or an Intf (for vlan networks)",
                "1:78: VtepIP 10.0.0.1 is already that of host \"b\"",
            ],
            ClusterState.Empty.Errors("""{"Hosts":[{"Name":"a"},{"Name":"b","VtepIP":"10.0.0.1"},{"Name":"c","VtepIP":"10.0.0.1"}]}"""));

        var state = ClusterState.Empty.Post(Base);
        Assert.Equal(
            ["1:33: VtepIP 192.168.2.10 is already that of host \"host1\""],
            state.Errors("""{"Hosts":[{"Name":"h3","VtepIp":"192.168.2.10"}]}""", PostMode.Add));
        Assert.True(state.TryPost("""{"Hosts":[{"Name":"h3","VtepIp":"192.168.2.10"}]}""").Succeeded);
    }

    [Theory]
    [InlineData("{\"Name\":\"orange\",\"SubnetCIDR\":\"11.1.9.0/24\"}", "network one/orange has subnet 11.1.0.0/24, which cannot change; remove the network first")]
    [InlineData("{\"Name\":\"orange\",\"PktTagType\":\"vlan\"}", "network one/orange is vxlan, which cannot change; remove the network first")]
    [InlineData("{\"Name\":\"orange\",\"PktTag\":7}", "network one/orange has vxlan tag 100, which cannot change; remove the network first")]
    [InlineData("{\"Name\":\"orange\",\"DefaultGw\":\"11.1.0.2\"}", "DefaultGw 11.1.0.2 is already that of endpoint one/orange/c2")]
    [InlineData("{\"Name\":\"orange\",\"Endpoints\":[{\"Container\":\"c1\",\"IPAddress\":\"11.1.0.9\"}]}", "endpoint one/orange/c1 has address 11.1.0.1, which cannot change; remove the endpoint first")]
    [InlineData("{\"Name\":\"orange\",\"Endpoints\":[{\"Container\":\"c5\",\"IPAddress\":\"11.1.0.1\"}]}", "IPAddress 11.1.0.1 is already that of endpoint one/orange/c1")]
    public void A_contradiction_is_refused_and_says_what_to_do(string network, string message)
    {
        var result = ClusterState.Empty.Post(Base).TryPost(Tenant($"\"Networks\":[{network}]"), PostMode.Add);

        Assert.Equal([message], result.Errors.Select(e => e.Message));
    }

    [Fact]
    public void A_pool_or_range_may_grow_but_not_leave_networks_outside()
    {
        var state = ClusterState.Empty.Post(Base);

        Assert.Equal(
            [
                "SubnetPool 12.0.0.0/16 does not hold 11.1.0.0/24, which network one/orange has from 11.1.0.0/16; remove the network first, or give it its SubnetCIDR",
                "SubnetPool 12.0.0.0/16 does not hold 11.1.1.0/24, which network one/purple has from 11.1.0.0/16; remove the network first, or give it its SubnetCIDR",
                "VXLANs 101-200 does not hold 100, which network one/orange has from 100-103; remove the network first, or give it its PktTag",
            ],
            state.TryPost(Tenant("\"SubnetPool\":\"12.0.0.0/16\",\"VXLANs\":\"101-200\""), PostMode.Add).Errors.Select(e => e.Message));

        Assert.Equal(
            ["~ tenant one pool: 11.1.0.0/16 -> 11.0.0.0/8, vxlans: 100-103 -> 100-200"],
            PlanDescription.Lines(state.Plan(Tenant("\"SubnetPool\":\"11.0.0.0/8\",\"VXLANs\":\"100-200\""), PostMode.Add).Changes));
        Assert.True(state.TryPost(Tenant("\"SubnetPool\":\"12.0.0.0/16\"")).Succeeded);
    }

    [Fact]
    public void A_file_that_cannot_be_read_shows_what_the_rest_contradicts_too()
    {
        var read = IntentReader.Read("""
            {"Hosts":[{"Name":"a","Vtep":"10.0.0.1"},{"Name":"b","VtepIP":"10.0.0.1"},{"Name":"c","VtepIP":"10.0.0.1"}],
            "Tenants":[{"Name":"one","Subnetpool2":"10.0.0.0/8","Networks":[
            {"Name":"a","PktTag":5},
            {"Name":"b","PktTag":5,"SubnetCIDR":"10.1.0.0/16","Endpoints":[{"Container":"c","IPAddress":"10.2.0.1"},{"Container":"c"}]},
            {"Name":"c","PktTag":16777216,"SubnetCIDR":"10.1.2.0/24","DefaultGw":"10.1.2.1","Endpoints":[{"Container":"c","IPAddress":"10.1.2.1"}]},
            {"Name":"d","PktTagType":"VLAN","PktTag":5}]}]}
            """u8);

        Assert.Equal(
            [
                "1:23: unknown field \"Vtep\" (did you mean \"VtepIP\"?)",
                "1:96: VtepIP 10.0.0.1 is already that of host \"b\"",
                "2:26: unknown field \"Subnetpool2\" (did you mean \"SubnetPool\"?)",
                "4:22: PktTag 5 is already that of vxlan network one/a",
                "4:93: IPAddress 10.2.0.1 is outside 10.1.0.0/16, the subnet of network one/b",
                "4:118: endpoint \"c\" is listed twice (first at 4:77)",
                "5:22: PktTag 16777216 of a vxlan network must be from 1 to 16777215",
                "5:44: SubnetCIDR 10.1.2.0/24 overlaps 10.1.0.0/16, the subnet of network one/b",
                "5:123: IPAddress 10.1.2.1 is the gateway of network one/c",
                "6:26: PktTagType must be \"vlan\" or \"vxlan\", not \"VLAN\"",
            ],
            Planner.ErrorsOf(read, PostMode.Replace).Select(e => e.ToString()));
        Assert.Equal(read.Errors, Planner.ErrorsOf(read, PostMode.Delete));
        Assert.Empty(Planner.ErrorsOf(IntentReader.Read("{}"u8), PostMode.Replace));
    }
}
