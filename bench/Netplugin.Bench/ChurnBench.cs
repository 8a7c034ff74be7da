using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.ApiServers;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Traffic;

namespace Netplugin.Bench;

/// <summary>
/// A node with 250 pods in a cluster of 1,000 Services, with a real API server: what a killed and restarted daemon loses and how long it takes to be at work
/// again, and its memory after an hour in which pods, Services and endpoints come and go every second.
/// </summary>
internal static class ChurnBench
{
    private const string Section = "A node in a busy cluster";
    private const string Minutes = "BENCH_CHURN_MINUTES";
    private const int Pods = 250;
    private const int Services = 1000;
    private const int Restarts = 5;
    private const int EndpointsAtOnce = 5;
    private const double Megabyte = 1e6;
    private static readonly string[] Flags = ["-pod-cidr=10.244.0.0/22", "-kubeconfig=/run/kubeconfig"];

    /// <summary>Runs the bench.</summary>
    public static async Task RunAsync(Report report)
    {
        TimeSpan time = TimeSpan.FromMinutes(double.Parse(Environment.GetEnvironmentVariable(Minutes) ?? "60", CultureInfo.InvariantCulture));
        using Cluster cluster = await Cluster.StartAsync(1, startDaemons: false);
        ClusterNode node = cluster[1];
        await using var server = new KubeApiServer(node.Node.NetworkNamespace);
        await server.StartAsync();
        server.WriteKubeconfig(Path.Combine(node.Node.RunFolder, "kubeconfig"));
        var busy = new BusyCluster(server, node);
        await busy.FillAsync(Services);
        await node.StartDaemonAsync(Flags);
        await busy.StartPodsAsync(Pods);
        await BusyAsync(node);
        report.Add(Section, $"daemon memory, {Pods} pods and {Services} Services just started", Memory(node), "", null);

        await RestartAsync(report, node, busy);

        var began = Stopwatch.StartNew();
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (int round = 0; began.Elapsed < time; round++)
        {
            await busy.ReplacePodAsync();
            await busy.ReplaceServiceAsync(round);
            await busy.MoveEndpointsAsync(round * EndpointsAtOnce, EndpointsAtOnce);
            if (round % 300 == 299)
            {
                Console.WriteLine($"    after {began.Elapsed.TotalMinutes:0} minutes: {Memory(node)}");
            }

            await second.WaitForNextTickAsync();
        }

        await BusyAsync(node);
        double bytes = node.Daemon.ResidentBytes() / Megabyte;
        report.Add(Section, $"daemon memory, {Pods} pods and {Services} Services after {time.TotalMinutes:0} minutes of churn", $"{Report.Number(bytes)} MB", "<= 64 MB", bytes <= 64);
        report.Note($"Busy cluster: every second a pod, a Service and {EndpointsAtOnce} Services' endpoints are replaced by others, at a real API server and by whole calls of k8contivnet; {Minutes} sets how long.");
    }

    private static async Task RestartAsync(Report report, ClusterNode node, BusyCluster busy)
    {
        Samples seconds = new();
        int lost = 0, sent = 0;
        string[] before = busy.Addresses();
        NumberedPackets[] streams = [.. busy.Pairs(4).Select(pair => NumberedPackets.Start(pair.From.NetworkNamespace, pair.To.NetworkNamespace, IPAddress.Parse(pair.Address)))];
        for (int restart = 0; restart < Restarts; restart++)
        {
            node.Daemon.Kill();
            var began = Stopwatch.StartNew();
            await node.LaunchDaemonAsync(Flags);
            await BusyAsync(node);
            seconds.Add(began.Elapsed.TotalSeconds);
        }

        foreach (NumberedPackets stream in streams)
        {
            lost += (await stream.StopAsync()).Count;
            sent += stream.Sent;
            stream.Dispose();
        }

        bool same = busy.Addresses().SequenceEqual(before);
        report.Add(Section, $"packets lost while the daemon is killed and started {Restarts} times, {Pods} pods", $"{lost} of {sent}", "0", lost == 0);
        report.Add(Section, $"pods with another interface or address afterwards", same ? "0" : "some", "0", same);
        report.Add(Section, "start of the daemon until it has compared everything and answers", $"{Report.Number(seconds.Median)} s (at most {Report.Number(seconds.Maximum)})", "<= 2 s", seconds.Maximum <= 2);
    }

    private static Task BusyAsync(ClusterNode node) => Eventually.HoldsAsync(
        $"netplugin to serve {Pods} pods; see {node.Daemon.LogFile}",
        async () => await node.StatusAsync() is { State: "ready", Reconciles: > 0, Pods: Pods, Pending: 0, Problems.IsEmpty: true });

    private static string Memory(ClusterNode node) => $"{Report.Number(node.Daemon.ResidentBytes() / Megabyte)} MB";
}

/// <summary>The pods, Services and endpoints of a cluster in which all of them come and go.</summary>
/// <param name="server">The API server.</param>
/// <param name="node">The node whose pods they are.</param>
internal sealed class BusyCluster(KubeApiServer server, ClusterNode node)
{
    private const string Namespace = "default";
    private const int AtOnce = 8;
    private readonly Queue<(Pod Pod, string Address)> _pods = new();
    private string _slices = "";
    private int _made;

    /// <summary>Makes the node and Services with three endpoints each.</summary>
    public async Task FillAsync(int services)
    {
        var discovery = await server.GetAsync("/apis/discovery.k8s.io");
        _slices = $"/apis/{discovery["preferredVersion"]!["groupVersion"]}/namespaces/{Namespace}/endpointslices";
        await server.CreateAsync("/api/v1/nodes", $$$"""{"metadata":{"name":"{{{node.Host}}}"}}""");
        await Eventually.HoldsAsync("the API server to make its namespaces", async () => (await server.GetAsync("/api/v1/namespaces"))["items"]!.AsArray().Any(one => (string)one!["metadata"]!["name"]! == Namespace));
        await Parallel.ForEachAsync(Enumerable.Range(0, services), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) => await MakeServiceAsync(i));
        Services = services;
    }

    private int Services { get; set; }

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
        string name = Name(number % Services);
        await server.DeleteAsync($"/api/v1/namespaces/{Namespace}/services/{name}");
        await server.DeleteAsync($"{_slices}/{name}-1");
        await MakeServiceAsync(number % Services);
    }

    /// <summary>Gives Services other endpoints.</summary>
    public async Task MoveEndpointsAsync(int first, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await server.PatchAsync($"{_slices}/{Name((first + i) % Services)}-1", new JsonObject { ["endpoints"] = Endpoints(first) }.ToJsonString());
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
