using System.Text;
using System.Text.Json.Nodes;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Services;
using Netplugin.Kubernetes.Annotations;
using Netplugin.Kubernetes.Follow;
using Netplugin.Kubernetes.Objects;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Kubernetes.Unit.Objects;

/// <summary>What becomes of the API server's objects.</summary>
public sealed class ObjectMappingTests
{
    [Fact]
    public void A_pod_keeps_what_a_network_needs()
    {
        var pod = Read(Resource.Pods, """
            {"metadata":{"name":"p","namespace":"shop","uid":"u","labels":{"b":"2","a":"1"},
            "annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","io.contiv.tenant":"blue","k8s.v1.cni.cncf.io/network-status":"[]"}},
            "spec":{"nodeName":"n1","hostNetwork":true},"status":{"phase":"Running","podIPs":[{"ip":"10.1.0.2"},{"ip":"fd00:1::2"}]}}
            """)!;

        Assert.Equal(new NamespacedName("shop", "p"), pod.Name);
        Assert.Equal(("u", "n1", true, "Running"), (pod.Uid, pod.Node, pod.IsHostNetwork, pod.Phase));
        Assert.Equal("a=1,b=2", pod.Labels.ToString());
        Assert.Equal("io.contiv.tenant=blue,k8s.v1.cni.cncf.io/network-status=[]", pod.Annotations.ToString());
        Assert.Equal([IpAddr.Parse("10.1.0.2"), IpAddr.Parse("fd00:1::2")], pod.Addresses);
    }

    [Fact]
    public void A_pod_that_is_not_bound_has_neither_node_nor_address()
    {
        var pod = Read(Resource.Pods, """{"metadata":{"name":"p","namespace":"shop"},"spec":{},"status":{"phase":"Pending"}}""")!;

        Assert.Null(pod.Node);
        Assert.Empty(pod.Addresses);
        Assert.Same(Labels.None, pod.Labels);
    }

    [Fact]
    public async Task A_page_that_comes_in_pieces_is_read_past_annotations_that_are_not_kept()
    {
        // More than a reader takes at once, so that a value is skipped while more is to come.
        var large = new string('x', 10_000);
        var items = Enumerable.Range(0, 20).Select(i =>
            $$$$"""{"metadata":{"name":"p{{{{i}}}}","namespace":"shop","annotations":{"other":"{{{{large}}}}","more":{"a":["{{{{large}}}}"]},"io.contiv.tenant":"t{{{{i}}}}"}}}""");
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(Texts.List("5", [.. items])));

