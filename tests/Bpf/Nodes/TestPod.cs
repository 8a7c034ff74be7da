using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Bpf.Nodes;

/// <summary>A pod: a namespace with one interface, eth0.</summary>
internal sealed class TestPod : IDisposable
{
    private readonly EndpointLink _link;

    internal TestPod(TestNode node, ulong number, uint network, PerFamily<IpAddr> addresses, PerFamily<IpAddr> clusterAddresses, int mtu)
    {
        Node = node;
        Number = number;
        Network = network;
        Addresses = addresses;
        ClusterAddresses = clusterAddresses;
        Mac = MacAddress.ForEndpoint(Address);
        Namespace = NetworkNamespace.CreateAnonymous();
        _link = node.Driver.Create(
            new EndpointLinkSpec(
                number, $"netplugin test eth0 {network}/{Address}", "eth0", Mac, mtu,
                [.. addresses.Select(address => new IpPrefix(address, address.IsV4 ? 24 : 64))],
                [.. addresses.Where(_ => clusterAddresses.IsEmpty).Select(address => PodRoute.DefaultVia(network == DatapathState.Cluster ? TestNetwork.BlockOf(node.Number, address.IsV4).Gateway : TestNetwork.GatewayOf(address.IsV4)))]),
            Namespace, node.PodFilters);
    }

    internal TestNode Node { get; }

    internal ulong Number { get; }

    internal uint Network { get; }

    internal PerFamily<IpAddr> Addresses { get; }

    /// <summary>Of a tenant's pod its cluster addresses.</summary>
    internal PerFamily<IpAddr> ClusterAddresses { get; }

    /// <summary>The first of its addresses.</summary>
    internal IpAddr Address => Addresses.First;

    internal MacAddress Mac { get; }

    internal NetworkNamespace Namespace { get; }

    internal IfIndex Device => _link.HostIndex;

    /// <summary>Name of the host-side device.</summary>
    internal string Link => _link.Spec.HostInterface;

    internal PhysicalAddress HardwareAddress => Frame.Mac(Mac.ToString());

    internal void BringUp()
    {
        Node.Driver.BringUp(_link);
        foreach (var address in ClusterAddresses)
        {
            var gateway = TestNetwork.BlockOf(Node.Number, address.IsV4).Gateway;
            TestNetwork.Ip(
                Namespace, address.IsV4 ? $"addr add {address}/32 dev eth0" : $"addr add {address}/128 dev eth0 nodad", $"{(address.IsV4 ? "" : "-6 ")}route add {gateway} dev eth0 src {address}",
                $"{(address.IsV4 ? "" : "-6 ")}route add default via {gateway} dev eth0 src {address}");
        }
    }

    /// <summary>A socket of the pod, of its first address's family or of another; it may be used from any thread.</summary>
    internal Socket Open(SocketType type, ProtocolType protocol, AddressFamily? family = null) => InNamespace.Open(TestNetwork.PathOf(Namespace), () => new Socket(
        family ?? (Address.IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6), type, protocol)
    {
        ReceiveTimeout = 10_000,
        SendTimeout = 10_000,
    });

    /// <summary>A socket of the pod, bound to its address and a port.</summary>
    internal Socket Bind(SocketType type, ProtocolType protocol, int port)
    {
        var socket = Open(type, protocol);
        socket.Bind(new IPEndPoint(Address.ToIPAddress(), port));
        return socket;
    }

    /// <summary>Sends and receives frames as the pod's owner may who has every right in it.</summary>
    internal PacketSocket OpenFrames() => PacketSocket.Open(TestNetwork.PathOf(Namespace), "eth0");

    public void Dispose()
    {
        _link.Dispose();
        Namespace.Dispose();
    }
}
