using System.Text.Json;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>Nodes that lease their blocks from one pool, go, and come back.</summary>
public sealed class LeasedBlocksTests
{
    private const string Pool = "-pod-pool=10.128.0.0/14";

    [Fact]
    public async Task Nodes_lease_different_blocks_and_their_pods_reach_each_other()
    {
        using Cluster cluster = await Cluster.StartAsync(3, flag: _ => Pool);
        string[] blocks = [.. cluster.Nodes.Select(node => BlockOf(cluster, node.Host))];
        Assert.Equal(["10.128.0.0/24", "10.128.1.0/24", "10.128.2.0/24"], blocks.Order());

        Pod[] pods = [.. cluster.Nodes.Select(node => node.CreatePod($"pod{node.Number}"))];
        string[] addresses = [.. pods.Select(pod => pod.Add())];
        Assert.All(addresses.Zip(blocks), pair => Assert.StartsWith(pair.Second[..^4], pair.First, StringComparison.Ordinal));
        foreach (Pod pod in pods)
        {
            await Eventually.HoldsAsync($"{pod.Name} to reach all", () => addresses.All(address => pod.Reaches(address)));
        }

        // Killed it goes on, and started it has the same block, whoever came meanwhile.
        cluster[2].Daemon.Kill();
        Assert.True(pods[1].Reaches(addresses[0]));
        await cluster[2].StartDaemonAsync(Pool);
        Assert.Equal(blocks[1], BlockOf(cluster, "host2"));
        string another = cluster[2].CreatePod("another").Add();
        Assert.StartsWith(blocks[1][..^4], another, StringComparison.Ordinal);
        Assert.NotEqual(addresses[1], another);
        Assert.True(pods[2].Reaches(another));
    }

    [Fact]
    public async Task A_node_that_comes_back_under_its_name_with_an_empty_disk_has_its_block_and_nothing_is_leaked()
    {
        using Cluster cluster = await Cluster.StartAsync(3, flag: _ => Pool);
        cluster.Post(Intents.OneTenant(("orange", ["c1", "c2"]))).Succeeded();
        string block = BlockOf(cluster, "host2");
        Pod stays = cluster[1].CreatePod("stays"), gone = cluster[2].CreatePod("gone"), c1 = cluster[2].CreatePod("c1"), c2 = cluster[1].CreatePod("c2");
        string addressThatStays = stays.Add();
        gone.Add();
        c1.Add();
        c2.Add();
        string[] addressesOfC1 = DualStack.NetworkAddresses(c1), addressesOfC2 = DualStack.NetworkAddresses(c2);
        Assert.Equal("host2", HostOf(cluster, "c1"));

        await cluster.LoseAsync(2);
        await cluster.ReplaceAsync(2);
        await cluster[2].StartDaemonAsync(Pool);
        Assert.Equal(block, BlockOf(cluster, "host2"));
        await Eventually.HoldsAsync("the binding of a pod that is gone to be cleared", () => HostOf(cluster, "c1").Length == 0);

        Pod fresh = cluster[2].CreatePod("fresh");
        Assert.StartsWith(block[..^4], fresh.Add(), StringComparison.Ordinal);
        await Eventually.HoldsAsync("the new pod to reach the old one", () => fresh.Reaches(addressThatStays));
        Pod moved = cluster[3].CreatePod("c1");
        moved.Add();
        Assert.Equal(addressesOfC1, DualStack.NetworkAddresses(moved));
        await Eventually.HoldsAsync("the endpoint to be reached where it is now", () => moved.Reaches(Assert.Single(addressesOfC2)));
        Assert.Equal("host3", HostOf(cluster, "c1"));
        Assert.Equal(3, cluster.Nodes.Select(node => BlockOf(cluster, node.Host)).Distinct().Count());
    }

    [Fact]
    public async Task A_node_waits_for_a_block_of_an_exhausted_pool_until_one_that_is_gone_is_forgotten()
    {
        const string small = "-pod-pool=10.128.0.0/23";
        using Cluster cluster = await Cluster.StartAsync(3, startDaemons: false);
        await cluster[1].StartDaemonAsync(small);
        await cluster[2].StartDaemonAsync(small);
        await cluster[3].LaunchDaemonAsync(small);
        cluster.Post(Intents.OneTenant(("orange", ["c1", "c3"]))).Succeeded();
        Pod here = cluster[1].CreatePod("here"), late = cluster[3].CreatePod("late"), c1 = cluster[2].CreatePod("c1"), c3 = cluster[3].CreatePod("c3");
        string addressHere = here.Add();
        c1.Add();

        await Eventually.HoldsAsync("the third node to say that there is none left", async () =>
            (await cluster[3].StatusAsync()).Problems.Any(problem => problem.Contains("the pod pool 10.128.0.0/23 is exhausted", StringComparison.Ordinal)));
        foreach (CommandResult refused in new[] { late.Cni("STATUS"), late.Cni("ADD"), c3.Cni("ADD") })
        {
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("of its 2 blocks of /24 none is free", refused.Output, StringComparison.Ordinal);
            Assert.Contains("netdcli node forget HOST", refused.Output, StringComparison.Ordinal);
        }

        Assert.Contains("node host2 is alive", cluster.Netdcli("node", "forget", "host2").Error, StringComparison.Ordinal);
        string freed = BlockOf(cluster, "host2");
        await cluster.LoseAsync(2);
        await Eventually.HoldsAsync("the lost node to be down", () => cluster.Netdcli("node", "forget", "host2", "-o", "json").ExitCode == 0, TimeSpan.FromSeconds(60));
        Assert.Equal("", HostOf(cluster, "c1"));
        await Eventually.HoldsAsync("the third node to lease what is free", () => BlockOf(cluster, "host3") == freed);
        await Eventually.HoldsAsync("a pod to be attached there", () => late.Cni("ADD").ExitCode == 0);
        await Eventually.HoldsAsync("it to reach the others", () => late.Reaches(addressHere));
        Assert.StartsWith(freed[..^4], c3.Add(), StringComparison.Ordinal);
    }

    private static string BlockOf(Cluster cluster, string host)
    {
        using JsonDocument nodes = JsonDocument.Parse(cluster.Netdcli("get", "nodes", host, "-o", "json").Succeeded());
        return string.Join(',', nodes.RootElement[0].GetProperty("blocks").EnumerateArray().Select(block => block.GetString()));
    }

    private static string HostOf(Cluster cluster, string container)
    {
        using JsonDocument endpoints = JsonDocument.Parse(cluster.Netdcli("get", "endpoints", container, "-o", "json").Succeeded());
        return endpoints.RootElement[0].GetProperty("host").GetString()!;
    }
}
