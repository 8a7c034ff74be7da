using System.Text.Json.Nodes;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Events;
using Netplugin.Kubernetes.Follow;
using Netplugin.Kubernetes.Objects;
using Netplugin.Tests.Kubernetes.Api.Fixtures;
using Netplugin.Tests.Kubernetes.Unit.Fixtures;

namespace Netplugin.Tests.Kubernetes.Api;

/// <summary>The client against a real API server.</summary>
public sealed class ApiTests(ApiServer server) : IClassFixture<ApiServer>
{
    private const string Pods = "/api/v1/namespaces/shop/pods";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pods_life_is_followed()
    {
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods, ResourceSelector.OnNode("life"));
        await follower.NextAsync<ResourceEvent<Pod>.Snapshot>();

        await server.CreateAsync(Pods, Pod("life", "life"));
        await UntilAsync(follower, () => follower.Names.SequenceEqual(["life"]));
        await server.PatchAsync($"{Pods}/life/status", """{"status":{"phase":"Running","podIP":"10.1.0.2","podIPs":[{"ip":"10.1.0.2"}]}}""");
        await UntilAsync(follower, () => follower.Objects.Values.Any(pod => pod.Phase == "Running"));
        var pod = follower.Objects[new("shop", "life")];
        Assert.Equal(("life", false, "app=life"), (pod.Node, pod.IsHostNetwork, pod.Labels.ToString()));
        Assert.Equal([IpAddr.Parse("10.1.0.2")], pod.Addresses);

