using System.Collections.Immutable;
using System.Globalization;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Datapath;
using Netplugin.Core.Planning;
using Netplugin.Core.Services;
using Netplugin.Linux.Namespaces;
using Netplugin.Tests.Bpf.Kernel;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Bpf.Nodes;

/// <summary>
/// Nodes as namespaces on one wire, each with its own datapath. Every node knows every pod, as it would from the store. Nothing has a
/// name outside: what is left of a killed run ends with its process.
/// </summary>
internal sealed class TestNetwork : IDisposable
{
    private readonly BpfDirectory _pins = new();
    private readonly NetworkNamespace _wire = NetworkNamespace.CreateAnonymous();
    private readonly List<TestNode> _nodes = [];
    private readonly List<TestPod> _pods = [];

    /// <param name="nodes">How many nodes.</param>
    /// <param name="mtu">MTU of the wire in bytes.</param>
    /// <param name="directNodes">Which nodes do without the VXLAN device where they can.</param>
    internal TestNetwork(int nodes, int mtu = 1500, DirectNodes directNodes = DirectNodes.All)
    {
        Mtu = mtu;
        DirectNodes = directNodes;
        Ip(_wire, "link add wire type bridge", "link set wire up");
        for (var i = 1; i <= nodes; i++)
        {
            _nodes.Add(new TestNode(this, i, Path.Combine(_pins.Path, string.Create(CultureInfo.InvariantCulture, $"node{i}"))));
        }

        foreach (var node in _nodes)
        {
            node.Update();
        }
    }

    /// <summary>Two nodes that serve the cluster network.</summary>
    internal static TestNetwork Cluster(DirectNodes directNodes = DirectNodes.All)
    {
        var network = new TestNetwork(nodes: 2, directNodes: directNodes);
        foreach (var node in network.Nodes)
        {
            node.ServeCluster();
        }

        return network;
    }

    internal int Mtu { get; }

    internal DirectNodes DirectNodes { get; }

    /// <summary>VXLAN takes 50 bytes from each packet: outer IPv4, UDP, VXLAN and inner Ethernet headers.</summary>
    internal int OverlayMtu => Mtu - 50;

    internal IReadOnlyList<TestNode> Nodes => _nodes;

    internal IReadOnlyList<TestPod> Pods => _pods;

    /// <summary>What every node balances for its pods of the cluster network.</summary>
    internal PackedDictionary<FrontendKey, Frontend> Frontends { get; private set; } = DatapathState.Empty.Frontends;

    /// <summary>Endpoints' ports that pods of every network may use.</summary>
    internal ImmutableHashSet<FrontendKey> Shared { get; private set; } = [];

    /// <summary>The namespace of the wire, where someone who is no node may stand.</summary>
    internal NetworkNamespace Wire => _wire;

    internal static IpAddr VtepOf(int node) => IpAddr.Parse(string.Create(CultureInfo.InvariantCulture, $"192.168.2.{9 + node}"));

    /// <summary>The gateway of every tenant's network, of the family its pods have.</summary>
    internal static IpAddr GatewayOf(bool v4) => IpAddr.Parse(v4 ? "10.0.0.254" : "fd00::fe");

    /// <summary>The subnet of every tenant's network.</summary>
    internal static IpPrefix SubnetOf(bool v4) => IpPrefix.Parse(v4 ? "10.0.0.0/24" : "fd00::/64");

    /// <summary>A node's block in the cluster network.</summary>
    internal static AddressBlock BlockOf(int node, bool v4) =>
        new(IpPrefix.Parse(v4 ? string.Create(CultureInfo.InvariantCulture, $"10.244.{node}.0/24") : string.Create(CultureInfo.InvariantCulture, $"fd01:0:0:{node}::/64")));

    /// <summary>Runs ip(8) in a namespace.</summary>
    internal static void Ip(NetworkNamespace place, params string[] commands)
    {
        foreach (var command in commands)
        {
            Inside(place, ["ip", .. command.Split(' ')]);
        }
    }

    internal static string Inside(NetworkNamespace place, params string[] command) => InNamespace.Run(PathOf(place), command);

    /// <summary>A path by which other processes open the namespace.</summary>
    internal static string PathOf(NetworkNamespace place) => InNamespace.PathOf(place.Handle);

    /// <summary>Starts a pod on a node and tells all nodes.</summary>
    internal TestPod AddPod(int node, uint network, string address, int? mtu = null) => AddPod(node, network, [IpAddr.Parse(address)], mtu);

    /// <summary>Starts a pod with an address of one family, or of each, on a node and tells all nodes.</summary>
    internal TestPod AddPod(int node, uint network, PerFamily<IpAddr> addresses, int? mtu = null, PerFamily<IpAddr> clusterAddresses = default)
    {
        var pod = new TestPod(_nodes[node - 1], (ulong)_pods.Count + 1, network, addresses, clusterAddresses, mtu ?? OverlayMtu);
        _pods.Add(pod);
        foreach (var each in _nodes)
        {
            each.Update();
        }

        pod.BringUp();
        return pod;
    }

    /// <summary>Balances a frontend over backends, on all nodes.</summary>
    internal void Balance(FrontendKey key, params IEnumerable<Backend> backends) => Serve(key, new(FrontendAction.Balance, TimeSpan.Zero, [.. backends]));

    /// <summary>Tells all nodes of a frontend.</summary>
    internal void Serve(FrontendKey key, Frontend frontend)
    {
        Frontends = Frontends.With([new(key, frontend)]);
        foreach (var each in _nodes)
        {
            each.Update();
        }
    }

    /// <summary>Lets pods of every network use an endpoint's port.</summary>
    internal void Share(FrontendKey port)
    {
        Shared = Shared.Add(port);
        foreach (var each in _nodes)
        {
            each.Update();
        }
    }

    public void Dispose()
    {
        foreach (var pod in _pods)
        {
            pod.Dispose();
        }

        foreach (var node in _nodes)
        {
            node.Dispose();
        }

        _wire.Dispose();
        _pins.Dispose();
    }
}
