using System.Collections.Immutable;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Tests.Bpf.Kernel;
using Netplugin.Tests.Bpf.Model;

namespace Netplugin.Tests.Bpf.Policies;

/// <summary>A node of a generated cluster as its maps have it, and how an attempt's packets come to its programs.</summary>
internal sealed class PolicyWorld
{
    private const int FirstDevice = 100;

    // That device is another than packets for the pod leave by, and what it may have of flows is counted there.
    private const ulong SendingNumber = 1000;
    private static readonly IpAddr OwnVtep = IpAddr.Parse("192.0.2.1");
    private static readonly IpAddr FirstVtep = IpAddr.Parse("192.0.2.10");
    private readonly string _node;
    private readonly PolicyEndpoint[] _endpoints;
    private readonly ImmutableArray<NetworkId> _networks;

    /// <summary>Makes it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="endpoints">All endpoints of the cluster.</param>
    /// <param name="nodes">All nodes that have addresses.</param>
    internal PolicyWorld(string node, PolicyEndpoint[] endpoints, IEnumerable<(string Name, IpAddr Address)> nodes)
    {
        (_node, _endpoints) = (node, endpoints);
        _networks = [NetworkId.ClusterDefault, .. endpoints.Select(endpoint => endpoint.Id.Network).Where(network => network != NetworkId.ClusterDefault).Distinct()];
        Base = DatapathState.Empty with
        {
            Node = new(OwnVtep, new(77), MacAddress.Gateway, 1450),
            Networks = _networks.Select((_, number) => (uint)number).ToImmutableDictionary(number => number, _ => new NetworkEntry(default)),
            Endpoints = DatapathState.Empty.Endpoints.With(
            [
                .. endpoints.SelectMany(EntriesOf),
                .. nodes.Select(one => new DictionaryEdit<EndpointKey, EndpointEntry>(
                    new(DatapathState.Cluster, one.Address), new(IfIndex.None, one.Name == node ? IpAddr.Unspecified : VtepOf(one.Name), MacAddress.ForEndpoint(one.Address)))),
            ]),
            Blocks = endpoints.Where(endpoint => endpoint.Node != node)
                .SelectMany(endpoint => endpoint.ClusterAddresses.Select(address => KeyValuePair.Create(new BlockKey(DatapathState.Cluster, new(address, address.Width)), VtepOf(endpoint.Node))))
                .DistinctBy(block => block.Key).ToImmutableDictionary(),
            Interfaces = Local.ToImmutableDictionary(DeviceOf, endpoint => InterfaceOf(endpoint, NumberOf(endpoint))),
            Vteps = endpoints.Select(endpoint => endpoint.Node).Concat(nodes.Select(one => one.Name)).Where(name => name != node).Distinct()
                .ToImmutableDictionary(VtepOf, _ => default(VtepEntry)),
        };
    }

    /// <summary>The maps while no pod sends.</summary>
    internal DatapathState Base { get; }

    /// <summary>The endpoints of this node.</summary>
    internal IEnumerable<PolicyEndpoint> Local => _endpoints.Where(IsHere);

    /// <summary>The number of a network.</summary>
    internal uint? NumberOf(NetworkId network) => _networks.IndexOf(network) is >= 0 and var at ? (uint)at : null;

    /// <summary>True for an endpoint of this node.</summary>
    internal bool IsHere(PolicyEndpoint endpoint) => endpoint.Node == _node;

    /// <summary>The device that packets for an endpoint of this node leave by.</summary>
    internal IfIndex DeviceOf(PolicyEndpoint endpoint) => new(FirstDevice + Array.IndexOf(_endpoints, endpoint));

    /// <summary>The number of its attachment.</summary>
    internal ulong NumberOf(PolicyEndpoint endpoint) => (ulong)Array.IndexOf(_endpoints, endpoint) + 1;

    /// <summary>The maps while an endpoint of this node sends by <see cref="Datapath.Device"/>.</summary>
    internal DatapathState Sending(PolicyEndpoint endpoint) =>
        Base with { Interfaces = Base.Interfaces.Add(new(Datapath.Device), InterfaceOf(endpoint, SendingNumber)) };

    /// <summary>Brings a packet to this node as its sender would; null where no packet of the sender's meets this node on its way, or none can be.</summary>
    /// <param name="datapath">The programs; what an endpoint of this node sends needs its <see cref="Sending"/>.</param>
    /// <param name="from">The sender.</param>
    /// <param name="to">Who is to get it.</param>
    /// <param name="packet">Makes the frame, given the source MAC.</param>
    internal Outcome? Send(Datapath datapath, AttemptEnd from, AttemptEnd to, Func<MacAddress, byte[]> packet)
    {
        var isForHere = to is AttemptEnd.OfEndpoint { Endpoint: var receiver } && IsHere(receiver);
        switch (from)
        {
            case AttemptEnd.OfEndpoint { Endpoint: var sender } when IsHere(sender):
                return datapath.FromPod(packet(MacOf(sender)));
            case AttemptEnd.OfEndpoint { Endpoint: var sender } when isForHere:
                return datapath.FromOverlay(NumberOf(sender.Id.Network)!.Value, VtepOf(sender.Node), packet(MacOf(sender)));
            case AttemptEnd.OfNode { Node.Name: var name } when isForHere && name == _node:
                return datapath.FromHost(packet(MacAddress.Gateway), mark: 0, byHost: true);
            case AttemptEnd.OfNode { Node.Name: var name } when isForHere:
                return datapath.FromOverlay(DatapathState.Cluster, VtepOf(name), packet(MacAddress.ForEndpoint(from.Address)));
            case AttemptEnd.Outside when isForHere:
                return datapath.FromHost(packet(MacAddress.Gateway), mark: 0);
            default:
                return null;
        }
    }

    private static IpAddr VtepOf(string node) => FirstVtep.Add((UInt128)(node[1] - '0'));

    private static MacAddress MacOf(PolicyEndpoint endpoint) => MacAddress.ForEndpoint(endpoint.Addresses.Concat(endpoint.ClusterAddresses).First());

    private InterfaceEntry InterfaceOf(PolicyEndpoint endpoint, ulong number)
    {
        var isDefault = endpoint.Addresses.IsEmpty;
        return new(
            NumberOf(endpoint.Id.Network)!.Value, number, MacOf(endpoint), AddressPair.Of([.. isDefault ? endpoint.ClusterAddresses : endpoint.Addresses]),
            isDefault ? default : AddressPair.Of([.. endpoint.ClusterAddresses]));
    }

    private IEnumerable<DictionaryEdit<EndpointKey, EndpointEntry>> EntriesOf(PolicyEndpoint endpoint)
    {
        var network = NumberOf(endpoint.Id.Network)!.Value;
        var place = IsHere(endpoint) ? new EndpointEntry(DeviceOf(endpoint), IpAddr.Unspecified, MacOf(endpoint)) : new EndpointEntry(IfIndex.None, VtepOf(endpoint.Node), MacOf(endpoint));
        return
        [
            .. endpoint.Addresses.Select(address => new DictionaryEdit<EndpointKey, EndpointEntry>(new(network, address), place)),
            .. IsHere(endpoint) ? endpoint.ClusterAddresses.Select(address => new DictionaryEdit<EndpointKey, EndpointEntry>(new(DatapathState.Cluster, address), place with { Network = network })) : [],
        ];
    }
}
