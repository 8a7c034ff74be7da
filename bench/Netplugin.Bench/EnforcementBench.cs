using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.ApiServers;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Bench;

/// <summary>
/// What enforced policies cost: request/response between two pods of a node that 10,000 policies are about, against two of a node that none are about; and how long after the API server has told a
/// change packets meet it, also those of a flow that it ends.
/// </summary>
internal static class EnforcementBench
{
    private const string Section = "Enforcing policies";
    private const int Pods = 100;
    private const int Policies = 10_000;
    private const int Changes = 300;
    private const int Revocations = 30;
    private const int StreamPort = 4001;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(40);

    /// <summary>Runs the bench.</summary>
    public static async Task RunAsync(Report report)
    {
        using Cluster cluster = await Cluster.StartAsync(2, startDaemons: false);
        await using FakeServices none = new(cluster[1].Node.NetworkNamespace), many = new(cluster[2].Node.NetworkNamespace);
        (Pod Client, Pod Server, string Address) free = await StartAsync(cluster[1], none, 2, 0);
        (Pod Client, Pod Server, string Address) policed = await StartAsync(cluster[2], many, Pods, Policies);
        using var generation = new LiveGeneration(cluster[2].Node.HolderPid);

        TrafficPath without = new("no policies", free.Client.NetworkNamespace, free.Server.NetworkNamespace, free.Address);
        TrafficPath with = new($"{Policies:N0} policies", policed.Client.NetworkNamespace, policed.Server.NetworkNamespace, policed.Address);
        await Traffic.AnswersAsync(without);
        await Traffic.AnswersAsync(with);
        Dictionary<string, TrafficSamples> measured = await Traffic.MeasureRequestsAsync([without, with]);
        foreach ((string name, TrafficSamples samples) in measured)
        {
            report.Add(Section, name, $"{Report.Number(samples.Requests.Median)} requests/s ({Report.Number(samples.Requests.Minimum)}-{Report.Number(samples.Requests.Maximum)})", "", null);
        }

        double ratio = Samples.Ratio(measured[with.Name].Requests, measured[without.Name].Requests).Median;
        report.Add(Section, $"request/response: {with.Name} / {without.Name}", Report.Number(ratio), ">= 0.97", ratio >= 0.97);

        Samples enforced = await EnforceAsync(many, generation);
        report.Add(
            Section, $"a policy changes, {Pods} pods on the node: until it is enforced", $"{Report.Number(enforced.Median)} ms (p99 {Report.Number(enforced.Percentile(99))})", "<= 10 ms, p99 <= 50 ms",
            enforced.Median <= 10 && enforced.Percentile(99) <= 50);
        Samples revoked = await RevokeAsync(many, policed);
        report.Add(
            Section, "a policy forbids an established flow: until its last packet arrives", $"{Report.Number(revoked.Median)} ms ({Report.Number(revoked.Minimum)}-{Report.Number(revoked.Maximum)})", "", null);
        report.Note($"Enforcing policies: times are from when the API server, in the bench's process, sends a watch event. The node of the changes has {Pods} pods, each of which {Policies / Pods} of {Policies:N0} policies are for; a change is one of a policy for one of them.");
    }

    private static async Task<(Pod Client, Pod Server, string Address)> StartAsync(ClusterNode node, FakeServices kubernetes, int pods, int policies)
    {
        Pod[] made = [.. Enumerable.Range(0, pods).Select(i => node.CreatePod(Name(i)))];
        kubernetes.List("nodes", FakeServices.Node(node.Host, "east"));
        kubernetes.List("services");
        kubernetes.List("endpointslices");
        kubernetes.List("namespaces", """{"metadata":{"name":"default","resourceVersion":"1"} }""");
        kubernetes.List("clusternetworkpolicies");
        kubernetes.List("networkpolicies", [.. Enumerable.Range(0, policies).Select(i => Policy(i, Traffic.RedisPort))]);
        kubernetes.List("pods", [.. made.Select((pod, i) => $$$"""{"metadata":{"name":"{{{pod.Name}}}","namespace":"default","uid":"uid-{{{pod.Name}}}","resourceVersion":"1","labels":{"app":"{{{pod.Name}}}","role":"{{{(i % 10).ToString(CultureInfo.InvariantCulture)}}}"}},"spec":{"nodeName":"{{{node.Host}}}"} }""")]);
        File.WriteAllText(Path.Combine(node.Node.RunFolder, "kubeconfig"), kubernetes.Kubeconfig);
        await node.StartDaemonAsync($"-pod-cidr=10.244.{node.Number * 16}.0/20", "-kubeconfig=/run/kubeconfig");
        await Eventually.HoldsAsync("the node to have seen its pods", async () => await node.StatusAsync() is { Reconciles: > 0, Problems.IsEmpty: true });
        string[] addresses = [.. made.Select(pod => pod.Add())];
        return (made[0], made[1], addresses[1]);
    }

