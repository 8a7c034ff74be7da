using System.Text;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Follow;
using Netplugin.Kubernetes.Objects;

namespace Netplugin.Tests.Kubernetes.Unit.Objects;

/// <summary>What policies ask of the API server's pods.</summary>
public sealed class PolicedPodTests
{
    [Fact]
    public void A_pod_of_the_default_network_has_its_labels_ports_and_addresses()
    {
        var pod = Read("""
            {"metadata":{"name":"p","namespace":"shop","uid":"5e2a5f0e-5a54-4c3c-9d28-2e6bb0b4a3a1","labels":{"app":"web"},
            "annotations":{"k8s.v1.cni.cncf.io/network-status":"[{\"name\":\"default\",\"interface\":\"eth0\",\"ips\":[\"10.1.0.2\",\"fd00:1::2\"]}]"}},
            "spec":{"nodeName":"n1","containers":[{"ports":[{"name":"http","containerPort":8080},{"containerPort":81},{"name":"dns","containerPort":53,"protocol":"UDP"}]}]},
            "status":{"phase":"Running","podIPs":[{"ip":"10.1.0.2"},{"ip":"fd00:1::2"},{"ip":"10.1.0.3"}]}}
            """)!;

        Assert.Equal((new NamespacedName("shop", "p"), Guid.Parse("5e2a5f0e-5a54-4c3c-9d28-2e6bb0b4a3a1"), "n1", "app=web"), (pod.Name, pod.RuntimeUid, pod.Node, pod.Labels.ToString()));
        Assert.Equal([new NamedPort("http", TransportProtocol.Tcp, 8080), new NamedPort("dns", TransportProtocol.Udp, 53)], pod.Ports);
        Assert.Equal([IpAddr.Parse("10.1.0.2"), IpAddr.Parse("fd00:1::2")], pod.Addresses);
        Assert.True(pod.IsInDefaultNetwork);
        Assert.Empty(pod.Interfaces);
    }

    [Fact]
    public void A_tenants_pod_has_the_interfaces_that_its_annotation_shows()
    {
        var pod = Read("""
            {"metadata":{"name":"p","namespace":"shop","annotations":{"k8s.v1.cni.cncf.io/network-status":"[
            {\"name\":\"blue/net\",\"ips\":[\"11.1.0.7\"],\"netplugin.io/cluster-ips\":[\"10.1.0.2\"],\"netplugin.io/group\":\"web\"},
            {\"name\":\"blue/back\",\"ips\":[\"11.2.0.7\"]},{\"name\":\"somebody-elses\",\"ips\":[\"1.1.1.1\"]},{\"name\":\"blue/none\"}]"}},
            "spec":{"nodeName":"n1"},"status":{"podIP":"10.1.0.2"}}
            """.ReplaceLineEndings(""))!;

        Assert.False(pod.IsInDefaultNetwork);
        Assert.Equal(
            [
                new PodInterface(new NetworkId("blue", "net"), IpAddr.Parse("11.1.0.7"), true, "web"),
                new PodInterface(new NetworkId("blue", "back"), IpAddr.Parse("11.2.0.7"), false, ""),
            ],
            pod.Interfaces);
        Assert.Equal([IpAddr.Parse("10.1.0.2")], pod.Addresses);
    }

    [Fact]
    public void A_pod_whose_interfaces_are_not_shown_is_taken_to_be_in_the_default_network() =>
        Assert.True(Read("""{"metadata":{"name":"p"},"spec":{"nodeName":"n1"}}""")!.IsInDefaultNetwork);

    [Theory]
    [InlineData("""{"metadata":{"name":"p"},"spec":{"containers":[]}}""")]
    [InlineData("""{"metadata":{"name":"p"},"spec":{"nodeName":"n1","hostNetwork":true}}""")]
    [InlineData("""{"metadata":{"name":"p"},"spec":{"nodeName":"n1"},"status":{"phase":"Succeeded","podIP":"10.1.0.2"}}""")]
    [InlineData("""{"metadata":{"name":"p"},"spec":{"nodeName":"n1"},"status":{"phase":"Failed","podIP":"10.1.0.2"}}""")]
    public void A_pod_without_an_address_of_its_own_is_none_that_policies_ask_for(string json) => Assert.Null(Read(json));

    [Fact]
    public void Ports_of_init_containers_count_when_these_run_beside_the_containers() => Assert.Equal(
        [new NamedPort("proxy", TransportProtocol.Tcp, 15001)],
        Read("""
            {"metadata":{"name":"p"},"spec":{"nodeName":"n1","initContainers":[{"ports":[{"name":"once","containerPort":1}]},
            {"restartPolicy":"Always","ports":[{"name":"proxy","containerPort":15001}]}],"containers":[{"ports":[{"name":"bad","containerPort":70000}]}]}}
            """)!.Ports);

    [Fact]
    public void Pods_of_one_template_share_their_labels() =>
        Assert.Same(Labelled("a").Labels, Labelled("b").Labels);

    private static PolicedPod Labelled(string name) => Read($$$"""{"metadata":{"name":"{{{name}}}","labels":{"app":"web","hash":"5f"}},"spec":{"nodeName":"n1"}}""")!;

    private static PolicedPod? Read(string json) => Resource.PolicedPods.Forms[0].ReadObject(Encoding.UTF8.GetBytes(json)).Object;
}
