using System.Net;
using Netplugin.NodeApi.Messages;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Traffic;

namespace Netplugin.Tests.EndToEnd;

/// <summary>etcd gone, wiped, and restored from a backup.</summary>
public sealed class StoreTroubleTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task A_minute_without_etcd_is_not_noticed_by_pods_and_heals_by_itself()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        cluster.Post(Intents.OneTenant(("orange", ["c1", "c2", "c3"]))).Succeeded();
        Pod c1 = cluster[1].CreatePod("c1"), c2 = cluster[2].CreatePod("c2"), c3 = cluster[1].CreatePod("c3");
        string first = c1.Add(), second = c2.Add();
        await MeetAsync(c1, second);
        using NumberedPackets stream = NumberedPackets.Start(c1.NetworkNamespace, c2.NetworkNamespace, IPAddress.Parse(second));

        cluster.Etcd.Kill();
        await Eventually.HoldsAsync("the daemons to notice", async () => !(await cluster[1].StatusAsync()).Store.Connected, Patience);
        StoreConnection store = (await cluster[1].StatusAsync()).Store;
        Assert.NotEmpty(store.Reason);
        var status = cluster.Netdcli("status");
        Assert.Contains("192.168.2.1:2379", status.Output + status.Error, StringComparison.Ordinal);

        var add = c3.Cni("ADD");
        Assert.Equal(1, add.ExitCode);
        Assert.Contains("\"code\":11", add.Output.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);

        // The minute is measured by the stream itself: a packet every millisecond.
        int begin = stream.Sent;
        await Eventually.HoldsAsync("a minute to pass", () => stream.Sent - begin >= Minute.TotalMilliseconds, 2 * Minute);
        Assert.Empty(await stream.StopAsync());

        await cluster.StartEtcdAsync();
        await Eventually.HoldsAsync(
            "both daemons to follow again without a restart",
            async () => (await cluster[1].StatusAsync()).Store.Connected && (await cluster[2].StatusAsync()).Store.Connected,
            Patience);
        await Eventually.HoldsAsync("a pod to start again", () => c3.Cni("ADD").ExitCode == 0, Patience);
        Assert.True(c3.Reaches(first));
    }

    [Fact]
    public async Task A_wiped_etcd_tears_no_pod_down_and_the_status_says_what_to_do()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        string intent = Intents.OneTenant(("orange", ["c1", "c2"]));
        cluster.Post(intent).Succeeded();
        Pod c1 = cluster[1].CreatePod("c1"), c2 = cluster[2].CreatePod("c2");
        c1.Add();
        string second = c2.Add();
        await MeetAsync(c1, second);

        cluster.Etcd.Kill();
        cluster.Fabric.Run("rm", "-rf", "/var/lib/etcd").Succeeded();
        await cluster.StartEtcdAsync();
        await HoldingAsync(cluster);
        Assert.True(c1.Reaches(second), "running pods stay connected");

        cluster.Post(intent).Succeeded();
        cluster.Netdcli("store", "accept-reset").Succeeded();
        await ReadyAsync(cluster);
        await MeetAsync(c1, second);
    }

    [Fact]
    public async Task An_etcd_restored_from_a_backup_tears_no_pod_down()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        cluster.Post(Intents.OneTenant(("orange", ["c1"]))).Succeeded();
        Pod c1 = cluster[1].CreatePod("c1"), c2 = cluster[2].CreatePod("c2");
        c1.Add();
        cluster.Etcdctl("snapshot", "save", "/var/lib/backup").Succeeded();
        string intent = Intents.OneTenant(("orange", ["c1", "c2"]));
        cluster.Post(intent).Succeeded();
        string second = c2.Add();
        await MeetAsync(c1, second);

        cluster.Etcd.Kill();
        cluster.Fabric.Run("rm", "-rf", "/var/lib/etcd").Succeeded();
        cluster.Fabric.Run(
            "env", "ETCDCTL_API=3", "etcdctl", "snapshot", "restore", "/var/lib/backup", "--data-dir", "/var/lib/etcd", "--name", "test",
            "--initial-cluster", "test=http://127.0.0.1:2380", "--initial-advertise-peer-urls", "http://127.0.0.1:2380").Succeeded();
        await cluster.StartEtcdAsync();
        await HoldingAsync(cluster);
        Assert.True(c1.Reaches(second), "the pod that the backup does not know stays connected");

        cluster.Post(intent).Succeeded();
        cluster.Netdcli("store", "accept-reset").Succeeded();
        await ReadyAsync(cluster);
        await MeetAsync(c1, second);
    }

    /// <summary>Another node learns of a new pod a little later than the runtime that started it.</summary>
    private static Task MeetAsync(Pod pod, string address) => Eventually.HoldsAsync($"{pod.Name} to reach {address}", () => pod.Reaches(address));

    private static async Task HoldingAsync(Cluster cluster)
    {
        foreach (ClusterNode node in cluster.Nodes)
        {
            await BecomesAsync(
                node, "hold and say what to do",
                status => status.State == "holding" && status.Problems.Any(problem => problem.Contains("netdcli store accept-reset", StringComparison.Ordinal)));
        }
    }

    private static async Task ReadyAsync(Cluster cluster)
    {
        foreach (ClusterNode node in cluster.Nodes)
        {
            await BecomesAsync(node, "be ready again", status => status is { State: "ready", Endpoints: 1 });
        }
    }

    private static async Task BecomesAsync(ClusterNode node, string what, Func<DaemonStatus, bool> condition)
    {
        DaemonStatus? last = null;
        try
        {
            await Eventually.HoldsAsync($"{node.Host} to {what}", async () => condition(last = await node.StatusAsync()), Patience);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}; its status: {last} {string.Join("; ", last?.Problems ?? [])}\n{node.Daemon.Log}", late);
        }
    }
}