    // The event of one policy for one pod, which opens another port each time.
    private static async Task<Samples> EnforceAsync(FakeServices kubernetes, LiveGeneration generation)
    {
        Samples milliseconds = new();
        for (int i = 0; i < Changes; i++)
        {
            ulong before = generation.Now;
            long started = Stopwatch.GetTimestamp();
            kubernetes.Say("networkpolicies", "MODIFIED", Policy(i % Pods, 7000 + i));
            while (generation.Now == before)
            {
                Thread.SpinWait(20);
            }

            milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await Task.Delay(Between);
        }

        return milliseconds;
    }

    // A datagram as often as one can be sent, and when the last one came that a policy of the Admin tier then forbids.
    private static async Task<Samples> RevokeAsync(FakeServices kubernetes, (Pod Client, Pod Server, string Address) pair)
    {
        Samples milliseconds = new();
        using Socket sender = UdpSockets.Open(pair.Client.NetworkNamespace);
        using Socket receiver = UdpSockets.Open(pair.Server.NetworkNamespace, StreamPort);
        sender.Connect(new IPEndPoint(IPAddress.Parse(pair.Address), StreamPort));
        receiver.ReceiveTimeout = 50;
        using var stopped = new CancellationTokenSource();
        var sending = new Thread(() =>
        {
            while (!stopped.IsCancellationRequested)
            {
                sender.Send("x"u8);
                Thread.SpinWait(2000);
            }
        });
        sending.Start();
        byte[] buffer = new byte[16];
        for (int i = 0; i < Revocations; i++)
        {
            kubernetes.Say("clusternetworkpolicies", i == 0 ? "ADDED" : "MODIFIED", Verdict("Accept", i));
            while (!Received())
            {
            }

            await Task.Delay(Between);
            Drain();
            long started = Stopwatch.GetTimestamp();
            kubernetes.Say("clusternetworkpolicies", "MODIFIED", Verdict("Deny", i));
            long last = started;
            while (Received())
            {
                last = Stopwatch.GetTimestamp();
            }

            milliseconds.Add(Stopwatch.GetElapsedTime(started, last).TotalMilliseconds);
        }

        await stopped.CancelAsync();
        sending.Join();
        return milliseconds;

        bool Received()
        {
            try
            {
                return receiver.Receive(buffer) > 0;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                return false;
            }
        }

        // What waits in the socket was sent before.
        void Drain()
        {
            while (receiver.Available > 0 && Received())
            {
            }
        }
    }

    private static string Name(int pod) => string.Create(CultureInfo.InvariantCulture, $"p{pod}");

    // Of the policies for a pod one opens the port for requests to all, the others a port of their own to some.
    private static string Policy(int number, int port)
    {
        string from = number < Pods ? "{}" : $$"""{"matchLabels":{"role":"{{number % 10}}"} }""";
        string to = number < Pods ? "{}" : $$"""{"matchLabels":{"role":"{{number / 10 % 10}}"} }""";
        return string.Create(CultureInfo.InvariantCulture, $$"""
            {"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"np{{number}}","namespace":"default","uid":"np{{number}}","resourceVersion":"1"},
            "spec":{"podSelector":{"matchLabels":{"app":"p{{number % Pods}}"} },"policyTypes":["Ingress","Egress"],
            "ingress":[{"from":[{"podSelector":{{from}} }],"ports":[{"protocol":"TCP","port":{{(number < Pods ? port : 8000 + number)}} }]}],
            "egress":[{"to":[{"podSelector":{{to}} }]}]} }
            """).ReplaceLineEndings("");
    }

    private static string Verdict(string action, int round) => string.Create(CultureInfo.InvariantCulture, $$"""
        {"apiVersion":"policy.networking.k8s.io/v1alpha2","kind":"ClusterNetworkPolicy","metadata":{"name":"stream","uid":"stream","resourceVersion":"{{round + 2}}"},
        "spec":{"tier":"Admin","priority":1,"subject":{"pods":{"namespaceSelector":{},"podSelector":{"matchLabels":{"app":"p1"} } } },
        "ingress":[{"action":"{{action}}","from":[{"pods":{"namespaceSelector":{},"podSelector":{"matchLabels":{"app":"p0"} } } }],"protocols":[{"udp":{"destinationPort":{"number":{{StreamPort}} } } }]}]} }
        """).ReplaceLineEndings("");
}
