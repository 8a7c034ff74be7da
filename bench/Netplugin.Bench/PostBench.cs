using System.Diagnostics;
using System.Text;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Bench;

/// <summary>Posting 100 networks of 100 endpoints with netdcli to a real etcd.</summary>
internal static class PostBench
{
    private const int Rounds = 5;

    /// <summary>Runs the bench.</summary>
    public static async Task RunAsync(Report report)
    {
        using Cluster cluster = await Cluster.StartAsync(1);
        string intent = Intent(networks: 100, endpoints: 100);
        Samples seconds = new();
        for (int round = 0; round < Rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            cluster.Post(intent).Succeeded();
            seconds.Add(clock.Elapsed.TotalSeconds);
            cluster.Post("""{ "Tenants": [] }""").Succeeded();
        }

        const string section = "Posting and memory";
        report.Add(section, "posting 100 networks x 100 endpoints", $"{Report.Number(seconds.Median)} s ({Report.Number(seconds.Minimum)}-{Report.Number(seconds.Maximum)})",
            "<= 2 s", seconds.Median <= 2);
    }

    /// <summary>An intent of one tenant; container names are <c>n0c0</c> and so on.</summary>
    public static string Intent(int networks, int endpoints, int subnetLength = 24)
    {
        var text = new StringBuilder();
        text.Append(Invariant($$"""{ "Tenants": [ { "Name": "bench", "DefaultNetType": "vxlan", "SubnetPool": "10.0.0.0/8", "AllocSubnetLen": {{subnetLength}}, "Vxlans": "10001-14000", "Networks": ["""));
        for (int network = 0; network < networks; network++)
        {
            text.Append(Invariant($$"""{{(network == 0 ? "" : ",")}} { "Name": "net{{network}}", "Endpoints": ["""));
            for (int endpoint = 0; endpoint < endpoints; endpoint++)
            {
                text.Append(Invariant($$"""{{(endpoint == 0 ? "" : ",")}}{"Container":"n{{network}}c{{endpoint}}"}"""));
            }

            text.Append("] }");
        }

        return text.Append("] } ] }").ToString();
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
