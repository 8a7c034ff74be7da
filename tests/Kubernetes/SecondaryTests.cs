using System.Text.Json;
using Netplugin.Tests.Kubernetes.Cluster;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Pods that have further interfaces because their annotation asks for them.</summary>
[Trait("run", "smoke")]
public sealed class SecondaryTests(Lab lab) : IAsyncLifetime
{
    private const string Namespace = "secondary";
    private const string Fixed = "11.50.0.77";

    /// <inheritdoc/>
    public ValueTask InitializeAsync()
    {
        lab.Netdcli("-add-cfg", Intent("secondary", """{"Name":"storage","SubnetCIDR":"11.50.0.0/24"},{"Name":"front","SubnetCIDR":"11.51.0.0/24"}""")).Succeeded();
        lab.Netdcli("-add-cfg", Intent("secondary-rival", """{"Name":"storage","SubnetCIDR":"11.50.0.0/24"}""")).Succeeded();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lab.Kubectl("delete", "namespace", Namespace, "--ignore-not-found", "--wait").Succeeded();
        await lab.TakeBackAsync(Intent("secondary", """{"Name":"storage"},{"Name":"front"}"""));
        await lab.TakeBackAsync(Intent("secondary-rival", """{"Name":"storage"}"""));
    }

    [Fact]
    public async Task Pods_have_the_networks_of_their_annotation_beside_their_first_with_the_address_and_MAC_that_they_ask_for()
    {
        await lab.ApplyPodsAsync(Lab.Manifest("secondary.yaml"));
        lab.WaitForPods(Namespace);
        Place near = lab.Pod("near", Namespace), same = lab.Pod("fixed", Namespace), far = lab.Pod("far", Namespace), rival = lab.Pod("rival", Namespace);
        JsonElement ofNear = await SecondAsync("near"), ofFixed = await SecondAsync("fixed"), ofFar = await SecondAsync("far");

        // What is shown is what the interfaces have, and what was asked for.
        Assert.Equal(("secondary/storage", "net1"), (ofNear.GetProperty("name").GetString(), ofNear.GetProperty("interface").GetString()));
        Assert.Equal("secondary/storage", ofFar.GetProperty("name").GetString());
        Assert.Equal(
            ("storage0", Fixed, "0a:00:00:00:00:77"),
            (ofFixed.GetProperty("interface").GetString(), Kubelab.AddressIn(ofFixed).ToString(), ofFixed.GetProperty("mac").GetString()));
        foreach ((Place pod, JsonElement shown) in new[] { (near, ofNear), (same, ofFixed), (far, ofFar) })
        {
            using JsonDocument link = JsonDocument.Parse(pod.Run("ip", "-json", "address", "show", shown.GetProperty("interface").GetString()!).Succeeded());
            JsonElement device = link.RootElement[0];
            Assert.Equal(
                (device.GetProperty("address").GetString(), device.GetProperty("mtu").GetInt32()), (shown.GetProperty("mac").GetString(), shown.GetProperty("mtu").GetInt32()));
            Assert.Contains(Kubelab.AddressIn(shown), pod.OwnAddresses());
            Assert.DoesNotContain("default via 11.50", pod.Run("ip", "route").Succeeded(), StringComparison.Ordinal);
        }

        // Kubernetes knows the first interface's addresses alone, and by those pods speak as ever.
        foreach (char family in lab.Families)
        {
            Assert.Equal(near.Address(family), await near.SourceSeenByAsync(same, family, Transport.Tcp));
        }

        await SpeakAsync();
        lab.Kill(1, "netplugin");
        await SpeakAsync();
        lab.Start(1, "netplugin");
        await SpeakAsync();

        // Another tenant's network of the same subnet, in which another pod has the same address.
        Assert.Equal(Fixed, Kubelab.AddressIn(await SecondAsync("rival")).ToString());
        Assert.False(rival.Reaches(Kubelab.AddressIn(ofNear).ToString(), 8080, Transport.Tcp));

        Assert.Contains("storage0", lab.Kubectl("netplugin", "pods", "--namespace", Namespace, "-o", "wide").Succeeded(), StringComparison.Ordinal);

        // What a pod had is free when it is gone, on another node too.
        lab.Kubectl("delete", "pod", "--namespace", Namespace, "fixed", "--wait").Succeeded();
        lab.Apply(Pod("heir", "node2", $$"""[{"name": "storage", "namespace": "secondary", "ips": ["{{Fixed}}"]}]"""));
        Ready("heir");
        Assert.Equal("heir", await near.NameOfAsync(Fixed, 8080, Transport.Tcp));

        async Task SpeakAsync()
        {
            Assert.Equal(Kubelab.AddressIn(ofNear), await near.SourceSeenByAsync("far", Kubelab.AddressIn(ofFar).ToString(), 8080, Transport.Tcp));
            Assert.Equal(Kubelab.AddressIn(ofFar), await far.SourceSeenByAsync("fixed", Fixed, 8080, Transport.Tcp));
            Assert.Equal(Kubelab.AddressIn(ofNear), await near.SourceSeenByAsync("fixed", Fixed, 8081, Transport.Udp));
            Assert.Equal("fixed", await near.NameOfAsync(Fixed, 8080, Transport.Tcp));
        }
    }

