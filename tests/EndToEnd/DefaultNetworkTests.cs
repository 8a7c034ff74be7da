using System.Net;
using System.Net.Sockets;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>Pods that no intent names, on nodes that have blocks of addresses for them: they reach each other, the nodes and the world.</summary>
public sealed class DefaultNetworkTests
{
    private const string Outside = "192.168.2.1";
    private const string Tenants = "11.1.0.1";
    private const int Port = 5001;
    private const int HostPort = 5080;

    [Fact]
    public async Task Pods_nodes_and_the_world_reach_each_other_as_on_any_cluster_network()
    {
        using Cluster cluster = await Cluster.StartAsync(2, flag: Block);
        Pod a = cluster[1].CreatePod("a"), b = cluster[1].CreatePod("b"), c = cluster[2].CreatePod("c");
        string addressOfA = a.Add(), addressOfB = b.Add(), addressOfC = c.Add();
        Assert.StartsWith("10.244.1.", addressOfA, StringComparison.Ordinal);
        Assert.StartsWith("10.244.2.", addressOfC, StringComparison.Ordinal);
        await Eventually.HoldsAsync("the nodes to know each other", () => a.Reaches(addressOfC));

        // Pod to pod, each seen by its own address.
        Assert.Equal(addressOfA, await SourceSeenAsync(a.NetworkNamespace, b.NetworkNamespace, addressOfB));
        Assert.Equal(addressOfA, await SourceSeenAsync(a.NetworkNamespace, c.NetworkNamespace, addressOfC));
        Assert.Equal(addressOfC, await SourceSeenAsync(c.NetworkNamespace, a.NetworkNamespace, addressOfA));

        // Node to pod, here and there, by the address that pods know the node by.
        string node1 = cluster[1].Node.NetworkNamespace, node2 = cluster[2].Node.NetworkNamespace;
        Assert.Equal("192.168.2.10", await SourceSeenAsync(node1, a.NetworkNamespace, addressOfA));
        Assert.Equal("192.168.2.10", await SourceSeenAsync(node1, c.NetworkNamespace, addressOfC));
        Assert.Equal("192.168.2.11", await SourceSeenAsync(node2, a.NetworkNamespace, addressOfA));

        // Pod to node, its own and the other, by either address of the node; the pod keeps its own.
        foreach ((string node, string address) in new[] { (node1, "192.168.2.10"), (node1, "10.244.1.1"), (node2, "192.168.2.11"), (node2, "10.244.2.1") })
        {
            Assert.Equal(addressOfA, await SourceSeenAsync(a.NetworkNamespace, node, address));
        }

        // Out of the cluster by the node's address.
        Assert.Equal("192.168.2.10", await SourceSeenAsync(a.NetworkNamespace, cluster.Fabric.NetworkNamespace, Outside));
        Assert.Equal("192.168.2.11", await SourceSeenAsync(c.NetworkNamespace, cluster.Fabric.NetworkNamespace, Outside));
    }

    [Fact]
    public async Task The_address_of_a_tenants_network_and_the_default_network_do_not_reach_each_other()
    {
        using Cluster cluster = await Cluster.StartAsync(2, flag: Block);
        cluster.Post(Intents.TwoTenants(["a1"], ["b1"])).Succeeded();
        Pod tenant = cluster[1].CreatePod("a1"), here = cluster[1].CreatePod("d1"), there = cluster[2].CreatePod("d2");
        tenant.Add();
        string addressHere = here.Add(), addressThere = there.Add();
        await Eventually.HoldsAsync("the nodes to know each other", () => here.Reaches(addressThere));

        foreach (string target in new[] { addressHere, addressThere, "10.244.1.1", "192.168.2.10", "192.168.2.11", Outside })
        {
            Assert.NotEqual(0, tenant.Run("ping", "-n", "-c", "1", "-W", "1", "-I", Tenants, target).ExitCode);
        }

        Assert.False(here.ReachesByForce(Tenants), "a pod of the default network reached a tenant's");
        Assert.False(there.ReachesByForce(Tenants), "a pod of the default network reached a tenant's on another node");
    }

    [Fact]
    public async Task A_pod_neither_forges_its_source_nor_sends_vxlan_through_its_node()
    {
        using Cluster cluster = await Cluster.StartAsync(2, flag: Block);
        Pod a = cluster[1].CreatePod("a");
        a.Add();
        long before = await cluster[1].DropsAsync("PodVxlan");
        foreach (string target in new[] { "192.168.2.10", "192.168.2.11", Outside })
        {
            using Socket sender = UdpSockets.Open(a.NetworkNamespace);
            await sender.SendToAsync(new byte[50], new IPEndPoint(IPAddress.Parse(target), 4789), TestContext.Current.CancellationToken);
        }

        await Eventually.HoldsAsync("VXLAN from a pod to be dropped by name", async () => await cluster[1].DropsAsync("PodVxlan") == before + 3);

        a.Run("ip", "addr", "add", "10.244.1.200/32", "dev", "eth0").Succeeded();
        Assert.NotEqual(0, a.Run("ping", "-n", "-c", "1", "-W", "1", "-I", "10.244.1.200", "192.168.2.10").ExitCode);
        Assert.True(await cluster[1].DropsAsync("AddressSpoof") > 0);

        // Nothing of the node's that listens to itself alone, although some node components let such addresses be routed.
        cluster[1].Node.Run("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1").Succeeded();
        Assert.False(a.ReachesByForce("127.0.0.2"));
    }

