using Netplugin.Agent.Pods;
using Netplugin.Agent.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Linux;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Agent.Policies;

/// <summary>What a node of a Kubernetes cluster enforces, and when it may answer an ADD.</summary>
public sealed class PolicyEngineTests : IAsyncLifetime
{
    private const string Peer = "10.244.2.7";
    private const string Closed = """{"podSelector":{"matchLabels":{"app":"web"}}}""";
    private const string FromFriends = """{"podSelector":{},"ingress":[{"from":[{"podSelector":{"matchLabels":{"is":"friend"}}}]}]}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-policies-").FullName;
    private readonly FakeServices _cluster = new();
    private EnforcingNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await EnforcingNode.StartAsync(_folder, _cluster);

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_ADD_is_answered_when_the_pods_own_tables_hold_though_no_watch_has_shown_the_pod()
    {
        List(policies: [Policy("closed", Closed)]);
        _cluster.Keep(Pod("web", "host1", "app=web"));
        _cluster.Keep(Pod("api", "host1", "app=api"));

        var (web, api) = (await _node.Node.AddAsync("s1", "web"), await _node.Node.AddAsync("s2", "api"));

        // Not waited for: the answer is what says so.
        Assert.Equal(web.Attachments.Concat(api.Attachments).Select(a => a.Device.Value).Order(), await _node.EnforcedAsync());
        Assert.False(await _node.AllowsAsync(Peer, web));
        Assert.True(await _node.AllowsAsync(Peer, api));
    }

    [Fact]
    public async Task An_ADD_waits_until_every_source_was_listed_and_says_which_was_not()
    {
        foreach (var kind in (string[])["pods", "namespaces", "nodes", "clusternetworkpolicies"])
        {
            _cluster.List(kind);
        }

        _cluster.Keep(Pod("web", "host1", "app=web"));
        var refused = await Assert.ThrowsAsync<NotReadyException>(() => _node.Node.AddAsync("s1", "web"));
        Assert.Equal("policies cannot be enforced for the pod yet, which starts when they can: the NetworkPolicies of Kubernetes were not listed yet", refused.Message);
        Assert.Equal(0, _node.Maps.Writes);
        await Eventually.HoldsAsync("nothing to be left", () => _node.Node.Kernel.Pods.IsEmpty);

        var adding = _node.Node.AddAsync("s1", "web");
        _cluster.List("networkpolicies", Policy("closed", Closed));

        Assert.False(await _node.AllowsAsync(Peer, await adding));
    }

    [Fact]
    public async Task A_daemon_that_starts_goes_on_with_what_the_maps_say_and_then_closes_nobody()
    {
        List(policies: [Policy("friends", FromFriends)], pods: [Pod("friend", "host2", "is=friend", Peer), Pod("web", "host1")]);
        var web = await _node.Node.AddAsync("s1", "web");
        var writes = _node.Maps.Writes;
        await _node.DisposeAsync();

        await using var silent = new FakeServices();
        _node = await EnforcingNode.StartAsync(_folder, silent, _node);
        silent.List("pods", Pod("friend", "host2", "is=friend", Peer));
        await Assert.ThrowsAsync<NotReadyException>(() => _node.CatchUpAsync());
        Assert.Equal((writes, true, false), (_node.Maps.Writes, await _node.AllowsAsync(Peer, web), await _node.AllowsAsync("10.244.2.8", web)));

        var isAlwaysOpen = true;
        _node.Maps.Written = () => isAlwaysOpen &= _node.Maps.ReadSubjects().All(one => one.Tables.At(_node.Maps.Generation) != SubjectTables.Closed);
        List(silent, policies: [Policy("friends", FromFriends)]);
        await _node.CatchUpAsync();

        Assert.True(_node.Maps.Writes > writes);
        Assert.True(isAlwaysOpen);
        Assert.Equal((true, false), (await _node.AllowsAsync(Peer, web), await _node.AllowsAsync("10.244.2.8", web)));
    }

    [Fact]
    public async Task A_policy_that_cannot_be_read_is_closed_and_reported_until_it_can()
    {
        List(pods: [Pod("web", "host1", "app=web")]);
        var web = await _node.Node.AddAsync("s1", "web");
        Assert.True(await _node.AllowsAsync(Peer, web));

        _cluster.Say("networkpolicies", "ADDED", Policy("new", """{"podSelector":{},"ingress":[{"from":[{"planets":{}}]}]}"""));

        await Eventually.HoldsAsync("the pod to be closed", async () => !await _node.AllowsAsync(Peer, web));
        Assert.Equal("NetworkPolicy default/new is closed where it cannot be read: spec.ingress[0].from[0].planets: unknown kind of peer", _node.Node.Problems.Get("policies/read/NetworkPolicy default/new"));
        Assert.Equal(1, _node.Unreadable.Count);
        _cluster.Say("clusternetworkpolicies", "ADDED", Cluster("lost", """{"tier":"Admin","priority":1,"subject":{"planets":{}}}"""));
        await Eventually.HoldsAsync(
            "the other problem", () => _node.Node.Problems.Get("policies/read/ClusterNetworkPolicy lost")?.StartsWith("ClusterNetworkPolicy lost is not enforced, for what it is about cannot be read: spec.subject", StringComparison.Ordinal) == true);

        _cluster.Say("networkpolicies", "MODIFIED", Policy("new", """{"podSelector":{},"ingress":[{}]}"""));

        await Eventually.HoldsAsync("the pod to be open", () => _node.AllowsAsync(Peer, web));
        Assert.Null(_node.Node.Problems.Get("policies/read/NetworkPolicy default/new"));
    }

    [Fact]
    public async Task A_cluster_that_does_not_know_ClusterNetworkPolicies_is_no_problem_and_they_are_enforced_when_it_does()
    {
        _cluster.UnknownKind = "clusternetworkpolicies";
        List(pods: [Pod("web", "host1", "app=web")], clusterPolicies: [Cluster("none", """{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"ingress":[{"action":"Deny","from":[{"namespaces":{}}]}]}""")]);
        var web = await _node.Node.AddAsync("s1", "web");
        _cluster.Say("pods", "ADDED", Pod("far", "host2", "", Peer));
        await Eventually.HoldsAsync("the other pod to be known", () => _node.Engine.AskAsync(facts => facts.Knows(new("default", "far"), Guid.Empty)));
        Assert.True(await _node.AllowsAsync(Peer, web));
        Assert.Empty(_node.Node.Problems.All);

        _cluster.UnknownKind = null;

        await Eventually.HoldsAsync("the policy to be enforced", async () => !await _node.AllowsAsync(Peer, web));
    }

    [Fact]
    public async Task A_DEL_takes_the_pods_device_out_of_the_maps()
    {
        List(pods: [Pod("web", "host1", "app=web"), Pod("api", "host1")]);
        await _node.Node.AddAsync("s1", "web");
        var api = await _node.Node.AddAsync("s2", "api");

        var writes = await _node.LookAsync(maps => maps.Writes);

        await _node.Node.DeletePodAsync("s1");

        // Who looks has the engine work, so it is not looked at before it has.
        await Eventually.HoldsAsync("the engine to write", () => _node.Maps.Writes > writes);
        await Eventually.HoldsAsync("the other alone to be enforced", async () => (await _node.EnforcedAsync()).SequenceEqual(api.Attachments.Select(a => a.Device.Value)));
        Assert.Single(await _node.LookAsync(maps => maps.ReadSubjects().ToArray()));
    }

    [Fact]
    public async Task A_pod_that_has_ended_is_nobodys_peer_and_its_address_means_who_has_it_next()
    {
        List(policies: [Policy("friends", FromFriends)], pods: [Pod("web", "host1"), Pod("friend", "host2", "is=friend", Peer)]);
        var web = await _node.Node.AddAsync("s1", "web");
        Assert.True(await _node.AllowsAsync(Peer, web));

        _cluster.Say("pods", "MODIFIED", Pod("friend", "host2", "is=friend", Peer, "Succeeded"));
        await Eventually.HoldsAsync("it to be denied", async () => !await _node.AllowsAsync(Peer, web));

        _cluster.Say("pods", "ADDED", Pod("next", "host2", "is=friend", Peer));
        await Eventually.HoldsAsync("the next to be allowed", () => _node.AllowsAsync(Peer, web));
    }

    [Fact]
    public async Task Pods_of_a_relabelled_namespace_are_what_its_labels_say()
    {
        const string FromTeam = """{"podSelector":{},"ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"team":"a"}}}]}]}""";
        List(policies: [Policy("team", FromTeam)], pods: [Pod("web", "host1"), Pod("far", "host2", "", Peer)]);
        var web = await _node.Node.AddAsync("s1", "web");
        Assert.False(await _node.AllowsAsync(Peer, web));

        _cluster.Say("namespaces", "MODIFIED", Namespace("team", "a"));
        await Eventually.HoldsAsync("it to be allowed", () => _node.AllowsAsync(Peer, web));

        _cluster.Say("namespaces", "MODIFIED", Namespace("team", "b"));
        await Eventually.HoldsAsync("it to be denied", async () => !await _node.AllowsAsync(Peer, web));
    }