        var page = await Resource.Pods.ReadPageAsync(stream, TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"io.contiv.tenant=t{i}"), page.Objects.Select(entry => entry.Value.Annotations.ToString()));
    }

    [Fact]
    public void A_pod_that_the_kubelet_has_from_a_file_is_known_to_the_runtime_by_another_uid()
    {
        Assert.Equal("u", Read(Resource.Pods, """{"metadata":{"name":"p","uid":"u"}}""")!.RuntimeUid);
        Assert.Equal("file", Read(Resource.Pods, """{"metadata":{"name":"p","uid":"u","annotations":{"kubernetes.io/config.mirror":"file"}}}""")!.RuntimeUid);
    }

    [Fact]
    public void A_node_says_whether_it_is_ready_and_what_netplugin_reported()
    {
        var report = new NodeReport("1", "degraded", "192.168.2.10", 1450, ["10.244.1.0/24"], ["it is \"so\""]);
        var node = Read(Resource.Nodes, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "n1", ["annotations"] = new JsonObject { [NodeReport.Key] = report.Write() } },
            ["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }) },
        }.ToJsonString())!;

        Assert.True(node.IsReady);
        Assert.Equivalent(report, NodeReport.Read(node.Annotations[NodeReport.Key]), strict: true);
        Assert.Null(NodeReport.Read("[]"));
        Assert.False(Read(Resource.Nodes, """{"metadata":{"name":"n1"}}""")!.IsReady);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[null,{}]")]
    [InlineData("[{\"name\":5}]")]
    public void A_network_status_that_is_none_says_nothing(string? value) => Assert.Empty(NetworkStatus.Read(value));

    [Fact]
    public void A_network_status_of_somebody_else_is_read_as_far_as_it_is_standard()
    {
        var status = Assert.Single(NetworkStatus.Read("""[{"name":"mesh","interface":"net1","ips":["10.9.9.9"],"device-info":{"type":"pci"},"gateway":["10.9.9.1"]}]"""));
        Assert.Equal(("mesh", "net1", null), (status.Name, status.Interface, status.Vni));
        Assert.Equal(["10.9.9.9"], status.Ips!);
    }

    [Fact]
    public void A_node_keeps_its_ranges_and_addresses()
    {
        var node = Read(Resource.Nodes, """
            {"metadata":{"name":"n1","labels":{"topology.kubernetes.io/zone":"east"}},"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24","fd00:1::/64"]},
            "status":{"addresses":[{"type":"Hostname","address":"n1"},{"type":"InternalIP","address":"192.168.2.10"},{"type":"ExternalIP","address":"2001:db8::1"}]}}
            """)!;

        Assert.Equal("east", node.Labels[Node.ZoneLabel]);
        Assert.Equal([IpPrefix.Parse("10.1.0.0/24"), IpPrefix.Parse("fd00:1::/64")], node.PodCidrs);
        Assert.Equal([new("InternalIP", IpAddr.Parse("192.168.2.10")), new NodeAddress("ExternalIP", IpAddr.Parse("2001:db8::1"))], node.Addresses);
    }

    [Fact]
    public void A_Service_keeps_what_is_balanced()
    {
        var service = Read(Resource.Services, """
            {"metadata":{"name":"web","namespace":"shop","creationTimestamp":"2020-12-08T01:02:03Z"},
            "spec":{"type":"LoadBalancer","clusterIP":"10.96.0.1","clusterIPs":["10.96.0.1","fd00:96::1"],"externalIPs":["198.51.100.1"],
            "sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":600}},"internalTrafficPolicy":"Local","publishNotReadyAddresses":true,
            "ports":[{"name":"http","protocol":"TCP","port":80,"nodePort":30080},{"name":"dns","protocol":"UDP","port":53},{"name":"s","protocol":"SCTP","port":9},
            {"name":"odd","protocol":"QUIC","port":1},{"name":"none","port":0},{"name":"plain","port":7}]},
            "status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.1"},{"hostname":"lb.example"},{"ip":"203.0.113.2","ipMode":"Proxy"}]}}}
            """)!;

        Assert.Equal(new DateTimeOffset(2020, 12, 8, 1, 2, 3, TimeSpan.Zero), service.Created);
        Assert.Equal(Ips("10.96.0.1", "fd00:96::1"), service.ClusterIps);
        Assert.Equal(Ips("198.51.100.1"), service.ExternalIps);
        Assert.Equal(Ips("203.0.113.1"), service.LoadBalancerIps);
        Assert.Equal((TimeSpan.FromMinutes(10), TrafficPolicy.Local, true), (service.Affinity, service.Internal, service.PublishNotReadyAddresses));
        Assert.Equal(
            [
                new("http", TransportProtocol.Tcp, 80, 30080),
                new("dns", TransportProtocol.Udp, 53, 0),
                new("s", TransportProtocol.Sctp, 9, 0),
                new ServicePort("plain", TransportProtocol.Tcp, 7, 0),
            ],
            service.Ports);
    }

    [Theory]
    [InlineData("""{"clusterIP":"None","clusterIPs":["None"]}""")]
    [InlineData("""{"type":"ExternalName","externalName":"example.org"}""")]
    [InlineData("""{"type":"ExternalName","clusterIP":"10.96.0.1"}""")]
    [InlineData("""{"clusterIP":""}""")]
    public void A_Service_without_cluster_address_is_none_of_the_balancers(string spec) =>
        Assert.Null(Read(Resource.Services, $$$"""{"metadata":{"name":"web","namespace":"shop"},"spec":{{{spec}}}}"""));

    [Fact]
    public void A_Service_of_a_server_that_knows_but_one_family_has_its_one_address() => Assert.Equal(
        Ips("10.96.0.1"),
        Read(Resource.Services, """{"metadata":{"name":"web","namespace":"shop"},"spec":{"clusterIP":"10.96.0.1","sessionAffinity":"None"}}""")!.ClusterIps);

    [Fact]
    public void Affinity_without_a_time_lasts_three_hours() => Assert.Equal(
        TimeSpan.FromHours(3),
        Read(Resource.Services, """{"metadata":{"name":"web","namespace":"shop"},"spec":{"clusterIP":"10.96.0.1","sessionAffinity":"ClientIP"}}""")!.Affinity);

    [Fact]
    public void A_slice_of_v1_says_node_conditions_and_hints()
    {
        var slice = Read(Resource.Endpoints, """
            {"metadata":{"name":"web-a","namespace":"shop","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4",
            "ports":[{"name":"http","port":8080,"protocol":"TCP"},{"name":"all"},{"port":53,"protocol":"UDP"}],
            "endpoints":[{"addresses":["10.1.0.2","10.1.0.9"],"nodeName":"n1","hints":{"forZones":[{"name":"east"}]}},
            {"addresses":["10.1.0.3"],"conditions":{"ready":false,"serving":true,"terminating":true}},
            {"addresses":["10.1.0.4"],"conditions":{"ready":false}},{"addresses":["nowhere"]},{"addresses":[]}]}
            """)!;

        Assert.Equal(new NamespacedName("shop", "web"), slice.Service);
        var subset = Assert.Single(slice.Subsets);
        Assert.Equal([new("http", TransportProtocol.Tcp, 8080), new EndpointPort("", TransportProtocol.Udp, 53)], subset.Ports);
        Assert.Equal(Ips("10.1.0.2", "10.1.0.3", "10.1.0.4"), subset.Endpoints.Select(endpoint => endpoint.Address));
        Assert.Equal(("n1", "east"), (subset.Endpoints[0].Node, Assert.Single(subset.Endpoints[0].Zones)));
        Assert.Equal(
            [EndpointConditions.Ready | EndpointConditions.Serving, EndpointConditions.Serving | EndpointConditions.Terminating, EndpointConditions.None],
            subset.Endpoints.Select(endpoint => endpoint.Conditions));
    }

    [Fact]
    public void A_slice_of_v1beta1_says_the_node_in_its_topology() => Assert.Equal(
        "n1",
        Read(Resource.Endpoints, """
            {"metadata":{"name":"web-a","namespace":"shop","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4",
            "endpoints":[{"addresses":["10.1.0.2"],"topology":{"kubernetes.io/hostname":"n1","topology.kubernetes.io/zone":"east"}}]}
            """, form: 1)!.Subsets[0].Endpoints[0].Node);

    [Theory]
    [InlineData("""{"metadata":{"name":"web-a","namespace":"shop","labels":{"kubernetes.io/service-name":"web"}},"addressType":"FQDN","endpoints":[]}""")]
    [InlineData("""{"metadata":{"name":"web-a","namespace":"shop"},"addressType":"IPv4","endpoints":[]}""")]
    public void A_slice_of_names_or_of_nobody_is_none_of_the_balancers(string json) => Assert.Null(Read(Resource.Endpoints, json));

    [Fact]
    public void Endpoints_say_who_is_ready_by_the_list_they_are_in()
    {
        var endpoints = Read(Resource.Endpoints, """
            {"metadata":{"name":"web","namespace":"shop"},"subsets":[
            {"addresses":[{"ip":"10.1.0.2","nodeName":"n1"}],"notReadyAddresses":[{"ip":"10.1.0.3"}],"ports":[{"name":"http","port":8080}]},
            {"addresses":[{"ip":"10.1.0.4"}],"ports":[{"name":"http","port":9090}]}]}
            """, form: 2)!;

        Assert.Equal((endpoints.Name, 2), (endpoints.Service, endpoints.Subsets.Length));
        Assert.Equal(
            [(IpAddr.Parse("10.1.0.2"), "n1", EndpointConditions.Ready | EndpointConditions.Serving), (IpAddr.Parse("10.1.0.3"), null, EndpointConditions.None)],
            endpoints.Subsets[0].Endpoints.Select(endpoint => (endpoint.Address, endpoint.Node, endpoint.Conditions)));
        Assert.Equal(9090, endpoints.Subsets[1].Ports[0].Port);
    }

    [Fact]
    public void Names_that_repeat_are_held_once()
    {
        const string Json = """{"metadata":{"name":"p","namespace":"shop","labels":{"app":"web"}},"spec":{"nodeName":"n1"}}""";
        var (first, second) = (Read(Resource.Pods, Json)!, Read(Resource.Pods, Json)!);

        Assert.Same(first.Node, second.Node);
        Assert.Same(first.Name.Namespace, second.Name.Namespace);
        Assert.Same(first.Labels["app"], second.Labels["app"]);
        Assert.Equal(first.Labels, second.Labels);
    }

    private static IEnumerable<IpAddr> Ips(params string[] texts) => texts.Select(IpAddr.Parse);

    private static T? Read<T>(Resource<T> resource, string json, int form = 0)
        where T : class => resource.Forms[form].ReadObject(Encoding.UTF8.GetBytes(json)).Object;
}
