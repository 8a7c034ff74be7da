using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.ApiServers;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;
using static Netplugin.Tests.EndToEnd.DualStack;

namespace Netplugin.Tests.EndToEnd;

/// <summary>
/// Pods of two tenants whose networks are one subnet, on nodes that have blocks: each has a cluster address of every block beside its network's address, which
/// another tenant's pod on the same node has too.
/// </summary>
public sealed class ClusterAddressTests
{
    private const int Port = 5001;
    private const int HostPort = 5080;
    private const int Last = 2;

    [Fact]
    public async Task Tenants_pods_speak_with_their_own_the_nodes_and_the_world_by_cluster_addresses_and_with_nobody_else()
    {
        using Cluster cluster = await StartAsync();
        cluster.Post(Intents.TwoTenants(["a1", "a2", "a3"], ["b1", "b2", "b3"])).Succeeded();
        Pod a1 = cluster[1].CreatePod("a1"), a2 = cluster[1].CreatePod("a2"), a3 = cluster[2].CreatePod("a3");
        Pod b1 = cluster[1].CreatePod("b1"), b2 = cluster[1].CreatePod("b2"), b3 = cluster[2].CreatePod("b3");
        Pod d1 = cluster[1].CreatePod("d1"), d2 = cluster[2].CreatePod("d2");
        Dictionary<Pod, string[]> has = new Pod[] { a1, a2, a3, b1, b2, b3, d1, d2 }.ToDictionary(pod => pod, AddressesOf);
        Assert.Equal(["11.1.0.1", "11.1.0.1"], new[] { a1, b1 }.Select(pod => has[pod][Last]));
        string outside = cluster.Fabric.NetworkNamespace;
        await Eventually.HoldsAsync("the nodes to know all pods", () => a1.Reaches(has[a3][0]) && b1.Reaches(has[b3][0]) && d1.Reaches(has[d2][0]));

        // Within a network, by either address; each is seen by its own of the same plane.
        foreach ((Pod one, Pod near, Pod far) in new[] { (a1, a2, a3), (b1, b2, b3) })
        {
            foreach (Pod peer in new[] { near, far })
            {
                Assert.Equal(has[one][Last], await SourceSeenAsync(one.NetworkNamespace, peer.NetworkNamespace, has[peer][Last]));
            }
        }

        foreach (Family family in Both)
        {
            int i = (int)family;
            Assert.Equal(6, new[] { a1, a2, b1, b2, d1 }.Select(pod => has[pod][i]).Append(Gateway(family, 1)).Distinct().Count());
            foreach ((Pod one, Pod near, Pod far) in new[] { (a1, a2, a3), (b1, b2, b3) })
            {
                Assert.StartsWith(Block(family, 1), has[one][i], StringComparison.Ordinal);
                foreach (Pod peer in new[] { near, far })
                {
                    Assert.Equal(has[one][i], await SourceSeenAsync(one.NetworkNamespace, peer.NetworkNamespace, has[peer][i]));
                    Assert.Equal(has[peer][i], await SourceSeenAsync(peer.NetworkNamespace, one.NetworkNamespace, has[one][i]));
                }

                // The nodes, here and there, and out of the cluster by the node's address.
                foreach (ClusterNode node in cluster.Nodes)
                {
                    string place = node.Node.NetworkNamespace;
                    Assert.Equal(Underlay(family, 9 + node.Number), await SourceSeenAsync(place, one.NetworkNamespace, has[one][i]));
                    Assert.Equal(has[one][i], await SourceSeenAsync(one.NetworkNamespace, place, Underlay(family, 9 + node.Number)));
                    Assert.Equal(has[one][i], await SourceSeenAsync(one.NetworkNamespace, place, Gateway(family, node.Number)));
                }

                Assert.Equal(Underlay(family, 10), await SourceSeenAsync(one.NetworkNamespace, outside, Underlay(family, 1)));
            }

            // Nobody of another network, on neither node.
            foreach ((Pod from, Pod to) in new[] { (a1, b2), (a1, b3), (b1, a3), (a1, d1), (a1, d2), (d1, a1), (d2, a1), (d1, b3) })
            {
                long before = await OtherNetworkAsync(cluster);
                Assert.False(from.Reaches(has[to][i]), $"{from.Name} reached {to.Name} by {has[to][i]}");
                Assert.True(await OtherNetworkAsync(cluster) > before, $"what {from.Name} sent to {to.Name} was not dropped by name");
            }
        }

        // Nor does a network's address lead anywhere else.
        Assert.False(d1.ReachesByForce(has[a1][Last]));
        foreach (string target in new[] { Gateway(Family.Four, 1), Underlay(Family.Four, 10), Underlay(Family.Four, 1), has[a2][0] })
        {
            Assert.NotEqual(0, a1.Run("ping", "-n", "-c", "1", "-W", "1", "-I", has[a1][Last], target).ExitCode);
        }
    }

