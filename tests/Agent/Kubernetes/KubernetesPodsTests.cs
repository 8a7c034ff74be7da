using Microsoft.Extensions.Logging.Abstractions;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Kubernetes;
using Netplugin.Agent.Pods;
using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Kubernetes;

/// <summary>The annotation of this node's pods, with a node in memory and an API server that keeps what is written.</summary>
public sealed class KubernetesPodsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-show-").FullName;
    private readonly FakeCluster _cluster = new();
    private FakeNode _node = null!;
    private KubernetesPods _pods = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await FakeNode.StartAsync(_folder, facts: Samples.Serving);
        _pods = New(_node);
    }

    public async ValueTask DisposeAsync()
    {
        await _pods.DisposeAsync();
        await _node.DisposeAsync();
        await _cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_pod_that_is_attached_shows_its_address_and_one_that_is_not_shows_nothing()
    {
        _cluster.SetPod("web", "uid-1");
        _cluster.SetPod("proxy", "uid-2", isHostNetwork: true);
        _pods.Start();

        var attachment = await AddAsync("s1", "web", "uid-1");

        await ShownAsync("web", $$$"""
            [{"name":"default","interface":"eth0","ips":["{{{attachment.Address}}}"],"mac":"{{{attachment.Mac}}}","mtu":1450,"default":true,"dns":{},"netplugin.io/vni":0,"netplugin.io/subnets":["10.244.1.0/24"]}]
            """.Trim());
        Assert.Null(_cluster.StatusOf("proxy"));
        Assert.Equal(1, _cluster.Patches);
    }

    [Fact]
    public async Task A_pod_with_both_families_shows_both_in_the_order_of_its_nodes_blocks()
    {
        _node.Facts = Samples.Serving with { Blocks = [new AddressBlock(IpPrefix.Parse("fd00:1::/64")), Samples.Serving.Blocks.First] };
        _cluster.SetPod("web", "uid-1");
        _pods.Start();

        var addresses = (await AddAsync("s1", "web", "uid-1")).Addresses;

        await Eventually.HoldsAsync("the annotation", () => _cluster.StatusOf("web") is not null);
        Assert.Contains($"\"ips\":[\"{addresses.First}\",\"{addresses.Second}\"]", _cluster.StatusOf("web"), StringComparison.Ordinal);
        Assert.Contains("\"netplugin.io/subnets\":[\"fd00:1::/64\",\"10.244.1.0/24\"]", _cluster.StatusOf("web"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_of_a_tenant_shows_its_network_and_VNI()
    {
        await _node.PostAsync(Samples.Endpoint("c1", 7));
        _cluster.SetPod("c1", "uid-1");
        _pods.Start();

        var cluster = (await AddAsync("s1", "c1", "uid-1")).PodAddress;

        await Eventually.HoldsAsync("the annotation", () => _cluster.StatusOf("c1") is not null);
        Assert.Contains("\"name\":\"tenant-one/orange\",\"interface\":\"eth0\",\"ips\":[\"11.1.0.7\"]", _cluster.StatusOf("c1"), StringComparison.Ordinal);
        Assert.Contains("\"netplugin.io/vni\":10001,\"netplugin.io/subnets\":[\"11.1.0.0/24\"],\"netplugin.io/cluster-ips\":[\"" + cluster + "\"]", _cluster.StatusOf("c1"), StringComparison.Ordinal);
        Assert.Contains("\"default\":true", _cluster.StatusOf("c1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_pod_of_the_same_name_is_not_touched_and_the_right_one_is_shown_when_it_comes()
    {
        _cluster.SetPod("web", "uid-old");
        _cluster.SetPod("api", "uid-3");
        _pods.Start();

        await AddAsync("s1", "web", "uid-new");
        await AddAsync("s2", "api", "uid-3");

        // The rounds are in order: the first name was looked at when the second is written.
        await Eventually.HoldsAsync("the annotation of the other pod", () => _cluster.StatusOf("api") is not null);
        Assert.Null(_cluster.StatusOf("web"));
        _cluster.SetPod("web", "uid-new");
        await Eventually.HoldsAsync("the annotation of the new pod", () => _cluster.StatusOf("web") is not null);
    }

    [Fact]
    public async Task Of_two_sandboxes_of_a_name_the_newer_is_shown()
    {
        _cluster.SetPod("web", "uid-1");
        _pods.Start();
        await AddAsync("s1", "web", "");

        var newer = await AddAsync("s2", "web", "");

        await Eventually.HoldsAsync(
            "the newer address", () => _cluster.StatusOf("web")?.Contains($"\"{newer.Address}\"", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_pod_that_the_kubelet_has_from_a_file_is_found_by_the_uid_that_its_image_names()
    {
        _cluster.SetPod("static", "uid-of-the-image", mirrored: "uid-of-the-kubelet");
        _pods.Start();

        await AddAsync("s1", "static", "uid-of-the-kubelet");

        await Eventually.HoldsAsync("the annotation", () => _cluster.StatusOf("static") is not null);
    }

    [Fact]
    public async Task What_somebody_removed_or_changed_comes_back()
    {
        _cluster.SetPod("web", "uid-1");
        _pods.Start();
        await AddAsync("s1", "web", "uid-1");
        await Eventually.HoldsAsync("the annotation", () => _cluster.StatusOf("web") is not null);
        var status = _cluster.StatusOf("web")!;

        _cluster.SetPod("web", "uid-1");
        await ShownAsync("web", status);
        _cluster.SetPod("web", "uid-1", status: "not JSON");
        await ShownAsync("web", status);
    }

    [Fact]
    public async Task What_was_missed_while_the_server_was_away_is_made_up()
    {
        _cluster.SetPod("web", "uid-1");
        _cluster.IsAway = true;
        _pods.Start();
        await AddAsync("s1", "web", "uid-1");
        await Eventually.HoldsAsync("the problem to be said", () => _node.Problems.Get(KubernetesPods.Topic) is not null);

        _cluster.IsAway = false;

        await Eventually.HoldsAsync("the annotation", () => _cluster.StatusOf("web") is not null);
        await Eventually.HoldsAsync("the problem to be over", () => _node.Problems.Get(KubernetesPods.Topic) is null);
    }

    [Fact]
    public async Task Who_may_not_write_says_which_right_is_missing_and_goes_on_when_it_is_given()
    {
        _cluster.SetPod("web", "uid-1");
        _cluster.RefusesPatches = true;
        _pods.Start();
        await AddAsync("s1", "web", "uid-1");
        await Eventually.HoldsAsync(
            "the problem", () => _node.Problems.Get(KubernetesPods.Topic)?.Contains("the verb \"patch\" on \"pods\"", StringComparison.Ordinal) == true);

        _cluster.RefusesPatches = false;

        await Eventually.HoldsAsync("the annotation", () => _cluster.StatusOf("web") is not null);
        await Eventually.HoldsAsync("the problem to be over", () => _node.Problems.Get(KubernetesPods.Topic) is null);
    }

    [Fact]
    public async Task A_daemon_that_starts_writes_what_the_one_before_did_not_and_nothing_that_is_there()
    {
        _cluster.SetPod("web", "uid-1");
        _cluster.SetPod("api", "uid-2");
        _pods.Start();
        await AddAsync("s1", "web", "uid-1");
        await Eventually.HoldsAsync("the annotation", () => _cluster.StatusOf("web") is not null);
        await _pods.DisposeAsync();
        await AddAsync("s2", "api", "uid-2");
        await _node.DisposeAsync();

        _node = await FakeNode.StartAsync(_folder, _node);
        _pods = New(_node);
        _pods.Start();

        await Eventually.HoldsAsync("the annotation of the second", () => _cluster.StatusOf("api") is not null);
        Assert.Equal(2, _cluster.Patches);
    }

    private KubernetesPods New(FakeNode node) => new(_cluster.Client, Samples.Me, node.Kernel, node.Problems, NullLogger.Instance);

    private async Task<Attachment> AddAsync(string sandbox, string pod, string uid) => (await _node.Pods.AttachAsync(
        new AttachRequest(new PodKey(sandbox, "eth0"), pod, "default", "net", PodOrigin.Cni) { PodUid = uid },
        new FakeNamespace("/run/netns/" + sandbox),
        TestContext.Current.CancellationToken)).Attachments[0];

    private Task ShownAsync(string pod, string status) =>
        Eventually.HoldsAsync($"{pod} to show {status}, which it does not: {_cluster.StatusOf(pod)}", () => _cluster.StatusOf(pod) == status);
}
