using System.Collections.Immutable;
using System.Diagnostics;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Bench;

/// <summary>
/// One network of 100,000 endpoints, most of them bound to another node: the daemon's memory, whether the datapath gets slower,
/// and how long a change in the store takes to be in a node's map.
/// </summary>
internal static class ScaleBench
{
    private const int Endpoints = 100_000;
    private const int Changes = 300;
    private const string Empty = "same node, empty maps";
    private const string Full = "same node, 100,000 endpoints";
    private const string EmptyFar = "two nodes, empty maps";
    private const string FullFar = "two nodes, 100,000 endpoints";
    private const double Megabyte = 1e6;

    /// <summary>Runs the bench.</summary>
    public static async Task RunAsync(Report report)
    {
        const string section = "Scale and memory";
        using Cluster small = await PairedCluster.StartAsync();
        using Cluster large = await PairedCluster.StartAsync();
        double idle = small[1].Daemon.ResidentBytes() / Megabyte;
        report.Add(section, "daemon memory, idle", $"{Report.Number(idle)} MB", "<= 30 MB", idle <= 30);

        TrafficPath[] paths =
        [
            .. await PodsAsync(small, Empty, EmptyFar, endpoints: 3),
            .. await PodsAsync(large, Full, FullFar, Endpoints),
        ];
        await using IStateStore store = Reach(large);
        StoreSnapshot posted = await store.ListAsync(StoreKeys.Endpoints);
        EndpointRecord[] others = [.. posted.Entries.Select(RecordCodec.DecodeEndpoint).Where(endpoint => endpoint.Binding is null)];
        uint network = RecordCodec.DecodeNetwork((await store.ListAsync(StoreKeys.Networks)).Entries.Single()).DatapathId;
        using var map = new LiveMap(large[1].Node.HolderPid);
        await BindAsync(store, others[Changes..]);
        await Eventually.HoldsAsync("the map to be full", () => map.Count() == Endpoints - Changes, TimeSpan.FromMinutes(2));
        double full = large[1].Daemon.ResidentBytes() / Megabyte;
        report.Add(section, "daemon memory, 100,000 endpoints", $"{Report.Number(full)} MB", "<= 120 MB", full <= 120);

        Samples enforced = await EnforceAsync(store, map, network, others[..Changes]);
        report.Add(section, "change in the store -> in a node's map, at 100,000 endpoints",
            $"p50 {Report.Number(enforced.Median)}, p90 {Report.Number(enforced.Percentile(90))}, p99 {Report.Number(enforced.Percentile(99))} ms",
            "p99 <= 50 ms", enforced.Percentile(99) <= 50);

        Dictionary<string, TrafficSamples> measured = await Traffic.MeasureAsync(paths);
        foreach ((string with, string without) in ((string, string)[])[(Full, Empty), (FullFar, EmptyFar)])
        {
            double throughput = Samples.Ratio(measured[with].Gigabits, measured[without].Gigabits).Median;
            double requests = Samples.Ratio(measured[with].Requests, measured[without].Requests).Median;
            report.Add(section, $"throughput: {with} / empty", Report.Number(throughput), ">= 0.97", throughput >= 0.97);
            report.Add(section, $"request/response: {with} / empty", Report.Number(requests), ">= 0.97", requests >= 0.97);
        }

        report.Note("Scale: one network of 100,000 endpoints, all but two bound to the other node by writes to etcd.");
        report.Note("Packets lost while the daemon is killed and replaced (target 0): a test counts them, not this bench; "
            + "`make test ONLY=RestartTests` fails on the first.");
    }

    private static async Task<TrafficPath[]> PodsAsync(Cluster cluster, string near, string far, int endpoints)
    {
        cluster.Post(PostBench.Intent(networks: 1, endpoints, subnetLength: 15)).Succeeded();
        Pod client = cluster[1].CreatePod("n0c0");
        Pod server = cluster[1].CreatePod("n0c1");
        Pod away = cluster[2].CreatePod("n0c2");
        client.Add();
        string nearAddress = server.Add();
        string farAddress = away.Add();
        await Eventually.HoldsAsync("the nodes to know each other's pods", () => client.Run("ping", "-c", "1", "-W", "1", farAddress).ExitCode == 0);
        return [new(near, client.NetworkNamespace, server.NetworkNamespace, nearAddress), new(far, client.NetworkNamespace, away.NetworkNamespace, farAddress)];
    }

    /// <summary>Joins the bench's own network to the cluster's underlay, and opens its etcd.</summary>
    private static IStateStore Reach(Cluster cluster)
    {
        Command.Run("ip", "link", "add", "underlay0", "type", "veth", "peer", "name", "bench", "netns", FormattableString.Invariant($"{cluster.Fabric.HolderPid}")).Succeeded();
        Command.Run("ip", "addr", "add", "192.168.2.250/24", "dev", "underlay0").Succeeded();
        Command.Run("ip", "link", "set", "underlay0", "up").Succeeded();
        cluster.Fabric.Run("ip", "link", "set", "bench", "master", "underlay", "up").Succeeded();
        return new StoreOptions { EtcdEndpoints = Cluster.EtcdUrl }.Open();
    }

    private static async Task BindAsync(IStateStore store, IReadOnlyList<EndpointRecord> endpoints)
    {
        foreach (EndpointRecord[] batch in endpoints.Chunk(Math.Min(store.MaxOperations, 128)))
        {
            await store.CommitAsync(new StoreTransaction([], [.. batch.Select(Bound)]));
        }
    }

    private static StoreOperation Bound(EndpointRecord endpoint) => new StoreOperation.Put(
        StoreKeys.Endpoint(endpoint.Id), RecordCodec.Encode(endpoint with { Binding = new EndpointBinding("host2", "bench", "eth0") }));

    private static async Task<Samples> EnforceAsync(IStateStore store, LiveMap map, uint network, IReadOnlyList<EndpointRecord> endpoints)
    {
        Samples milliseconds = new();
        foreach (EndpointRecord endpoint in endpoints)
        {
            var key = new EndpointKey(network, endpoint.Address);
            Task<double> seen = Task.Run(() => SeenAt(map, key));
            long committed = Stopwatch.GetTimestamp();
            await store.CommitAsync(new StoreTransaction([], ImmutableArray.Create(Bound(endpoint))));
            milliseconds.Add(await seen - committed * 1000.0 / Stopwatch.Frequency);
        }

        return milliseconds;
    }

    private static double SeenAt(LiveMap map, EndpointKey key)
    {
        var watch = Stopwatch.StartNew();
        while (!map.Has(key))
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(20))
            {
                throw new TimeoutException($"{key} never reached the map");
            }

            // The daemon needs the core more than this loop does.
            Thread.Sleep(0);
        }

        return Stopwatch.GetTimestamp() * 1000.0 / Stopwatch.Frequency;
    }
}
