using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Bench;

/// <summary>
/// A cluster of two nodes whose tunnel has a link of its own: one veth pair from node to node, as the baselines have. The network that
/// <see cref="Cluster"/> joins its nodes by is a bridge in a third node, a hop more than a link; it carries etcd alone.
/// </summary>
internal static class PairedCluster
{
    private const string Device = "tunnel";

    /// <summary>Makes the cluster with netplugin ready on both nodes.</summary>
    public static async Task<Cluster> StartAsync()
    {
        Cluster cluster = await Cluster.StartAsync(2, startDaemons: false);
        try
        {
            Command.Run(
                "ip", "link", "add", Device, "netns", Invariant($"{cluster[1].Node.HolderPid}"),
                "type", "veth", "peer", "name", Device, "netns", Invariant($"{cluster[2].Node.HolderPid}")).Succeeded();
            foreach (ClusterNode node in cluster.Nodes)
            {
                node.Node.Run("ip", "addr", "add", Address(node) + "/24", "dev", Device).Succeeded();
                node.Node.Run("ip", "link", "set", Device, "up").Succeeded();
            }

            await Task.WhenAll(cluster.Nodes.Select(node => node.StartDaemonAsync("-vtep-ip=" + Address(node))));
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    private static string Address(ClusterNode node) => Invariant($"192.168.3.{node.Number}");

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
