using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Installing by the manifest in a cluster that has no network, and taking it away again. The cluster is one of its own.</summary>
[Trait("run", "install")]
public sealed class InstallTests
{
    [Fact]
    public async Task The_manifest_makes_a_network_and_nothing_of_it_is_left_when_it_is_taken_away()
    {
        await using OwnCluster cluster = Installation.MakeCluster("install");
        Assert.Equal(["False", "False"], Readiness(cluster));

        // Where ClusterNetworkPolicies are defined no pod starts before they could be listed: with what the manifest lets netplugin do.
        cluster.Apply(Kubelab.Manifest("clusternetworkpolicies.yaml"));
        Installation.Install(cluster);
        await PodsSpeakAsync(cluster);
        await PoliciesHoldAsync(cluster);

        // What somebody removes comes back, and a restart of the pods leaves the nodes Ready and the pods connected.
        Place first = cluster.Node(1);
        first.Run("rm", "/etc/cni/net.d/10-netplugin.conflist", "/opt/cni/bin/k8contivnet").Succeeded();
        await Eventually.HoldsAsync(
            "the CNI files to be back", () => first.Run("ls", "/etc/cni/net.d/10-netplugin.conflist", "/opt/cni/bin/k8contivnet").ExitCode == 0);
        cluster.Kubectl("rollout", "restart", "--namespace", "netplugin", "daemonset/netplugin").Succeeded();
        Installation.WaitForRollout(cluster);
        Assert.Equal(["True", "True"], Readiness(cluster));
        await PodsSpeakAsync(cluster);

        cluster.Kubectl("delete", "namespace", "speak").Succeeded();
        cluster.Delete(Installation.Deployed("netplugin.yaml"));
        cluster.Apply(Installation.Deployed("cleanup.yaml"));
        cluster.Kubectl("rollout", "status", "--namespace", "netplugin-cleanup", "daemonset/netplugin-cleanup", "--timeout=120s").Succeeded();
        cluster.Delete(Installation.Deployed("cleanup.yaml"));
        Assert.All(OwnCluster.Nodes, node => Assert.Equal("", Left(cluster.Node(node))));
    }

    private static async Task PodsSpeakAsync(OwnCluster cluster)
    {
        await cluster.ApplyPodsAsync(Kubelab.Manifest("speak.yaml"));
        cluster.WaitForPods("speak");
        Place first = cluster.Pod("first", "speak"), second = cluster.Pod("second", "speak");
        char family = cluster.Families.First();
        foreach (var (from, to) in (ValueTuple<Place, Place>[])[(first, second), (second, first)])
        {
            Assert.Equal(from.Address(family), await from.SourceSeenByAsync(to, family, Transport.Tcp));
        }
    }

    private static async Task PoliciesHoldAsync(OwnCluster cluster)
    {
        const string Policies = """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: closed, namespace: speak }
            spec: { podSelector: {}, policyTypes: [Ingress], ingress: [{ from: [{ podSelector: {} }] }] }
            ---
            apiVersion: policy.networking.k8s.io/v1alpha2
            kind: ClusterNetworkPolicy
            metadata: { name: closed }
            spec: { tier: Admin, priority: 1, subject: { namespaces: {} }, egress: [{ action: Deny, to: [{ nodes: {} }] }] }
            """;
        Place first = cluster.Pod("first", "speak"), second = cluster.Pod("second", "speak"), node = cluster.Node(1);
        char family = cluster.Families.First();
        string pod = second.Address(family).ToString();
        Assert.NotNull(await first.SourceSeenByAsync(node, family, Transport.Tcp));
        Assert.NotNull(await node.SourceSeenByAsync(second, family, Transport.Tcp));
        cluster.Apply(Policies);
        await Eventually.HoldsAsync("the node to be out of reach", () => !first.Reaches(node.Address(family).ToString(), 8082, Transport.Tcp));
        await Eventually.HoldsAsync("the pod to be out of the other node's reach", () => !node.Reaches(pod, 8080, Transport.Tcp));
        Assert.Equal(first.Address(family), await first.SourceSeenByAsync(second, family, Transport.Tcp));

        // Asked of netplugin's pods on both ends' nodes, as people do.
        const int Allowed = 0, Denied = 3;
        void Explains(int exit, string reason, string from, string to, string port)
        {
            CommandResult said = cluster.Node(1).Run("kubectl", "netplugin", "explain", "--namespace", "speak", "--from", from, "--to", to, "--port", port);
            Assert.True(said.ExitCode == exit, $"{from} to {to}:{port} should end with {exit}, and ended with {said.ExitCode}:\n{said.Output}{said.Error}");
            Assert.Contains(reason, said.Output, StringComparison.Ordinal);
        }

        Explains(Allowed, "NetworkPolicy speak/closed", "first", "speak/second", "8080");
        Explains(Denied, "ClusterNetworkPolicy closed", "first", node.Address(family).ToString(), "8082");
        Explains(Denied, "NetworkPolicy speak/closed", node.Address(family).ToString(), pod, "8080");
        cluster.Delete(Policies);
    }

    /// <summary>What netplugin leaves on a node on purpose, as long as nobody cleans up.</summary>
    private static string Left(Place node) => node.Run("sh", "-c", """
        ip -o link | grep -o 'np[-0-9a-f][^:@]*'
        ip route show proto 110
        nft list tables | grep netplugin
        ls -d /sys/fs/bpf/netplugin /run/netplugin /opt/cni/bin/k8contivnet /var/lib/netplugin/store.json 2>/dev/null
        ls /etc/cni/net.d
        true
        """).Succeeded().Trim();

    private static string[] Readiness(OwnCluster cluster) =>
        cluster.Kubectl("get", "nodes", "-o", """jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}""").Succeeded().Trim().Split(' ');
}
