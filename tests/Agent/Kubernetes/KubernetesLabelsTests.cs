using Netplugin.Agent.Attachments;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Kubernetes;

/// <summary>Labels of pods and namespaces as the API server has them.</summary>
public sealed class KubernetesLabelsTests : IAsyncLifetime
{
    private static readonly (string, string)[] Orange = [(NetworkLabels.TenantKey, "tenant-one"), (NetworkLabels.NetworkKey, "orange"), (NetworkLabels.GroupKey, "db")];
    private static readonly (string, string)[] Purple = [(NetworkLabels.TenantKey, "tenant-one"), (NetworkLabels.NetworkKey, "purple")];
    private FakeKubernetesNode _kubernetes = null!;

    private FakeNode Node => _kubernetes.Node;

    private FakeCluster Cluster => _kubernetes.Cluster;

    public async ValueTask InitializeAsync()
    {
        _kubernetes = await FakeKubernetesNode.StartAsync(Samples.Serving);
        await Node.PostAsync(Samples.Endpoint("posted", 250));
        await Eventually.HoldsAsync("the store's content to be known", () => Node.Follower.Cluster is not null);
        Node.Wishes = _kubernetes.Labels.NetworksOfAsync;
    }

    public ValueTask DisposeAsync() => _kubernetes.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pods_labels_and_its_namespaces_count_whether_they_were_shown_or_are_asked_for(bool isShown)
    {
        Cluster.SetNamespace("default", Orange);
        Cluster.SetPod("web", "uid-1");
        Cluster.SetPod("api", "uid-2", labels: Purple);
        Cluster.SetPod("image", "uid-3", mirrored: "uid-of-the-kubelet");
        if (isShown)
        {
            await FollowAsync("web");
        }

        var attachment = (await AddAsync("web", "uid-1")).Attachments[0];

        Assert.Equal((Samples.Orange, "db"), (attachment.Endpoint.Network, attachment.Group));
        var missing = await Assert.ThrowsAsync<NetworkMissingException>(() => AddAsync("api", "uid-2"));
        Assert.Contains("tenant-one/purple by its labels", missing.Message, StringComparison.Ordinal);
        Assert.True((await AddAsync("image", "uid-of-the-kubelet")).Attachments[0].IsInDefaultNetwork);
        await Eventually.HoldsAsync("the Event", () => Cluster.Events.Any(e => (string?)e["reason"] == "NetworkMissing" && (string?)e["involvedObject"]!["name"] == "api"));
    }

    [Fact]
    public async Task What_was_not_shown_waits_for_the_API_server_unless_the_kubelet_has_it_from_a_file()
    {
        Cluster.IsAway = true;

        var waits = await Assert.ThrowsAsync<NotReadyException>(() => AddAsync("web", "uid-1"));

        Assert.Contains("Kubernetes does not answer", waits.Message, StringComparison.Ordinal);
        Assert.True((await AddAsync("static", "0123456789abcdef0123456789abcdef")).Attachments[0].IsInDefaultNetwork);
    }

