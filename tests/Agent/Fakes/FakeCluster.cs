using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Netplugin.Core.Resources;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Annotations;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>An API server with pods and one node, which keeps what is written.</summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, JsonObject> _objects = [];
    private readonly ConcurrentBag<(string Path, Channel<string> Lines)> _watches = [];
    private readonly FakeApiServer _server;
    private int _version = 1;

    public FakeCluster()
    {
        _server = new FakeApiServer(AnswerAsync);
        Client = _server.Client();
    }

    public KubernetesClient Client { get; }

    /// <summary>True: the server fails.</summary>
    public bool IsAway { get; set; }

    /// <summary>True: who writes to pods is refused, as by RBAC.</summary>
    public bool RefusesPatches { get; set; }

    /// <summary>The Events that were created.</summary>
    public ConcurrentQueue<JsonNode> Events { get; } = new();

    /// <summary>The writes to pods and nodes that the server carried out.</summary>
    public int Patches { get; private set; }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }

    /// <summary>Sets a pod, and tells who watches.</summary>
    public void SetPod(string name, string uid, string? status = null, bool isHostNetwork = false, string? mirrored = null, string? networks = null, params (string Key, string Value)[] labels)
    {
        var annotations = new JsonObject();
        if (status is not null)
        {
            annotations[NetworkStatus.Key] = status;
        }

        if (networks is not null)
        {
            annotations[NetworkSelection.Key] = networks;
        }

        if (mirrored is not null)
        {
            annotations["kubernetes.io/config.mirror"] = mirrored;
        }

        Set(PathOf(name), new JsonObject
        {
            ["metadata"] = new JsonObject { ["namespace"] = "default", ["name"] = name, ["uid"] = uid, ["annotations"] = annotations, ["labels"] = Labels(labels) },
            ["spec"] = new JsonObject { ["nodeName"] = Samples.Me, ["hostNetwork"] = isHostNetwork },
        });
    }

    /// <summary>Sets a namespace, and tells who watches.</summary>
    public void SetNamespace(string name, params (string Key, string Value)[] labels) =>
        Set($"{NamespacesPath}/{name}", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = Labels(labels) } });

    /// <summary>Sets the node.</summary>
    public void SetNode() => Set(NodePath, new JsonObject { ["metadata"] = new JsonObject { ["name"] = Samples.Me, ["annotations"] = new JsonObject() } });

    /// <summary>A pod's annotation; null when it has none.</summary>
    public string? StatusOf(string name) => Annotation(PathOf(name), NetworkStatus.Key);

    /// <summary>The node's annotation; null when it has none.</summary>
    public NodeReport? Report() => NodeReport.Read(Annotation(NodePath, NodeReport.Key));

    private static string PathOf(string pod) => $"/api/v1/namespaces/default/pods/{pod}";

    private static string NodePath => $"/api/v1/nodes/{Samples.Me}";

    private const string NamespacesPath = "/api/v1/namespaces";

    private const string PodsPath = "/api/v1/pods";

    // Of what is there, what a list of pods or namespaces has.
    private static bool IsOf(string list, string path) =>
        path != NodePath && list == (path.Contains("/pods/", StringComparison.Ordinal) ? PodsPath : NamespacesPath);

    private static JsonObject Labels((string Key, string Value)[] labels) => new(labels.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value)));

    private string? Annotation(string path, string key)
    {
        lock (_gate)
        {
            return (string?)_objects[path]["metadata"]!["annotations"]![key];
        }
    }

    private void Set(string path, JsonObject value)
    {
        lock (_gate)
        {
            value["metadata"]!["resourceVersion"] = $"{++_version}";
            _objects[path] = value;
            foreach (var (_, lines) in _watches.Where(watch => IsOf(watch.Path, path)))
            {
                lines.Writer.TryWrite(Texts.Event("MODIFIED", value.ToJsonString()));
            }
        }
    }

    private Task AnswerAsync(FakeCall call) => call switch
    {
        _ when IsAway => call.RefuseAsync(500, "away"),
        { IsWatch: true } => WatchAsync(call),
        { Method: "GET", Path: PodsPath or NamespacesPath } => ListAsync(call),
        { Method: "GET" } => GetAsync(call),
        { Method: "PATCH" } when call.Path.Contains("/events/", StringComparison.Ordinal) => call.ReplyAsync(200, "{}"),
        { Method: "PATCH" } => PatchAsync(call),
        _ => CreateAsync(call),
    };

    private async Task WatchAsync(FakeCall call)
    {
        var lines = Channel.CreateUnbounded<string>();
        _watches.Add((call.Path, lines));
        await call.BeginAsync();
        await foreach (var line in lines.Reader.ReadAllAsync(call.Stopped))
        {
            await call.SendAsync(line + "\n");
        }
    }

    private Task ListAsync(FakeCall call)
    {
        Assert.Equal(call.Path == PodsPath ? $"spec.nodeName={Samples.Me}" : "", call.Query.GetValueOrDefault("fieldSelector", ""));
        lock (_gate)
        {
            return call.ReplyAsync(200, Texts.List($"{_version}", [.. _objects.Where(o => IsOf(call.Path, o.Key)).Select(o => o.Value.ToJsonString())]));
        }
    }

    private Task GetAsync(FakeCall call)
    {
        lock (_gate)
        {
            return _objects.TryGetValue(call.Path, out var value) ? call.ReplyAsync(200, value.ToJsonString()) : call.RefuseAsync(404, "not found");
        }
    }

    private Task PatchAsync(FakeCall call)
    {
        lock (_gate)
        {
            if (RefusesPatches)
            {
                return call.RefuseAsync(403, "no");
            }

            var patch = JsonNode.Parse(call.Body)!["metadata"]!;
            if (!_objects.TryGetValue(call.Path, out var value))
            {
                return call.RefuseAsync(404, "not found");
            }

            if (patch["uid"] is { } uid && (string?)uid != (string?)value["metadata"]!["uid"])
            {
                return call.RefuseAsync(409, "the uid in the precondition is another");
            }

            var next = (JsonObject)value.DeepClone();
            foreach (var (key, text) in patch["annotations"]!.AsObject())
            {
                next["metadata"]!["annotations"]![key] = text?.DeepClone();
            }

            Patches++;
            Set(call.Path, next);
            return call.ReplyAsync(200, next.ToJsonString());
        }
    }

    private Task CreateAsync(FakeCall call)
    {
        Events.Enqueue(JsonNode.Parse(call.Body)!);
        return call.ReplyAsync(201, "{}");
    }
}
