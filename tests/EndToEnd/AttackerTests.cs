using System.Net;
using System.Net.NetworkInformation;
using System.Text.Json;
using Netplugin.Core.Addresses;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.EndToEnd;

/// <summary>
/// What a hostile pod, or a hostile machine on the underlay, sends: none of it arrives, and each kind has its own counter. Two nodes;
/// the attacker and a friend in orange, and a victim in purple.
/// </summary>
public sealed class AttackerTests(AttackerTests.Testbed testbed) : IClassFixture<AttackerTests.Testbed>
{
    private const int Packets = 10;
    private const ushort VxlanPort = 4789;
    private const uint Orange = 10001;
    private static readonly IPAddress Stranger = IPAddress.Parse("11.1.0.77");
    private static readonly PhysicalAddress StrangersMac = Frame.Mac("02:00:00:00:00:77");

    // What arrives does so at once, on a machine that is not overloaded; what must not arrive is waited for less.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    private readonly Cluster _cluster = testbed.Cluster;
    private readonly Pod _attacker = testbed.Attacker;
    private readonly Pod _friend = testbed.Friend;
    private readonly Pod _victim = testbed.Victim;
    private readonly IPAddress _attackersAddress = testbed.AttackersAddress;
    private readonly IPAddress _friendsAddress = testbed.FriendsAddress;
    private readonly IPAddress _victimsAddress = testbed.VictimsAddress;

    [Fact]
    public void An_honest_packet_sent_in_the_same_way_arrives()
    {
        using PacketSocket listener = PacketSocket.Open(_friend.NetworkNamespace, "eth0");
        Send(_attacker.NetworkNamespace, "eth0", FromAttacker(Frame.Ping(_attackersAddress, _friendsAddress)));
        Assert.Contains(listener.Receive(Patience), frame => Holds(frame, Frame.PingData));
    }

    [Fact]
    public void Honest_vxlan_sent_in_the_same_way_arrives()
    {
        using PacketSocket listener = PacketSocket.Open(_friend.NetworkNamespace, "eth0");
        SendVxlan(_cluster[1].Node, Orange, InnerPing(MacOf(_attacker), _attackersAddress));
        Assert.Contains(listener.Receive(Patience), frame => Holds(frame, Frame.PingData));
    }

    [Fact]
    public Task A_forged_source_address_is_dropped() =>
        DroppedFromPodAsync("AddressSpoof", FromAttacker(Frame.Ping(Stranger, _friendsAddress)), _friend);

    [Fact]
    public Task A_forged_source_address_of_a_neighbour_is_dropped() =>
        DroppedFromPodAsync("AddressSpoof", FromAttacker(Frame.Ping(_friendsAddress, _attackersAddress)), _friend);

    [Fact]
    public Task A_forged_source_mac_is_dropped() =>
        DroppedFromPodAsync("MacSpoof", Frame.Ethernet(MacOf(_friend), StrangersMac, Frame.Ipv4Type, Frame.Ping(_attackersAddress, _friendsAddress)), _friend);

    [Fact]
    public Task Forged_arp_for_a_neighbours_address_is_dropped() =>
        DroppedFromPodAsync(
            "ArpSpoof",
            Frame.Ethernet(Frame.Broadcast, MacOf(_attacker), Frame.ArpType, Frame.Arp(2, MacOf(_attacker), _friendsAddress, Frame.Broadcast, _friendsAddress)),
            _friend);

    [Fact]
    public Task Arp_with_another_sender_mac_inside_is_dropped() =>
        DroppedFromPodAsync(
            "ArpSpoof",
            Frame.Ethernet(Frame.Broadcast, MacOf(_attacker), Frame.ArpType, Frame.Arp(1, StrangersMac, _attackersAddress, Frame.Broadcast, _friendsAddress)),
            _friend);

    [Fact]
    public Task Forged_neighbour_advertisements_are_dropped()
    {
        IPAddress router = IPAddress.Parse("fe80::1"), all = IPAddress.Parse("ff02::1");
        byte[] forged = Frame.NeighbourAdvertisement(router, all, router, MacOf(_attacker));
        return DroppedFromPodAsync("NdSpoof", Frame.Ethernet(Frame.Mac("33:33:00:00:00:01"), MacOf(_attacker), Frame.Ipv6Type, forged), _friend);
    }

    [Fact]
    public Task A_vlan_tag_is_dropped() =>
        DroppedFromPodAsync("VlanTag", Frame.Ethernet(MacOf(_friend), MacOf(_attacker), 0x8100, [0, 5, 8, 0, .. Frame.Ping(_attackersAddress, _friendsAddress)]), _friend);

