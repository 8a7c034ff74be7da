using System.Net;
using System.Text.Json;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support.ApiServers;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;
using static Netplugin.Tests.EndToEnd.DualStack;

namespace Netplugin.Tests.EndToEnd;

/// <summary>Pods of the default network that have an interface in a tenant's by their annotation; two tenants' networks are one subnet.</summary>
public sealed class SecondaryTests
{
    private const int Port = 5001;

    [Fact]
    public async Task Pods_on_two_nodes_reach_each_other_by_further_interfaces_and_nobody_of_another_tenants_network_of_the_same_subnet()
    {
        using Cluster cluster = await StartAsync(startDaemons: false);
        await using FakeServices first = new(cluster[1].Node.NetworkNamespace), second = new(cluster[2].Node.NetworkNamespace);
        first.List(
            "pods",
            FakeServices.PodIn("one", """[{"name":"orange","namespace":"tenant-one","ips":["11.1.0.100"],"mac":"0a:00:00:00:00:64"}]"""),
            FakeServices.PodIn("near", "tenant-one/orange@data0"),
            FakeServices.PodIn("rival", """[{"name":"purple","namespace":"tenant-two","ips":["11.1.0.101"],"mac":"0a:00:00:00:00:65"}]"""));
        second.List(
            "pods",
            FakeServices.PodIn("far", """[{"name":"orange","namespace":"tenant-one","ips":["11.1.0.101/24"],"mac":"0a:00:00:00:00:65"}]"""),
            FakeServices.PodIn("enemy", """[{"name":"purple","namespace":"tenant-two","ips":["11.1.0.100"]}]"""));
        foreach ((ClusterNode node, FakeServices kubernetes) in cluster.Nodes.Zip([first, second]))
        {
            await File.WriteAllTextAsync(Path.Combine(node.Node.RunFolder, "kubeconfig"), kubernetes.Kubeconfig, TestContext.Current.CancellationToken);
            kubernetes.List("nodes", FakeServices.Node(node.Host, "east"));
            kubernetes.List("services");
            kubernetes.List("endpointslices");
            kubernetes.ListNoPolicies();
            await StartDaemonAsync(node, flags: "-kubeconfig=/run/kubeconfig");
        }

        cluster.Post(Intents.TwoTenants(["a1"], ["b1"])).Succeeded();
        Pod one = cluster[1].CreatePod("one"), near = cluster[1].CreatePod("near"), rival = cluster[1].CreatePod("rival");
        Pod far = cluster[2].CreatePod("far"), enemy = cluster[2].CreatePod("enemy"), tenants = cluster[2].CreatePod("a1");
        string answer = one.Cni("ADD").Succeeded();
        Assert.DoesNotContain("11.1.0.100", answer, StringComparison.Ordinal);
        one.Cni("CHECK", Pod.Configuration(more: ", \"prevResult\": " + answer)).Succeeded();
        string[] own = Add(one), ofFar = Add(far);
        foreach (Pod pod in new[] { near, rival, enemy, tenants })
        {
            Add(pod);
        }

        string nearAddress = Device(near, "data0").Address;
        Assert.Equal(("11.1.0.100", "0a:00:00:00:00:64"), Device(one, "net1"));
        Assert.Equal(("11.1.0.101", "0a:00:00:00:00:65"), Device(far, "net1"));
        await SpeakAsync();

        // A killed daemon, and a new one that is asked for the same pods again.
        cluster[1].Daemon.Kill();
        await SpeakAsync();
        await StartDaemonAsync(cluster[1], flags: "-kubeconfig=/run/kubeconfig");
        Assert.Equal(own, Add(one));
        await SpeakAsync();

        // Each has the address that the peer has in the other's network: it is the other one that answers.
        await AssertReachesAsync(rival, enemy, "11.1.0.100", "11.1.0.101");
        Assert.False(enemy.Reaches(nearAddress), "a pod of another tenant's network is reached");
        rival.Delete();
        Assert.False(enemy.Reaches("11.1.0.101"), "another tenant's pod has the address of one that is gone");

        // With the pod its address goes; the first interface is what it always was.
        far.Delete();
        Assert.False(one.Reaches("11.1.0.101"), "a pod that is gone answers");
        Assert.DoesNotContain("default.far", cluster.Netdcli("get", "endpoints", "-o", "wide").Succeeded(), StringComparison.Ordinal);

        async Task SpeakAsync()
        {
            await AssertReachesAsync(one, far, "11.1.0.101", "11.1.0.100");
            await AssertReachesAsync(far, one, "11.1.0.100", "11.1.0.101");
            await AssertReachesAsync(one, near, nearAddress, "11.1.0.100");
            await AssertReachesAsync(tenants, one, "11.1.0.100", "11.1.0.1");
            for (int i = 0; i < Both.Length; i++)
            {
                await AssertReachesAsync(one, far, ofFar[i], own[i]);
            }
        }
    }

    private static async Task AssertReachesAsync(Pod from, Pod to, string address, string seen) =>
        Assert.Equal(seen, (await UdpSockets.SourceSeenAsync(from.NetworkNamespace, to.NetworkNamespace, IPAddress.Parse(address), Port)).ToString());

    private static (string Address, string Mac) Device(Pod pod, string name)
    {
        using JsonDocument links = JsonDocument.Parse(pod.Run("ip", "-json", "address", "show", name).Succeeded());
        JsonElement link = links.RootElement[0];
        JsonElement address = link.GetProperty("addr_info").EnumerateArray().Single(one => one.GetProperty("family").GetString() == "inet");
        return (address.GetProperty("local").GetString()!, link.GetProperty("address").GetString()!);
    }
}