    [Fact]
    public async Task A_restart_of_the_daemon_loses_nothing_and_keeps_the_addresses_apart()
    {
        using Cluster cluster = await Cluster.StartAsync(2, flag: Block);
        Pod a = cluster[1].CreatePod("a"), c = cluster[2].CreatePod("c");
        string addressOfA = a.Add(), addressOfC = c.Add();
        await Eventually.HoldsAsync("the nodes to know each other", () => a.Reaches(addressOfC));

        cluster[1].Daemon.Kill();
        Assert.True(a.Reaches(addressOfC));
        Assert.Equal("192.168.2.10", await SourceSeenAsync(a.NetworkNamespace, cluster.Fabric.NetworkNamespace, Outside));
        await cluster[1].StartDaemonAsync("-pod-cidr=10.244.1.0/24");
        Assert.True(a.Reaches(addressOfC));
        Assert.NotEqual(addressOfA, cluster[1].CreatePod("b").Add());
    }

    [Fact]
    public async Task A_port_of_the_node_leads_to_its_pod_for_everybody_until_the_pod_is_gone()
    {
        using Cluster cluster = await Cluster.StartAsync(2, flag: Block);
        Pod web = cluster[1].CreatePod("web"), here = cluster[1].CreatePod("here"), there = cluster[2].CreatePod("there");
        string ports = Pod.Configuration(more: $$""", "runtimeConfig": { "portMappings": [{ "hostPort": {{HostPort}}, "containerPort": {{Port}}, "protocol": "udp" }] }""");
        IPAddress address = IPAddress.Parse(web.Add(ports));
        here.Add();
        there.Add();
        await Eventually.HoldsAsync("the nodes to know each other", () => there.Reaches(address.ToString()));

        await ServesAsync();
        Pod second = cluster[1].CreatePod("second");
        CommandResult refused = second.Cni("ADD", ports);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("default/web", refused.Output, StringComparison.Ordinal);

        // Killed, it goes on; started, it knows.
        cluster[1].Daemon.Kill();
        Assert.Equal(Outside, await SeenAsync(cluster.Fabric.NetworkNamespace));
        await cluster[1].StartDaemonAsync("-pod-cidr=10.244.1.0/24");
        await ServesAsync();
        Assert.NotEqual(0, second.Cni("ADD", ports).ExitCode);

        web.Delete();
        address = IPAddress.Parse(second.Add(ports));
        web = second;
        await ServesAsync();

        async Task ServesAsync()
        {
            Assert.Equal(Outside, await SeenAsync(cluster.Fabric.NetworkNamespace));
            Assert.Equal("192.168.2.10", await SeenAsync(cluster[1].Node.NetworkNamespace));
            foreach (string client in new[] { here.NetworkNamespace, there.NetworkNamespace, cluster[2].Node.NetworkNamespace })
            {
                Assert.Equal("10.244.1.1", await SeenAsync(client));
            }
        }

        async Task<string> SeenAsync(string from) => (await UdpSockets.SourceSeenAsync(
            from, web.NetworkNamespace, IPAddress.Parse("192.168.2.10"), HostPort, new IPEndPoint(address, Port))).ToString();
    }

    [Fact]
    public async Task A_node_that_gets_the_block_of_one_that_is_gone_is_reached_and_one_that_only_shares_it_is_warned_of()
    {
        using Cluster cluster = await Cluster.StartAsync(3, startDaemons: false);
        await cluster[1].StartDaemonAsync("-pod-cidr=10.244.1.0/24");
        await cluster[2].StartDaemonAsync("-pod-cidr=10.244.2.0/24");
        await cluster[3].LaunchDaemonAsync("-pod-cidr=10.244.2.0/24");
        await Eventually.HoldsAsync(
            "both to be warned",
            async () => (await cluster[2].StatusAsync()).Problems.Any(problem => problem.Contains("overlaps", StringComparison.Ordinal))
                && (await cluster[3].StatusAsync()).Problems.Any(problem => problem.Contains("overlaps", StringComparison.Ordinal)));

        // That it lives no more is known when its lease has ended.
        cluster[2].Daemon.Kill();
        await Eventually.HoldsAsync("the other's warning to end", async () => (await cluster[3].StatusAsync()).Problems.IsEmpty, TimeSpan.FromMinutes(1));
        Pod a = cluster[1].CreatePod("a"), b = cluster[3].CreatePod("b");
        string addressOfA = a.Add(), addressOfB = b.Add();
        await Eventually.HoldsAsync("the pods to reach each other", () => a.Reaches(addressOfB) && b.Reaches(addressOfA));
    }

    /// <summary>The flag that gives a node's netplugin a block.</summary>
    internal static string Block(ClusterNode node) => FormattableString.Invariant($"-pod-cidr=10.244.{node.Number}.0/24");

    private static async Task<string> SourceSeenAsync(string from, string to, string address) =>
        (await UdpSockets.SourceSeenAsync(from, to, IPAddress.Parse(address), Port)).ToString();
}
