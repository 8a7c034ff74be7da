using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Netplugin.NodeApi.Messages;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>What is denied can be seen, counted and explained, by the name of the policy and the rule.</summary>
public sealed class ExplainTests
{
    private const int Many = 6000;
    private const int Port = 9999;
    private const string Policy = "policy tenant-one/redis-in";
    private const string Rule = "ingress 0 (1)";

    private const string Intent = """
        { "Tenants": [ { "Name": "tenant-one", "DefaultNetType": "vxlan", "SubnetPool": "11.1.0.0/16", "AllocSubnetLen": 24, "Vxlans": "10001-12000",
          "Policies": [ { "Name": "redis-in", "Rules": [
            { "RuleID": "1", "Direction": "in", "Action": "deny" },
            { "RuleID": "2", "Direction": "in", "Priority": 10, "FromEndpointGroup": "web", "Protocol": "tcp", "Port": 6379, "Action": "allow" } ] } ],
          "Networks": [ { "Name": "orange", "EndpointGroups": [ { "Name": "web" }, { "Name": "redis", "Policies": [ "redis-in" ] } ],
            "Endpoints": [ { "Container": "c1", "Group": "web" }, { "Container": "c2", "Group": "redis" } ] } ] } ] }
        """;

    [Fact]
    public async Task What_is_denied_is_seen_counted_and_explained_by_policy_and_rule()
    {
        using Cluster cluster = await Cluster.StartAsync(1);
        cluster.Post(Intent).Succeeded();
        Pod web = cluster[1].CreatePod("c1"), redis = cluster[1].CreatePod("c2");
        string ofWeb = web.Add(), ofRedis = redis.Add();

        // Explained as it happens, and as the maps have it.
        Assert.Equal((false, true), (web.Reaches(ofRedis), redis.Reaches(ofWeb)));
        Explained(3, "c1", "c2", "--protocol", "icmp");
        Explained(0, "c2", "c1", "--protocol", "icmp");
        Explained(0, "c1", "c2", "--port", "6379");
        Assert.Contains($"DENIED: {Policy}, ingress rule 0 (1)\n", Explained(3, "c1", "c2", "--port", "6380"), StringComparison.Ordinal);

        // Seen by netdcli.
        long before = await DeniedAsync();
        using Socket sender = UdpSockets.Open(web.NetworkNamespace);
        var target = new IPEndPoint(IPAddress.Parse(ofRedis), Port);
        Task<CommandResult> observing = Task.Run(
            () => cluster.Netdcli("observe", "--to", "tenant-one/orange/c2", "--policy", "tenant-one/redis-in", "--port", "9999", "--count", "1", "--timeout", "1m", "-o", "json"),
            TestContext.Current.CancellationToken);
        long sent = 0;
        await Eventually.HoldsAsync("netdcli to see a packet", () =>
        {
            if (!observing.IsCompleted)
            {
                sender.SendTo("denied"u8, target);
                sent++;
            }

            return observing.IsCompleted;
        });
        using (JsonDocument seen = JsonDocument.Parse((await observing).Succeeded()))
        {
            string Text(params string[] path) => path.Aggregate(seen.RootElement, (element, name) => element.GetProperty(name)).GetString()!;
            Assert.Equal(("dropped", "policy", Policy, Rule, "ingress", "tenant-one/orange"), (Text("verdict"), Text("reason"), Text("policy"), Text("rule"), Text("direction"), Text("network")));
            Assert.Equal(("tenant-one/orange/c1", ofWeb, ofRedis), (Text("from", "endpoint"), Text("from", "address"), Text("to", "address")));
        }

        // More than the queue holds while the daemon does not look: what is not shown is said to be lost, and all is counted.
        using var closed = new CancellationTokenSource();
        var shown = new ConcurrentQueue<ObservedPacket>();
        long lost = -1;
        Task following = FollowAsync();
        await Eventually.HoldsAsync("it to be observed", () => Interlocked.Read(ref lost) == 0);
        Signal("STOP");
        try
        {
            for (int i = 0; i < Many; i++)
            {
                sender.SendTo("denied"u8, target);
            }
        }
        finally
        {
            Signal("CONT");
        }

        await Eventually.HoldsAsync("every packet to be shown or lost", () => Interlocked.Read(ref lost) + shown.Count >= Many);

        // What else the node dropped meanwhile, as pods' multicast, may be lost too.
        Assert.InRange(Interlocked.Read(ref lost), 1, Many - 1);
        Assert.All(shown, packet => Assert.Equal((Policy, Rule), (packet.Policy, packet.Rule)));
        Assert.Equal(before + sent + Many, await DeniedAsync());
        NodeReply.Metrics metrics = await cluster[1].Client.AskAsync<NodeReply.Metrics>(new NodeRequest.GetMetrics(), TestContext.Current.CancellationToken);
        Assert.Contains(
            FormattableString.Invariant($"netplugin_policy_denied_packets_total{{policy=\"{Policy}\",rule=\"{Rule}\",direction=\"ingress\"}} {before + sent + Many}\n"), metrics.Text, StringComparison.Ordinal);
        await closed.CancelAsync();
        await following;

        // nsenter, between the test and the daemon, stops when the daemon does, and stays so: it would not take the daemon's end.
        void Signal(string signal)
        {
            cluster[1].Node.Run("kill", $"-{signal}", cluster[1].Daemon.Pid.ToString(CultureInfo.InvariantCulture)).Succeeded();
            foreach (Process entering in signal == "CONT" ? Process.GetProcessesByName("nsenter") : [])
            {
                if (File.ReadAllText(FormattableString.Invariant($"/proc/{entering.Id}/cmdline")).Contains(FormattableString.Invariant($"--target\0{cluster[1].Node.HolderPid}\0"), StringComparison.Ordinal))
                {
                    Command.Run("kill", "-CONT", entering.Id.ToString(CultureInfo.InvariantCulture)).Succeeded();
                }
            }
        }

        string Explained(int exit, string from, string to, params string[] traffic)
        {
            CommandResult result = cluster.Netdcli(["policy", "explain", "--from", $"tenant-one/orange/{from}", "--to", $"tenant-one/orange/{to}", .. traffic]);
            Assert.Equal(exit, result.ExitCode);
            Assert.Equal(3, result.Output.Split("the maps of host1 say the same").Length);
            return result.Output;
        }

        async Task<long> DeniedAsync() => (long)(await cluster[1].Client.AskAsync<NodeReply.Policies>(new NodeRequest.GetPolicies(), TestContext.Current.CancellationToken)).Items.Single().DeniedPackets;

        async Task FollowAsync()
        {
            try
            {
                await foreach (NodeReply reply in cluster[1].Client.StreamAsync(new NodeRequest.Observe(false, new(Port: Port)), closed.Token))
                {
                    if (reply is NodeReply.Observed(var items, var soFar))
                    {
                        foreach (ObservedPacket item in items)
                        {
                            shown.Enqueue(item);
                        }

                        Interlocked.Exchange(ref lost, soFar);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
