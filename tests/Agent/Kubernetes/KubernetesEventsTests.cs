using Microsoft.Extensions.Logging.Abstractions;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Kubernetes;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Addresses;
using Netplugin.Core.Planning;
using Netplugin.Kubernetes.Annotations;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Kubernetes;

/// <summary>Events on pods that cannot be attached and on the node, and the node's annotation.</summary>
public sealed class KubernetesEventsTests : IAsyncLifetime
{
    private FakeKubernetesNode _kubernetes = null!;

    private FakeNode Node => _kubernetes.Node;

    private FakeCluster Cluster => _kubernetes.Cluster;

    public async ValueTask InitializeAsync() => _kubernetes = await FakeKubernetesNode.StartAsync();

    public ValueTask DisposeAsync() => _kubernetes.DisposeAsync();

    [Fact]
    public async Task A_pod_without_an_endpoint_is_told_the_sentence_that_the_runtime_gets()
    {
        Cluster.SetPod("web", "uid-1");

        var refused = await Assert.ThrowsAsync<ResolveException>(() => AddAsync("web"));

        var told = await EventAsync();
        Assert.Equal(("EndpointNotPosted", refused.Message, "Warning"), ((string?)told["reason"], (string?)told["message"], (string?)told["type"]));
        Assert.Equal(("Pod", "default", "web", "uid-1"), (
            (string?)told["involvedObject"]!["kind"], (string?)told["involvedObject"]!["namespace"], (string?)told["involvedObject"]!["name"],
            (string?)told["involvedObject"]!["uid"]));
    }

    [Fact]
    public async Task A_pod_that_waits_for_the_nodes_block_is_told_what_it_waits_for()
    {
        Cluster.SetPod("web", "uid-1");
        Node.Awaited = "Kubernetes gave node host1 no pod CIDR: do this";

        await Assert.ThrowsAsync<NotReadyException>(() => AddAsync("web"));

        var told = await EventAsync();
        Assert.Equal(("NetworkNotReady", Node.Awaited), ((string?)told["reason"], (string?)told["message"]));
    }

    [Fact]
    public async Task A_pod_that_finds_the_block_exhausted_is_told_the_block_and_its_size()
    {
        Node.Facts = Samples.Facts with { Blocks = [new AddressBlock(IpPrefix.Parse("10.244.1.0/30"))] };
        Cluster.SetPod("web", "uid-1");
        Cluster.SetPod("api", "uid-2");
        await AddAsync("web");

        await Assert.ThrowsAsync<ResolveException>(() => AddAsync("api"));

        var told = await EventAsync();
        Assert.Equal("BlockExhausted", (string?)told["reason"]);
        Assert.Contains("10.244.1.0/30", (string?)told["message"], StringComparison.Ordinal);
        Assert.Contains("1 of 1 are in use", (string?)told["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_refused_again_and_again_is_one_Event()
    {
        Cluster.SetPod("web", "uid-1");
        Cluster.SetPod("api", "uid-2");

        for (var i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<ResolveException>(() => AddAsync("web"));
        }

        await Assert.ThrowsAsync<ResolveException>(() => AddAsync("api"));

        // What is reported is written in order.
        await Eventually.HoldsAsync("the Event of the last", () => Cluster.Events.Any(one => (string?)one["involvedObject"]!["name"] == "api"));
        Assert.Equal(2, Cluster.Events.Count);
    }

    [Fact]
    public async Task A_server_that_is_away_holds_no_pod_up()
    {
        Cluster.IsAway = true;

        for (var i = 0; i < 200; i++)
        {
            await Assert.ThrowsAsync<ResolveException>(() => AddAsync("web"));
        }

        Assert.Empty(Cluster.Events);
    }

    [Fact]
    public async Task The_node_shows_how_it_is_when_that_changes_and_what_only_an_operator_can_mend()
    {
        Cluster.SetNode();
        // Its own: the node's loop takes down what it does not find.
        var problems = new ProblemBoard();
        var report = new NodeReport("1.0", "ready", "192.168.2.10", 1450, ["10.244.1.0/24"], []);
        await using var node = new KubernetesNodeReport(
            Cluster.Client, Samples.Me, () => report with { Problems = problems.All }, problems, _kubernetes.Events, NullLogger.Instance);
        problems.Set(LoopTopics.Blocks, "the block overlaps: give each node another");
        problems.Set(LoopTopics.PodCidr, "Kubernetes gave it another: drain the node");

        node.Start();

        await Eventually.HoldsAsync("the annotation", () => Cluster.Report() is not null);
        Assert.Equal(("ready", "192.168.2.10", 1450), (Cluster.Report()!.State, Cluster.Report()!.Vtep, Cluster.Report()!.Mtu));
        Assert.Equal(["the block overlaps: give each node another", "Kubernetes gave it another: drain the node"], Cluster.Report()!.Problems);
        await Eventually.HoldsAsync("the Events", () => Cluster.Events.Count == 2);
        Assert.Equal(["BlockOverlaps", "PodCIDRNotServed"], Cluster.Events.Select(one => (string?)one["reason"]));
        Assert.All(Cluster.Events, one => Assert.Equal(("Node", Samples.Me), ((string?)one["involvedObject"]!["kind"], (string?)one["involvedObject"]!["uid"])));
        Assert.Equal(1, Cluster.Patches);

        // The same reason a moment later, but something else to do.
        problems.Set(LoopTopics.PodCidr, "Kubernetes gave it none: give it one");
        await Eventually.HoldsAsync("another Event", () => Cluster.Events.Count == 3);
        Assert.Equal("Kubernetes gave it none: give it one", (string?)Cluster.Events.Last()["message"]);
    }

    private async Task<System.Text.Json.Nodes.JsonNode> EventAsync()
    {
        await Eventually.HoldsAsync("an Event", () => !Cluster.Events.IsEmpty);
        return Assert.Single(Cluster.Events);
    }

    private Task<Pod> AddAsync(string pod) => Node.Pods.AttachAsync(
        new AttachRequest(new PodKey("sandbox-" + pod, "eth0"), pod, "default", "net", PodOrigin.Cni),
        new FakeNamespace("/run/netns/" + pod),
        TestContext.Current.CancellationToken);
}
