using System.Net;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;
using static Netplugin.Tests.EndToEnd.DualStack;

namespace Netplugin.Tests.EndToEnd;

/// <summary>Pods of the default network on nodes with a block of each family, and an underlay of both.</summary>
public sealed class DualStackTests
{
    private const int Port = 5001;
    private const int HostPort = 5080;

    [Fact]
    public async Task Pods_have_both_families_on_one_interface_and_reach_pods_nodes_and_the_world_in_each()
    {
        using Cluster cluster = await StartAsync();
        Pod a = cluster[1].CreatePod("a"), b = cluster[1].CreatePod("b"), c = cluster[2].CreatePod("c");
        string[] ofA = Add(a), ofB = Add(b), ofC = Add(c);
        string node1 = cluster[1].Node.NetworkNamespace, node2 = cluster[2].Node.NetworkNamespace, outside = cluster.Fabric.NetworkNamespace;
        foreach (Family family in Both)
        {
            int i = (int)family;
            Assert.StartsWith(Block(family, 1), ofA[i], StringComparison.Ordinal);
            Assert.StartsWith(Block(family, 2), ofC[i], StringComparison.Ordinal);
            await Eventually.HoldsAsync("the nodes to know each other", () => a.Reaches(ofC[i]));

            // Pod to pod, and pod to node by either address of the node: each is seen by its own.
            Assert.Equal(ofA[i], await SourceSeenAsync(a.NetworkNamespace, b.NetworkNamespace, ofB[i]));
            Assert.Equal(ofA[i], await SourceSeenAsync(a.NetworkNamespace, c.NetworkNamespace, ofC[i]));
            Assert.Equal(ofC[i], await SourceSeenAsync(c.NetworkNamespace, a.NetworkNamespace, ofA[i]));
            Assert.Equal(ofA[i], await SourceSeenAsync(a.NetworkNamespace, node1, Gateway(family, 1)));
            Assert.Equal(ofA[i], await SourceSeenAsync(a.NetworkNamespace, node2, Gateway(family, 2)));
            Assert.Equal(ofA[i], await SourceSeenAsync(a.NetworkNamespace, node1, Underlay(family, 10)));
            Assert.Equal(ofA[i], await SourceSeenAsync(a.NetworkNamespace, node2, Underlay(family, 11)));

            // Node to pod, here and there, by the address that pods know the node by.
            Assert.Equal(Underlay(family, 10), await SourceSeenAsync(node1, a.NetworkNamespace, ofA[i]));
            Assert.Equal(Underlay(family, 10), await SourceSeenAsync(node1, c.NetworkNamespace, ofC[i]));

            // Out of the cluster by the node's address.
            Assert.Equal(Underlay(family, 10), await SourceSeenAsync(a.NetworkNamespace, outside, Underlay(family, 1)));
            Assert.Equal(Underlay(family, 11), await SourceSeenAsync(c.NetworkNamespace, outside, Underlay(family, 1)));
        }

        string links = a.Run("ip", "-o", "link").Succeeded();
        Assert.Equal(2, links.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain("tentative", a.Run("ip", "-6", "addr").Succeeded(), StringComparison.Ordinal);

        // CHECK finds what is missing of either.
        a.Cni("CHECK", Pod.Configuration(more: $", \"prevResult\": {a.Cni("ADD").Succeeded()}")).Succeeded();
        string result = a.Cni("ADD").Succeeded();
        a.Run("ip", "addr", "del", ofA[1] + "/64", "dev", "eth0").Succeeded();
        Assert.Contains(ofA[1], a.Cni("CHECK", Pod.Configuration(more: $", \"prevResult\": {result}")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_forges_no_address_of_either_family()
    {
        using Cluster cluster = await StartAsync();
        Pod a = cluster[1].CreatePod("a"), b = cluster[1].CreatePod("b");
        Add(a);
        string[] ofB = Add(b);

        // The neighbour is known before, for a question after it in a forged name would not be answered.
        Assert.True(a.Reaches(ofB[0]) && a.Reaches(ofB[1]));
        a.Run("ip", "addr", "add", "10.244.1.200/32", "dev", "eth0").Succeeded();
        a.Run("ip", "addr", "add", "fd00:10:244:1::200/128", "dev", "eth0", "nodad").Succeeded();
        foreach ((string forged, string target) in new[] { ("10.244.1.200", ofB[0]), ("fd00:10:244:1::200", ofB[1]) })
        {
            long before = await cluster[1].DropsAsync("AddressSpoof");
            Assert.NotEqual(0, a.Run("ping", "-n", "-c", "1", "-W", "1", "-I", forged, target).ExitCode);
            Assert.True(await cluster[1].DropsAsync("AddressSpoof") > before, $"{forged} was not dropped by name");
        }
    }

    [Fact]
    public async Task A_port_of_the_node_leads_to_its_pod_in_both_families_and_a_restart_loses_nothing()
    {
        using Cluster cluster = await StartAsync();
        Pod web = cluster[1].CreatePod("web"), there = cluster[2].CreatePod("there");
        string ports = Pod.Configuration(more: $$""", "runtimeConfig": { "portMappings": [{ "hostPort": {{HostPort}}, "containerPort": {{Port}}, "protocol": "udp" }] }""");
        string[] ofWeb = Add(web, ports), ofThere = Add(there);
        foreach (Family family in Both)
        {
            await Eventually.HoldsAsync("the nodes to know each other", () => there.Reaches(ofWeb[(int)family]));
        }

        await ServesAsync();
        cluster[1].Daemon.Kill();
        await ServesAsync();
        await StartDaemonAsync(cluster[1]);
        await ServesAsync();
        Assert.Empty(Add(cluster[1].CreatePod("next")).Intersect(ofWeb));

        async Task ServesAsync()
        {
            foreach (Family family in Both)
            {
                Assert.Equal(Underlay(family, 1), await SeenAsync(family, cluster.Fabric.NetworkNamespace));
                Assert.Equal(Underlay(family, 10), await SeenAsync(family, cluster[1].Node.NetworkNamespace));
                Assert.Equal(Gateway(family, 1), await SeenAsync(family, cluster[2].Node.NetworkNamespace));
                Assert.Equal(Gateway(family, 1), await SeenAsync(family, there.NetworkNamespace));
                Assert.True(there.Reaches(ofWeb[(int)family]) && web.Reaches(ofThere[(int)family]), $"pods do not reach each other");
            }
        }

        async Task<string> SeenAsync(Family family, string from) => (await UdpSockets.SourceSeenAsync(
            from, web.NetworkNamespace, IPAddress.Parse(Underlay(family, 10)), HostPort, new IPEndPoint(IPAddress.Parse(ofWeb[(int)family]), Port))).ToString();
    }

    [Fact]
    public async Task A_second_block_is_for_the_pods_that_come_after_it()
    {
        using Cluster cluster = await StartAsync(secondFamily: false);
        Pod before = cluster[1].CreatePod("before");
        string address = Assert.Single(Add(before));
        cluster[1].Daemon.Kill();
        await StartDaemonAsync(cluster[1]);

        Pod after = cluster[1].CreatePod("after");
        Assert.Equal(2, Add(after).Length);
        Assert.Equal([address], Add(before));
        Assert.True(after.Reaches(address));
    }

    private static async Task<string> SourceSeenAsync(string from, string to, string address) =>
        (await UdpSockets.SourceSeenAsync(from, to, IPAddress.Parse(address), Port)).ToString();
}