    [Fact]
    public async Task The_group_is_shown_and_a_namespace_that_has_other_labels_moves_nobody_and_an_Event_says_so()
    {
        Cluster.SetNamespace("default", Orange);
        Cluster.SetPod("web", "uid-1");
        await FollowAsync("web");
        var before = (await AddAsync("web", "uid-1")).Attachments[0];
        await Eventually.HoldsAsync("the group", () => Cluster.StatusOf("web")?.Contains("\"netplugin.io/group\":\"db\"", StringComparison.Ordinal) == true);

        Cluster.SetNamespace("default", Purple);

        await Eventually.HoldsAsync("the Event", () => Cluster.Events.Any(e => (string?)e["reason"] == "NetworkUnchanged"));
        var told = Cluster.Events.Single(e => (string?)e["reason"] == "NetworkUnchanged");
        Assert.Equal(("Normal", "web"), ((string?)told["type"], (string?)told["involvedObject"]!["name"]));
        Assert.Contains("stays in network tenant-one/orange", (string?)told["message"], StringComparison.Ordinal);
        Assert.Contains("network tenant-one/purple now", (string?)told["message"], StringComparison.Ordinal);
        Assert.Equal(before.Number, Node.Kernel.Pods.Values.Single().Attachments[0].Number);

        // The pod's own, too: back to where it is says nothing, away from it does.
        Cluster.SetPod("web", "uid-1", labels: Orange);
        Cluster.SetPod("web", "uid-1", labels: [(NetworkLabels.NetworkKey, "other")]);
        await Eventually.HoldsAsync("the other Event", () => Cluster.Events.Any(e => ((string?)e["message"])!.Contains("default/other", StringComparison.Ordinal)));
        Assert.Equal(2, Cluster.Events.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pods_annotation_of_networks_counts_when_it_starts_is_shown_and_changed_later_moves_nothing(bool isShown)
    {
        await Node.WriteAsync(Samples.Network(new("tenant-one", "green"), 10003, subnet: "11.9.0.0/24"));
        Cluster.SetNamespace("default");
        Cluster.SetPod("web", "uid-1", networks: """[{"name": "green", "namespace": "tenant-one", "mac": "0a:00:00:00:00:01"}]""");
        Cluster.SetPod("image", "uid-3", mirrored: "uid-of-the-kubelet", networks: "tenant-one/green");
        Cluster.SetPod("long", "uid-4", networks: new string('a', 100_000));
        if (isShown)
        {
            await FollowAsync("web");
        }

        var second = (await AddAsync("web", "uid-1")).Attachments[1];

        Assert.Single((await AddAsync("image", "uid-of-the-kubelet")).Attachments);
        Assert.Contains("longer than 4096", (await Assert.ThrowsAsync<ResolveException>(() => AddAsync("long", "uid-4"))).Message, StringComparison.Ordinal);
        if (!isShown)
        {
            await FollowAsync("web");
        }

        await Eventually.HoldsAsync("both interfaces", () => Cluster.StatusOf("web") is not null);
        Assert.EndsWith(
            $$$"""
            "default":true,"dns":{},"netplugin.io/vni":0,"netplugin.io/subnets":["10.244.1.0/24"]},{"name":"tenant-one/green","interface":"net1","ips":["{{{second.Address}}}"],"mac":"0a:00:00:00:00:01","mtu":1450,"dns":{},"netplugin.io/vni":10003,"netplugin.io/subnets":["11.9.0.0/24"]}]
            """.Trim(),
            Cluster.StatusOf("web"),
            StringComparison.Ordinal);

        Cluster.SetPod("web", "uid-1", networks: "tenant-one/other");

        await Eventually.HoldsAsync("the Event", () => Cluster.Events.Any(e => (string?)e["reason"] == "NetworkUnchanged"));
        Assert.Contains(
            "default/web keeps its interfaces as they are until it is started anew",
            (string?)Cluster.Events.Single(e => (string?)e["reason"] == "NetworkUnchanged")["message"],
            StringComparison.Ordinal);
        Assert.Equal(second.Number, Node.Kernel.Pods.Values.Single(p => p.Name == "web").Attachments[1].Number);
    }

    private async Task FollowAsync(string pod)
    {
        _kubernetes.Namespaces.Start();
        _kubernetes.Pods.Start();
        await Eventually.HoldsAsync("the lists", () => _kubernetes.Pods.FindLabels(new("default", pod)) is not null && _kubernetes.Namespaces.Find("default") is not null);
    }

    private Task<Pod> AddAsync(string pod, string uid) => Node.Pods.AttachAsync(
        new AttachRequest(new PodKey("s-" + pod, "eth0"), pod, "default", "net", PodOrigin.Cni) { PodUid = uid },
        new FakeNamespace("/run/netns/s-" + pod),
        TestContext.Current.CancellationToken);
}
