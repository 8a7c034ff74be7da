using System.Text.Json;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Kubernetes;

/// <summary>What netplugin shows in Kubernetes of its networks: the pods' annotation, Events, and <c>kubectl netplugin</c>.</summary>
[Trait("run", "smoke")]
public sealed class ShownTests(Lab lab)
{
    // "misplaced" is homed on the other node than the one its manifest asks for.
    private const string Intent = """
        {"Tenants":[{"Name":"shown","DefaultNetType":"vxlan","SubnetPool":"11.9.0.0/16","AllocSubnetLen":24,"Vxlans":"20001-20100","Networks":[
        {"Name":"orange","Endpoints":[{"Container":"misplaced","Host":"node2"},{"Container":"placed"}]}]}]}
        """;

    [Theory]
    [InlineData("first")]
    [InlineData("remote")]
    public async Task The_annotation_of_a_pod_has_what_its_interface_has(string pod)
    {
        using JsonDocument link = JsonDocument.Parse(lab.Pod(pod).Run("ip", "-json", "address", "show", "eth0").Succeeded());
        JsonElement eth0 = link.RootElement[0];
        JsonElement shown = await lab.NetworkStatusAsync("traffic", pod);
        Assert.Equal("default", shown.GetProperty("name").GetString());
        Assert.Equal("eth0", shown.GetProperty("interface").GetString());
        Assert.Equal(eth0.GetProperty("address").GetString(), shown.GetProperty("mac").GetString());
        Assert.Equal(eth0.GetProperty("mtu").GetInt32(), shown.GetProperty("mtu").GetInt32());
        Assert.True(shown.GetProperty("default").GetBoolean());
        Assert.Equal(
            eth0.GetProperty("addr_info").EnumerateArray().Where(one => one.GetProperty("scope").GetString() == "global").Select(one => one.GetProperty("local").GetString()),
            shown.GetProperty("ips").EnumerateArray().Select(one => one.GetString()));
    }

    [Fact]
    public async Task A_pod_in_the_network_of_its_node_has_no_annotation()
    {
        // That the other one is there says that its node has looked at its pods.
        await lab.NetworkStatusAsync("traffic", "first");
        Assert.Empty(lab.NetworkStatusText("traffic", "host1"));
    }

    [Fact]
    public async Task An_annotation_that_was_removed_comes_back_and_one_that_a_stopped_daemon_missed_too()
    {
        await lab.NetworkStatusAsync("traffic", "remote");
        string before = lab.NetworkStatusText("traffic", "remote");
        Annotate("-");
        await lab.NetworkStatusAsync("traffic", "remote");
        Assert.Equal(before, lab.NetworkStatusText("traffic", "remote"));

        lab.Kill(2, "netplugin");
        try
        {
            Annotate("=wrong");
        }
        finally
        {
            lab.Start(2, "netplugin");
        }

        await Eventually.HoldsAsync("the right annotation", () => lab.NetworkStatusText("traffic", "remote") == before, TimeSpan.FromMinutes(1));
        void Annotate(string value) =>
            lab.Kubectl("annotate", "--overwrite", "--namespace", "traffic", "pod", "remote", Kubelab.NetworkStatusKey + value).Succeeded();
    }

    [Fact]
    public async Task A_pod_of_a_tenant_shows_its_network_and_one_that_gets_no_address_is_told_why()
    {
        lab.Netdcli("-add-cfg", Intent).Succeeded();
        try
        {
            lab.Apply(Lab.Manifest("shown.yaml"));
            JsonElement shown = await lab.NetworkStatusAsync("shown", "placed");
            Assert.Equal("shown/orange", shown.GetProperty("name").GetString());
            Assert.StartsWith("11.9.0.", shown.GetProperty("ips")[0].GetString(), StringComparison.Ordinal);
            Assert.InRange(shown.GetProperty("netplugin.io/vni").GetInt32(), 20001, 20100);

            await lab.ToldAsync(
                "shown", "misplaced", "EndpointHomedElsewhere",
                "EndpointHomedElsewhere: endpoint shown/orange/misplaced is homed on host node2", "netdcli -host-bindings-cfg");

            string networks = lab.Node(1).Run("kubectl", "netplugin", "networks").Succeeded();
            Assert.Contains("shown/orange", networks, StringComparison.Ordinal);
        }
        finally
        {
            lab.Kubectl("delete", "namespace", "shown", "--wait").Succeeded();
            lab.Netdcli("-del-cfg", Intent).Succeeded();
        }
    }

    [Fact]
    public async Task kubectl_netplugin_shows_pods_and_nodes()
    {
        JsonElement status = await lab.NetworkStatusAsync("traffic", "remote");
        using JsonDocument pods = JsonDocument.Parse(lab.Node(1).Run("kubectl", "netplugin", "pods", "-A", "-o", "json").Succeeded());
        JsonElement remote = pods.RootElement.EnumerateArray().Single(pod => pod.GetProperty("name").GetString() == "remote");
        Assert.Equal("node2", remote.GetProperty("node").GetString());
        Assert.Equal(status.GetProperty("mac").GetString(), remote.GetProperty("interfaces")[0].GetProperty("mac").GetString());
        Assert.Equal(
            remote.GetProperty("podIPs").EnumerateArray().Select(one => one.GetString()),
            remote.GetProperty("interfaces")[0].GetProperty("addresses").EnumerateArray().Select(one => one.GetString()));
        Assert.Contains(" host ", lab.Node(1).Run("kubectl", "netplugin", "pods", "host1", "-n", "traffic").Succeeded(), StringComparison.Ordinal);

        await Eventually.HoldsAsync("every node to be well", () => lab.Node(1).Run("kubectl", "netplugin", "status", "--check").Succeeded().Length > 0);
        CommandResult missing = lab.Node(1).Run("kubectl", "netplugin", "pods", "nobody", "-n", "traffic");
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("NotFound", missing.Error, StringComparison.Ordinal);
        Assert.Equal("remote\n:4\n", lab.Node(1).Run("kubectl_complete-netplugin", "pods", "-n", "traffic", "rem").Succeeded());
    }
}
