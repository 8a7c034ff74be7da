using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Bench;

/// <summary>A CNI plugin and how it is called.</summary>
/// <param name="program">The program's file.</param>
/// <param name="configuration">The file of its network configuration.</param>
/// <param name="files">The folder where what it prints goes.</param>
/// <param name="more">Variables of its own.</param>
internal sealed class CniProgram(string program, string configuration, string files, params string[] more)
{
    // What a call leaves to be done afterwards (links deleted behind its back, the kernel's own grace periods) is over by then: it belongs
    // neither to the other plugin's next call nor to its own.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>What a report says of calls that were timed by <see cref="TimeByTurns"/>.</summary>
    public static string HowAlone => $"timed from posix_spawn to waitpid; {Pause.TotalMilliseconds} ms lie between two calls, so that what one leaves to be done afterwards does not count as the other's. All files are on a tmpfs.";

    /// <summary>k8contivnet, and Debian's bridge with host-local: what the first is compared with.</summary>
    public static (CniProgram Netplugin, CniProgram Bridge) Both(Cluster cluster, ClusterNode node)
    {
        string files = Directory.CreateDirectory(Path.Combine(cluster.State, "cni")).FullName;
        string ours = Path.Combine(files, "netplugin.json"), theirs = Path.Combine(files, "bridge.json");
        File.WriteAllText(ours, Pod.Configuration());
        File.WriteAllText(theirs,
            $$"""
            { "cniVersion": "1.0.0", "name": "bench", "type": "bridge", "bridge": "cni0", "isGateway": true,
              "ipam": { "type": "host-local", "subnet": "10.88.0.0/16", "dataDir": "{{files}}/host-local" } }
            """);
        string socket = Path.Combine(node.Node.RunFolder, "netplugin", "netplugin.sock");
        return (
            new(Path.Combine(RepositoryRoot.Path, "artifacts", "bin", "k8contivnet"), ours, files, "NETPLUGIN_SOCKET=" + socket),
            new("/usr/lib/cni/bridge", theirs, files));
    }

    /// <summary>Calls it as a runtime does. The caller's thread is in the node's network.</summary>
    /// <returns>Wall time of the whole process in milliseconds.</returns>
    public double Time(string command, Pod pod) => SpawnTimer.Run(
        program,
        [
            "CNI_COMMAND=" + command, "CNI_CONTAINERID=" + pod.Sandbox, "CNI_NETNS=" + pod.NetworkNamespace, "CNI_IFNAME=eth0", "CNI_PATH=/usr/lib/cni",
            $"CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME={pod.Name};K8S_POD_INFRA_CONTAINER_ID={pod.Sandbox}", .. more,
        ],
        configuration,
        Path.Combine(files, "output-" + pod.Name));

    /// <summary>
    /// Calls two for their pods, by turns, each when the last call's work is over. They run in the node's network, as a runtime on the node would start them: a
    /// thread enters it and starts them there.
    /// </summary>
    public static (Samples Ours, Samples Theirs) TimeByTurns(
        ClusterNode node, string command, (CniProgram Program, Pod[] Pods) ours, (CniProgram Program, Pod[] Pods) theirs)
    {
        Samples ourTimes = new(), theirTimes = new();
        InNamespace.Open(node.Node.NetworkNamespace, () =>
        {
            foreach ((Pod our, Pod their) in ours.Pods.Zip(theirs.Pods))
            {
                ourTimes.Add(ours.Program.TimeAlone(command, our));
                theirTimes.Add(theirs.Program.TimeAlone(command, their));
            }

            return true;
        });
        return (ourTimes, theirTimes);
    }

    /// <summary>Calls it when the last call's work is over.</summary>
    private double TimeAlone(string command, Pod pod)
    {
        Thread.Sleep(Pause);
        return Time(command, pod);
    }

    /// <summary>Adds the rows of a comparison of netplugin with bridge + host-local.</summary>
    public static void Compare(Report report, string section, string what, Samples netplugin, Samples bridge, double target) =>
        Compare(report, section, what, ("k8contivnet", netplugin), ("bridge + host-local", bridge), target);

    /// <summary>Adds the rows of a comparison.</summary>
    public static void Compare(Report report, string section, string what, (string Name, Samples Times) ours, (string Name, Samples Times) theirs, double? target)
    {
        foreach ((string name, Samples times) in new[] { ours, theirs })
        {
            report.Add(section, $"{what}: {name}", $"{Report.Number(times.Median)} ms (p99 {Report.Number(times.Percentile(99))})", "", null);
        }

        double ratio = ours.Times.Median / theirs.Times.Median;
        report.Add(section, $"{what}: {ours.Name} / {theirs.Name}", Report.Number(ratio), target is { } most ? $"<= {Report.Number(most)}" : "", target is null ? null : ratio <= target);
    }
}
