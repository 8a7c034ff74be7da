using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Datapath;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Nftables;

namespace Netplugin.Tests.Bpf.Nodes;

/// <summary>A node: a namespace with an address on the wire, the VXLAN device and the datapath.</summary>
internal sealed class TestNode : IDisposable
{
    private static readonly DatapathSizes Small = new() { Endpoints = 1024, Networks = 64, Interfaces = 64, Vteps = 64, Blocks = 64 };

    private readonly TestNetwork _network;
    private readonly string _directory;
    private readonly IfIndex _vxlan;
    private readonly bool _knowsNextHops;
    private bool _hasCluster;

    internal TestNode(TestNetwork network, int number, string directory)
    {
        _network = network;
        _directory = directory;
        _knowsNextHops = network.DirectNodes switch { DirectNodes.All => true, DirectNodes.FirstNode => number == 1, DirectNodes.SecondNode => number == 2, _ => false };
        Number = number;
        Namespace = NetworkNamespace.CreateAnonymous();
        TestNetwork.Ip(network.Wire, $"link add node{number} mtu {network.Mtu} type veth peer name eth1 mtu {network.Mtu} netns {TestNetwork.PathOf(Namespace)}",
            $"link set node{number} master wire up");
        TestNetwork.Ip(Namespace, "link set lo up", "link set eth1 up", $"addr add {Vtep}/24 dev eth1");
        Driver = LinkDriver.Open(Namespace);
        Datapath = BpfDatapath.Open(directory, Small);
        _vxlan = Driver.EnsureVxlanDevice(network.OverlayMtu, new(Datapath.Stubs.FromOverlay, Datapath.Stubs.ToOverlay));
        Update();
        Datapath.Activate();
    }

    internal int Number { get; }

    internal NetworkNamespace Namespace { get; }

    internal LinkDriver Driver { get; }

    internal BpfDatapath Datapath { get; private set; }

    internal IpAddr Vtep => TestNetwork.VtepOf(Number);

    internal LinkFilters PodFilters => new(Datapath.Stubs.FromPod, Datapath.Stubs.ToPod);

    internal ulong Drops(DropReason reason) => Datapath.ReadCounters().Drops[reason].Packets;

    internal ulong Events(DatapathEvent happened) => Datapath.ReadCounters().Events[happened].Packets;

    /// <summary>Writes what the node should hold now.</summary>
    internal void Update() => Datapath.Apply(DatapathDiff.Compute(Wanted(), Datapath.Observe()));

    /// <summary>Serves the cluster network: the host's stack speaks with its pods, and routes for them.</summary>
    internal void ServeCluster()
    {
        _hasCluster = true;
        Update();
        IpAddr[] own = [TestNetwork.BlockOf(Number, true).Gateway, TestNetwork.BlockOf(Number, false).Gateway];
        Driver.EnsureHostRoutes(
            _vxlan, own,
            [.. _network.Nodes.SelectMany(node => new[] { TestNetwork.BlockOf(node.Number, true).Prefix, TestNetwork.BlockOf(node.Number, false).Prefix })], own);
        HostFirewall.Ensure(Namespace, masquerade: true);
        Namespace.Run(() => Forwarding.Enable(isV4: true) & Forwarding.Enable(isV4: false));
    }

    /// <summary>What a daemon of another build does: opens maps of another size, fills them, takes over.</summary>
    internal void Upgrade(DatapathSizes sizes)
    {
        var next = BpfDatapath.Open(_directory, sizes);
        next.Apply(DatapathDiff.Compute(Wanted(), next.Observe()));
        next.Activate();
        Datapath.Dispose();
        Datapath = next;
    }

    public void Dispose()
    {
        Datapath.Dispose();
        Driver.Dispose();
        Namespace.Dispose();
    }

    private ImmutableDictionary<IpAddr, VtepEntry> NextHopsTo(ImmutableArray<IpAddr> vteps)
    {
        var hops = _knowsNextHops ? Driver.Underlay.NextHopsTo(Vtep, vteps, _network.Mtu) : ImmutableDictionary<IpAddr, VtepEntry>.Empty;
        foreach (var device in hops.Values.Select(hop => hop.Device).Distinct())
        {
            Driver.AttachUplink(device, Datapath.Stubs.FromUnderlay);
        }

        return vteps.ToImmutableDictionary(vtep => vtep, vtep => hops.GetValueOrDefault(vtep));
    }

    private IEnumerable<TestNode> ClusterNodes => _hasCluster ? _network.Nodes : [];

    private DatapathState Wanted()
    {
        var here = _network.Pods.Where(pod => pod.Node == this).ToArray();
        var networks = here.Select(pod => pod.Network).ToHashSet();
        return new(
            new NodeEntry(Vtep, _vxlan, MacAddress.Gateway, _network.OverlayMtu),
            networks.ToImmutableDictionary(
                network => network, network => new NetworkEntry(
                    AddressPair.Of([TestNetwork.GatewayOf(here.First(pod => pod.Network == network).Address.IsV4)]), network == DatapathState.Cluster ? [] : [TestNetwork.SubnetOf(v4: true), TestNetwork.SubnetOf(v4: false)]))
                .SetItems(_hasCluster ? [new(DatapathState.Cluster, new NetworkEntry(new(TestNetwork.BlockOf(Number, v4: true).Gateway, TestNetwork.BlockOf(Number, v4: false).Gateway)))] : []),
            DatapathState.Empty.Endpoints.With(
            [
                .. ClusterNodes.SelectMany(node => new[] { node.Vtep, TestNetwork.BlockOf(node.Number, true).Gateway, TestNetwork.BlockOf(node.Number, false).Gateway }
                    .Select(address => new DictionaryEdit<EndpointKey, EndpointEntry>(
                        new EndpointKey(DatapathState.Cluster, address),
                        new EndpointEntry(IfIndex.None, node == this ? IpAddr.Unspecified : node.Vtep, MacAddress.Gateway)))),
                .. _network.Pods.Where(pod => pod.Node == this).SelectMany(pod => pod.ClusterAddresses.Select(address => new DictionaryEdit<EndpointKey, EndpointEntry>(
                    new EndpointKey(DatapathState.Cluster, address), new EndpointEntry(pod.Device, IpAddr.Unspecified, pod.Mac, pod.Network)))),
                .. _network.Pods.Where(pod => pod.Node == this || (pod.Network != DatapathState.Cluster && networks.Contains(pod.Network))).SelectMany(pod => pod.Addresses.Select(address => new DictionaryEdit<EndpointKey, EndpointEntry>(
                    new EndpointKey(pod.Network, address),
                    pod.Node == this
                        ? new EndpointEntry(pod.Device, IpAddr.Unspecified, pod.Mac)
                        : new EndpointEntry(IfIndex.None, pod.Node.Vtep, pod.Mac)))),
            ]),
            here.ToImmutableDictionary(pod => pod.Device, pod => new InterfaceEntry(pod.Network, pod.Number, pod.Mac, AddressPair.Of(pod.Addresses), AddressPair.Of(pod.ClusterAddresses))),
            NextHopsTo([.. _network.Nodes.Where(node => node != this).Select(node => node.Vtep)]),
            ClusterNodes.SelectMany(node => new[] { true, false }.Select(v4 => (node, TestNetwork.BlockOf(node.Number, v4).Prefix)))
                .ToImmutableDictionary(block => new BlockKey(DatapathState.Cluster, block.Prefix), block => block.node == this ? IpAddr.Unspecified : block.node.Vtep),
            _hasCluster ? _network.Frontends : DatapathState.Empty.Frontends,
            _hasCluster ? _network.Shared : []);
    }
}
