using System.Net;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Blocks of addresses: full ones, others under running pods, and ones whose addresses the outside sees.</summary>
public sealed class BlockTests(SmallCluster small) : IClassFixture<SmallCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly OwnCluster _cluster = small.Cluster;

    [Fact]
    public async Task A_pod_without_a_free_address_is_told_so_and_the_node_of_a_full_block_stays_ready()
    {
        _cluster.Apply(Kubelab.Manifest("many.yaml"));
        string block = BlockOf(1), told = "";
        await Eventually.HoldsAsync(
            "an Event of the pod that gets no address", () => (told = Events("many", "reason=BlockExhausted")).Contains(block, StringComparison.Ordinal), 3 * Patience);
        Assert.Contains($"the block {block} of this node has no free address: {SmallCluster.PodsOfNode} of {SmallCluster.PodsOfNode} are in use", told, StringComparison.Ordinal);
        Assert.Contains("run fewer pods here, or give the node a larger block", told, StringComparison.Ordinal);

        await Eventually.HoldsAsync(
            "the others to run", () => _cluster.Kubectl("get", "deployment", "--namespace", "many", "many", "-o", "jsonpath={.status.readyReplicas}").Succeeded().Trim() == $"{SmallCluster.PodsOfNode}", Patience);
        Assert.Contains($"{block} of this node has no free address", _cluster.Node(1).Run("netdcli", "status").Output, StringComparison.Ordinal);

        // A runtime that asks makes a node NotReady that says no, and Kubernetes then evicts its pods.
        Assert.Equal(0, _cluster.Node(1).Run("sh", "-c", "CNI_COMMAND=STATUS k8contivnet </mnt/demo/status.json").ExitCode);
    }

    [Fact]
    public async Task A_pod_CIDR_that_changes_under_running_pods_is_reported_and_taken_up_when_they_are_gone()
    {
        string before = BlockOf(2);
        await RunAsync("kept");
        IPAddress kept = _cluster.Pod("kept", "blocks").Address('4');

        // A node's CIDR is set once: only one that is registered anew gets another.
        _cluster.Kubectl("delete", "node", "node2").Succeeded();
        _cluster.Kill(2, "kubelet");
        _cluster.Start(2, "kubelet");
        string after = "";
        await Eventually.HoldsAsync("another pod CIDR", () => (after = BlockOf(2)).Length > 0 && after != before, Patience);
        string told = "";
        await Eventually.HoldsAsync("an Event of the node", () => (told = Events("default", "reason=PodCIDRNotServed,involvedObject.name=node2")).Contains(after, StringComparison.Ordinal), Patience);
        Assert.Contains($"pods run with addresses of {before}: they keep them, and new pods get such, until the last of them is gone; drain the node", told, StringComparison.Ordinal);

        await RunAsync("meanwhile");
        Assert.True(IPNetwork.Parse(before).Contains(_cluster.Pod("meanwhile", "blocks").Address('4')));
        Assert.Equal(kept, _cluster.Pod("kept", "blocks").Address('4'));
        await IsReachedAsync("kept");
        await IsReachedAsync("meanwhile");

        _cluster.Kubectl("delete", "namespace", "blocks").Succeeded();
        await Eventually.HoldsAsync("the node to be well", () => !_cluster.Node(2).Run("netdcli", "status").Output.Contains(after, StringComparison.Ordinal), Patience);
        await Eventually.HoldsAsync(
            "pods to get addresses of the new CIDR",
            async () =>
            {
                await RunAsync("afterwards");
                return IPNetwork.Parse(after).Contains(_cluster.Pod("afterwards", "blocks").Address('4'));
            },
            Patience);
        await IsReachedAsync("afterwards");
        _cluster.Kubectl("delete", "namespace", "blocks").Succeeded();
    }

    [Theory]
    [InlineData(Transport.Tcp)]
    [InlineData(Transport.Udp)]
    public async Task Without_masquerade_the_outside_sees_a_pod_by_its_own_address(Transport transport)
    {
        await RunAsync("seen");
        Place pod = _cluster.Pod("seen", "blocks");
        string[] way = [pod.Address('4') + "/32", "via", _cluster.Node(2).Address('4').ToString()];
        _cluster.OnFabric(["ip", "route", "add", .. way]).Succeeded();
        try
        {
            Assert.Equal(pod.Address('4'), await pod.SourceSeenByAsync(_cluster.Outside(), '4', transport));
        }
        finally
        {
            _cluster.OnFabric(["ip", "route", "del", .. way]).Succeeded();
            _cluster.Kubectl("delete", "namespace", "blocks").Succeeded();
        }
    }

    private async Task RunAsync(string name)
    {
        await _cluster.ApplyPodsAsync(
            $$"""
            apiVersion: v1
            kind: Namespace
            metadata: { name: blocks }
            ---
            apiVersion: v1
            kind: Pod
            metadata: { name: {{name}}, namespace: blocks }
            spec:
              nodeSelector: { kubernetes.io/hostname: node2 }
              terminationGracePeriodSeconds: 1
              containers: [{ name: agnhost, image: localhost/kubelab/agnhost:1, command: [agnhost, netexec] }]
            """,
            Patience);
        _cluster.WaitForPods("blocks");
    }

    private async Task IsReachedAsync(string name) =>
        Assert.Equal(_cluster.Node(1).Address('4'), await _cluster.Node(1).SourceSeenByAsync(_cluster.Pod(name, "blocks"), '4', Transport.Tcp));

    private string BlockOf(int node) => _cluster.Kubectl("get", "node", $"node{node}", "-o", "jsonpath={.spec.podCIDR}").Output.Trim();

    private string Events(string kubernetesNamespace, string selector) => _cluster.Kubectl(
        "get", "events", "--namespace", kubernetesNamespace, "--field-selector", selector, "-o", """jsonpath={range .items[*]}{.message}{"\n"}{end}""").Succeeded();
}
