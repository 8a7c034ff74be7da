using Microsoft.Extensions.Logging.Abstractions;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Kubernetes;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Kubernetes;

/// <summary>Labels of pods and namespaces as the API server has them.</summary>
public sealed class KubernetesLabelsTests : IAsyncLifetime
{
    private static readonly NodeFacts Serving = Samples.Facts with { Blocks = [new AddressBlock(IpPrefix.Parse("10.244.1.0/24"))] };
    private static readonly (string, string)[] Orange = [(NetworkLabels.TenantKey, "tenant-one"), (NetworkLabels.NetworkKey, "orange"), (NetworkLabels.GroupKey, "db")];
    private static readonly (string, string)[] Purple = [(NetworkLabels.TenantKey, "tenant-one"), (NetworkLabels.NetworkKey, "purple")];
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-labels-").FullName;
    private readonly FakeCluster _cluster = new();
    private FakeNode _node = null!;
    private KubernetesPods _pods = null!;
    private KubernetesNamespaces _namespaces = null!;
    private KubernetesLabels _labels = null!;
    private KubernetesEvents _events = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await FakeNode.StartAsync(_folder, facts: Serving);
        await _node.PostAsync(Samples.Endpoint("posted", 250));
        await Eventually.HoldsAsync("the store's content to be known", () => _node.Follower.Cluster is not null);
        _pods = new(_cluster.Client, Samples.Me, _node.Kernel, _node.Problems, NullLogger.Instance);
        _namespaces = new(_cluster.Client, _node.Problems, NullLogger.Instance);
        _labels = new(_pods, _namespaces, _node.Kernel);
        _events = new(_cluster.Client, Samples.Me, _node.Pods, _pods, _labels, _node.Time, NullLogger.Instance);
        _node.Labels = _labels.NetworkOfAsync;
        _events.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _events.DisposeAsync();
        await _pods.DisposeAsync();
        await _namespaces.DisposeAsync();
        await _node.DisposeAsync();
        await _cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pods_labels_and_its_namespaces_count_whether_they_were_shown_or_are_asked_for(bool isShown)
    {
        _cluster.SetNamespace("default", Orange);
        _cluster.SetPod("web", "uid-1");
        _cluster.SetPod("api", "uid-2", labels: Purple);
        _cluster.SetPod("image", "uid-3", mirrored: "uid-of-the-kubelet");
        if (isShown)
        {
            await FollowAsync("web");
        }

        var attachment = (await AddAsync("web", "uid-1")).Attachments[0];

        Assert.Equal((Samples.Orange, "db"), (attachment.Endpoint.Network, attachment.Group));
        var missing = await Assert.ThrowsAsync<NetworkMissingException>(() => AddAsync("api", "uid-2"));
        Assert.Contains("tenant-one/purple by its labels", missing.Message, StringComparison.Ordinal);
        Assert.True((await AddAsync("image", "uid-of-the-kubelet")).Attachments[0].IsInDefaultNetwork);
        await Eventually.HoldsAsync("the Event", () => _cluster.Events.Any(e => (string?)e["reason"] == "NetworkMissing" && (string?)e["involvedObject"]!["name"] == "api"));
    }

    [Fact]
    public async Task What_was_not_shown_waits_for_the_API_server_unless_the_kubelet_has_it_from_a_file()
    {
        _cluster.IsAway = true;

        var waits = await Assert.ThrowsAsync<NotReadyException>(() => AddAsync("web", "uid-1"));

        Assert.Contains("Kubernetes does not answer", waits.Message, StringComparison.Ordinal);
        Assert.True((await AddAsync("static", "0123456789abcdef0123456789abcdef")).Attachments[0].IsInDefaultNetwork);
    }

    [Fact]
    public async Task The_group_is_shown_and_a_namespace_that_has_other_labels_moves_nobody_and_an_Event_says_so()
    {
        _cluster.SetNamespace("default", Orange);
        _cluster.SetPod("web", "uid-1");
        await FollowAsync("web");
        var before = (await AddAsync("web", "uid-1")).Attachments[0];
        await Eventually.HoldsAsync("the group", () => _cluster.StatusOf("web")?.Contains("\"netplugin.io/group\":\"db\"", StringComparison.Ordinal) == true);

        _cluster.SetNamespace("default", Purple);

        await Eventually.HoldsAsync("the Event", () => _cluster.Events.Any(e => (string?)e["reason"] == "NetworkUnchanged"));
        var told = _cluster.Events.Single(e => (string?)e["reason"] == "NetworkUnchanged");
        Assert.Equal(("Normal", "web"), ((string?)told["type"], (string?)told["involvedObject"]!["name"]));
        Assert.Contains("stays in network tenant-one/orange", (string?)told["message"], StringComparison.Ordinal);
        Assert.Contains("network tenant-one/purple now", (string?)told["message"], StringComparison.Ordinal);
        Assert.Equal(before.Number, _node.Kernel.Pods.Values.Single().Attachments[0].Number);

        // The pod's own, too: back to where it is says nothing, away from it does.
        _cluster.SetPod("web", "uid-1", labels: Orange);
        _cluster.SetPod("web", "uid-1", labels: [(NetworkLabels.NetworkKey, "other")]);
        await Eventually.HoldsAsync("the other Event", () => _cluster.Events.Any(e => ((string?)e["message"])!.Contains("default/other", StringComparison.Ordinal)));
        Assert.Equal(2, _cluster.Events.Count);
    }

    private async Task FollowAsync(string pod)
    {
        _namespaces.Start();
        _pods.Start();
        await Eventually.HoldsAsync("the lists", () => _pods.FindLabels(new("default", pod)) is not null && _namespaces.Find("default") is not null);
    }

    private Task<Pod> AddAsync(string pod, string uid) => _node.Pods.AttachAsync(
        new AttachRequest(new PodKey("s-" + pod, "eth0"), pod, "default", "net", PodOrigin.Cni) { PodUid = uid },
        new FakeNamespace("/run/netns/s-" + pod),
        TestContext.Current.CancellationToken);
}
