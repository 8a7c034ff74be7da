using System.Globalization;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Bench;

/// <summary>CNI ADD and DEL as whole processes, against Debian's bridge with host-local.</summary>
internal static class CniBench
{
    /// <summary>The report's section of calls one after the other.</summary>
    public const string Section = "CNI, whole process";

    private const int Pods = 100;

    /// <summary>Runs the bench.</summary>
    public static async Task RunAsync(Report report)
    {
        using Cluster cluster = await Cluster.StartAsync(1);
        ClusterNode node = cluster[1];
        cluster.Post(Intent()).Succeeded();
        Pod[] ours = [.. Enumerable.Range(0, Pods).Select(i => node.CreatePod(Name(i)))];
        Pod[] theirs = [.. Enumerable.Range(0, Pods).Select(i => node.CreatePod("bridge-" + Name(i)))];
        var (netplugin, bridge) = CniProgram.Both(cluster, node);
        var (ourAdd, theirAdd) = CniProgram.TimeByTurns(node, "ADD", (netplugin, ours), (bridge, theirs));
        var (ourDelete, theirDelete) = CniProgram.TimeByTurns(node, "DEL", (netplugin, ours), (bridge, theirs));
        CniProgram.Compare(report, Section, "ADD", ourAdd, theirAdd, 0.3);
        CniProgram.Compare(report, Section, "DEL", ourDelete, theirDelete, 0.15);
        report.Note($"CNI: {Pods} pods one after the other, the two plugins by turns, {CniProgram.HowAlone} Binding in a real etcd is included.");
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"pod{number}");

    private static string Intent()
    {
        string endpoints = string.Join(", ", Enumerable.Range(0, Pods).Select(i => $$"""{ "Container": "{{Name(i)}}" }"""));
        return $$"""
            { "Tenants": [ { "Name": "bench", "DefaultNetType": "vxlan", "SubnetPool": "10.211.0.0/16", "AllocSubnetLen": 24, "Vxlans": "10001-11000",
              "Networks": [ { "Name": "net", "Endpoints": [ {{endpoints}} ] } ] } ] }
            """;
    }
}