    [Fact]
    public async Task Vxlan_from_a_machine_that_is_no_node_is_dropped() =>
        await DroppedFromUnderlayAsync("UnknownVtep", _cluster.Fabric, Orange, InnerPing(MacOf(_attacker), _attackersAddress));

    [Fact]
    public async Task Vxlan_from_a_node_with_a_vni_that_is_not_here_is_dropped() =>
        await DroppedFromUnderlayAsync("UnknownVni", _cluster[1].Node, 10002, InnerPing(MacOf(_attacker), _attackersAddress));

    [Fact]
    public async Task Vxlan_from_a_node_with_an_inner_source_that_nobody_has_is_dropped() =>
        await DroppedFromUnderlayAsync("OverlayUnknownSource", _cluster[1].Node, Orange, InnerPing(MacOf(_attacker), Stranger));

    [Fact]
    public async Task Vxlan_from_a_node_with_an_inner_source_that_lives_elsewhere_is_dropped() =>
        await DroppedFromUnderlayAsync("OverlaySpoof", _cluster[1].Node, Orange, InnerPing(MacOf(_friend), _friendsAddress));

    [Fact]
    public async Task Vxlan_from_a_node_with_another_inner_source_mac_is_dropped() =>
        await DroppedFromUnderlayAsync("OverlayMacSpoof", _cluster[1].Node, Orange, InnerPing(StrangersMac, _attackersAddress));

    [Fact]
    public async Task Vxlan_that_a_pod_sends_through_its_own_node_is_dropped()
    {
        IPAddress node = IPAddress.Parse(_cluster[2].Address);
        byte[] vxlan = Frame.Vxlan(Orange, InnerPing(MacOf(_attacker), _attackersAddress));
        await DroppedFromPodAsync("PodVxlan", FromAttacker(Frame.Udp(_attackersAddress, 40000, node, VxlanPort, vxlan)), _friend);
    }

    [Fact]
    public async Task A_packet_given_to_the_node_to_be_routed_into_another_network_is_dropped()
    {
        // To every MAC that could be the node: the pod's own host device, found by its index, stands for all of them.
        PhysicalAddress hostDevice = HostDeviceMac(_attacker);
        byte[] packet = Frame.Ethernet(hostDevice, MacOf(_attacker), Frame.Ipv4Type, Frame.Ping(_attackersAddress, _victimsAddress));
        long before = await DropsAsync(_cluster[1], "NoRoute") + await DropsAsync(_cluster[1], "UnknownDestination");
        await NothingArrivesAsync(_victim, _attacker.NetworkNamespace, "eth0", packet);
        long after = await DropsAsync(_cluster[1], "NoRoute") + await DropsAsync(_cluster[1], "UnknownDestination");
        Assert.True(after >= before + Packets, $"{after - before} of {Packets} counted");
    }

    [Fact]
    public Task A_packet_given_to_the_gateways_mac_to_be_routed_into_another_network_is_dropped() =>
        DroppedFromPodAsync(
            "NoRoute",
            Frame.Ethernet(Frame.Mac(MacAddress.Gateway.ToString()), MacOf(_attacker), Frame.Ipv4Type, Frame.Ping(_attackersAddress, _victimsAddress)),
            _victim);

    [Fact]
    public async Task A_packet_for_the_node_itself_is_dropped()
    {
        IPAddress node = IPAddress.Parse(_cluster[1].Address);
        byte[] packet = Frame.Ethernet(HostDeviceMac(_attacker), MacOf(_attacker), Frame.Ipv4Type, Frame.Udp(_attackersAddress, 40000, node, 2379, [1]));
        long before = await DropsAsync(_cluster[1], "NoRoute") + await DropsAsync(_cluster[1], "UnknownDestination");
        using PacketSocket underlay = PacketSocket.Open(_cluster[1].Node.NetworkNamespace, "eth1");
        Send(_attacker.NetworkNamespace, "eth0", packet);
        Assert.DoesNotContain(underlay.Receive(Moment), frame => Holds(frame, _attackersAddress.GetAddressBytes()));
        long after = await DropsAsync(_cluster[1], "NoRoute") + await DropsAsync(_cluster[1], "UnknownDestination");
        Assert.True(after >= before + Packets, $"{after - before} of {Packets} counted");
    }

    private byte[] FromAttacker(byte[] packet) => Frame.Ethernet(MacOf(_friend), MacOf(_attacker), Frame.Ipv4Type, packet);

    private byte[] InnerPing(PhysicalAddress mac, IPAddress source) =>
        Frame.Ethernet(MacOf(_friend), mac, Frame.Ipv4Type, Frame.Ping(source, _friendsAddress));

