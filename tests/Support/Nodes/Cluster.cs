using System.Globalization;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Support.Nodes;

/// <summary>
/// Nodes joined by an underlay, a real etcd beside them, and the published netplugin on each. Node N has 192.168.2.(9 + N) on
/// <c>eth1</c> and the host label <c>hostN</c>; the underlay's own node, with etcd, has 192.168.2.1.
/// </summary>
public sealed class Cluster : IDisposable
{
    /// <summary>Where etcd listens.</summary>
    public const string EtcdUrl = "http://192.168.2.1:2379";

    private readonly List<ClusterNode> _nodes = [];

    private Cluster(string state, Node fabric)
    {
        State = state;
        Fabric = fabric;
    }

    /// <summary>The folder of all its files.</summary>
    public string State { get; }

    /// <summary>The node of the underlay and etcd.</summary>
    public Node Fabric { get; }

    /// <summary>etcd; tests may kill it and start it anew.</summary>
    public NodeProcess Etcd { get; private set; } = null!;

    /// <summary>The nodes; the first is number 1.</summary>
    public IReadOnlyList<ClusterNode> Nodes => _nodes;

    /// <summary>Node by number, from 1.</summary>
    public ClusterNode this[int number] => _nodes[number - 1];

    /// <summary>Makes a cluster with netplugin ready on every node.</summary>
    /// <param name="nodes">How many nodes.</param>
    /// <param name="startDaemons">False to leave starting netplugin to the test.</param>
    /// <param name="flag">A flag for each node's netplugin; null: none.</param>
    public static async Task<Cluster> StartAsync(int nodes, bool startDaemons = true, Func<ClusterNode, string>? flag = null)
    {
        string state = Directory.CreateTempSubdirectory("netplugin-test-").FullName;
        var cluster = new Cluster(state, await Node.StartAsync(state, "fabric"));
        try
        {
            cluster.Fabric.Run("ip", "link", "add", "underlay", "type", "bridge").Succeeded();
            cluster.Fabric.Run("ip", "addr", "add", "192.168.2.1/24", "dev", "underlay").Succeeded();
            cluster.Fabric.Run("ip", "link", "set", "underlay", "up").Succeeded();
            await cluster.StartEtcdAsync();
            for (int number = 1; number <= nodes; number++)
            {
                cluster._nodes.Add(await cluster.JoinAsync(number));
            }

            if (startDaemons)
            {
                await Task.WhenAll(cluster._nodes.Select(node => node.StartDaemonAsync(flag is null ? [] : [flag(node)])));
            }

            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>Starts etcd, on what it held before unless that was taken away.</summary>
    public async Task StartEtcdAsync()
    {
        Etcd = await Fabric.StartAsync(
            "etcd", "etcd", "--name", "test", "--data-dir", "/var/lib/etcd",
            "--listen-client-urls", EtcdUrl, "--advertise-client-urls", EtcdUrl,
            "--listen-peer-urls", "http://127.0.0.1:2380", "--initial-advertise-peer-urls", "http://127.0.0.1:2380",
            "--initial-cluster", "test=http://127.0.0.1:2380");
        await Eventually.HoldsAsync("etcd to answer", () => Etcdctl("endpoint", "health").ExitCode == 0);
    }

    /// <summary>Ends a node with all that runs on it, as when its machine is gone.</summary>
    /// <param name="number">Its number, from 1.</param>
    public async Task LoseAsync(int number)
    {
        Node lost = this[number].Node;
        lost.Dispose();
        Directory.Delete(Path.Combine(State, lost.Name), recursive: true);

        // The kernel takes the wire down after the last of the node's processes.
        await Eventually.HoldsAsync($"{lost.Name} to be gone", () => Fabric.Run("ip", "link", "show", lost.Name).ExitCode != 0);
    }

    /// <summary>Puts a new machine with an empty disk into the place of a node that was lost: same number, label and address. Its netplugin is for the test to start.</summary>
    /// <param name="number">Its number, from 1.</param>
    public async Task ReplaceAsync(int number) => _nodes[number - 1] = await JoinAsync(number);

    /// <summary>Runs etcdctl beside etcd.</summary>
    public CommandResult Etcdctl(params IReadOnlyList<string> arguments) =>
        Fabric.Run("env", ["ETCDCTL_API=3", "etcdctl", "--endpoints", EtcdUrl, .. arguments]);

    /// <summary>Runs netdcli on the first node.</summary>
    public CommandResult Netdcli(params IReadOnlyList<string> arguments) => this[1].Node.Run("netdcli", arguments);

    /// <summary>Posts an intent given as text.</summary>
    /// <param name="intent">The intent's JSON.</param>
    /// <param name="how">netdcli's flag.</param>
    public CommandResult Post(string intent, string how = "-cfg") =>
        this[1].Node.Run(["netdcli", how, "-"], intent, TimeSpan.FromMinutes(1));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ClusterNode node in _nodes)
        {
            node.Node.Dispose();
        }

        Fabric.Dispose();
        Directory.Delete(State, recursive: true);
    }

    private async Task<ClusterNode> JoinAsync(int number)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"node{number}");
        Node node = await Node.StartAsync(State, name);
        try
        {
            node.Environment["NETPLUGIN_ETCD_ENDPOINTS"] = EtcdUrl;
            Command.Run(
                "ip", "link", "add", "eth1", "netns", node.HolderPid.ToString(CultureInfo.InvariantCulture),
                "type", "veth", "peer", "name", name, "netns", Fabric.HolderPid.ToString(CultureInfo.InvariantCulture)).Succeeded();
            Fabric.Run("ip", "link", "set", name, "master", "underlay", "up").Succeeded();
            string address = string.Create(CultureInfo.InvariantCulture, $"192.168.2.{9 + number}");
            node.Run("ip", "addr", "add", address + "/24", "dev", "eth1").Succeeded();
            node.Run("ip", "link", "set", "eth1", "up").Succeeded();
            node.Run("ip", "route", "add", "default", "via", "192.168.2.1").Succeeded();
            return new ClusterNode(node, number, address);
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }
}
