using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Bench;

/// <summary>Pod to pod on one node and across two, against the same without netplugin.</summary>
internal static class TrafficBench
{
    private const string SameNode = "netplugin, same node";
    private const string TwoNodes = "netplugin, two nodes";

    private const string Intent = """
        { "Tenants": [ { "Name": "bench", "DefaultNetType": "vxlan", "SubnetPool": "10.211.0.0/16", "AllocSubnetLen": 24, "Vxlans": "10001-11000",
          "Networks": [ { "Name": "net", "Endpoints": [ { "Container": "one" }, { "Container": "two" }, { "Container": "far" } ] } ] } ] }
        """;

    /// <summary>Runs the bench.</summary>
    public static async Task RunAsync(Report report)
    {
        using var baselines = new Baselines();
        TrafficPath veth = baselines.BareVeth();
        TrafficPath floor = baselines.EmptyProgram();
        TrafficPath tunnel = baselines.PointToPointVxlan();
        TrafficPath bridge = baselines.BridgeAndVxlan();
        using Cluster cluster = await PairedCluster.StartAsync();
        cluster.Post(Intent).Succeeded();
        Pod one = cluster[1].CreatePod("one");
        Pod two = cluster[1].CreatePod("two");
        Pod far = cluster[2].CreatePod("far");
        one.Add();
        string near = two.Add();
        string away = far.Add();
        Dictionary<string, TrafficSamples> measured = await Traffic.MeasureAsync(
            [
                veth, floor, new(SameNode, one.NetworkNamespace, two.NetworkNamespace, near),
                tunnel, new(TwoNodes, one.NetworkNamespace, far.NetworkNamespace, away), bridge,
            ]);
        const string section = "Traffic between pods";
        foreach ((string name, TrafficSamples samples) in measured)
        {
            report.Add(section, name,
                $"{Report.Number(samples.Gigabits.Median)} Gbit/s ({Report.Number(samples.Gigabits.Minimum)}-{Report.Number(samples.Gigabits.Maximum)}), "
                + $"{Report.Number(samples.Requests.Median)} requests/s ({Report.Number(samples.Requests.Minimum)}-{Report.Number(samples.Requests.Maximum)})", "", null);
        }

        Compare(report, section, measured, SameNode, veth.Name, 0.97);
        Compare(report, section, measured, floor.Name, veth.Name);
        Compare(report, section, measured, SameNode, floor.Name);
        Compare(report, section, measured, TwoNodes, tunnel.Name, 0.97);
        Compare(report, section, measured, TwoNodes, bridge.Name, 1.15);
        report.Note("Traffic: iperf3, one TCP stream of 1 s a round after 1 s of warming up, an end a core; redis-benchmark, one connection, 60 rounds of 5,000 "
            + "GETs, both ends on one core. Every path has an MTU of 1450. A ratio is the median of the rounds' ratios.");
        report.Note($"{floor.Name}: what the kernel itself takes for two veth pairs with a program on each, whatever the programs decide.");
    }

    private static void Compare(Report report, string section, Dictionary<string, TrafficSamples> measured, string ours, string theirs, double? target = null)
    {
        foreach ((string what, Func<TrafficSamples, Samples> select) in ((string, Func<TrafficSamples, Samples>)[])[("throughput", s => s.Gigabits), ("request/response", s => s.Requests)])
        {
            double ratio = Samples.Ratio(select(measured[ours]), select(measured[theirs])).Median;
            report.Add(section, $"{what}: {ours} / {theirs}", Report.Number(ratio), target is { } least ? $">= {Report.Number(least)}" : "", target is null ? null : ratio >= target);
        }
    }
}