    [Fact]
    public async Task The_answer_has_the_cluster_addresses_alone_and_CHECK_finds_what_is_missing()
    {
        using Cluster cluster = await StartAsync();
        cluster.Post(Intents.TwoTenants(["a1"], ["b1"])).Succeeded();
        Pod pod = cluster[1].CreatePod("a1");
        string result = pod.Cni("ADD").Succeeded();
        using JsonDocument read = JsonDocument.Parse(result);
        string[] addresses = Add(pod);
        Assert.Equal(
            [addresses[0] + "/32 10.244.1.1", addresses[1] + "/128 fd00:10:244:1::1"],
            Texts("ips", ip => $"{ip.GetProperty("address")} {(ip.TryGetProperty("gateway", out JsonElement gateway) ? gateway.GetString() : "")}"));
        Assert.Equal(["0.0.0.0/0 10.244.1.1", "::/0 fd00:10:244:1::1"], Texts("routes", route => $"{route.GetProperty("dst")} {route.GetProperty("gw")}"));
        string check = Pod.Configuration(more: ", \"prevResult\": " + result);
        pod.Cni("CHECK", check).Succeeded();

        // Without its source the default route would speak by the network's address to whoever asked for that.
        pod.Run("ip", "route", "replace", "default", "via", "10.244.1.1", "dev", "eth0").Succeeded();
        Assert.Contains($"from {addresses[0]}", pod.Cni("CHECK", check).Output, StringComparison.Ordinal);
        pod.Run("ip", "route", "replace", "default", "via", "10.244.1.1", "dev", "eth0", "src", addresses[0]).Succeeded();
        pod.Cni("CHECK", check).Succeeded();
        pod.Run("ip", "addr", "del", addresses[1] + "/128", "dev", "eth0").Succeeded();
        Assert.Contains(addresses[1], pod.Cni("CHECK", check).Output, StringComparison.Ordinal);

        IEnumerable<string> Texts(string name, Func<JsonElement, string> text) => read.RootElement.GetProperty(name).EnumerateArray().Select(text);
    }

    [Fact]
    public async Task A_restart_keeps_addresses_and_host_ports_and_a_DEL_frees_them()
    {
        using Cluster cluster = await StartAsync();
        cluster.Post(Intents.TwoTenants(["a1", "a2", "a3"], ["b1", "b2"])).Succeeded();
        Pod web = cluster[1].CreatePod("a1"), near = cluster[1].CreatePod("a2"), far = cluster[2].CreatePod("a3"), other = cluster[2].CreatePod("b2");
        string ports = Pod.Configuration(more: $$""", "runtimeConfig": { "portMappings": [{ "hostPort": {{HostPort}}, "containerPort": {{Port}}, "protocol": "udp" }] }""");
        string[] ofWeb = Add(web, ports), ofFar = Add(far), ofOther = Add(other);
        Add(near);
        await Eventually.HoldsAsync("the nodes to know all pods", () => web.Reaches(ofFar[0]));

        await ServesAsync();
        cluster[1].Daemon.Kill();
        await ServesAsync();
        await StartDaemonAsync(cluster[1]);
        await ServesAsync();
        Assert.Equal(ofWeb, Add(web, ports));
        Pod next = cluster[1].CreatePod("b1");
        Assert.Empty(Add(next).Intersect(ofWeb));

        // Nobody of another network gets in by the port.
        long before = await OtherNetworkAsync(cluster);
        using (Socket socket = UdpSockets.Open(other.NetworkNamespace, 0, IPAddress.Parse(ofOther[0])))
        {
            await socket.SendToAsync(new byte[1], new IPEndPoint(IPAddress.Parse(Underlay(Family.Four, 10)), HostPort), TestContext.Current.CancellationToken);
            await Eventually.HoldsAsync("it to be dropped by name", async () => await OtherNetworkAsync(cluster) > before);
        }

        web.Delete();
        next.Delete();
        near.Delete();
        await Eventually.HoldsAsync("nothing to be left of the pods", async () => (await cluster[1].StatusAsync()) is { Endpoints: 0, Networks: 1 });
        Assert.NotEqual(0, far.Run("ping", "-n", "-c", "1", "-W", "1", ofWeb[0]).ExitCode);

        // It rests before another pod has it.
        Assert.Empty(Add(cluster[1].CreatePod("later")).Intersect(ofWeb));

        async Task ServesAsync()
        {
            foreach (Family family in Both)
            {
                Assert.Equal(Underlay(family, 1), await SeenAsync(family, cluster.Fabric.NetworkNamespace));
                Assert.Equal(Underlay(family, 10), await SeenAsync(family, cluster[1].Node.NetworkNamespace));
                foreach (string from in new[] { cluster[2].Node.NetworkNamespace, near.NetworkNamespace, far.NetworkNamespace })
                {
                    Assert.Equal(Gateway(family, 1), await SeenAsync(family, from));
                }

                Assert.True(web.Reaches(ofFar[(int)family]) && far.Reaches(ofWeb[(int)family]), "pods do not reach each other");
            }
        }

        async Task<string> SeenAsync(Family family, string from) => (await UdpSockets.SourceSeenAsync(
            from, web.NetworkNamespace, IPAddress.Parse(Underlay(family, 10)), HostPort, new IPEndPoint(IPAddress.Parse(ofWeb[(int)family]), Port))).ToString();
    }

