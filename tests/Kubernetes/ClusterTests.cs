using System.Globalization;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Kubernetes;

/// <summary>What the other tests stand on: Kubernetes itself, on machines that are none.</summary>
public sealed class ClusterTests(Lab lab)
{
    private static readonly string OtherName = Kubelab.NameBeside("other");

    [Fact]
    [Trait("run", "smoke")]
    public void Nodes_are_ready_and_pods_can_be_looked_into()
    {
        string[] nodes = lab.Kubectl("get", "nodes", "--no-headers").Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(nodes.Length >= 2, "the tests want two nodes");
        Assert.All(nodes, node => Assert.Equal("Ready", node.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
        Assert.Equal("remote\n", lab.Kubectl("exec", "--namespace", "traffic", "remote", "--", "hostname").Succeeded());
        Assert.Contains("Started HTTP server", lab.Kubectl("logs", "--namespace", "traffic", "remote").Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_DaemonSet_writes_to_the_folders_of_its_node()
    {
        string[] marks =
        [
            "/run/netplugin/from-a-pod", "/var/lib/netplugin/from-a-pod", "/etc/cni/net.d/from-a-pod", "/opt/cni/bin/from-a-pod", "/sys/fs/bpf/from-a-pod",
        ];
        lab.Apply(Lab.Manifest("daemon.yaml"));
        try
        {
            foreach (int node in (int[])[1, 2])
            {
                await Eventually.HoldsAsync($"the marks on node {node}", () => lab.Node(node).Run(["ls", "-d", .. marks]).Succeeded().Length > 0);
            }

            Assert.All(marks, mark => Assert.False(Path.Exists(mark)));
        }
        finally
        {
            lab.Kubectl("delete", "namespace", "daemon").Succeeded();
            foreach (int node in (int[])[1, 2])
            {
                lab.Node(node).Run(["rm", "-r", .. marks]).Succeeded();
            }
        }
    }

    [Fact]
    public void A_cluster_leaves_nothing_when_taken_down()
    {
        string before = Machine();
        try
        {
            Other("up").Succeeded();
            Assert.NotEqual(before, Machine());
        }
        finally
        {
            Other("down").Succeeded();
        }

        Assert.Equal(before, Machine());
    }

    // Beside the one of the other tests.
    private static CommandResult Other(string command) => Command.Run(
        Path.Combine(RepositoryRoot.Path, "tests", "kubelab", "kubelab"),
        [command],
        "",
        TimeSpan.FromMinutes(5),
        new Dictionary<string, string?> { ["KUBELAB_NAME"] = OtherName, ["KUBELAB_NODES"] = "1", ["KUBELAB_NETWORK"] = "ptp" });

    /// <summary>What a cluster could leave on the machine.</summary>
    private static string Machine() => string.Join(
        "\n",
        File.ReadAllText("/proc/mounts"),
        Command.Run("ip", "-br", "link").Output,
        Command.Run("ip", "netns", "list").Output,
        Command.Run("sysctl", "vm.overcommit_memory", "kernel.panic", "kernel.panic_on_oops").Output,
        string.Join(' ', Children("/run")),
        string.Join(' ', Children("/etc")),
        string.Join(' ', Children("/opt")),
        string.Join(' ', Children("/var/lib")),
        string.Join(' ', Children("/var/log")),
        string.Join(' ', Children("/usr/libexec")),
        string.Join(' ', Directory.EnumerateDirectories("/sys/fs/cgroup", $"*{OtherName}*", SearchOption.AllDirectories)),
        string.Join(' ', Children("/proc").Where(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out _)).Where(IsOfTheOther)));

    private static IEnumerable<string> Children(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal) : [];

    // Every process of a cluster has a folder of the cluster in view as its /run.
    private static bool IsOfTheOther(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "mountinfo")).Contains($"/netplugin-{OtherName}/", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It ended between the listing and the look, or is the kernel's.
            return false;
        }
    }
}
