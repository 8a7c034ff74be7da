using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Netplugin.Agent.Kubernetes;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Policies;
using Netplugin.Core.Policies;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Policies;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Agent.Kubernetes;

/// <summary>Events on policies that are not enforced as they are written.</summary>
public sealed class KubernetesPolicyEventsTests : IAsyncLifetime
{
    private static readonly PolicyId Web = new(PolicyKind.NetworkPolicy, "shop", "web");
    private static readonly PolicyId Wide = new(PolicyKind.ClusterNetworkPolicy, "", "wide");
    private static readonly PolicyId OfIntent = new(PolicyKind.Intent, "tenant-one", "closed");
    private readonly ConcurrentQueue<(string Path, JsonNode Event)> _events = new();
    private readonly List<(PolicyId, string)> _unfit = [];
    private readonly UnreadablePolicies _unreadable = new(new ProblemBoard(), NullLogger.Instance);
    private FakeApiServer _server = null!;
    private KubernetesClient _client = null!;
    private KubernetesPolicyEvents _told = null!;
    private bool _speaks = true;
    private bool _isAway;
    private bool _isGone;

    public ValueTask InitializeAsync()
    {
        _server = new FakeApiServer(AnswerAsync);
        _client = _server.Client();
        _told = new(_client, "host1", () => _speaks, _unreadable, () => _unfit, TimeProvider.System, NullLogger.Instance);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _told.DisposeAsync();
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_policy_that_cannot_be_read_says_the_field_on_its_object_once_and_anew_when_that_is_another()
    {
        Note(Web, "spec.ingress[0].from[0].planets");
        await TellAsync();
        await TellAsync();

        var (path, told) = Assert.Single(_events);
        Assert.Equal("/api/v1/namespaces/shop/events", path);
        Assert.Equal(("PolicyUnreadable", "Warning"), ((string?)told["reason"], (string?)told["type"]));
        Assert.Equal("NetworkPolicy shop/web is closed where it cannot be read: spec.ingress[0].from[0].planets: unknown kind of peer", (string?)told["message"]);
        var about = told["involvedObject"]!;
        Assert.Equal(("networking.k8s.io/v1", "NetworkPolicy", "shop", "web", "uid-web"), (
            (string?)about["apiVersion"], (string?)about["kind"], (string?)about["namespace"], (string?)about["name"], (string?)about["uid"]));

        Note(Web, "spec.egress[0]");
        await TellAsync();
        Assert.Equal(2, _events.Count);

        // Deleted and made anew.
        Note(Web, "spec.egress[0]", "uid-next");
        await TellAsync();
        Assert.Equal((3, "uid-next"), (_events.Count, (string?)_events.Last().Event["involvedObject"]!["uid"]));

        // Mended, and broken again.
        _unreadable.Note([PolicyReading.Of(Web, [], isEnforced: true, "uid-web")]);
        await TellAsync();
        Assert.Equal(3, _events.Count);
        Note(Web, "spec.ports");
        await TellAsync();
        Assert.Equal(4, _events.Count);
    }

    [Fact]
    public async Task What_every_node_sees_one_says_and_what_is_the_nodes_each()
    {
        _speaks = false;
        Note(Web, "spec.ingress");
        _unfit.AddRange([(Wide, "no room for it"), (OfIntent, "nor for this")]);
        await TellAsync();

        var (path, told) = Assert.Single(_events);
        Assert.Equal(("/api/v1/namespaces/default/events", "PolicyNotEnforced", "no room for it", "host1"), (path, (string?)told["reason"], (string?)told["message"], (string?)told["source"]!["host"]));
        Assert.Equal(("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", "wide", "uid-wide"), (
            (string?)told["involvedObject"]!["apiVersion"], (string?)told["involvedObject"]!["kind"], (string?)told["involvedObject"]!["name"], (string?)told["involvedObject"]!["uid"]));

        // It takes over from a node that has gone.
        _speaks = true;
        await TellAsync();
        Assert.Equal(["PolicyNotEnforced", "PolicyUnreadable"], _events.Select(one => (string?)one.Event["reason"]));
    }

    [Fact]
    public async Task What_could_not_be_written_is_tried_again_and_what_is_gone_is_not()
    {
        _isAway = true;
        Note(Web, "spec.ingress");
        await TellAsync();
        Assert.Empty(_events);

        _isAway = false;
        await TellAsync();
        Assert.Single(_events);

        _isGone = true;
        _unfit.Add((Wide, "no room for it"));
        await TellAsync();
        Assert.Single(_events);
    }

    [Fact]
    public async Task Of_very_many_all_are_told_a_few_at_a_time()
    {
        _unreadable.Note(Enumerable.Range(0, 50).Select(number => Reading(Web with { Name = $"web{number}" }, "spec")));

        await TellAsync();
        Assert.InRange(_events.Count, 1, 25);
        await TellAsync();
        await TellAsync();

        Assert.Equal(50, _events.Select(one => (string?)one.Event["involvedObject"]!["name"]).Distinct().Count());
        Assert.Equal(50, _events.Count);
    }

    private static PolicyReading Reading(PolicyId id, string path, string uid = "uid-web") => PolicyReading.Of(id, [new FieldProblem(path, "unknown kind of peer")], isEnforced: true, uid);

    private void Note(PolicyId id, string path, string uid = "uid-web") => _unreadable.Note([Reading(id, path, uid)]);

    private Task TellAsync() => _told.TellAsync(TestContext.Current.CancellationToken);

    private Task AnswerAsync(FakeCall call)
    {
        if (_isAway)
        {
            return call.RefuseAsync(500, "away");
        }

        if (call is { Method: "POST" })
        {
            _events.Enqueue((call.Path, JsonNode.Parse(call.Body)!));
            return call.ReplyAsync(201, "{}");
        }

        var name = call.Path.Split('/')[^1];
        return _isGone ? call.RefuseAsync(404, "not found") : call.ReplyAsync(200, $$$"""{"metadata":{"name":"{{{name}}}","namespace":"shop","uid":"uid-{{{name}}}"},"spec":{}}""");
    }
}
