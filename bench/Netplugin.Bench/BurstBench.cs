using System.Globalization;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Bench;

/// <summary>Many pods of the default network started at once on one node, against Debian's bridge with host-local in the same burst.</summary>
internal static class BurstBench
{
    private const int Pods = 100;
    private const int Rounds = 5;

    /// <summary>Runs the bench.</summary>
    public static async Task RunAsync(Report report)
    {
        using Cluster cluster = await Cluster.StartAsync(1, startDaemons: false);
        ClusterNode node = cluster[1];
        await node.StartDaemonAsync("-pod-cidr=10.244.0.0/20");
        string files = Directory.CreateDirectory(Path.Combine(cluster.State, "burst")).FullName;
        string ourConfiguration = Path.Combine(files, "netplugin.json"), theirConfiguration = Path.Combine(files, "bridge.json");
        File.WriteAllText(ourConfiguration, Pod.Configuration());
        File.WriteAllText(theirConfiguration,
            $$"""
            { "cniVersion": "1.0.0", "name": "burst", "type": "bridge", "bridge": "cni0", "isGateway": true,
              "ipam": { "type": "host-local", "subnet": "10.88.0.0/16", "dataDir": "{{files}}/host-local" } }
            """);
        string program = Path.Combine(Tests.Support.RepositoryRoot.Path, "artifacts", "bin", "k8contivnet");
        string socket = "NETPLUGIN_SOCKET=" + Path.Combine(node.Node.RunFolder, "netplugin", "netplugin.sock");
        Samples ours = new(), theirs = new();
        for (int round = 0; round < Rounds; round++)
        {
            Pod[] pods = [.. Enumerable.Range(0, Pods).Select(i => node.CreatePod(Name("pod", round, i)))];
            Pod[] bridged = [.. Enumerable.Range(0, Pods).Select(i => node.CreatePod(Name("bridged", round, i)))];
            Burst("ADD", program, ourConfiguration, pods, [socket], ours);
            Burst("ADD", CniBench.BridgePlugin, theirConfiguration, bridged, [], theirs);
            Burst("DEL", program, ourConfiguration, pods, [socket], null);
            Burst("DEL", CniBench.BridgePlugin, theirConfiguration, bridged, [], null);
        }

        const string section = "CNI, many pods at once";
        report.Add(section, $"ADD of {Pods} pods at once: k8contivnet", $"{Report.Number(ours.Median)} ms (p99 {Report.Number(ours.Percentile(99))})", "", null);
        report.Add(section, $"ADD of {Pods} pods at once: bridge + host-local", $"{Report.Number(theirs.Median)} ms (p99 {Report.Number(theirs.Percentile(99))})", "", null);
        double ratio = ours.Median / theirs.Median;
        report.Add(section, "ratio of medians", Report.Number(ratio), "<= 0.300", ratio <= 0.3);
        report.Note($"Bursts: {Pods} whole processes started at the same time, {Rounds} rounds; each ADD counts from its own start to its own end. A call that fails ends the bench.");

        void Burst(string command, string plugin, string configuration, Pod[] pods, string[] more, Samples? samples)
        {
            var times = new double[pods.Length];
            using var start = new Barrier(pods.Length);
            Thread[] threads = [.. pods.Select((pod, i) => new Thread(() => times[i] = InNamespace.Open(node.Node.NetworkNamespace, () =>
            {
                start.SignalAndWait();
                return SpawnTimer.Run(plugin, [.. CniBench.Environment(command, pod), .. more], configuration, Path.Combine(files, "output-" + pod.Name));
            })))];
            foreach (Thread thread in threads)
            {
                thread.Start();
            }

            foreach (Thread thread in threads)
            {
                thread.Join();
            }

            foreach (double time in times)
            {
                samples?.Add(time);
            }
        }
    }

    private static string Name(string kind, int round, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{round}-{number}");
}
