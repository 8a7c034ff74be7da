using System.Text.Json;
using Netplugin.Tests.Kubernetes.Cluster;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Kubernetes;

/// <summary>A node that loses its power, and one in whose place comes another machine. The cluster is one of their own.</summary>
public sealed class NodeTests
{
    private const string Intent = """
        {"Tenants":[{"Name":"bound","DefaultNetType":"vxlan","SubnetPool":"11.9.0.0/16","AllocSubnetLen":24,"Vxlans":"20001-20100","Networks":[
        {"Name":"orange","Endpoints":[{"Container":"here"},{"Container":"there"}]}]}]}
        """;

    // The kubelet first finds out that nothing of what it had runs.
    private static readonly TimeSpan Return = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Pods_of_a_rebooted_node_come_back_and_every_address_is_one_pods_alone()
    {
        await using OwnCluster cluster = OwnCluster.Make("nodes");
        string[] before = await StartPodsAsync(cluster);

        cluster.Reboot(2);
        await WhenAnewAsync(cluster, before);
        await ServesAsync(cluster);
    }

    [Fact]
    public async Task A_machine_in_the_place_of_a_removed_node_serves_pods_and_nothing_of_the_old_one_remains()
    {
        await using OwnCluster cluster = OwnCluster.Make("nodes");
        string[] before = await StartPodsAsync(cluster);

        cluster.Kubectl("delete", "node", "node2").Succeeded();
        cluster.Replace(2);
        await WhenAnewAsync(cluster, before);
        await ServesAsync(cluster);
        char family = cluster.Families.First();
        string[] blocks = cluster.Kubectl("get", "nodes", "-o", "jsonpath={.items[*].spec.podCIDR}").Succeeded().Trim().Split(' ');
        foreach (int node in OwnCluster.Nodes)
        {
            await Eventually.HoldsAsync(
                $"node {node} to have routes to the nodes' blocks alone",
                () => cluster.Node(node).Run("ip", family == '6' ? "-6" : "-4", "-json", "route", "show", "proto", "110").Succeeded() is var text
                    && Routes(text).ToHashSet().SetEquals(blocks));
        }
    }

    /// <returns>The containers of node2.</returns>
    private static async Task<string[]> StartPodsAsync(OwnCluster cluster)
    {
        cluster.Netdcli("-cfg", Intent).Succeeded();
        await cluster.ApplyPodsAsync(Kubelab.Manifest("traffic.yaml"));
        await cluster.ApplyPodsAsync(Kubelab.Manifest("bound.yaml"));
        cluster.WaitForPods("traffic");
        cluster.WaitForPods("bound");
        return [.. PodsOf(cluster, 2).Select(pod => pod.Container)];
    }

    private static Task WhenAnewAsync(OwnCluster cluster, string[] before) => Eventually.HoldsAsync(
        "the pods of node2 to be started anew", () => PodsOf(cluster, 2) is { Length: > 0 } pods && pods.All(pod => pod.Ready && !before.Contains(pod.Container)), Return);

    /// <summary>All reach all, in the default network, through a Service and in a tenant's network, and no address leaked or is two pods'.</summary>
    private static async Task ServesAsync(OwnCluster cluster)
    {
        PodState[] pods = [.. OwnCluster.Nodes.SelectMany(node => PodsOf(cluster, node))];
        Assert.Distinct(pods.Select(pod => pod.Address));
        foreach (int node in OwnCluster.Nodes)
        {
            string[] journal = [];
            await Eventually.HoldsAsync(
                $"node {node} to hold the addresses of its pods alone",
                () => (journal = JournalOf(cluster, node)).Order(StringComparer.Ordinal).SequenceEqual(PodsOf(cluster, node).Select(pod => pod.Address).Order(StringComparer.Ordinal)),
                TimeSpan.FromMinutes(1));
            Assert.Equal(journal.Length, cluster.Node(node).Run("sh", "-c", "ip -o link | grep -c ': np[0-9a-f]'").Succeeded().Trim() is var links ? int.Parse(links, null) : 0);
        }

        char family = cluster.Families.First();
        Place first = cluster.Pod("first"), remote = cluster.Pod("remote");
        foreach (Transport transport in (Transport[])[Transport.Tcp, Transport.Udp])
        {
            Assert.Equal(first.Address(family), await first.SourceSeenByAsync(remote, family, transport));
            Assert.Equal(remote.Address(family), await remote.SourceSeenByAsync(first, family, transport));
        }

        string service = cluster.ServiceAddress("servers").ToString();
        foreach (Place asking in (Place[])[first, remote])
        {
            await asking.HearsFromAsync(["neighbour", "remote"], service, 80, Transport.Tcp);
        }

        using JsonDocument endpoints = JsonDocument.Parse(cluster.Node(1).Run("netdcli", "get", "endpoints", "-o", "json").Succeeded());
        Assert.Equal(
            ["here on node1 is bound", "there on node2 is bound"],
            endpoints.RootElement.EnumerateArray().Select(e => $"{e.GetProperty("container")} on {e.GetProperty("host")} is {e.GetProperty("state")}").Order(StringComparer.Ordinal));
        Place here = cluster.Pod("here", "bound"), there = cluster.Pod("there", "bound");
        Assert.Equal(here.Address('4'), await here.SourceSeenByAsync(there, '4', Transport.Tcp));
    }

    private static IEnumerable<string> Routes(string text)
    {
        using JsonDocument routes = JsonDocument.Parse(text);
        return [.. routes.RootElement.EnumerateArray().Select(route => route.GetProperty("dst").GetString()!)];
    }

    // What the node's netplugin has given away, of a tenant's pod its cluster address.
    private static string[] JournalOf(OwnCluster cluster, int node) => cluster.Node(node)
        .Run("sh", "-c", "jq -r '.attachments[] | .clusterAddresses[0].address // .address' /run/netplugin/attachments/*.json").Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    // Those of pods that have a network of their own.
    private static PodState[] PodsOf(OwnCluster cluster, int node)
    {
        using JsonDocument pods = JsonDocument.Parse(
            cluster.Kubectl("get", "pods", "--all-namespaces", "--field-selector", $"spec.nodeName=node{node}", "-o", "json").Succeeded());
        return
        [
            .. from pod in pods.RootElement.GetProperty("items").EnumerateArray()
               where !pod.GetProperty("spec").TryGetProperty("hostNetwork", out _)
               let status = pod.GetProperty("status")
               let container = status.TryGetProperty("containerStatuses", out JsonElement all) && all[0].TryGetProperty("containerID", out _) ? all[0] : default
               let started = container.ValueKind == JsonValueKind.Object
               select new PodState(
                   status.TryGetProperty("podIP", out JsonElement address) ? address.GetString()! : "",
                   started ? container.GetProperty("containerID").GetString()! : "",
                   started && container.GetProperty("ready").GetBoolean()),
        ];
    }

    private sealed record PodState(string Address, string Container, bool Ready);
}
