using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using Netplugin.NodeApi.Messages;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Traffic;

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

        using NumberedPackets there = NumberedPackets.Start(c1.NetworkNamespace, c2.NetworkNamespace, IPAddress.Parse(second));
        using NumberedPackets back = NumberedPackets.Start(c2.NetworkNamespace, c1.NetworkNamespace, IPAddress.Parse(first));
        using RedisConnection redis = await RedisPods.ConnectAsync(c1, c2, second);
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
        Assert.True(await redis.StopAsync() > 100, "the connection ran");
    }

    [Fact]
    public async Task A_build_with_a_newer_layout_and_larger_maps_takes_over_without_a_lost_packet_or_a_reset_connection()
    {
        using Cluster cluster = await Cluster.StartAsync(2);
        cluster.Post(Intents.OneTenant(("orange", ["c1", "c2"]))).Succeeded();
        Pod c1 = cluster[1].CreatePod("c1"), c2 = cluster[2].CreatePod("c2");
        string first = c1.Add(), second = c2.Add();
        await Eventually.HoldsAsync("the pods to reach each other", () => c1.Reaches(second) && c2.Reaches(first));
        using NumberedPackets there = NumberedPackets.Start(c1.NetworkNamespace, c2.NetworkNamespace, IPAddress.Parse(second));
        using NumberedPackets back = NumberedPackets.Start(c2.NetworkNamespace, c1.NetworkNamespace, IPAddress.Parse(first));
        using RedisConnection redis = await RedisPods.ConnectAsync(c1, c2, second);

        foreach (ClusterNode node in cluster.Nodes)
        {
            (string generation, int entrySize, int entries) = EndpointsMap(node);
            node.Daemon.Kill();
            node.Program = NextBuild();
            await node.StartDaemonAsync();
            await Eventually.HoldsAsync(
                $"{node.Host} to reconcile with the newer build",
                async () => await node.StatusAsync() is { Reconciles: > 0, Endpoints: 1, Problems.IsEmpty: true });

            // The build before goes on over its own maps until the newer ones hold everything; then its maps go.
            await Eventually.HoldsAsync($"the newer build to take over on {node.Host}", () => EndpointsMaps(node) is [string only] && only != generation);
            (string newGeneration, int newEntrySize, int newEntries) = EndpointsMap(node);
            Assert.NotEqual(generation, newGeneration);
            Assert.True(newEntrySize > entrySize, $"entries of {newEntrySize} bytes after {entrySize}");
            Assert.True(newEntries > entries, $"room for {newEntries} after {entries}");
        }

        // A packet every millisecond, so for a while after the last exchange too.
        int sent = there.Sent;
        await Eventually.HoldsAsync("a second of traffic over the new maps", () => there.Sent >= sent + 1000);
        Assert.Empty(await there.StopAsync());
        Assert.Empty(await back.StopAsync());
        Assert.True(await redis.StopAsync() > 100, "the connection ran");
        Assert.True(c1.Reaches(second), "the pods still reach each other");
    }

    [Fact]
    public async Task Killing_the_daemon_of_a_node_with_250_pods_loses_no_packet_and_leaves_every_pod_as_it_is()
    {
        const int pods = 250;
        using Cluster cluster = await Cluster.StartAsync(1, startDaemons: false);
        ClusterNode node = cluster[1];
        await node.StartDaemonAsync("-pod-cidr=10.244.0.0/23");
        Pod[] all = [.. Enumerable.Range(0, pods).Select(i => node.CreatePod($"pod-{i}"))];
        string[] addresses = [.. all.Select(pod => pod.Add())];
        string[] interfaces = [.. all.Select(Interfaces)];

        NumberedPackets[] streams = [.. Enumerable.Range(0, 4).Select(i => NumberedPackets.Start(all[i].NetworkNamespace, all[pods - 1 - i].NetworkNamespace, IPAddress.Parse(addresses[pods - 1 - i])))];
        for (int kill = 0; kill < 3; kill++)
        {
            node.Daemon.Kill();
            await node.LaunchDaemonAsync("-pod-cidr=10.244.0.0/23");
            await Eventually.HoldsAsync(
                $"every pod to be known after kill {kill}; see {node.Daemon.LogFile}",
                async () => await node.StatusAsync() is { State: "ready", Reconciles: > 0, Pods: pods, Pending: 0, Problems.IsEmpty: true });
        }

        foreach (NumberedPackets stream in streams)
        {
            Assert.Empty(await stream.StopAsync());
            Assert.True(stream.Sent > 100, "the stream ran");
            stream.Dispose();
        }

        Assert.Equal(interfaces, all.Select(Interfaces));
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

    /// <summary>What a pod has: the numbers, Ethernet addresses and addresses of its interfaces.</summary>
    private static string Interfaces(Pod pod) => pod.Run("ip", "-o", "addr").Succeeded() + pod.Run("ip", "-o", "link").Succeeded();

    /// <summary>The endpoints maps that are pinned on a node, one a generation.</summary>
    private static string[] EndpointsMaps(ClusterNode node) =>
        node.Node.Run("bash", "-c", "ls -d /sys/fs/bpf/netplugin/g*/np_endpoints").Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The one generation that is left on a node, and its endpoints map's value size in bytes and number of entries.</summary>
    private static (string Generation, int EntrySize, int Entries) EndpointsMap(ClusterNode node)
    {
        string path = Assert.Single(EndpointsMaps(node));
        using JsonDocument map = JsonDocument.Parse(node.Node.Run("bpftool", "-j", "map", "show", "pinned", path).Succeeded());
        return (path, map.RootElement.GetProperty("bytes_value").GetInt32(), map.RootElement.GetProperty("max_entries").GetInt32());
    }

    /// <summary>Starts the build that scripts/test made with another layout and other sizes.</summary>
    private static string[] NextBuild()
    {
        const string program = "artifacts/next/bin/Netplugin.Agent/release/netplugin.dll";
        Assert.True(File.Exists(Path.Combine(RepositoryRoot.Path, program)), $"{program} is missing: make test builds it");
        string runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        return [Path.Combine(runtime, "dotnet"), "/mnt/" + program];
    }
}
