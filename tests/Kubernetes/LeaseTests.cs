using System.Net;
using System.Text.Json;
using Netplugin.Tests.Kubernetes.Cluster;

namespace Netplugin.Tests.Kubernetes;

/// <summary>A cluster whose nodes lease their blocks from pools, whatever pod CIDRs Kubernetes gives them. It is one of their own.</summary>
public sealed class LeaseTests
{
    private static readonly IPNetwork[] Pools = [IPNetwork.Parse("10.77.0.0/20"), IPNetwork.Parse("fd00:77::/112")];

    [Fact]
    public async Task Nodes_lease_their_blocks_from_the_pools_and_their_pods_speak()
    {
        await using OwnCluster cluster = OwnCluster.Make(
            "lease", ("KUBELAB_FAMILY", "46"), ("KUBELAB_NETPLUGIN", $"-pod-pool={Pools[0]},{Pools[1]} -pod-block-length=26,120"));
        await cluster.ApplyPodsAsync(Kubelab.Manifest("traffic.yaml"));
        cluster.WaitForPods("traffic");

        IPNetwork[][] blocks = [.. OwnCluster.Nodes.Select(node => BlocksOf(cluster, node))];
        Assert.All(blocks, both => Assert.Equal([26, 120], both.Select(block => block.PrefixLength)));
        Assert.Distinct(blocks.SelectMany(both => both));

        Place first = cluster.Pod("first"), remote = cluster.Pod("remote");
        foreach ((int pool, char family) in (ReadOnlySpan<(int, char)>)[(0, '4'), (1, '6')])
        {
            Assert.All(blocks, both => Assert.True(Pools[pool].Contains(both[pool].BaseAddress)));
            Assert.True(blocks[0][pool].Contains(first.Address(family)));
            Assert.True(blocks[1][pool].Contains(remote.Address(family)));
        }

        foreach (char family in "46")
        {
            Assert.Equal(first.Address(family), await first.SourceSeenByAsync(remote, family, Transport.Tcp));
            foreach (int node in OwnCluster.Nodes)
            {
                Assert.Equal("first", await cluster.Node(node).NameOfAsync(first.Address(family).ToString(), 8080, Transport.Tcp));
            }
        }

        await first.HearsFromAsync(["neighbour", "remote"], cluster.ServiceAddress("servers").ToString(), 80, Transport.Tcp);
    }

    // As the node says it has them.
    private static IPNetwork[] BlocksOf(OwnCluster cluster, int node)
    {
        string report = cluster.Kubectl("get", "node", $"node{node}", "-o", """jsonpath={.metadata.annotations.netplugin\.io/status}""").Succeeded();
        using JsonDocument status = JsonDocument.Parse(report);
        return [.. status.RootElement.GetProperty("blocks").EnumerateArray().Select(block => IPNetwork.Parse(block.GetString()!))];
    }
}
