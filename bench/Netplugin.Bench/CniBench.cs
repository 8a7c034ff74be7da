using System.Globalization;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Bench;

/// <summary>CNI ADD and DEL as whole processes, against Debian's bridge with host-local.</summary>
internal static class CniBench
{
    private const int Pods = 100;

    /// <summary>Debian's.</summary>
    public const string BridgePlugin = "/usr/lib/cni/bridge";

    // What a call leaves to be done afterwards (links deleted behind its back, the kernel's own grace periods) is over by then: it belongs
    // neither to the other plugin's next call nor to its own.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs the bench.</summary>
    public static async Task RunAsync(Report report)
    {
        using Cluster cluster = await Cluster.StartAsync(1);
        ClusterNode node = cluster[1];
        cluster.Post(Intent()).Succeeded();
        Pod[] ours = [.. Enumerable.Range(0, Pods).Select(i => node.CreatePod(Name(i)))];
        Pod[] theirs = [.. Enumerable.Range(0, Pods).Select(i => node.CreatePod("bridge-" + Name(i)))];
        string files = Directory.CreateDirectory(Path.Combine(cluster.State, "cni")).FullName;
        string ourConfiguration = Path.Combine(files, "netplugin.json");
        string theirConfiguration = Path.Combine(files, "bridge.json");
        string output = Path.Combine(files, "output");
        File.WriteAllText(ourConfiguration, Pod.Configuration());
        File.WriteAllText(theirConfiguration,
            $$"""
            { "cniVersion": "1.0.0", "name": "bench", "type": "bridge", "bridge": "cni0", "isGateway": true,
              "ipam": { "type": "host-local", "subnet": "10.88.0.0/16", "dataDir": "{{files}}/host-local" } }
            """);
        string program = Path.Combine(Tests.Support.RepositoryRoot.Path, "artifacts", "bin", "k8contivnet");
        string socket = "NETPLUGIN_SOCKET=" + Path.Combine(node.Node.RunFolder, "netplugin", "netplugin.sock");
        Samples ourAdd = new(), theirAdd = new(), ourDelete = new(), theirDelete = new();

        // The plugins run in the node's network, as a runtime on the node would start them: a thread enters it and starts them there.
        InNamespace.Open(node.Node.NetworkNamespace, () =>
        {
            for (int i = 0; i < Pods; i++)
            {
                ourAdd.Add(Run(program, [.. Environment("ADD", ours[i]), socket], ourConfiguration, output));
                theirAdd.Add(Run(BridgePlugin, Environment("ADD", theirs[i]), theirConfiguration, output));
            }

            for (int i = 0; i < Pods; i++)
            {
                ourDelete.Add(Run(program, [.. Environment("DEL", ours[i]), socket], ourConfiguration, output));
                theirDelete.Add(Run(BridgePlugin, Environment("DEL", theirs[i]), theirConfiguration, output));
            }

            return true;
        });
        Add(report, "ADD", ourAdd, theirAdd, 0.3);
        Add(report, "DEL", ourDelete, theirDelete, 0.15);
        report.Note($"CNI: {Pods} pods one after the other, the two plugins by turns, timed from posix_spawn to waitpid; binding in a real etcd included. "
            + $"{Pause.TotalMilliseconds} ms lie between two calls, so that what one leaves to be done afterwards does not count as the other's. "
            + "The files of both are on a tmpfs.");
    }

    private static double Run(string program, IReadOnlyList<string> environment, string inputFile, string outputFile)
    {
        Thread.Sleep(Pause);
        return SpawnTimer.Run(program, environment, inputFile, outputFile);
    }

    private static void Add(Report report, string what, Samples ours, Samples theirs, double target)
    {
        const string section = "CNI, whole process";
        report.Add(section, $"{what}: k8contivnet", $"{Report.Number(ours.Median)} ms (p99 {Report.Number(ours.Percentile(99))})", "", null);
        report.Add(section, $"{what}: bridge + host-local", $"{Report.Number(theirs.Median)} ms (p99 {Report.Number(theirs.Percentile(99))})", "", null);
        double ratio = ours.Median / theirs.Median;
        report.Add(section, $"{what}: ratio of medians", Report.Number(ratio), $"<= {Report.Number(target)}", ratio <= target);
    }

    /// <summary>The environment that a runtime calls a plugin with.</summary>
    public static string[] Environment(string command, Pod pod) =>
    [
        "CNI_COMMAND=" + command, "CNI_CONTAINERID=" + pod.Sandbox, "CNI_NETNS=" + pod.NetworkNamespace, "CNI_IFNAME=eth0", "CNI_PATH=/usr/lib/cni",
        $"CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME={pod.Name};K8S_POD_INFRA_CONTAINER_ID={pod.Sandbox}",
    ];

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"pod{number}");

    private static string Intent()
    {
        string endpoints = string.Join(", ", Enumerable.Range(0, Pods).Select(i => $$"""{ "Container": "{{Name(i)}}" }"""));
        return $$"""
            { "Tenants": [ { "Name": "bench", "DefaultNetType": "vxlan", "SubnetPool": "10.211.0.0/16", "AllocSubnetLen": 24, "Vxlans": "10001-11000",
              "Networks": [ { "Name": "net", "Endpoints": [ {{endpoints}} ] } ] } ] }
            """;
    }
}
