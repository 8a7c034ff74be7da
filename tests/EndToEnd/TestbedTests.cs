using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>What the other tests stand on.</summary>
public sealed class TestbedTests
{
    [Fact]
    public async Task Nodes_reach_each_other_and_the_store_over_the_underlay_and_leave_nothing_behind()
    {
        string before = File.ReadAllText("/proc/mounts");
        int holder;
        string state;
        using (Cluster cluster = await Cluster.StartAsync(2, startDaemons: false))
        {
            cluster[1].Node.Run("ping", "-c", "1", "-W", "2", cluster[2].Address).Succeeded();
            Assert.Contains("is healthy", cluster[2].Node.Run("env", "ETCDCTL_API=3", "etcdctl", "--endpoints", Cluster.EtcdUrl, "endpoint", "health").Error, StringComparison.Ordinal);
            Assert.True(cluster.Etcd.IsRunning);
            cluster.Etcd.Kill();
            Assert.False(cluster.Etcd.IsRunning);
            holder = cluster[1].Node.HolderPid;
            state = cluster.State;
        }

        Assert.False(Directory.Exists($"/proc/{holder}"));
        Assert.False(Directory.Exists(state));
        Assert.Equal(before, File.ReadAllText("/proc/mounts"));
    }

    [Fact]
    public async Task A_pod_of_a_test_is_a_namespace_of_its_own()
    {
        using Cluster cluster = await Cluster.StartAsync(1, startDaemons: false);
        Pod pod = cluster[1].CreatePod("myContainer1");
        CommandResult links = pod.Run("ip", "-o", "link");
        Assert.Single(links.Succeeded().Trim().Split('\n'));
        pod.RemoveNamespace();
        Assert.NotEqual(0, pod.Run("true").ExitCode);
    }
}
