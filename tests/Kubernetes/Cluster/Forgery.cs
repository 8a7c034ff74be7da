using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text.Json;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Kubernetes.Cluster;

/// <summary>A pod that sends what it may not, as whole frames, and another pod whose interface is listened at.</summary>
public sealed class Forgery : IDisposable
{
    private const int Port = 9100;
    private const int VxlanPort = 4789;

    // Each frame that is forged holds this word, and none that is not does.
    private static readonly byte[] Word = Frame.PingData.ToArray();
    private static readonly byte[] HonestWord = "honest"u8.ToArray();
    private static readonly PhysicalAddress Gateway = Frame.Mac(Core.Addresses.MacAddress.Gateway.ToString());

    private readonly Place _to;
    private readonly PhysicalAddress _own;
    private readonly PhysicalAddress _others;
    private readonly PacketSocket _sender;
    private readonly Socket _socket4;
    private readonly Socket _socket6;
    private readonly PacketSocket _listener;

    /// <summary>Begins to listen.</summary>
    public Forgery(Place from, Place to)
    {
        (_to, _own, _others) = (to, MacOf(from), MacOf(to));
        string asking = from.NetworkNamespace();
        _sender = PacketSocket.Open(asking, "eth0");
        _socket4 = UdpSockets.Open(asking);
        _socket6 = UdpSockets.Open(asking, 0, IPAddress.IPv6Any);
        _listener = PacketSocket.Open(to.NetworkNamespace(), "eth0");
    }

    /// <summary>Sends UDP and echo requests from each source to each target, by the gateway's MAC and the target's own, from the own MAC and the target's.</summary>
    public void SendAll(IReadOnlyList<IPAddress> sources, IReadOnlyList<IPAddress> targets)
    {
        foreach (byte[] packet in Packets(sources, targets))
        {
            ushort type = packet[0] >> 4 == 4 ? Frame.Ipv4Type : Frame.Ipv6Type;
            foreach (PhysicalAddress at in new[] { Gateway, _others })
            {
                _sender.Send(Frame.Ethernet(at, _own, type, packet));
                _sender.Send(Frame.Ethernet(at, _others, type, packet));
            }
        }
    }

    /// <summary>Sends the same within VXLAN to nodes: by a socket as any program may, and as frames.</summary>
    /// <param name="own">The address that the sender has.</param>
    /// <param name="nodes">Where to.</param>
    /// <param name="vni">The network that the packets are said to be of.</param>
    /// <param name="sources">The sources within.</param>
    /// <param name="targets">The targets within.</param>
    public void SendInVxlan(IPAddress own, IReadOnlyList<IPAddress> nodes, uint vni, IReadOnlyList<IPAddress> sources, IReadOnlyList<IPAddress> targets)
    {
        Socket socket = own.AddressFamily == AddressFamily.InterNetwork ? _socket4 : _socket6;
        foreach (byte[] packet in Packets(sources, targets))
        {
            byte[] within = Frame.Vxlan(vni, Frame.Ethernet(_others, _own, packet[0] >> 4 == 4 ? Frame.Ipv4Type : Frame.Ipv6Type, packet));
            foreach (IPAddress node in nodes)
            {
                _sender.Send(Frame.Ethernet(Gateway, _own, Frame.TypeOf(own), Frame.Udp(own, 40000, node, VxlanPort, within)));
                try
                {
                    socket.SendTo(within, new IPEndPoint(node, VxlanPort));
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied or SocketError.ConnectionRefused or SocketError.HostUnreachable)
                {
                    // The kernel has told what became of one before.
                }
            }
        }
    }

    /// <summary>What was sent arrives: the same frames that are forged for others are not, for who may have them.</summary>
    public Task ArrivesAsync() => Eventually.HoldsAsync(
        $"{_to.Name} to get the frames", () => _listener.Receive(TimeSpan.FromSeconds(1)).Any(frame => Holds(frame, Word)));

    /// <summary>What was forged does not arrive: what a pod sends afterwards that may does.</summary>
    public async Task NothingArrivesAsync(Place who, char family)
    {
        var arrived = new List<byte[]>();
        using Socket honest = UdpSockets.Open(who.NetworkNamespace(), 0, family == '6' ? IPAddress.IPv6Any : IPAddress.Any);
        await Eventually.HoldsAsync(
            $"{_to.Name} to get what {who.Name} sends",
            () =>
            {
                honest.SendTo(HonestWord, new IPEndPoint(_to.Address(family), Port));
                arrived.AddRange(_listener.Receive(TimeSpan.FromSeconds(1)));
                return arrived.Any(frame => Holds(frame, HonestWord));
            });
        Assert.Equal([], arrived.Where(frame => Holds(frame, Word)).Select(Convert.ToHexString));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sender.Dispose();
        _socket4.Dispose();
        _socket6.Dispose();
        _listener.Dispose();
    }

    private static bool Holds(byte[] frame, byte[] word) => frame.AsSpan().IndexOf(word) >= 0;

    private static IEnumerable<byte[]> Packets(IReadOnlyList<IPAddress> sources, IReadOnlyList<IPAddress> targets) =>
        from source in sources
        from target in targets
        from packet in new[] { Frame.Udp(source, 40000, target, Port, Word), Frame.Ping(source, target) }
        select packet;

    private static PhysicalAddress MacOf(Place pod)
    {
        using JsonDocument links = JsonDocument.Parse(pod.Run("ip", "-json", "link", "show", "dev", "eth0").Succeeded());
        return Frame.Mac(links.RootElement[0].GetProperty("address").GetString()!);
    }
}
