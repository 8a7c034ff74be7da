using System.Globalization;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Installing by the manifest in a cluster that has no network, and taking it away again. The cluster is one of its own.</summary>
[Trait("run", "install")]
public sealed class InstallTests : IAsyncLifetime
{
    private static readonly TimeSpan UpLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly int[] Nodes = [1, 2];

    public ValueTask InitializeAsync()
    {
        Kubelab(UpLimit, "up").Succeeded();
        foreach (int node in Nodes)
        {
            foreach (string image in (string[])["netplugin", "netplugin-etcd"])
            {
                OnNode(node, "ctr", "images", "import", $"/mnt/artifacts/images/{image}.tar").Succeeded();
            }
        }

        // As kubeadm does.
        Kubectl("label", "node", "node1", "node-role.kubernetes.io/control-plane=").Succeeded();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Kubelab(Limit, "down").Succeeded();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_manifest_makes_a_network_and_nothing_of_it_is_left_when_it_is_taken_away()
    {
        Assert.Equal(["False", "False"], Readiness());
        Apply(Deployed("netplugin.yaml"));
        Kubectl("rollout", "status", "--namespace", "netplugin", "daemonset/netplugin", "--timeout=120s").Succeeded();
        Kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s").Succeeded();
        await PodsSpeakAsync();

        // What somebody removes comes back, and a restart of the pods leaves the nodes Ready and the pods connected.
        OnNode(1, "rm", "/etc/cni/net.d/10-netplugin.conflist", "/opt/cni/bin/k8contivnet").Succeeded();
        await Eventually.HoldsAsync(
            "the CNI files to be back", () => OnNode(1, "ls", "/etc/cni/net.d/10-netplugin.conflist", "/opt/cni/bin/k8contivnet").ExitCode == 0);
        Kubectl("rollout", "restart", "--namespace", "netplugin", "daemonset/netplugin").Succeeded();
        Kubectl("rollout", "status", "--namespace", "netplugin", "daemonset/netplugin", "--timeout=120s").Succeeded();
        Assert.Equal(["True", "True"], Readiness());
        await PodsSpeakAsync();

        Kubectl("delete", "namespace", "speak").Succeeded();
        Kubelab(Limit, ["kubectl", "delete", "-f", "-"], Deployed("netplugin.yaml")).Succeeded();
        Apply(Deployed("cleanup.yaml"));
        Kubectl("rollout", "status", "--namespace", "netplugin-cleanup", "daemonset/netplugin-cleanup", "--timeout=120s").Succeeded();
        Kubelab(Limit, ["kubectl", "delete", "-f", "-"], Deployed("cleanup.yaml")).Succeeded();
        Assert.All(Nodes, node => Assert.Equal("", Left(node)));
    }

    private static async Task PodsSpeakAsync()
    {
        await Eventually.HoldsAsync(
            "the pods to be accepted",
            () =>
            {
                Apply(Lab.Manifest("speak.yaml"));
                return true;
            });
        Kubectl("wait", "--namespace", "speak", "--for=condition=Ready", "pods", "--all", "--timeout=60s").Succeeded();
        foreach (var (from, to) in (ValueTuple<string, string>[])[("first", "second"), ("second", "first")])
        {
            string address = Kubectl("get", "pod", "--namespace", "speak", to, "-o", "jsonpath={.status.podIP}").Succeeded().Trim();
            await Eventually.HoldsAsync(
                $"{from} to reach {to}",
                () => Kubectl("exec", "--namespace", "speak", from, "--", "busybox", "wget", "-q", "-O", "-", $"http://{address}:8080/hostname").Succeeded().Trim() == to);
        }
    }

    /// <summary>What netplugin leaves on a node on purpose, as long as nobody cleans up.</summary>
    private static string Left(int node) => OnNode(node, "sh", "-c", """
        ip -o link | grep -o 'np[-0-9a-f][^:@]*'
        ip route show proto 110
        nft list tables | grep netplugin
        ls -d /sys/fs/bpf/netplugin /run/netplugin /opt/cni/bin/k8contivnet /var/lib/netplugin/store.json 2>/dev/null
        ls /etc/cni/net.d
        true
        """).Succeeded().Trim();

    private static string[] Readiness() =>
        Kubectl("get", "nodes", "-o", """jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}""").Succeeded().Trim().Split(' ');

    private static string Deployed(string file) => File.ReadAllText(Path.Combine(RepositoryRoot.Path, "deploy", file));

    private static void Apply(string manifest) => Kubelab(Limit, ["kubectl", "apply", "-f", "-"], manifest).Succeeded();

    private static CommandResult Kubectl(params IReadOnlyList<string> arguments) => Kubelab(Limit, ["kubectl", .. arguments]);

    private static CommandResult OnNode(int node, params IReadOnlyList<string> command) =>
        Kubelab(Limit, ["node", node.ToString(CultureInfo.InvariantCulture), .. command]);

    private static CommandResult Kubelab(TimeSpan limit, params IReadOnlyList<string> arguments) => Kubelab(limit, arguments, "");

    private static CommandResult Kubelab(TimeSpan limit, IReadOnlyList<string> arguments, string input) => Command.Run(
        Path.Combine(RepositoryRoot.Path, "tests", "kubelab", "kubelab"),
        arguments,
        input,
        limit,
        new Dictionary<string, string?> { ["KUBELAB_NAME"] = "kubelab-install", ["KUBELAB_NODES"] = "2", ["KUBELAB_NETWORK"] = "none" });
}