    [Fact]
    public async Task While_Kubernetes_is_away_a_pod_that_it_has_shown_starts_and_another_is_refused_and_what_runs_goes_on()
    {
        List(policies: [Policy("closed", Closed)], pods: [Pod("web", "host1", "app=web"), Pod("second", "host1", "app=web")]);

        // The list of namespaces has none, and what is learnt of one before it comes is learnt again.
        await _node.CatchUpAsync();
        var web = await _node.Node.AddAsync("s1", "web");
        _cluster.IsAway = true;

        var second = await _node.Node.AddAsync("s2", "second");
        var refused = await Assert.ThrowsAsync<NotReadyException>(() => _node.Node.AddAsync("s3", "stranger"));

        Assert.StartsWith("Kubernetes does not answer, which alone knows the labels of this pod and its namespace, which policies ask for", refused.Message, StringComparison.Ordinal);
        Assert.Equal((false, false), (await _node.AllowsAsync(Peer, web), await _node.AllowsAsync(Peer, second)));
    }

    [Fact]
    public async Task A_pod_that_the_API_server_does_not_have_is_one_of_its_namespace_without_labels()
    {
        List(policies: [Policy("all", """{"podSelector":{}}"""), Policy("web", Closed)]);

        Assert.False(await _node.AllowsAsync(Peer, await _node.Node.AddAsync("s1", "unknown")));
        Assert.True(await _node.AllowsAsync(Peer, await _node.Node.AddAsync("s2", "elsewhere", "other")));
    }

