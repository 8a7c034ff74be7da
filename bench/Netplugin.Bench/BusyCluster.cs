using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.ApiServers;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Bench;

/// <summary>The pods, Services and endpoints of a cluster in which all of them come and go.</summary>
/// <param name="server">The API server.</param>
/// <param name="node">The node whose pods they are.</param>
internal sealed class BusyCluster(KubeApiServer server, ClusterNode node)
{
    private const string Namespace = "default";
    private const int AtOnce = 8;
    private readonly Queue<(Pod Pod, string Address)> _pods = new();
    private string _slices = "";
    private int _services;
    private int _made;

    /// <summary>Makes the node and Services with three endpoints each.</summary>
    public async Task FillAsync(int services)
    {
        var discovery = await server.GetAsync("/apis/discovery.k8s.io");
        _slices = $"/apis/{discovery["preferredVersion"]!["groupVersion"]}/namespaces/{Namespace}/endpointslices";
        await server.CreateAsync("/api/v1/nodes", $$$"""{"metadata":{"name":"{{{node.Host}}}"}}""");
        await Eventually.HoldsAsync("the API server to make its namespaces", async () => (await server.GetAsync("/api/v1/namespaces"))["items"]!.AsArray().Any(one => (string)one!["metadata"]!["name"]! == Namespace));
        await Parallel.ForEachAsync(Enumerable.Range(0, services), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) => await MakeServiceAsync(i));
        _services = services;
    }

    /// <summary>Starts pods.</summary>
    public async Task StartPodsAsync(int count)
    {
        var started = new ConcurrentBag<(Pod, string)>();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, _) => started.Add(await StartPodAsync()));
        foreach (var pod in started)
        {
            _pods.Enqueue(pod);
        }
    }

    /// <summary>Some pods two by two, with the address of the second.</summary>
    public IEnumerable<(Pod From, Pod To, string Address)> Pairs(int count) =>
        _pods.Chunk(2).Take(count).Select(pair => (pair[0].Pod, pair[1].Pod, pair[1].Address));

    /// <summary>What every pod has: the number of its interface and the address.</summary>
    public string[] Addresses() => [.. _pods.Select(pod => pod.Pod.Run("ip", "-o", "-4", "addr", "show", "dev", "eth0").Succeeded())];

    /// <summary>Ends the oldest pod and starts another.</summary>
    public async Task ReplacePodAsync()
    {
        (Pod old, _) = _pods.Dequeue();
        old.Delete();
        old.RemoveNamespace();
        await server.DeleteAsync($"/api/v1/namespaces/{Namespace}/pods/{old.Name}");
        _pods.Enqueue(await StartPodAsync());
    }

    /// <summary>Has a Service deleted and made again, with another cluster address.</summary>
    public async Task ReplaceServiceAsync(int number)
    {
        string name = Name(number % _services);
        await server.DeleteAsync($"/api/v1/namespaces/{Namespace}/services/{name}");
        await server.DeleteAsync($"{_slices}/{name}-1");
        await MakeServiceAsync(number % _services);
    }

    /// <summary>Gives Services other endpoints.</summary>
    public async Task MoveEndpointsAsync(int first, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await server.PatchAsync($"{_slices}/{Name((first + i) % _services)}-1", new JsonObject { ["endpoints"] = Endpoints(first) }.ToJsonString());
        }
    }

    private async Task<(Pod Pod, string Address)> StartPodAsync()
    {
        Pod pod = node.CreatePod(string.Create(CultureInfo.InvariantCulture, $"pod-{Interlocked.Increment(ref _made)}"), Namespace);
        await server.CreateAsync($"/api/v1/namespaces/{Namespace}/pods", $$$"""
            {"metadata":{"name":"{{{pod.Name}}}","labels":{"app":"{{{pod.Name}}}"}},"spec":{"nodeName":"{{{node.Host}}}","automountServiceAccountToken":false,"containers":[{"name":"c","image":"i"}]}}
            """);
        return (pod, pod.Add());
    }

    private async Task MakeServiceAsync(int number)
    {
        await server.CreateAsync($"/api/v1/namespaces/{Namespace}/services", $$$"""{"metadata":{"name":"{{{Name(number)}}}"},"spec":{"ports":[{"port":80,"targetPort":6379}]}}""");
        await server.CreateAsync(_slices, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = Name(number) + "-1", ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = Name(number) } },
            ["addressType"] = "IPv4",
            ["ports"] = new JsonArray(new JsonObject { ["port"] = 6379 }),
            ["endpoints"] = Endpoints(number),
        }.ToJsonString());
    }

    private static JsonArray Endpoints(int seed) => [.. Enumerable.Range(0, 3).Select(i => (JsonNode)new JsonObject
    {
        ["addresses"] = new JsonArray(string.Create(CultureInfo.InvariantCulture, $"10.244.{4 + (seed + i) / 250 % 250}.{2 + (seed + i) % 250}")),
        ["conditions"] = new JsonObject { ["ready"] = true },
    })];

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"s{number}");
}
