using System.Net.Sockets;
using System.Text.Json;
using Netplugin.NodeApi.Messages;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Tests.Agent.Real;

/// <summary>The node API's socket, and CNI's answers on a real kernel.</summary>
public sealed class ApiTests
{
    [Fact]
    public async Task The_socket_survives_garbage_slow_clients_and_a_flood()
    {
        using var cluster = await Cluster.StartAsync(1);
        var node = cluster[1];
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            using var client = Connect(node);
            var garbage = new byte[random.Next(1, 4000)];
            random.NextBytes(garbage);
            try
            {
                client.Send(garbage);
            }
            catch (SocketException)
            {
                // Refused before all of it was read, as it may be.
            }
        }

        // Half a frame each, and nothing more: these must not keep others out.
        Socket[] slow = [.. Enumerable.Range(0, 200).Select(_ => Connect(node))];
        foreach (var client in slow)
        {
            client.Send([0, 0, 1]);
        }

        Assert.Equal("ready", (await node.StatusAsync()).State);
        foreach (var client in slow)
        {
            client.Dispose();
        }

        Assert.True(node.Daemon.IsRunning);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketOf(node)));
    }

    [Fact]
    public async Task Adding_twice_deleting_twice_and_deleting_without_a_namespace_answer_as_the_specification_says()
    {
        using var cluster = await Cluster.StartAsync(1);
        cluster.Post(NodeChecks.Intent(2)).Succeeded();
        var pod = cluster[1].CreatePod("c1");
        var first = pod.Cni("ADD").Succeeded();
        Assert.Equal(first, pod.Cni("ADD").Succeeded());
        pod.Delete();
        pod.Delete();

        pod.Add();
        pod.RemoveNamespace();
        pod.Delete();
        await NodeChecks.NothingLeftAsync(cluster, "a DEL without the namespace");
        Assert.Contains("no endpoint is posted for pod nobody", cluster[1].CreatePod("nobody").Cni("ADD").Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_network_namespace_is_a_wrong_variable_for_ADD_and_as_good_as_gone_for_DEL()
    {
        using var cluster = await Cluster.StartAsync(1);
        cluster.Post(NodeChecks.Intent(1)).Succeeded();
        var pod = cluster[1].CreatePod("c1");
        pod.Add();

        // What is left of a named namespace when its mount is gone.
        pod.RemoveNamespace();
        cluster[1].Node.Run("touch", "/run/netns/" + pod.Sandbox).Succeeded();
        using (var error = JsonDocument.Parse(pod.Cni("ADD").Output))
        {
            Assert.Equal(4, error.RootElement.GetProperty("code").GetInt32());
            Assert.Contains("CNI_NETNS", error.RootElement.GetProperty("msg").GetString(), StringComparison.Ordinal);
        }

        var deleted = pod.Cni("DEL");
        Assert.Equal((0, ""), (deleted.ExitCode, deleted.Error));
        await NodeChecks.NothingLeftAsync(cluster, "a DEL whose namespace is a plain file");
    }

    [Fact]
    public async Task A_check_after_damage_names_what_is_wrong()
    {
        using var cluster = await Cluster.StartAsync(1);
        cluster.Post(NodeChecks.Intent(1)).Succeeded();
        var pod = cluster[1].CreatePod("c1");
        var result = pod.Cni("ADD").Succeeded();
        var check = Pod.Configuration(more: ", \"prevResult\": " + result);
        pod.Cni("CHECK", check).Succeeded();
        pod.Run("ip", "addr", "flush", "dev", "eth0").Succeeded();
        var damaged = pod.Cni("CHECK", check);
        Assert.NotEqual(0, damaged.ExitCode);
        Assert.Contains("11.1.0.1", damaged.Output, StringComparison.Ordinal);

        // Asked again, it is made anew, and the runtime has a new result to check by.
        check = Pod.Configuration(more: ", \"prevResult\": " + pod.Cni("ADD").Succeeded());
        pod.Cni("CHECK", check).Succeeded();
    }

    [Fact]
    public async Task Gc_frees_what_is_not_listed_and_status_says_that_all_is_well()
    {
        using var cluster = await Cluster.StartAsync(1);
        cluster.Post(NodeChecks.Intent(2)).Succeeded();
        Pod kept = cluster[1].CreatePod("c1"), freed = cluster[1].CreatePod("c2");
        kept.Add();
        freed.Add();
        kept.Cni("STATUS").Succeeded();
        kept.Cni("GC", Pod.Configuration(more: $$""", "cni.dev/valid-attachments": [{"containerID": "{{kept.Sandbox}}", "ifname": "eth0"}]""")).Succeeded();
        var left = (await cluster[1].Client.AskAsync<NodeReply.Endpoints>(new NodeRequest.GetEndpoints(), TestContext.Current.CancellationToken)).Items;
        Assert.Equal("c1", Assert.Single(left).Container);
    }

    [Fact]
    public async Task A_device_that_was_taken_away_comes_back_and_a_vxlan_device_too()
    {
        using var cluster = await Cluster.StartAsync(1);
        var node = cluster[1];
        node.Node.Run("ip", "link", "del", "np-vxlan").Succeeded();
        await node.Client.AskAsync<NodeReply.Done>(new NodeRequest.Resync(), TestContext.Current.CancellationToken);
        node.Node.Run("ip", "link", "show", "np-vxlan").Succeeded();
        await Eventually.HoldsAsync("the daemon to be ready", async () => (await node.StatusAsync()).State == "ready");
    }

    private static string SocketOf(ClusterNode node) => Path.Combine(node.Node.RunFolder, "netplugin", "netplugin.sock");

    private static Socket Connect(ClusterNode node)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(SocketOf(node)));
        return socket;
    }
}