    [Fact]
    public async Task Maps_that_refuse_keep_the_state_before_and_refuse_pods_with_the_reason_and_take_it_when_they_can()
    {
        List(pods: [Pod("web", "host1", "app=web"), Pod("api", "host1", "app=web")]);
        var web = await _node.Node.AddAsync("s1", "web");
        _node.Maps.Written = () => throw new KernelException("write to", "np_verdicts", 28);
        _cluster.Say("networkpolicies", "ADDED", Policy("closed", Closed));
        await Eventually.HoldsAsync("the problem", () => _node.Node.Problems.Get(PolicyEngine.MapsTopic)?.Contains("np_verdicts", StringComparison.Ordinal) == true);

        var refused = await Assert.ThrowsAsync<NotReadyException>(() => _node.Node.AddAsync("s2", "api"));

        Assert.Contains("np_verdicts", refused.Message, StringComparison.Ordinal);
        Assert.True(await _node.AllowsAsync(Peer, web));

        _node.Maps.Written = () => { };
        await Eventually.HoldsAsync("the policy to be enforced", async () => !await _node.AllowsAsync(Peer, web));
        await Eventually.HoldsAsync("the problem to be over", () => _node.Node.Problems.Get(PolicyEngine.MapsTopic) is null);
        Assert.False(await _node.AllowsAsync(Peer, await _node.Node.AddAsync("s2", "api")));
    }

    [Fact]
    public async Task What_the_maps_have_no_room_for_leaves_who_runs_as_it_is_and_closes_who_starts_and_both_are_told()
    {
        const string Room = "the node's map of verdicts has no room for what its policies say (1 entries would be needed, 0 are the most): let NetworkPolicy default/closed say less";
        _node.Maps.Sizes = PolicyMapSizes.OfMaps with { Verdicts = 0 };
        List(pods: [Pod("web", "host1", "app=web"), Pod("api", "host1", "app=web")]);
        var web = await _node.Node.AddAsync("s1", "web");

        _cluster.Say("networkpolicies", "ADDED", Policy("closed", Closed));

        await Eventually.HoldsAsync("the problem", () => _node.Node.Problems.Get("policies/room/_/default/default/web") == $"_/default/default/web is as policies were before, for {Room}");
        Assert.True(await _node.AllowsAsync(Peer, web));
        var refused = await Assert.ThrowsAsync<NotReadyException>(() => _node.Node.AddAsync("s2", "api"));
        Assert.Equal($"_/default/default/api is closed, for {Room}", refused.Message);
        var (unfit, sentence) = Assert.Single(_node.Engine.Unfit);
        Assert.Equal("NetworkPolicy default/closed", unfit.ToString());
        Assert.StartsWith("NetworkPolicy default/closed is not enforced as it is for some pods of node host1, whose map of verdicts has no room", sentence, StringComparison.Ordinal);

        _cluster.Say("networkpolicies", "DELETED", Policy("closed", Closed));
        await Eventually.HoldsAsync("the problem to be over", () => _node.Node.Problems.All.IsEmpty);
        await _node.Node.AddAsync("s2", "api");
        Assert.Empty(_node.Engine.Unfit);
    }