    [Fact]
    public async Task A_Service_that_all_may_use_serves_every_tenant_at_its_port_alone()
    {
        using Cluster cluster = await StartAsync(startDaemons: false);
        await using FakeServices first = new(cluster[1].Node.NetworkNamespace), second = new(cluster[2].Node.NetworkNamespace);
        foreach ((ClusterNode node, FakeServices kubernetes) in cluster.Nodes.Zip([first, second]))
        {
            await File.WriteAllTextAsync(Path.Combine(node.Node.RunFolder, "kubeconfig"), kubernetes.Kubeconfig, TestContext.Current.CancellationToken);
            kubernetes.List("nodes", FakeServices.Node(node.Host, "east"));
            kubernetes.List("pods");
            kubernetes.ListNoPolicies();
            kubernetes.List("services", FakeServices.ServiceOf("names", "10.96.0.10"), FakeServices.ServiceOf("closed", "10.96.0.11"));
            await node.StartDaemonAsync(FormattableString.Invariant($"-pod-cidr=10.244.{node.Number}.0/24"), "-kubeconfig=/run/kubeconfig", "-shared-services=shop/names");
        }

        cluster.Post(Intents.TwoTenants(["a1"], ["b1"])).Succeeded();
        Pod names = cluster[2].CreatePod("names"), closed = cluster[2].CreatePod("closed"), a1 = cluster[1].CreatePod("a1"), b1 = cluster[2].CreatePod("b1");
        string[] ofNames = Add(names), ofClosed = Add(closed);
        foreach (FakeServices kubernetes in new[] { first, second })
        {
            kubernetes.List("endpointslices", FakeServices.Slice("names", ofNames[0]), FakeServices.Slice("closed", ofClosed[0]));
        }

        Dictionary<Pod, string[]> tenants = new[] { a1, b1 }.ToDictionary(pod => pod, pod => Add(pod));
        foreach ((Pod tenant, string[] has) in tenants)
        {
            Assert.Equal(has[0], await TcpSourceSeenAsync(tenant, names, "10.96.0.10", 80, ofNames[0], 8080));
            foreach ((string address, int port) in new[] { (ofNames[0], 8081), (ofClosed[0], 8080), ("10.96.0.11", 80) })
            {
                using Socket socket = Tcp(tenant);
                long before = await OtherNetworkAsync(cluster);
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
                await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), port), limit.Token));
                Assert.True(await OtherNetworkAsync(cluster) > before, $"{address}:{port} was not dropped by name");
            }

            Assert.False(tenant.Reaches(ofNames[0]));
            Assert.False(names.Reaches(has[0]));
        }
    }

    private static async Task<long> OtherNetworkAsync(Cluster cluster) => (await Task.WhenAll(cluster.Nodes.Select(node => node.DropsAsync("OtherNetwork")))).Sum();

    private static Socket Tcp(Pod pod, IPEndPoint? listensAt = null) => InNamespace.Open(pod.NetworkNamespace, () =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (listensAt is not null)
        {
            socket.Bind(listensAt);
            socket.Listen();
        }

        return socket;
    });

    private static async Task<string> TcpSourceSeenAsync(Pod from, Pod to, string address, int port, string listensAt, int listensAtPort)
    {
        using Socket listener = Tcp(to, new IPEndPoint(IPAddress.Parse(listensAt), listensAtPort));
        IPAddress? seen = null;
        await Eventually.HoldsAsync($"{from.Name} to reach {address}:{port}", async () =>
        {
            using Socket client = Tcp(from);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            try
            {
                await client.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), port), limit.Token);
                using Socket accepted = await listener.AcceptAsync(limit.Token);
                seen = ((IPEndPoint)accepted.RemoteEndPoint!).Address;
                return true;
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                return false;
            }
        });
        return seen!.ToString();
    }

    /// <summary>ADD; gives the addresses of the answer, and then that of the network, if the pod is in one.</summary>
    private static string[] AddressesOf(Pod pod) => [.. Add(pod), .. NetworkAddresses(pod)];

    private static async Task<string> SourceSeenAsync(string from, string to, string address) =>
        (await UdpSockets.SourceSeenAsync(from, to, IPAddress.Parse(address), Port)).ToString();
}
