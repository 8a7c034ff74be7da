using System.Text;
using Netplugin.Core.Intents;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Tests.Core.Planning;

namespace Netplugin.Tests.Core.Intents;

public sealed class IntentWriterTests
{
    [Fact]
    public void Everything_allocated_is_written_out()
    {
        var state = ClusterState.Empty.PostExample("two_hosts_multiple_tenants_mix_vlan_vxlan.json");

        Assert.Equal(
            """
            {
              "Hosts": [
                { "Name": "host1", "VtepIP": "192.168.2.10", "Intf": "eth2" },
                { "Name": "host2", "VtepIP": "192.168.2.11", "Intf": "eth2" }
              ],
              "Tenants": [
                {
                  "Name": "tenant-two",
                  "DefaultNetType": "vxlan",
                  "SubnetPool": "11.1.0.0/16",
                  "AllocSubnetLen": 24,
                  "VXLANs": "10001-12000",
                  "Networks": [
                    {
                      "Name": "purple",
                      "PktTagType": "vxlan",
                      "PktTag": 10001,
                      "SubnetCIDR": "11.1.0.0/24",
                      "Endpoints": [
                        { "Container": "myContainer2", "Host": "host1", "IPAddress": "11.1.0.1" },
                        { "Container": "myContainer4", "Host": "host2", "IPAddress": "11.1.0.2" }
                      ]
                    }
                  ]
                }
              ]
            }

            """,
            Encoding.UTF8.GetString(IntentWriter.Write(state.Post("""{"Tenants":[{"Name":"tenant-one"}]}""", PostMode.Delete))));
    }

    [Fact]
    public void Tenants_and_networks_stand_so_that_containers_keep_their_order_of_interfaces()
    {
        var state = ClusterState.Empty.Post("""
            {"Tenants":[{"Name":"z","SubnetPool":"10.0.0.0/8","Networks":[
            {"Name":"late","PktTag":9,"Endpoints":[{"Container":"c"}]},{"Name":"early","PktTag":1,"Endpoints":[{"Container":"c"}]}]},
            {"Name":"a","SubnetPool":"10.0.0.0/8","Networks":[{"Name":"n","PktTag":5,"Endpoints":[{"Container":"c"}]}]}]}
            """);
        var written = IntentReader.Read(IntentWriter.Write(state)).Value!;

        Assert.Equal(["z/late", "z/early", "a/n"], written.AllNetworks().Select(n => n.Id.ToString()));
    }

    [Fact]
    public void Containers_that_contradict_each_other_are_written_all_the_same()
    {
        const string pool = "\"Name\":\"t\",\"SubnetPool\":\"10.0.0.0/8\",\"VXLANs\":\"1-9\"";
        var state = ClusterState.Empty
            .Post($$"""{"Tenants":[{{{pool}},"Networks":[{"Name":"x","Endpoints":[{"Container":"c"}]},{"Name":"y","Endpoints":[{"Container":"c"}]}]}]}""")
            .Post($$"""{"Tenants":[{{{pool}},"Networks":[{"Name":"y","Endpoints":[{"Container":"d"}]},{"Name":"x","Endpoints":[{"Container":"d"}]}]}]}""", PostMode.Add);

        Assert.Equal(["x", "y"], IntentReader.Read(IntentWriter.Write(state)).Value!.AllNetworks().Select(n => n.Network.Name.Value));
    }

    [Fact]
    public void The_intent_of_the_documentation_gives_what_is_said_beside_it()
    {
        var page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "intent.md"));
        var block = page.Split("```json\n")[1].Split("```")[0];

        Assert.Equal(
            """
            + host host1 vtep 192.168.2.10
            + tenant tenant-one vxlan pool 11.1.0.0/16 by /24 vxlans 10001-14000
            + network tenant-one/orange vxlan 10001 11.1.0.0/24
            + endpoint tenant-one/orange/myContainer1 11.1.0.1 on host1
            + endpoint tenant-one/orange/myContainer2 11.1.0.2
            """,
            ClusterState.Empty.Post(block).Show());
        Assert.Empty(IntentReader.ReadBindings(Encoding.UTF8.GetBytes(page.Split("```json\n")[2].Split("```")[0])).Errors);
    }
}
