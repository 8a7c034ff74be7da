using Netplugin.Core.Policies.Compiling;
using Netplugin.NodeApi.Messages;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Agent.Policies;

/// <summary>What a node answers when it is asked what policies there are, and what they say of two ends.</summary>
public sealed class PolicyAnswersTests : IAsyncLifetime
{
    private const string Peer = "10.244.2.7";
    private const string FromFriends = """{"podSelector":{"matchLabels":{"app":"web"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"is":"friend"}}}],"ports":[{"port":6379}]}]}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-answers-").FullName;
    private readonly FakeServices _cluster = new();
    private EnforcingNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await EnforcingNode.StartAsync(_folder, _cluster);
        _cluster.List("namespaces");
        _cluster.List("nodes", Node("host1", "192.168.2.10"), Node("host2", "192.168.2.11"));
        _cluster.List(
            "networkpolicies",
            """{"metadata":{"name":"friends","namespace":"default","resourceVersion":"2"},"spec":""" + FromFriends + "}",
            """{"metadata":{"name":"new","namespace":"other","resourceVersion":"2"},"spec":{"podSelector":{},"ingress":[{"from":[{"planets":{}}]}]}}""");
        _cluster.List("clusternetworkpolicies", """{"metadata":{"name":"lost","resourceVersion":"2"},"spec":{"tier":"Admin","priority":1,"subject":{"planets":{}}}}""");
        _cluster.List("pods", Pod("web", "host1", "web", ""), Pod("api", "host1", "api", ""), Pod("friend", "host2", "friend", Peer, "friend"), Pod("stranger", "host2", "stranger", "10.244.2.8"));
        await Eventually.HoldsAsync("all to be listed", () => _node.LookAsync(maps => maps.Generation > 0));
        await _node.Node.AddAsync("s1", "web");
        await _node.Node.AddAsync("s2", "api");
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_says_by_which_rule_of_which_policy_and_that_the_maps_say_the_same()
    {
        var allowed = await ExplainAsync("default/friend", "default/web");
        Assert.Equal((true, "", false), (allowed.Allowed, allowed.Apart, allowed.Differs));
        Assert.Equal(new ExplainedDirection(true, "", "", "no policy decides", MapsAnswer.Elsewhere, ""), allowed.Egress);
        Assert.Equal(
            new ExplainedDirection(true, "NetworkPolicy default/friends", "ingress 0", "NetworkPolicy default/friends, ingress rule 0", MapsAnswer.Same, "allowed: NetworkPolicy default/friends, ingress rule 0"), allowed.Ingress);
        Assert.Equal(new ExplainedEnd("default/friend", Peer, "_/default", "host2"), allowed.From);

        var denied = await ExplainAsync("default/api", "default/web", port: 80);
        Assert.False(denied.Allowed);
        Assert.Equal((MapsAnswer.Same, MapsAnswer.Same), (denied.Egress!.Maps, denied.Ingress!.Maps));
        Assert.Equal(("NetworkPolicy default/friends", "default deny"), (denied.Ingress.Policy, denied.Ingress.Rule));
        Assert.Equal("denied: default deny: isolated by NetworkPolicy default/friends, and no rule allows it", denied.Ingress.MapsReason);
    }

    [Fact]
    public async Task An_address_is_who_has_it_and_else_a_node_or_nobody()
    {
        Assert.Equal("default/friend", (await ExplainAsync(Peer, "default/web")).From.Name);
        Assert.Equal(("node host2", "host2"), ((await ExplainAsync("192.168.2.11", "default/web")).From.Name, (await ExplainAsync("192.168.2.11", "default/web")).From.Node));
        var outside = await ExplainAsync("default/api", "203.0.113.7");
        Assert.Equal((true, "203.0.113.7", MapsAnswer.NotAsked, MapsAnswer.Same), (outside.Allowed, outside.To.Name, outside.Ingress!.Maps, outside.Egress!.Maps));
        Assert.Equal(58, (await ExplainAsync("fd00::1", "fd00::2", protocol: 1, port: 0)).Protocol);
    }

    [Fact]
    public async Task What_a_pod_is_to_itself_and_its_own_node_is_not_asked_of_maps()
    {
        var itself = await ExplainAsync("default/web", "default/web");
        Assert.Equal((true, MapsAnswer.NotAsked, "a pod reaches itself"), (itself.Allowed, itself.Ingress!.Maps, itself.Ingress.Reason));

        var node = await ExplainAsync("192.168.2.10", "default/web", port: 80);
        Assert.Equal((true, "node host1", MapsAnswer.NotAsked, "a node reaches the pods that run on it"), (node.Allowed, node.From.Name, node.Ingress!.Maps, node.Ingress.Reason));
    }

    [Fact]
    public async Task Maps_that_say_something_else_are_told_loudly()
    {
        await _node.LookAsync(maps =>
        {
            foreach (var (key, _) in maps.ReadVerdicts().ToArray())
            {
                // Nobody changes a verdict that is there.
                maps.RemoveVerdicts([key]);
                maps.SetVerdicts([new(key, Verdict.Undecided)]);
            }

            return true;
        });

        var answer = await ExplainAsync("default/api", "default/web", port: 80);

        Assert.Equal((false, true, MapsAnswer.Different, "allowed: no policy decides"), (answer.Allowed, answer.Differs, answer.Ingress!.Maps, answer.Ingress.MapsReason));
    }

    [Fact]
    public async Task A_change_that_was_told_before_is_in_the_answer_and_in_the_maps()
    {
        _cluster.Say("networkpolicies", "DELETED", """{"metadata":{"name":"friends","namespace":"default","resourceVersion":"3"},"spec":""" + FromFriends + "}");

        // A wait takes what is thrown for "not yet", so what differed on the way is looked at afterwards.
        var differed = false;
        await Eventually.HoldsAsync("it to be allowed", async () =>
        {
            var answer = await ExplainAsync("default/api", "default/web", port: 80);
            differed |= answer.Differs;
            return answer.Allowed;
        });
        Assert.False(differed);
    }

    [Theory]
    [InlineData("default/nobody", "host1 knows no endpoint default/nobody that runs anywhere: a pod of the host's network is none, ask for its node's address")]
    [InlineData("web", "\"web\" names no end: give namespace/pod, tenant/network/container or an IP address")]
    [InlineData("a/b/c/d", "\"a/b/c/d\" names no end: give namespace/pod, tenant/network/container or an IP address")]
    [InlineData("tenant-nine/blue/c1", "host1 does not know the endpoints of tenant-nine/blue, which none of its pods is in: ask a node that has one, or name the pod")]
    public async Task Who_is_not_known_is_said_so(string from, string error)
    {
        Assert.Equal(error, (await Assert.ThrowsAsync<ArgumentException>(() => ExplainAsync(from, "default/web"))).Message);
    }

    [Fact]
    public async Task Who_has_no_address_of_the_others_family_is_apart_from_it()
    {
        var answer = await ExplainAsync("fd00::1", "default/web");

        Assert.Equal((false, true), (answer.Allowed, answer.Ingress is null));
        Assert.Equal("_/default/default/web has no cluster address of IPv6, so that it reaches, and is reached by, its network alone", answer.Apart);
    }

    [Fact]
    public async Task Two_families_are_no_packet() => Assert.Equal(
        "fd00::1 and 10.244.2.7 are of two address families: no packet has both", (await Assert.ThrowsAsync<ArgumentException>(() => ExplainAsync("fd00::1", Peer))).Message);

    [Fact]
    public async Task Policies_are_listed_with_whom_they_are_for_what_they_denied_and_what_is_wrong()
    {
        var reason = await _node.Engine.AskAsync(_ => _node.Maps.ReadReasons().Single(number => _node.Engine.Denied.Find(number) is PolicyReason.Isolated { By: [{ Name: "friends" }] }));
        await _node.LookAsync(maps =>
        {
            maps.Deny(reason, new(3, 180));
            return true;
        });

        var all = (await _node.Engine.PoliciesAsync()).ToDictionary(policy => policy.Name);

        Assert.Equal(new EnforcedPolicy("NetworkPolicy", "default", "friends", "", null, true, 1, 3, 180, []), all["friends"] with { Problems = [] });
        Assert.Empty(all["friends"].Problems);
        Assert.Equal((true, 0, "spec.ingress[0].from[0].planets: unknown kind of peer"), (all["new"].Enforced, all["new"].Endpoints, Assert.Single(all["new"].Problems)));
        Assert.False(all["lost"].Enforced);
        Assert.StartsWith("spec.subject", all["lost"].Problems[0], StringComparison.Ordinal);
    }

    private Task<PolicyExplanation> ExplainAsync(string from, string to, byte protocol = 6, ushort port = 6379) => _node.Engine.ExplainAsync(new(from, to, protocol, port));

    private static string Node(string name, string address) => $$$"""{"metadata":{"name":"{{{name}}}","resourceVersion":"2"},"status":{"addresses":[{"type":"InternalIP","address":"{{{address}}}"}]}}""";

    private static string Pod(string name, string node, string app, string ip, string kind = "") => $$$"""
        {"metadata":{"name":"{{{name}}}","namespace":"default","uid":"{{{Guid.NewGuid()}}}","resourceVersion":"2","labels":{"app":"{{{app}}}","is":"{{{kind}}}"} },
        "spec":{"nodeName":"{{{node}}}"},"status":{"phase":"Running"{{{(ip.Length == 0 ? "" : $",\"podIP\":\"{ip}\"")}}} } }
        """.ReplaceLineEndings("");
}