    /// <summary>A pod sends; the other pod must not see it, and the sender's node counts it.</summary>
    private async Task DroppedFromPodAsync(string reason, byte[] frame, Pod target)
    {
        long before = await DropsAsync(_cluster[1], reason);
        await NothingArrivesAsync(target, _attacker.NetworkNamespace, "eth0", frame);
        long after = await DropsAsync(_cluster[1], reason);
        Assert.True(after >= before + Packets, $"{reason}: {after - before} of {Packets} counted");
    }

    /// <summary>A machine sends VXLAN to node 2 by an ordinary UDP socket; the friend there must not see it, and node 2 counts it.</summary>
    private async Task DroppedFromUnderlayAsync(string reason, Node sender, uint vni, byte[] inner)
    {
        long before = await DropsAsync(_cluster[2], reason);
        using PacketSocket listener = PacketSocket.Open(_friend.NetworkNamespace, "eth0");
        SendVxlan(sender, vni, inner);
        Assert.DoesNotContain(listener.Receive(Moment), frame => Holds(frame, Frame.PingData));
        long after = await DropsAsync(_cluster[2], reason);
        Assert.True(after >= before + Packets, $"{reason}: {after - before} of {Packets} counted");
    }

    private static Task<long> DropsAsync(ClusterNode node, string reason) => node.DropsAsync(reason);

    private static Task NothingArrivesAsync(Pod target, string networkNamespace, string device, byte[] frame)
    {
        using PacketSocket listener = PacketSocket.Open(target.NetworkNamespace, "eth0");
        Send(networkNamespace, device, frame);
        Assert.DoesNotContain(listener.Receive(Moment), arrived => Holds(arrived, frame.AsSpan(14)));
        return Task.CompletedTask;
    }

    private static void Send(string networkNamespace, string device, byte[] frame)
    {
        using PacketSocket socket = PacketSocket.Open(networkNamespace, device);
        for (int sent = 0; sent < Packets; sent++)
        {
            socket.Send(frame);
        }
    }

    private void SendVxlan(Node sender, uint vni, byte[] inner)
    {
        using var socket = UdpSockets.Open(sender.NetworkNamespace);
        for (int sent = 0; sent < Packets; sent++)
        {
            socket.SendTo(Frame.Vxlan(vni, inner), new IPEndPoint(IPAddress.Parse(_cluster[2].Address), VxlanPort));
        }
    }

    private static bool Holds(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> bytes) => frame.IndexOf(bytes) >= 0;

    private static PhysicalAddress MacOf(Pod pod)
    {
        using JsonDocument links = JsonDocument.Parse(pod.Run("ip", "-j", "link", "show", "dev", "eth0").Succeeded());
        return Frame.Mac(links.RootElement[0].GetProperty("address").GetString()!);
    }

    /// <summary>The MAC of the host's end of the pod's eth0.</summary>
    private static PhysicalAddress HostDeviceMac(Pod pod)
    {
        using JsonDocument links = JsonDocument.Parse(pod.Run("ip", "-j", "link", "show", "dev", "eth0").Succeeded());
        int index = links.RootElement[0].GetProperty("link_index").GetInt32();
        using JsonDocument host = JsonDocument.Parse(pod.Node.Run("ip", "-j", "link").Succeeded());
        JsonElement device = host.RootElement.EnumerateArray().Single(link => link.GetProperty("ifindex").GetInt32() == index);
        return Frame.Mac(device.GetProperty("address").GetString()!);
    }

    /// <summary>The nodes and pods, made once: no test changes them.</summary>
    public sealed class Testbed : IAsyncLifetime
    {
        internal Cluster Cluster { get; private set; } = null!;

        internal Pod Attacker { get; private set; } = null!;

        internal Pod Friend { get; private set; } = null!;

        internal Pod Victim { get; private set; } = null!;

        internal IPAddress AttackersAddress { get; private set; } = null!;

        internal IPAddress FriendsAddress { get; private set; } = null!;

        internal IPAddress VictimsAddress { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Cluster = await Cluster.StartAsync(2);
            try
            {
                Cluster.Post(Intents.OneTenant(("orange", ["attacker", "friend"]), ("purple", ["victim"]))).Succeeded();
                Attacker = Cluster[1].CreatePod("attacker");
                Friend = Cluster[2].CreatePod("friend");
                Victim = Cluster[1].CreatePod("victim");
                AttackersAddress = IPAddress.Parse(Attacker.Add());
                FriendsAddress = IPAddress.Parse(Friend.Add());
                VictimsAddress = IPAddress.Parse(Victim.Add());
                await Eventually.HoldsAsync("the attacker to reach its friend", () => Attacker.Reaches(FriendsAddress.ToString()));
            }
            catch
            {
                Cluster.Dispose();
                throw;
            }
        }

        public ValueTask DisposeAsync()
        {
            Cluster.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