    [Fact]
    public async Task A_pod_waits_for_a_network_that_is_missing_and_one_that_asks_for_what_cannot_be_is_told_so()
    {
        lab.Kubectl("create", "namespace", Namespace).Succeeded();
        await lab.ApplyPodsAsync(Pod("waiting", "node1", "secondary/late"));
        lab.Apply(Pod("twice", "node1", "secondary/storage, secondary-rival/storage"));
        lab.Apply(Pod("outside", "node2", """[{"name": "storage", "namespace": "secondary", "ips": ["11.51.0.1"]}]"""));

        await lab.ToldAsync(Namespace, "waiting", "NetworkMissing", "secondary/late");
        await lab.ToldAsync(Namespace, "twice", "NetworkAnnotationInvalid", "network secondary/storage (11.50.0.0/24) and network secondary-rival/storage (11.50.0.0/24) share addresses");
        await lab.ToldAsync(Namespace, "outside", "AddressUnavailable", "11.51.0.1 is outside 11.50.0.0/24");
        lab.Netdcli("-add-cfg", Intent("secondary", """{"Name":"late","SubnetCIDR":"11.52.0.0/24"}""")).Succeeded();
        Ready("waiting");
        Assert.Equal("secondary/late", (await SecondAsync("waiting")).GetProperty("name").GetString());

        // What is changed on a pod that runs changes nothing, and is told.
        lab.Kubectl("annotate", "--overwrite", "--namespace", Namespace, "pod", "waiting", $"{Kubelab.NetworksKey}=secondary/storage").Succeeded();
        await lab.ToldAsync(Namespace, "waiting", "NetworkUnchanged", "keeps its interfaces as they are");
        Assert.Equal("secondary/late", (await SecondAsync("waiting")).GetProperty("name").GetString());
        lab.Kubectl("delete", "pod", "--namespace", Namespace, "waiting", "--wait").Succeeded();
        await lab.TakeBackAsync(Intent("secondary", """{"Name":"late"}"""));
    }

    /// <summary>The interface beside the first, of two, as the annotation shows it.</summary>
    private async Task<JsonElement> SecondAsync(string pod)
    {
        JsonElement[] interfaces = await lab.InterfacesAsync(Namespace, pod);
        Assert.Equal(2, interfaces.Length);
        Assert.True(interfaces[0].GetProperty("default").GetBoolean());
        Assert.False(interfaces[1].TryGetProperty("default", out _));
        return interfaces[1];
    }

    private void Ready(string pod) => lab.Kubectl("wait", "--namespace", Namespace, "--for=condition=Ready", "pod", pod, "--timeout=90s").Succeeded();

    private static string Pod(string name, string node, string networks) => $$$"""
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "{{{name}}}", "namespace": "{{{Namespace}}}", "annotations": {"{{{Kubelab.NetworksKey}}}": {{{JsonSerializer.Serialize(networks)}}}}},
        "spec": {"nodeSelector": {"kubernetes.io/hostname": "{{{node}}}"}, "containers": [{"name": "agnhost", "image": "localhost/kubelab/agnhost:1", "command": ["agnhost", "netexec"]}]}}
        """;

    private static string Intent(string tenant, string networks) =>
        $$"""{"Tenants":[{"Name":"{{tenant}}","DefaultNetType":"vxlan","Vxlans":"{{(tenant == Namespace ? "25001-25010" : "25011-25020")}}","Networks":[{{networks}}]}]}""";
}
