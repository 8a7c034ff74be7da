using System.Diagnostics;
using System.Globalization;
using System.Net;
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
        double megabytes = node.Daemon.ResidentBytes() / Megabyte;
        report.Add(Section, $"daemon memory, {Pods} pods and {Services} Services after {time.TotalMinutes:0} minutes of churn", $"{Report.Number(megabytes)} MB", "<= 64 MB", megabytes <= 64);
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
