using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Netplugin.Kubernetes;

namespace Netplugin.Tests.Support.ApiServers;

/// <summary>An API server with Services, slices and nodes, one list of each kind and then what a test says. What is written to it is taken and forgotten.</summary>
/// <param name="networkNamespace">The network whose loopback it serves at; null: this process's.</param>
public sealed class FakeServices(string? networkNamespace = null) : IAsyncDisposable
{
    private FakeApiServer? _server;
    private bool _isGone;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<string[]>> _lists = new();
    private readonly ConcurrentDictionary<string, Channel<string>> _watches = new();
    private readonly ConcurrentBag<string> _kept = [];

    /// <summary>Where it serves.</summary>
    public Uri Url => Server.Url;

    private FakeApiServer Server => _server ??= new(AnswerAsync, networkNamespace: networkNamespace);

    /// <summary>A kubeconfig that leads to it, without credentials.</summary>
    public string Kubeconfig => Server.Kubeconfig;

    /// <summary>A client without credentials.</summary>
    public KubernetesClient Client() => Server.Client();

    /// <summary>What there is of a kind, such as <c>services</c>, by its name in paths; a list waits until that is said.</summary>
    public void List(string kind, params string[] objects) => ListOf(kind).SetResult(objects);

    /// <summary>There are no policies, and no other namespaces than these that have labels or are seen before they are asked for.</summary>
    public void ListNoPolicies(params string[] namespaces)
    {
        List("namespaces", namespaces);
        List("networkpolicies");
        List("clusternetworkpolicies");
    }

    /// <summary>True: the server fails.</summary>
    public bool IsAway { get; set; }

    /// <summary>The kind that the server does not know; null: it knows all.</summary>
    public string? UnknownKind { get; set; }

    /// <summary>A pod that is there and that no list or watch has shown yet.</summary>
    public void Keep(string pod) => _kept.Add(pod);

    /// <summary>A change of a kind.</summary>
    public void Say(string kind, string type, string json) => WatchOf(kind).Writer.TryWrite($$"""{"type":"{{type}}","object":{{json}}}""");

    /// <summary>A Service of the namespace <c>shop</c>, with one port 80.</summary>
    public static string ServiceOf(string name, string clusterIp, string more = "") => $$$"""
        {"kind":"Service","apiVersion":"v1","metadata":{"name":"{{{name}}}","namespace":"shop","resourceVersion":"1","creationTimestamp":"2020-12-08T00:00:00Z"},
        "spec":{"clusterIP":"{{{clusterIp}}}","clusterIPs":["{{{clusterIp}}}"],"ports":[{"name":"http","protocol":"TCP","port":80}]{{{more}}}}}
        """.ReplaceLineEndings("");

    /// <summary>A slice of one endpoint, whose port is 8080.</summary>
    public static string Slice(string service, string address, string zone = "") => $$$"""
        {"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","addressType":"IPv4","metadata":{"name":"{{{service}}}-{{{address}}}","namespace":"shop","resourceVersion":"1",
        "labels":{"kubernetes.io/service-name":"{{{service}}}"}},"ports":[{"name":"http","protocol":"TCP","port":8080}],
        "endpoints":[{"addresses":["{{{address}}}"],"conditions":{"ready":true},"nodeName":"node-2"{{{(zone.Length > 0 ? $",\"hints\":{{\"forZones\":[{{\"name\":\"{zone}\"}}]}}" : "")}}}}]}
        """.ReplaceLineEndings("");

    /// <summary>A node in a zone.</summary>
    public static string Node(string name, string zone) => $$$$"""
        {"kind":"Node","apiVersion":"v1","metadata":{"name":"{{{{name}}}}","resourceVersion":"1","labels":{"topology.kubernetes.io/zone":"{{{{zone}}}}"}},"spec":{}}
        """;

    /// <summary>A pod of the namespace <c>default</c> that asks for further networks.</summary>
    public static string PodIn(string name, string networks) => $$$"""
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"{{{name}}}","namespace":"default","uid":"uid-{{{name}}}","resourceVersion":"1",
        "annotations":{"k8s.v1.cni.cncf.io/networks":{{{JsonSerializer.Serialize(networks)}}}}},"spec":{}}
        """.ReplaceLineEndings("");

    private static string PathOf(string json)
    {
        using var pod = JsonDocument.Parse(json);
        var metadata = pod.RootElement.GetProperty("metadata");
        return $"/namespaces/{metadata.GetProperty("namespace").GetString()}/pods/{metadata.GetProperty("name").GetString()}";
    }

    /// <summary>The server is gone; again is no error.</summary>
    public ValueTask DisposeAsync() => _isGone ? ValueTask.CompletedTask : StopAsync();

    private ValueTask StopAsync()
    {
        _isGone = true;
        return _server?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private TaskCompletionSource<string[]> ListOf(string kind) =>
        _lists.GetOrAdd(kind, _ => new TaskCompletionSource<string[]>(TaskCreationOptions.RunContinuationsAsynchronously));

    private Channel<string> WatchOf(string kind) => _watches.GetOrAdd(kind, _ => Channel.CreateUnbounded<string>());

    private async Task AnswerAsync(FakeCall call)
    {
        var kind = call.Path.Split('/')[^1];
        if (IsAway)
        {
            await call.RefuseAsync(500, "away");
        }
        else if (kind == UnknownKind)
        {
            await call.RefuseAsync(404, "the server could not find the requested resource");
        }
        else if (kind == "discovery.k8s.io")
        {
            await call.ReplyAsync(200, """{"versions":[{"version":"v1"}]}""");
        }
        else if (call is { Method: "GET" } && call.Path.Contains("/pods/", StringComparison.Ordinal))
        {
            // What is not listed is not there, and has no network by labels.
            var pods = ListOf("pods").Task;
            var pod = (pods.IsCompletedSuccessfully ? pods.Result : []).Concat(_kept).FirstOrDefault(json => call.Path.EndsWith(PathOf(json), StringComparison.Ordinal));
            await (pod is null ? call.RefuseAsync(404, "not found") : call.ReplyAsync(200, pod));
        }
        else if (call.Path.Split('/') is [.., "namespaces", var name])
        {
            // Every namespace is there, without labels.
            await call.ReplyAsync(200, $$$"""{"metadata":{"name":"{{{name}}}"}}""");
        }
        else if (call.Method != "GET")
        {
            await call.ReplyAsync(200, "{}");
        }
        else if (!call.IsWatch)
        {
            var objects = await ListOf(kind).Task.WaitAsync(call.Stopped);
            await call.ReplyAsync(200, $$"""{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1","continue":""},"items":[{{string.Join(',', objects)}}]}""");
        }
        else
        {
            await call.BeginAsync();
            await foreach (var line in WatchOf(kind).Reader.ReadAllAsync(call.Stopped))
            {
                await call.SendAsync(line + "\n");
            }
        }
    }
}