    [Fact]
    public async Task Of_maps_that_are_full_of_an_earlier_daemons_entries_the_new_ones_get_room_when_those_are_gone()
    {
        _node.Maps.Sizes = PolicyMapSizes.OfMaps with { Verdicts = 1 };
        List(policies: [Policy("closed", Closed)], pods: [Pod("web", "host1", "app=web")]);
        var web = await _node.Node.AddAsync("s1", "web");
        await _node.DisposeAsync();
        var generation = _node.Maps.Generation;

        _node = await EnforcingNode.StartAsync(_folder, _cluster, _node);

        // Who looks has the engine work, which must come to the second generation by itself.
        await Eventually.HoldsAsync("a generation that closes and one that enforces", () => _node.Maps.Generation == generation + 2);
        await Eventually.HoldsAsync("the pod to have tables", async () => (await _node.EnforcedAsync()).SequenceEqual(web.Attachments.Select(a => a.Device.Value)));
        Assert.Empty(_node.Node.Problems.All);
        Assert.False(await _node.AllowsAsync(Peer, web));
    }

    [Fact]
    public async Task What_is_enforced_is_measured()
    {
        List(policies: [Policy("closed", Closed), Policy("bad", "5")], pods: [Pod("web", "host1")]);
        await _node.Node.AddAsync("s1", "web");

        var samples = _node.Engine.Samples().ToDictionary(sample => sample.Name, sample => sample.Values);

        Assert.Contains(("kind=\"NetworkPolicy\"", 2), samples["netplugin_policies"]);
        Assert.Contains(("kind=\"Intent\"", 0), samples["netplugin_policies"]);
        Assert.Equal(("", 1d), Assert.Single(samples["netplugin_policy_endpoints"]));
        Assert.Equal(("", 1d), Assert.Single(samples["netplugin_policies_unreadable"]));
        Assert.Equal(_node.Maps.Generation, Assert.Single(samples["netplugin_policy_generation"]).Value);
    }

    private void List(string[]? policies = null, string[]? pods = null, string[]? clusterPolicies = null)
    {
        _cluster.List("pods", pods ?? []);
        List(_cluster, policies, clusterPolicies);
    }

    private static void List(FakeServices cluster, string[]? policies = null, string[]? clusterPolicies = null)
    {
        cluster.List("namespaces");
        cluster.List("nodes");
        cluster.List("networkpolicies", policies ?? []);
        cluster.List("clusternetworkpolicies", clusterPolicies ?? []);
    }

    private static string Pod(string name, string node, string labels = "", string? ip = null, string phase = "Running") => $$$"""
        {"metadata":{"name":"{{{name}}}","namespace":"default","uid":"{{{Guid.NewGuid()}}}","resourceVersion":"2","labels":{{{Json(labels)}}} },
        "spec":{"nodeName":"{{{node}}}"},"status":{"phase":"{{{phase}}}"{{{(ip is null ? "" : $",\"podIP\":\"{ip}\"")}}} } }
        """.ReplaceLineEndings("");

    private static string Json(string labels) => "{" + string.Join(',', labels.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('=')).Select(one => $"\"{one[0]}\":\"{one[1]}\"")) + "}";

    private static string Namespace(string key, string value) => $$$"""{"metadata":{"name":"default","resourceVersion":"2","labels":{"{{{key}}}":"{{{value}}}"} } }""";

    private static string Policy(string name, string spec) => $$$"""{"metadata":{"name":"{{{name}}}","namespace":"default","resourceVersion":"2"},"spec":{{{spec}}}}""";

    private static string Cluster(string name, string spec) => $$$"""{"metadata":{"name":"{{{name}}}","resourceVersion":"2"},"spec":{{{spec}}}}""";
}
