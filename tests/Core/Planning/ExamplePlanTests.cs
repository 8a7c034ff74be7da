using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netplugin.Tests.Core.Planning;

/// <summary>What the example files give on an empty store. VNIs, VLAN ids, subnets and addresses are those of the original.</summary>
public sealed class ExamplePlanTests
{
    private const string TwoHosts = """
        + host host1 vtep 192.168.2.10
        + host host2 vtep 192.168.2.11

        """;

    public static TheoryData<string, string> Golden => new()
    {
        { "none.json", "" },
        {
            "one_host_vlan.json",
            """
            + tenant tenant-one vlan pool 11.1.0.0/16 by /24 vlans 11-28
            + network tenant-one/orange vlan 11 11.1.0.0/24
            + endpoint tenant-one/orange/myContainer1 11.1.0.1 on host1
            + endpoint tenant-one/orange/myContainer2 11.1.0.2 on host1
            """
        },
        {
            "one_host_multiple_nets.json",
            """
            + host host1 interface eth2
            + tenant tenant-one vlan pool 11.1.0.0/16 by /24 vlans 11-28
            + network tenant-one/orange vlan 11 11.1.0.0/24
            + network tenant-one/purple vlan 12 11.1.1.0/24
            + endpoint tenant-one/orange/myContainer1 11.1.0.1 on host1
            + endpoint tenant-one/orange/myContainer2 11.1.0.2 on host1
            + endpoint tenant-one/purple/myContainer3 11.1.1.1 on host1
            + endpoint tenant-one/purple/myContainer4 11.1.1.2 on host1
            """
        },
        {
            "two_host_vlan.json",
            """
            + host host1 interface eth2
            + host host2 interface eth2
            + tenant tenant-one vlan pool 11.1.0.0/16 by /24 vlans 11-48
            + network tenant-one/orange vlan 11 11.1.0.0/24
            + endpoint tenant-one/orange/myContainer1 11.1.0.1 on host1
            + endpoint tenant-one/orange/myContainer2 11.1.0.2 on host1
            + endpoint tenant-one/orange/myContainer3 11.1.0.3 on host2
            + endpoint tenant-one/orange/myContainer4 11.1.0.4 on host2
            """
        },
        {
            "two_hosts_multiple_vlans_nets.json",
            """
            + host host1 interface eth2
            + host host2 interface eth2
            + tenant tenant-one vlan pool 11.1.0.0/16 by /24 vlans 11-48
            + network tenant-one/orange vlan 11 11.1.0.0/24
            + network tenant-one/purple vlan 12 11.1.1.0/24
            + endpoint tenant-one/orange/myContainer1 11.1.0.1 on host1
            + endpoint tenant-one/orange/myContainer3 11.1.0.2 on host2
            + endpoint tenant-one/purple/myContainer2 11.1.1.1 on host1
            + endpoint tenant-one/purple/myContainer4 11.1.1.2 on host2
            """
        },
        {
            "two_host_vxlan.json",
            TwoHosts + """
            + tenant tenant-one vxlan pool 11.1.0.0/16 by /24 vxlans 10001-14000
            + network tenant-one/orange vxlan 10001 11.1.0.0/24
            + endpoint tenant-one/orange/myContainer1 11.1.0.1 on host1
            + endpoint tenant-one/orange/myContainer2 11.1.0.2 on host1
            + endpoint tenant-one/orange/myContainer3 11.1.0.3 on host2
            + endpoint tenant-one/orange/myContainer4 11.1.0.4 on host2
            """
        },
        {
            "two_hosts_multiple_vxlan_nets.json",
            TwoHosts + """
            + tenant tenant-one vxlan pool 11.1.0.0/16 by /24 vxlans 10001-14000
            + network tenant-one/orange vxlan 10001 11.1.0.0/24
            + network tenant-one/purple vxlan 10002 11.1.1.0/24
            + endpoint tenant-one/orange/myContainer1 11.1.0.1 on host1
            + endpoint tenant-one/orange/myContainer3 11.1.0.2 on host2
            + endpoint tenant-one/purple/myContainer2 11.1.1.1 on host1
            + endpoint tenant-one/purple/myContainer4 11.1.1.2 on host2
            """
        },
        {
            "two_hosts_multiple_tenants.json",
            TwoHosts + """
            + tenant tenant-one vxlan pool 11.1.0.0/16 by /24 vxlans 10001-12000
            + tenant tenant-two vxlan pool 11.1.0.0/16 by /24 vxlans 15001-17000
            + network tenant-one/orange vxlan 10001 11.1.0.0/24
            + network tenant-two/purple vxlan 15001 11.1.0.0/24
            + endpoint tenant-one/orange/myContainer1 11.1.0.1 on host1
            + endpoint tenant-one/orange/myContainer3 11.1.0.2 on host2
            + endpoint tenant-two/purple/myContainer2 11.1.0.1 on host1
            + endpoint tenant-two/purple/myContainer4 11.1.0.2 on host2
            """
        },
        {
            "two_hosts_multiple_tenants_mix_vlan_vxlan.json",
            """
            + host host1 vtep 192.168.2.10 interface eth2
            + host host2 vtep 192.168.2.11 interface eth2
            + tenant tenant-one vlan pool 11.1.0.0/16 by /24 vlans 200-300
            + tenant tenant-two vxlan pool 11.1.0.0/16 by /24 vxlans 10001-12000
            + network tenant-one/orange vlan 200 11.1.0.0/24
            + network tenant-two/purple vxlan 10001 11.1.0.0/24
            + endpoint tenant-one/orange/myContainer1 11.1.0.1 on host1
            + endpoint tenant-one/orange/myContainer3 11.1.0.2 on host2
            + endpoint tenant-two/purple/myContainer2 11.1.0.1 on host1
            + endpoint tenant-two/purple/myContainer4 11.1.0.2 on host2
            """
        },
        {
            "multiple_eps_in_container.json",
            TwoHosts + """
            + tenant tenant-one vxlan pool 11.1.0.0/16 by /24 vxlans 10001-14000
            + network tenant-one/orange vxlan 10001 11.1.0.0/24
            + network tenant-one/purple vxlan 10002 11.1.1.0/24
            + endpoint tenant-one/orange/myContainer1 11.1.0.1 on host1
            + endpoint tenant-one/orange/myContainer2 11.1.0.2 on host1
            + endpoint tenant-one/orange/myContainer3 11.1.0.3 on host2
            + endpoint tenant-one/purple/myContainer2 11.1.1.1 on host1
            + endpoint tenant-one/purple/myContainer4 11.1.1.2 on host2
            myContainer2: tenant-one/orange tenant-one/purple
            """
        },
        {
            Path.Combine("late_bindings", "multiple_vxlan_nets.json"),
            TwoHosts + """
            + tenant tenant-one vxlan pool 11.1.0.0/16 by /24 vxlans 10001-14000
            + network tenant-one/orange vxlan 10001 11.1.0.0/24
            + network tenant-one/purple vxlan 10002 11.1.1.0/24
            + endpoint tenant-one/orange/myContainer1 11.1.0.1
            + endpoint tenant-one/orange/myContainer3 11.1.0.2
            + endpoint tenant-one/purple/myContainer2 11.1.1.1
            + endpoint tenant-one/purple/myContainer4 11.1.1.2
            """
        },
        {
            Path.Combine("late_bindings", "powerstrip_demo_vlan_nets.json"),
            """
            + host host1 interface eth2
            + host host2 interface eth2
            + tenant tenant-one vlan pool 11.1.0.0/16 by /24 vlans 11-28
            + network tenant-one/orange vlan 11 11.1.0.0/24
            + network tenant-one/purple vlan 12 11.1.1.0/24
            """
        },
        {
            Path.Combine("container_bindings", "multiple_vxlan_nets.json"),
            TwoHosts + """
            + tenant tenant-one vxlan pool 11.1.0.0/16 by /24 vxlans 10001-14000
            + network tenant-one/orange vxlan 10001 11.1.0.0/24
            + network tenant-one/purple vxlan 10002 11.1.1.0/24
            + endpoint tenant-one/orange/myContainer3 11.1.0.2
            + endpoint tenant-one/orange/myPod1 11.1.0.1
            + endpoint tenant-one/purple/myContainer4 11.1.1.2
            + endpoint tenant-one/purple/myPod2 11.1.1.1
            """
        },
        {
            "three_host_vxlan.json",
            TwoHosts + """
            + host host3 vtep 192.168.2.12
            + tenant tenant-one vxlan pool 11.1.0.0/16 by /24 vxlans 10001-14000
            + network tenant-one/orange vxlan 10001 11.1.0.0/24
            + endpoint tenant-one/orange/myContainer1 11.1.0.1 on host1
            + endpoint tenant-one/orange/myContainer2 11.1.0.2 on host1
            + endpoint tenant-one/orange/myContainer3 11.1.0.3 on host2
            + endpoint tenant-one/orange/myContainer4 11.1.0.4 on host2
            + endpoint tenant-one/orange/myContainer5 11.1.0.5 on host3
            + endpoint tenant-one/orange/myContainer6 11.1.0.6 on host3
            """
        },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void An_example_gives_what_it_always_gave(string path, string expected)
    {
        Assert.Equal(expected, ClusterState.Empty.PostExample(path).Show());
    }

    [Fact]
    public void Every_example_intent_has_its_golden_result()
    {
        var expected = Golden.Select(row => row.Data.Item1).Append("two_hosts_multiple_vxlan_add_del_ep.json");
        Assert.Equal(expected.Order(StringComparer.Ordinal), ExampleFiles.Intents);
    }

    [Fact]
    public void The_delta_example_adds_one_endpoint_and_takes_it_away_again()
    {
        var start = ClusterState.Empty.PostExample("two_hosts_multiple_vxlan_nets.json");

        var added = States.Succeeded(Planner.Plan(start, ExampleFiles.Intent("two_hosts_multiple_vxlan_add_del_ep.json"), PostMode.Add));
        Assert.Equal(["+ endpoint tenant-one/orange/myContainer2 11.1.0.3 on host1"], PlanDescription.Lines(added.Changes));

        var removed = added.After.PostExample("two_hosts_multiple_vxlan_add_del_ep.json", PostMode.Delete);
        Assert.Equal(start.Show(), removed.Show());
    }

    [Theory]
    [InlineData("late_bindings", "myContainer1 on host1, myContainer2 on host1, myContainer3 on host2, myContainer4 on host2")]
    [InlineData("container_bindings", "myContainer3 on host2, myContainer4 on host2, myPod1 on host1, myPod2 on host1")]
    public void The_bindings_examples_home_each_container(string folder, string expected)
    {
        var start = ClusterState.Empty.PostExample(Path.Combine(folder, "multiple_vxlan_nets.json"));
        var bindings = IntentReader.ReadBindings(ExampleFiles.Bytes(Path.Combine(folder, "multiple_vxlan_nets_host_bindings.json")));
        Assert.Empty(bindings.Errors);

        var plan = States.Succeeded(Planner.Bind(start, bindings.Value!));

        Assert.Empty(plan.Warnings);
        Assert.Equal(expected, string.Join(", ", plan.After.Endpoints.Values
            .Select(e => $"{e.Id.Container} on {e.Host}").Order(StringComparer.Ordinal)));
        Assert.All(start.Endpoints.Values, e => Assert.Equal(e.Address, plan.After.Endpoints[e.Id].Address));
    }

    [Fact]
    public void The_empty_example_takes_everything_away()
    {
        foreach (var path in ExampleFiles.Intents.Where(p => p != "two_hosts_multiple_vxlan_add_del_ep.json"))
        {
            var after = ClusterState.Empty.PostExample(path).PostExample("none.json");
            Assert.Equal("", after.Show());
            Assert.Empty(after.Containers);
        }
    }
}
