using System.Text.Json.Nodes;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Events;
using Netplugin.Tests.Kubernetes.Unit.Fixtures;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Kubernetes.Unit.Events;

public sealed class EventRecorderTests
{
    private static readonly ObjectEvent Overlap =
        new(new("Pod", "shop", "a", "uid-a"), IsWarning: true, "SubnetOverlaps", "The subnet of its network overlaps the node's.");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private readonly SetTime _time = new();

    [Fact]
    public async Task What_happens_again_is_counted_in_the_event_that_says_so()
    {
        await using var server = new FakeApiServer(call => call.ReplyAsync(201, "{}"));
        using var client = server.Client();
        using var recorder = new EventRecorder(client, "netplugin", "node-1", _time);

        await recorder.RecordAsync(Overlap, Cancel);
        await recorder.RecordAsync(Overlap, Cancel);
        _time.Advance(TimeSpan.FromSeconds(5));
        await recorder.RecordAsync(Overlap, Cancel);
        await recorder.RecordAsync(Overlap with { Message = "Another." }, Cancel);

        var calls = server.Calls.ToArray();
        Assert.Equal(["POST", "PATCH", "POST"], calls.Select(call => call.Method));
        var created = JsonNode.Parse(calls[0].Body)!;
        Assert.Equal("/api/v1/namespaces/shop/events", calls[0].Path);
        Assert.Equal(("Pod", "uid-a", "v1"), ((string?)created["involvedObject"]!["kind"], (string?)created["involvedObject"]!["uid"], (string?)created["involvedObject"]!["apiVersion"]));
        Assert.Equal(("Warning", "SubnetOverlaps", 1), ((string?)created["type"], (string?)created["reason"], (int)created["count"]!));
        Assert.Equal(("netplugin", "node-1"), ((string?)created["source"]!["component"], (string?)created["source"]!["host"]));
        Assert.StartsWith("a.", (string?)created["metadata"]!["name"], StringComparison.Ordinal);
        Assert.Equal($"/api/v1/namespaces/shop/events/{created["metadata"]!["name"]}", calls[1].Path);
        Assert.Equal("""{"count":3,"lastTimestamp":"2020-12-08T00:00:05+00:00"}""", calls[1].Body);
    }

    [Fact]
    public async Task An_event_that_the_server_dropped_is_written_anew_with_its_count()
    {
        await using var server = new FakeApiServer(call => call.Method == "PATCH" ? call.RefuseAsync(404, "no such event") : call.ReplyAsync(201, "{}"));
        using var client = server.Client();
        using var recorder = new EventRecorder(client, "netplugin", "node-1", _time);

        await recorder.RecordAsync(Overlap, Cancel);
        _time.Advance(TimeSpan.FromHours(2));
        await recorder.RecordAsync(Overlap, Cancel);

        var again = JsonNode.Parse(server.Calls.Last().Body)!;
        Assert.Equal((2, "2020-12-08T00:00:00+00:00"), ((int)again["count"]!, (string?)again["firstTimestamp"]));
    }

    [Fact]
    public async Task An_attempt_whose_answer_was_lost_is_not_written_twice()
    {
        var posts = 0;
        await using var server = new FakeApiServer(call => call.Method == "PATCH" ? call.ReplyAsync(200, "{}")
            : ++posts == 1 ? call.RefuseAsync(500, "written, but who knows") : call.RefuseAsync(409, "already exists"));
        using var client = server.Client();
        using var recorder = new EventRecorder(client, "netplugin", "node-1", _time);

        await recorder.RecordAsync(Overlap, Cancel);

        Assert.Equal(["POST", "POST", "PATCH"], server.Calls.Select(call => call.Method));
    }

    [Fact]
    public async Task What_could_not_be_written_is_written_the_next_time()
    {
        var isAllowed = false;
        await using var server = new FakeApiServer(call => isAllowed ? call.ReplyAsync(201, "{}") : call.RefuseAsync(403, "no"));
        using var client = server.Client();
        using var recorder = new EventRecorder(client, "netplugin", "node-1", _time);

        var e = await Assert.ThrowsAsync<KubernetesException>(() => recorder.RecordAsync(Overlap, Cancel));
        Assert.Contains("verb \"create\" on \"events\"", e.Message, StringComparison.Ordinal);
        isAllowed = true;
        await recorder.RecordAsync(Overlap, Cancel);

        Assert.Equal(2, (int)JsonNode.Parse(server.Calls.Last().Body)!["count"]!);
    }

    [Fact]
    public async Task An_event_about_a_node_goes_to_the_default_namespace_and_is_cut_to_the_APIs_limits()
    {
        await using var server = new FakeApiServer(call => call.ReplyAsync(201, "{}"));
        using var client = server.Client();
        using var recorder = new EventRecorder(client, "netplugin", "node-1", _time);

        await recorder.RecordAsync(new(new("Node", null, new string('n', 253), "u"), false, "Ready", new string('m', 2000)), Cancel);

        var call = Assert.Single(server.Calls);
        var written = JsonNode.Parse(call.Body)!;
        Assert.Equal("/api/v1/namespaces/default/events", call.Path);
        Assert.Equal((253, 1024), (((string)written["metadata"]!["name"]!).Length, ((string)written["message"]!).Length));
        Assert.False(written["involvedObject"]!.AsObject().ContainsKey("namespace"));
    }

    [Fact]
    public async Task Only_so_many_are_remembered()
    {
        await using var server = new FakeApiServer(call => call.ReplyAsync(201, "{}"));
        using var client = server.Client();
        using var recorder = new EventRecorder(client, "netplugin", "node-1", _time);

        for (var i = 0; i < 257; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await recorder.RecordAsync(Overlap with { Message = $"{i}" }, Cancel);
        }

        await recorder.RecordAsync(Overlap with { Message = "0" }, Cancel);
        Assert.Equal("POST", server.Calls.Last().Method);
        await recorder.RecordAsync(Overlap with { Message = "256" }, Cancel);
        Assert.Equal(258, server.Calls.Count);
    }
}
