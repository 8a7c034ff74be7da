using System.Text.RegularExpressions;
using Netplugin.NodeApi.Messages;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Tests.Agent.Real;

/// <summary>What tests ask of a real node.</summary>
internal static partial class NodeChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits until nothing of any pod is left: link, map entry, journal, binding.</summary>
    public static async Task NothingLeftAsync(Cluster cluster, string after)
    {
        var node = cluster[1];
        await Eventually.HoldsAsync($"nothing to be left after {after}: {Describe(cluster)}", async () =>
        {
            await node.Client.AskAsync<NodeReply.Done>(new NodeRequest.Resync());
            var status = await node.StatusAsync();
            return status is { Endpoints: 0, Pods: 0, Networks: 0, Pending: 0 } && Describe(cluster).Length == 0;
        }, Patience);
    }

    /// <summary>One intent with a network of containers c1, c2, ...</summary>
    public static string Intent(int containers) =>
        $$"""
        {"Tenants":[{"Name":"tenant-one","DefaultNetType":"vxlan","SubnetPool":"11.1.0.0/16","AllocSubnetLen":24,"Vxlans":"10001-14000",
        "Networks":[{"Name":"orange","Endpoints":[{{string.Join(',', Enumerable.Range(1, containers).Select(n => $$"""{"Container":"c{{n}}"}"""))}}]}]}]}
        """;

    private static string Describe(Cluster cluster)
    {
        var node = cluster[1].Node;
        var links = Links().Matches(node.Run("ip", "-o", "link").Output).Select(m => m.Value);
        var journal = Directory.EnumerateFiles(Path.Combine(node.RunFolder, "netplugin", "attachments")).Select(f => Path.GetFileName(f));
        var bindings = cluster.Etcdctl("get", "--prefix", "--print-value-only", "/netplugin/v1/endpoints/").Output
            .Split('\n').Where(line => line.Contains("\"binding\"", StringComparison.Ordinal));
        return string.Join("; ", links.Concat(journal).Concat(bindings));
    }

    [GeneratedRegex("np[0-9a-f]{11}")]
    private static partial Regex Links();
}
