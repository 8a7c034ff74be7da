using Netplugin.Tests.Kubernetes.Cluster;

namespace Netplugin.Tests.Kubernetes;

/// <summary>Going from one netplugin to the next as its users do, while pods talk. The cluster is one of its own.</summary>
[Trait("run", "install")]
public sealed class UpgradeTests
{
    private const string Now = "localhost/netplugin:0.1.0";
    private const string Next = "localhost/netplugin:next";
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_rolling_upgrade_of_the_DaemonSet_loses_no_packet_and_ends_no_connection()
    {
        await using OwnCluster cluster = Installation.MakeCluster("upgrade");
        Installation.Install(cluster);
        foreach (int node in OwnCluster.Nodes)
        {
            cluster.Node(node).Run("ctr", "images", "tag", Now, Next).Succeeded();
        }

        await cluster.ApplyPodsAsync(Kubelab.Manifest("traffic.yaml"));
        cluster.WaitForPods("traffic");
        Place redis = cluster.Pod("redis");
        string[] before = Daemons(cluster);
        using SteadyTraffic acrossNodes = await SteadyTraffic.BeginAsync(cluster.Pod("first"), redis, cluster.ServiceAddress("redis"));
        using SteadyTraffic onOneNode = await SteadyTraffic.BeginAsync(cluster.Pod("remote"), redis, cluster.ServiceAddress("redis"), firstPort: 4010);
        await acrossNodes.GoesOnForAsync(Moment);

        cluster.Kubectl("set", "image", "--namespace", "netplugin", "daemonset/netplugin", $"netplugin={Next}").Succeeded();
        Installation.WaitForRollout(cluster);
        await acrossNodes.GoesOnForAsync(Moment);
        await onOneNode.GoesOnForAsync(Moment);
        await acrossNodes.EndAsync();
        await onOneNode.EndAsync();
        Assert.Empty(before.Intersect(Daemons(cluster)));
        await cluster.ApplyPodsAsync(Kubelab.Manifest("late.yaml"));
        cluster.WaitForPods("late");
    }

    private static string[] Daemons(OwnCluster cluster) => cluster.Kubectl(
        "get", "pods", "--namespace", "netplugin", "--selector", "app.kubernetes.io/name=netplugin", "-o", "jsonpath={.items[*].metadata.uid}").Succeeded().Trim().Split(' ');
}
