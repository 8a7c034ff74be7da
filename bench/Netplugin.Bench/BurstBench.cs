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
        var (netplugin, bridge) = CniProgram.Both(cluster, node);
        Samples ours = new(), theirs = new();
        for (int round = 0; round < Rounds; round++)
        {
            Pod[] pods = [.. Enumerable.Range(0, Pods).Select(i => node.CreatePod(Name("pod", round, i)))];
            Pod[] bridged = [.. Enumerable.Range(0, Pods).Select(i => node.CreatePod(Name("bridged", round, i)))];
            Burst(netplugin, "ADD", pods).ForEach(ours.Add);
            Burst(bridge, "ADD", bridged).ForEach(theirs.Add);
            Burst(netplugin, "DEL", pods);
            Burst(bridge, "DEL", bridged);
        }

        CniProgram.Compare(report, "CNI, many pods at once", $"ADD of {Pods} pods at once", ours, theirs, 0.3);
        report.Note($"Bursts: {Pods} whole processes started at the same time, {Rounds} rounds; each ADD counts from its own start to its own end. A call that fails ends the bench.");

        List<double> Burst(CniProgram program, string command, Pod[] pods)
        {
            var times = new double[pods.Length];
            using var start = new Barrier(pods.Length);
            Thread[] threads = [.. pods.Select((pod, i) => new Thread(() => times[i] = InNamespace.Open(node.Node.NetworkNamespace, () =>
            {
                start.SignalAndWait();
                return program.Time(command, pod);
            })))];
            foreach (Thread thread in threads)
            {
                thread.Start();
            }

            foreach (Thread thread in threads)
            {
                thread.Join();
            }

            return [.. times];
        }
    }

    private static string Name(string kind, int round, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{round}-{number}");
}
