using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Netplugin.Kubernetes;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>An API server with Tenant and Network resources, which keeps what is written as a real one does: generations, finalizers, statuses.</summary>
internal sealed class FakeResources : IAsyncDisposable
{
    private const string Root = "/apis/netplugin.io/v1alpha1";
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<(string Kind, Channel<string> Lines)> _watches = [];
    private readonly FakeApiServer _server;
    private int _version = 1;

    public FakeResources() => _server = new(AnswerAsync);

    /// <summary>False: the definitions are not installed.</summary>
    public bool IsInstalled { get; set; } = true;

    /// <summary>True: nobody may write a status, as by RBAC.</summary>
    public bool RefusesStatus { get; set; }

    /// <summary>How many statuses were written.</summary>
    public int Statuses { get; private set; }

    /// <summary>Every call for resources, for what is asked where they are not installed.</summary>
    public IEnumerable<FakeCall> Calls => _server.Calls;

    public KubernetesClient Client() => _server.Client();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>Creates a resource, or changes its spec (<c>kubectl apply</c>).</summary>
    public void Apply(string kind, string name, string spec = "{}")
    {
        lock (_gate)
        {
            var known = _objects.GetValueOrDefault(PathOf(kind, name));
            var resource = (JsonObject?)known?.DeepClone() ?? new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["uid"] = $"uid-{_version}",
                    ["generation"] = 0,
                    ["creationTimestamp"] = $"2026-01-01T00:00:{_version % 60:d2}Z",
                },
            };
            resource["spec"] = JsonNode.Parse(spec);
            resource["metadata"]!["generation"] = (int)resource["metadata"]!["generation"]! + 1;
            Set(kind, resource, known is null ? "ADDED" : "MODIFIED");
        }
    }

    /// <summary>Deletes a resource: it goes when it has no finalizer.</summary>
    public void Delete(string kind, string name)
    {
        lock (_gate)
        {
            var resource = (JsonObject)_objects[PathOf(kind, name)].DeepClone();
            resource["metadata"]!["deletionTimestamp"] = "2026-01-02T00:00:00Z";
            Set(kind, resource, "MODIFIED");
        }
    }

    /// <summary>A resource as it is; null when there is none.</summary>
    public JsonObject? Get(string kind, string name)
    {
        lock (_gate)
        {
            return (JsonObject?)_objects.GetValueOrDefault(PathOf(kind, name))?.DeepClone();
        }
    }

    /// <summary>A resource's condition in a line, <c>True Posted: ...</c>; null when it has none.</summary>
    public string? Ready(string kind, string name) =>
        Get(kind, name)?["status"]?["conditions"]?[0] is { } ready ? $"{ready["status"]} {ready["reason"]}: {ready["message"]}" : null;

    private static string PathOf(string kind, string name) => $"{Root}/{kind}/{name}";

    private void Set(string kind, JsonObject resource, string type)
    {
        var metadata = resource["metadata"]!;
        metadata["resourceVersion"] = $"{++_version}";
        var path = PathOf(kind, (string)metadata["name"]!);
        if (metadata["deletionTimestamp"] is not null && metadata["finalizers"] is not JsonArray { Count: > 0 })
        {
            _objects.Remove(path);
            type = "DELETED";
        }
        else
        {
            _objects[path] = resource;
        }

        foreach (var watch in _watches.Where(watch => watch.Kind == kind))
        {
            watch.Lines.Writer.TryWrite(Texts.Event(type, resource.ToJsonString()));
        }
    }

    private Task AnswerAsync(FakeCall call)
    {
        var parts = call.Path[(call.Path.StartsWith(Root, StringComparison.Ordinal) ? Root.Length : 0)..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        return call switch
        {
            _ when !IsInstalled => call.RefuseAsync(404, "the server could not find the requested resource"),
            { Path: "/apis/netplugin.io" } => call.ReplyAsync(200, """{"versions":[{"version":"v1alpha1"}]}"""),
            { Path: Root } => call.ReplyAsync(200, """{"resources":[{"name":"tenants"},{"name":"tenants/status"},{"name":"networks"},{"name":"networks/status"}]}"""),
            { IsWatch: true } => WatchAsync(call, parts[0]),
            { Method: "GET" } => ListAsync(call, parts[0]),
            _ => PatchAsync(call, parts[0], parts[1], isStatus: parts.Length > 2),
        };
    }

    private async Task WatchAsync(FakeCall call, string kind)
    {
        var lines = Channel.CreateUnbounded<string>();
        lock (_gate)
        {
            // What came since the list.
            foreach (var (_, resource) in _objects.Where(one => one.Key.StartsWith($"{Root}/{kind}/", StringComparison.Ordinal)))
            {
                lines.Writer.TryWrite(Texts.Event("MODIFIED", resource.ToJsonString()));
            }

            _watches.Add((kind, lines));
        }

        await call.BeginAsync();
        await foreach (var line in lines.Reader.ReadAllAsync(call.Stopped))
        {
            await call.SendAsync(line + "\n");
        }
    }

    private Task ListAsync(FakeCall call, string kind)
    {
        lock (_gate)
        {
            return call.ReplyAsync(200, Texts.List(
                $"{_version}", [.. _objects.Where(one => one.Key.StartsWith($"{Root}/{kind}/", StringComparison.Ordinal)).Select(one => one.Value.ToJsonString())]));
        }
    }

    private Task PatchAsync(FakeCall call, string kind, string name, bool isStatus)
    {
        lock (_gate)
        {
            if (isStatus && RefusesStatus)
            {
                return call.RefuseAsync(403, "no");
            }

            if (!_objects.TryGetValue(PathOf(kind, name), out var known))
            {
                return call.RefuseAsync(404, "not found");
            }

            var patch = JsonNode.Parse(call.Body)!;
            var metadata = patch["metadata"];
            if (!isStatus && ((string?)metadata!["uid"] != (string?)known["metadata"]!["uid"]
                || (string?)metadata["resourceVersion"] != (string?)known["metadata"]!["resourceVersion"]))
            {
                return call.RefuseAsync(409, "the object has been modified");
            }

            var next = (JsonObject)known.DeepClone();
            if (isStatus)
            {
                next["status"] = patch["status"]!.DeepClone();
                Statuses++;
            }
            else
            {
                next["metadata"]!["finalizers"] = metadata!["finalizers"]!.DeepClone();
            }

            Set(kind, next, "MODIFIED");
            return call.ReplyAsync(200, next.ToJsonString());
        }
    }
}
