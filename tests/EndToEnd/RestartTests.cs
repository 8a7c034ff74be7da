using Netplugin.NodeApi.Messages;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>Killing and replacing the daemon while pods talk.</summary>
public sealed class RestartTests
{
    private const int Kills = 20;

    [Fact]
    public async Task Killing_every_daemon_twenty_times_loses_no_packet_and_resets_no_connection()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        cluster.Post(Intents.OneTenant(("orange", ["c1", "c2"]))).Succeeded();
        Pod c1 = cluster[1].CreatePod("c1"), c2 = cluster[2].CreatePod("c2");
        string first = c1.Add(), second = c2.Add();
        await Eventually.HoldsAsync("the pods to reach each other", () => c1.Reaches(second) && c2.Reaches(first));

        using NumberedStream there = NumberedStream.Start(c1, c2, second);
        using NumberedStream back = NumberedStream.Start(c2, c1, first);
        using CountingConnection connection = await CountingConnection.OpenAsync(c1, c2, second);
        for (int kill = 0; kill < Kills; kill++)
        {
            foreach (ClusterNode node in cluster.Nodes)
            {
                DateTimeOffset before = (await node.StatusAsync()).StartedAt;
                node.Daemon.Kill();
                await node.StartDaemonAsync();
                DaemonStatus after = await node.StatusAsync();
                Assert.True(after.StartedAt > before, "the daemon was started anew");
                await Eventually.HoldsAsync(
                    $"{node.Host} to reconcile after kill {kill}",
                    async () => await node.StatusAsync() is { Reconciles: > 0, Endpoints: 1, Problems.IsEmpty: true });
            }
        }

        Assert.Empty(await there.StopAsync());
        Assert.Empty(await back.StopAsync());
        Assert.True(there.Sent > 1000, "the stream ran");
        Assert.True(await connection.StopAsync() > 100, "the connection ran");
    }

    [Fact]
    public async Task A_stopped_daemon_leaves_pods_connected_and_forgets_nothing()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        cluster.Post(Intents.OneTenant(("orange", ["c1", "c2"]))).Succeeded();
        Pod c1 = cluster[1].CreatePod("c1"), c2 = cluster[2].CreatePod("c2");
        c1.Add();
        string second = c2.Add();
        await Eventually.HoldsAsync("the first node to learn of the second's pod", () => c1.Reaches(second));
        cluster[1].Daemon.Kill("TERM");
        Assert.True(c1.Reaches(second), "while its daemon is stopped");
        var add = cluster[1].CreatePod("c3").Cni("ADD");
        Assert.Equal(1, add.ExitCode);
        Assert.Contains("\"code\":11", add.Output.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        await cluster[1].StartDaemonAsync();
        Assert.True(c1.Reaches(second), "after it is back");
    }
}
