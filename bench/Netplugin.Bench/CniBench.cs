using System.Globalization;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Bench;

/// <summary>CNI ADD and DEL as whole processes, against Debian's bridge with host-local.</summary>
internal static class CniBench
{
    private const int Pods = 100;

    private const string Section = "CNI, whole process";

    // What a call leaves to be done afterwards (links deleted behind its back, the kernel's own grace periods) is over by then: it belongs
    // neither to the other plugin's next call nor to its own.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs the bench.</summary>
    public static async Task RunAsync(Report report)
    {
        using Cluster cluster = await Cluster.StartAsync(1);
        ClusterNode node = cluster[1];
        cluster.Post(Intent()).Succeeded();
        Pod[] ours = [.. Enumerable.Range(0, Pods).Select(i => node.CreatePod(Name(i)))];
        Pod[] theirs = [.. Enumerable.Range(0, Pods).Select(i => node.CreatePod("bridge-" + Name(i)))];
        var (netplugin, bridge) = CniProgram.Both(cluster, node);
        Samples ourAdd = new(), theirAdd = new(), ourDelete = new(), theirDelete = new();

        // The plugins run in the node's network, as a runtime on the node would start them: a thread enters it and starts them there.
        InNamespace.Open(node.Node.NetworkNamespace, () =>
        {
            for (int i = 0; i < Pods; i++)
            {
                ourAdd.Add(Run(netplugin, "ADD", ours[i]));
                theirAdd.Add(Run(bridge, "ADD", theirs[i]));
            }

            for (int i = 0; i < Pods; i++)
            {
                ourDelete.Add(Run(netplugin, "DEL", ours[i]));
                theirDelete.Add(Run(bridge, "DEL", theirs[i]));
            }

            return true;
        });
        CniProgram.Compare(report, Section, "ADD", ourAdd, theirAdd, 0.3);
        CniProgram.Compare(report, Section, "DEL", ourDelete, theirDelete, 0.15);
        report.Note($"CNI: {Pods} pods one after the other, the two plugins by turns, timed from posix_spawn to waitpid; binding in a real etcd included. "
            + $"{Pause.TotalMilliseconds} ms lie between two calls, so that what one leaves to be done afterwards does not count as the other's. "
            + "The files of both are on a tmpfs.");
    }

    private static double Run(CniProgram program, string command, Pod pod)
    {
        Thread.Sleep(Pause);
        return program.Time(command, pod);
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
