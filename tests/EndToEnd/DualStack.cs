using System.Text.Json;
using Netplugin.Tests.Support.Nodes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>An address family.</summary>
internal enum Family
{
    /// <summary>IPv4.</summary>
    Four,

    /// <summary>IPv6.</summary>
    Six,
}

/// <summary>Two nodes that speak both families, and how their addresses are made.</summary>
internal static class DualStack
{
    /// <summary>Both families, in the order of the nodes' blocks.</summary>
    public static readonly Family[] Both = [Family.Four, Family.Six];

    /// <summary>Two nodes with a block of each family, or of IPv4 alone, and an underlay of both.</summary>
    public static async Task<Cluster> StartAsync(bool secondFamily = true, bool startDaemons = true)
    {
        Cluster cluster = await Cluster.StartAsync(2, startDaemons: false);
        try
        {
            cluster.Fabric.Run("ip", "addr", "add", "fd00:192:168:2::1/64", "dev", "underlay", "nodad").Succeeded();
            foreach (ClusterNode node in cluster.Nodes)
            {
                node.Node.Run("ip", "addr", "add", Underlay(Family.Six, 9 + node.Number) + "/64", "dev", "eth1", "nodad").Succeeded();
                node.Node.Run("ip", "route", "add", "default", "via", "fd00:192:168:2::1").Succeeded();
            }

            if (startDaemons)
            {
                await Task.WhenAll(cluster.Nodes.Select(node => StartDaemonAsync(node, secondFamily)));
            }

            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>Starts a node's netplugin on its blocks.</summary>
    public static Task StartDaemonAsync(ClusterNode node, bool secondFamily = true, params IReadOnlyList<string> flags) => node.StartDaemonAsync(
        [FormattableString.Invariant($"-pod-cidr=10.244.{node.Number}.0/24{(secondFamily ? $",fd00:10:244:{node.Number}::/64" : "")}"), .. flags]);

    /// <summary>ADD; gives the addresses, without their prefix lengths, in the answer's order.</summary>
    public static string[] Add(Pod pod, string? configuration = null)
    {
        using JsonDocument result = JsonDocument.Parse(pod.Cni("ADD", configuration).Succeeded());
        return [.. result.RootElement.GetProperty("ips").EnumerateArray().Select(ip => ip.GetProperty("address").GetString()!.Split('/')[0])];
    }

    /// <summary>The addresses that a pod has in the first network of a tenant: of it the answer to ADD says nothing where there are cluster addresses.</summary>
    public static string[] NetworkAddresses(Pod pod) => NetworkAddresses(pod, "11.1.0.");

    /// <summary>Those that a pod has in a network whose addresses begin in a way.</summary>
    public static string[] NetworkAddresses(Pod pod, string begin)
    {
        using JsonDocument links = JsonDocument.Parse(pod.Run("ip", "-json", "-4", "address", "show", "eth0").Succeeded());
        return
        [
            .. links.RootElement[0].GetProperty("addr_info").EnumerateArray().Select(one => one.GetProperty("local").GetString()!)
                .Where(address => address.StartsWith(begin, StringComparison.Ordinal)),
        ];
    }

    /// <summary>How the addresses of a node's block begin.</summary>
    public static string Block(Family family, int node) =>
        FormattableString.Invariant(family == Family.Four ? (FormattableString)$"10.244.{node}." : $"fd00:10:244:{node}::");

    /// <summary>A node's own address in its block.</summary>
    public static string Gateway(Family family, int node) => Block(family, node) + "1";

    /// <summary>An address of the underlay.</summary>
    public static string Underlay(Family family, int last) =>
        FormattableString.Invariant(family == Family.Four ? (FormattableString)$"192.168.2.{last}" : $"fd00:192:168:2::{last}");
}
