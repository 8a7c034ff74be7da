using System.Globalization;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.ApiServers;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Bench;

/// <summary>CNI ADD and DEL of pods that have a tenant's network by labels, against those of the default network.</summary>
internal static class LabelBench
{
    private const int Pods = 100;
    private const string Labels = """{"io.contiv.tenant":"bench","io.contiv.network":"net"}""";

    /// <summary>Runs the bench.</summary>
    public static async Task RunAsync(Report report)
    {
        using Cluster cluster = await Cluster.StartAsync(1, startDaemons: false);
        ClusterNode node = cluster[1];
        Pod[] labelled = [.. Enumerable.Range(0, Pods).Select(i => node.CreatePod(Name("labelled", i)))];
        Pod[] plain = [.. Enumerable.Range(0, Pods).Select(i => node.CreatePod(Name("plain", i)))];
        await using var kubernetes = new FakeServices(node.Node.NetworkNamespace);
        kubernetes.List("nodes", FakeServices.Node(node.Host, "east"));
        kubernetes.List("services");
        kubernetes.List("endpointslices");
        kubernetes.ListNoPolicies("""{"metadata":{"name":"default","resourceVersion":"1"} }""");
        kubernetes.List("pods", [.. labelled.Select(pod => PodObject(pod, node, Labels)), .. plain.Select(pod => PodObject(pod, node, "{}"))]);
        File.WriteAllText(Path.Combine(node.Node.RunFolder, "kubeconfig"), kubernetes.Kubeconfig);
        await node.StartDaemonAsync("-pod-cidr=10.244.0.0/20", "-kubeconfig=/run/kubeconfig");
        cluster.Post("""{ "Tenants": [ { "Name": "bench", "SubnetPool": "10.211.0.0/16", "Vxlans": "10001-11000", "Networks": [ { "Name": "net" } ] } ] }""").Succeeded();
        await Eventually.HoldsAsync("the node to have seen its pods", async () => await node.StatusAsync() is { Reconciles: > 0, Problems.IsEmpty: true });
        (CniProgram netplugin, _) = CniProgram.Both(cluster, node);
        var (labelledAdd, plainAdd) = CniProgram.TimeByTurns(node, "ADD", (netplugin, labelled), (netplugin, plain));
        var (labelledDelete, plainDelete) = CniProgram.TimeByTurns(node, "DEL", (netplugin, labelled), (netplugin, plain));
        Compare("ADD", labelledAdd, plainAdd, 1.2);
        Compare("DEL", labelledDelete, plainDelete);
        report.Note($"Pods with labels: {Pods} pods of each kind on one node, by turns, {CniProgram.HowAlone} The network is of a real etcd, the labels are what the node has seen at an API server.");

        void Compare(string what, Samples ours, Samples theirs, double? target = null) =>
            CniProgram.Compare(report, CniBench.Section, what, ("pod with labels", ours), ("pod of the default network", theirs), target);
    }

    private static string Name(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}");

    private static string PodObject(Pod pod, ClusterNode node, string labels) => $$$"""
        {"metadata":{"name":"{{{pod.Name}}}","namespace":"default","uid":"uid-{{{pod.Name}}}","resourceVersion":"1","labels":{{{labels}}}},"spec":{"nodeName":"{{{node.Host}}}"} }
        """.ReplaceLineEndings("");
}
