using System.Globalization;
using Netplugin.NodeApi.Client;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Tests.Support.Nodes;

/// <summary>A node of a cluster, and the netplugin on it.</summary>
/// <param name="node">The machine.</param>
/// <param name="number">Its number, from 1.</param>
/// <param name="address">Its underlay address.</param>
public sealed class ClusterNode(Node node, int number, string address)
{
    /// <summary>The machine.</summary>
    public Node Node { get; } = node;

    /// <summary>Its number, from 1.</summary>
    public int Number { get; } = number;

    /// <summary>Its underlay address, which is its VTEP.</summary>
    public string Address { get; } = address;

    /// <summary>Its host label.</summary>
    public string Host { get; } = string.Create(CultureInfo.InvariantCulture, $"host{number}");

    /// <summary>The daemon that was started last.</summary>
    public NodeProcess Daemon { get; private set; } = null!;

    /// <summary>Asks the daemon over its socket.</summary>
    public NodeClient Client { get; } = new(Path.Combine(node.RunFolder, "netplugin", "netplugin.sock"));

    /// <summary>The command line's beginning that starts a daemon: the published netplugin, or that of another build.</summary>
    public IReadOnlyList<string> Program { get; set; } = ["netplugin"];

    /// <summary>Starts netplugin and waits until it says that it is ready.</summary>
    /// <param name="flags">More flags than the usual ones.</param>
    public async Task StartDaemonAsync(params IReadOnlyList<string> flags)
    {
        await LaunchDaemonAsync(flags);
        await Eventually.HoldsAsync($"netplugin on {Host} to be ready; see {Daemon.LogFile}", async () => (await StatusAsync()).State == "ready");
    }

    /// <summary>Starts netplugin and waits for nothing.</summary>
    public async Task LaunchDaemonAsync(params IReadOnlyList<string> flags) =>
        Daemon = await Node.StartAsync(
            "netplugin", [.. Program, "-host-label=" + Host, "-etcd-url=" + Cluster.EtcdUrl, "-cri-endpoint=none", .. flags]);

    /// <summary>What the daemon says of itself.</summary>
    public async Task<DaemonStatus> StatusAsync() => (await Client.AskAsync<NodeReply.Status>(new NodeRequest.GetStatus())).Node;

    /// <summary>Packets dropped so far for a reason.</summary>
    /// <param name="reason">The reason's name, in whichever spelling: MacSpoof, mac-spoof and mac_spoof are one.</param>
    /// <exception cref="ArgumentException">The datapath has no such reason.</exception>
    public async Task<long> DropsAsync(string reason)
    {
        NodeReply.Counters counters = await Client.AskAsync<NodeReply.Counters>(new NodeRequest.GetCounters());
        foreach ((string name, long count) in counters.Drops)
        {
            if (Letters(name) == Letters(reason))
            {
                return count;
            }
        }

        throw new ArgumentException($"no drop reason {reason} among: {string.Join(' ', counters.Drops.Keys)}", nameof(reason));
    }

    /// <summary>A new pod on this node, not yet attached.</summary>
    public Pod CreatePod(string name, string kubernetesNamespace = "default") => new(Node, name, kubernetesNamespace);

    private static string Letters(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();
}