        await server.DeleteAsync($"{Pods}/life");
        await UntilAsync(follower, () => follower.Objects.Count == 0);
    }

    [Fact]
    public async Task A_list_of_several_pages_is_whole()
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 250),
            Cancel,
            async (i, _) => await server.CreateAsync("/api/v1/namespaces/shop/services", $$$"""{"metadata":{"name":"many-{{{i}}}","labels":{"many":"1"}},"spec":{"ports":[{"port":80}]}}"""));
        using var client = server.Client();
        await using var follower = new Follower<ServiceSpec>(client, Resource.Services, new(Labels: "many=1"));

        await follower.NextAsync<ResourceEvent<ServiceSpec>.Snapshot>();

        Assert.Equal(250, follower.Objects.Count);
    }

    [Fact]
    public async Task Services_and_slices_become_what_is_balanced()
    {
        await server.CreateAsync("/api/v1/namespaces/shop/services", """
            {"metadata":{"name":"web"},"spec":{"type":"NodePort","clusterIP":"10.96.7.7","externalIPs":["198.51.100.7"],"sessionAffinity":"ClientIP",
            "selector":{"app":"web"},"ports":[{"name":"http","port":80,"nodePort":30777}]}}
            """);
        await server.CreateAsync("/api/v1/namespaces/shop/services", """{"metadata":{"name":"headless"},"spec":{"clusterIP":"None","ports":[{"port":80}]}}""");
        var version = (string)(await server.GetAsync("/apis/discovery.k8s.io"))["preferredVersion"]!["groupVersion"]!;
        var place = version.EndsWith("/v1", StringComparison.Ordinal) ? """ "nodeName":"here" """ : """ "topology":{"kubernetes.io/hostname":"here"} """;
        await server.CreateAsync($"/apis/{version}/namespaces/shop/endpointslices", $$"""
            {"metadata":{"name":"web-1","labels":{"kubernetes.io/service-name":"web"} },"addressType":"IPv4","ports":[{"name":"http","port":8080}],
            "endpoints":[{"addresses":["10.1.0.2"],{{place}} },{"addresses":["10.1.1.2"],"conditions":{"ready":false} }]}
            """);
        using var client = server.Client();
        var services = new Follower<ServiceSpec>(client, Resource.Services);
        await using var _ = services;
        await services.NextAsync();
        await using var endpoints = new Follower<ServiceEndpoints>(client, Resource.Endpoints);
        await endpoints.NextAsync();

        Assert.DoesNotContain("headless", services.Names);
        var table = ServiceTable.Empty(new("here", null)).With(
            [new ServiceChange.SetAllServices([.. services.Objects.Values]), new ServiceChange.SetAllEndpoints([.. endpoints.Objects.Values])]);
        foreach (var (address, port) in new[] { ("10.96.7.7", 80), ("198.51.100.7", 80), ("0.0.0.0", 30777) })
        {
            var frontend = table.Frontends[new(IpAddr.Parse(address), (ushort)port, TransportProtocol.Tcp)];
            Assert.Equal(TimeSpan.FromHours(3), frontend.Affinity);
            Assert.Equal([new Backend(IpAddr.Parse("10.1.0.2"), 8080)], frontend.Backends);
        }
    }

    [Fact]
    public async Task A_server_that_was_killed_is_followed_on_and_no_change_is_lost()
    {
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods, ResourceSelector.OnNode("killed"));
        await follower.NextAsync();
        await server.CreateAsync(Pods, Pod("killed-1", "killed"));
        await UntilAsync(follower, () => follower.Names.SequenceEqual(["killed-1"]));

        await server.RestartAsync();
        await server.CreateAsync(Pods, Pod("killed-2", "killed"));
        await server.DeleteAsync($"{Pods}/killed-1");

        await UntilAsync(follower, () => follower.Names.SequenceEqual(["killed-2"]));
    }

    [Fact]
    public async Task A_version_that_was_compacted_away_meanwhile_leads_to_a_new_snapshot()
    {
        using var client = server.Client();
        await using var follower = new Follower<Pod>(client, Resource.Pods, ResourceSelector.OnNode("compacted"));
        await follower.NextAsync<ResourceEvent<Pod>.Snapshot>();

        // The watch begins with the next read: until then the version that was listed is forgotten everywhere.
        await server.CreateAsync(Pods, Pod("compacted", "compacted"));
        await server.CompactAsync();
        await server.RestartAsync();

        while (await follower.NextAsync() is not ResourceEvent<Pod>.Snapshot)
        {
        }

        Assert.Equal(["compacted"], follower.Names);
    }

    [Fact]
    public async Task A_pod_is_annotated_and_keeps_its_other_annotations()
    {
        var uid = await UidAsync("annotated");
        using var client = server.Client();

        Assert.True(await client.AnnotatePodAsync(new("shop", "annotated"), uid, new Dictionary<string, string?> { ["io.contiv.a"] = "1", ["io.contiv.b"] = "2" }, Cancel));
        Assert.True(await client.AnnotatePodAsync(new("shop", "annotated"), uid, new Dictionary<string, string?> { ["io.contiv.a"] = null }, Cancel));

        var annotations = (await server.GetAsync($"{Pods}/annotated"))["metadata"]!["annotations"]!;
        Assert.Equal("""{"io.contiv.b":"2","mine":"kept"}""", annotations.ToJsonString());
        Assert.Equal("io.contiv.b=2", (await client.GetAsync(Resource.Pods, new("shop", "annotated"), Cancel))!.Annotations.ToString());
    }

    [Fact]
    public async Task A_pod_of_the_same_name_that_came_later_is_not_annotated()
    {
        var before = await UidAsync("again");
        await server.DeleteAsync($"{Pods}/again");
        using var client = server.Client();
        var annotations = new Dictionary<string, string?> { ["io.contiv.a"] = "1" };
        Assert.False(await client.AnnotatePodAsync(new("shop", "again"), before, annotations, Cancel));

        await UidAsync("again");

        Assert.False(await client.AnnotatePodAsync(new("shop", "again"), before, annotations, Cancel));
        Assert.Empty((await client.GetAsync(Resource.Pods, new("shop", "again"), Cancel))!.Annotations.Pairs);
    }

    [Fact]
    public async Task Events_are_written_and_counted()
    {
        var uid = await UidAsync("eventful");
        using var client = server.Client();
        var time = new LaterEachTime();
        using var recorder = new EventRecorder(client, "netplugin", "node-1", time);
        var happened = new ObjectEvent(new("Pod", "shop", "eventful", uid), true, "SubnetOverlaps", "It overlaps.");

        for (var i = 0; i < 3; i++)
        {
            await recorder.RecordAsync(happened, Cancel);
        }

        await recorder.RecordAsync(new(new("Node", null, "node-1", "node-1"), false, "NetworkReady", "All is well."), Cancel);
        var written = (await server.GetAsync($"/api/v1/namespaces/shop/events?fieldSelector=involvedObject.uid%3D{uid}"))["items"]!.AsArray();
        Assert.Equal((3, "SubnetOverlaps", "Warning"), ((int)Assert.Single(written)!["count"]!, (string)written[0]!["reason"]!, (string)written[0]!["type"]!));
        Assert.Single((await server.GetAsync("/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dnode-1"))["items"]!.AsArray());
    }

    [Fact]
    public async Task Who_may_not_is_told_which_right_is_missing()
    {
        using var client = server.Client(ApiServer.LimitedToken);
        await using var follower = new Follower<ServiceEndpoints>(client, Resource.Endpoints);

        var reason = (await follower.NextAsync<ResourceEvent<ServiceEndpoints>.Disconnected>()).Reason;

        Assert.Contains("verb \"list\" on \"endpointslices.discovery.k8s.io\"", reason, StringComparison.Ordinal);
        Assert.Contains("\"limited\"", reason, StringComparison.Ordinal);
        Assert.DoesNotContain(ApiServer.LimitedToken, reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_not_known_is_told_so_and_who_shows_a_certificate_is_known_by_it()
    {
        using var stranger = server.Client("stranger");
        var e = await Assert.ThrowsAsync<KubernetesException>(() => stranger.GetAsync(Resource.Namespaces, new("", "shop"), Cancel));
        Assert.Contains("HTTP 401", e.Message, StringComparison.Ordinal);

        using var client = server.CertificateClient();
        e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetAsync(Resource.Namespaces, new("", "shop"), Cancel));
        Assert.Contains("\"client\"", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Namespaces_and_nodes_are_read()
    {
        await server.CreateAsync("/api/v1/nodes", """{"metadata":{"name":"read","labels":{"topology.kubernetes.io/zone":"east"}},"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24"]}}""");
        using var client = server.Client();

        Assert.Equal("blue", (await client.GetAsync(Resource.Namespaces, new("", "shop"), Cancel))!.Labels["io.contiv.tenant"]);
        var node = (await client.GetAsync(Resource.Nodes, new("", "read"), Cancel))!;
        Assert.Equal(("east", IpPrefix.Parse("10.1.0.0/24")), (node.Labels[Node.ZoneLabel], Assert.Single(node.PodCidrs)));
        Assert.Null(await client.GetAsync(Resource.Nodes, new("", "none"), Cancel));
    }

    private static string Pod(string name, string node) => $$$"""
        {"metadata":{"name":"{{{name}}}","labels":{"app":"{{{name}}}"},"annotations":{"mine":"kept"}},
        "spec":{"nodeName":"{{{node}}}","automountServiceAccountToken":false,"containers":[{"name":"c","image":"i"}]}}
        """;

    private async Task<string> UidAsync(string name)
    {
        JsonNode pod = await server.CreateAsync(Pods, Pod(name, "none"));
        return (string)pod["metadata"]!["uid"]!;
    }

    private static async Task UntilAsync<T>(Follower<T> follower, Func<bool> holds)
        where T : class
    {
        while (!holds())
        {
            await follower.NextAsync();
        }
    }

    /// <summary>A clock that is a minute later whenever it is asked.</summary>
    private sealed class LaterEachTime : TimeProvider
    {
        private int _asked;

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddMinutes(_asked++);
    }
}
