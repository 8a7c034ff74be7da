using System.Buffers.Binary;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>
/// What the datapath must do, said a second time and in plain words: no map layout, no code and no table is shared with the programs
/// or with what loads them.
/// </summary>
/// <param name="state">The node's state.</param>
/// <param name="takesIpv6">Whether the kernel can take the outer headers off an inner IPv6 packet: Linux 6.3 and up.</param>
/// <param name="services">What Services make of the cluster network's packets; null: nothing.</param>
internal sealed partial class ReferenceModel(DatapathState state, bool takesIpv6 = true, ServiceBook? services = null)
{
    private const int VxlanPort = 4789;
    private const uint FromPodMark = 0x02000000;

    // "This network" and loopback (RFC 6890), link-local, all of ::/96, which holds loopback and none, and what stands for a pod that speaks with itself.
    private static readonly IpPrefix[] Unroutable =
        [.. new[] { "0.0.0.0/8", "127.0.0.0/8", "fe80::/10", "::/96", "169.254.78.80/32", "100::4e50/128" }.Select(IpPrefix.Parse)];

    // Without Services a packet's ports are only looked at.
    private readonly ServiceBook _book = services ?? new ServiceBook(_ => null);

    private NodeEntry Node => state.Node!;

    /// <summary>A pod sent the frame; it came in by the device.</summary>
    internal Outcome FromPod(int device, byte[] frame, int gsoSize = 0)
    {
        if (state.Node is null)
        {
            return Drop("unconfigured");
        }

        if (!state.Interfaces.TryGetValue(new IfIndex(device), out var pod))
        {
            return Drop("unknown_interface");
        }

        var packet = new ModelPacket(frame);
        if (packet.SourceMac != pod.Mac)
        {
            return Drop("mac_spoof");
        }

        if (packet.Fault is { } fault)
        {
            return Drop(fault);
        }

        if (packet.IsArp)
        {
            return Arp(pod, frame);
        }

        if (packet is { IsIpv6: true, Icmp: ( >= 134 and <= 137, _) })
        {
            return Neighbour(pod, packet);
        }

        var beforeItsAddress = packet.Source.IsUnspecified || packet.Source == LinkLocal(pod.Mac);
        if (packet is { IsIpv6: true, IsMulticast: true } && beforeItsAddress)
        {
            return Drop("multicast");
        }

        // The source says whether the packet is of the pod's network, or of the cluster's.
        if (!IsOwn(pod, packet.Source))
        {
            return Drop("address_spoof");
        }

        var plane = IsOneOf(pod.ClusterAddresses, packet.Source) ? DatapathState.Cluster : pod.Network;

        if (Undeliverable(packet) is { } never)
        {
            return Drop(never);
        }

        var isKnown = state.Endpoints.TryGetValue(new(plane, packet.Target), out var known);
        var isForPod = isKnown ? known.Device != IfIndex.None : BlockOf(plane, packet.Target) is not null;
        return (services is null || plane != DatapathState.Cluster || isForPod ? null : services.FromPod(packet, isKnown)) switch
        {
            null => OnItsWay(pod, plane, packet, null, gsoSize),
            Fate.Refused when packet is { HasOptions: false, Transport.Length: >= 8 } => new Outcome.Reply(Answers.Refused(packet, Node.GatewayMac), "service_refused"),
            Fate.Refused => Drop("no_backend"),
            Fate.Lost lost => Drop(lost.Reason),
            Fate.Sent sent => OnItsWay(pod, plane, packet, sent.To, gsoSize),
            var fate => throw new InvalidOperationException($"{fate} is no fate"),
        };
    }

    private Outcome OnItsWay(InterfaceEntry pod, uint plane, ModelPacket asked, FlowTuple? to, int gsoSize)
    {
        var packet = to is { } other ? new ModelPacket(other.Put(asked)) : asked;
        var journey = new Journey(pod, plane, asked, packet, to, gsoSize, to is { } chosen ? chosen is { Protocol: 17, TargetPort: VxlanPort } : IsVxlan(packet));
        return state.Endpoints.TryGetValue(new(plane, packet.Target), out var endpoint) ? ToEndpoint(journey, endpoint) : ToNoEndpoint(journey);
    }

    /// <summary>A packet that a pod sent.</summary>
    /// <param name="Pod">The pod.</param>
    /// <param name="Plane">The network whose addresses the packet has.</param>
    /// <param name="Asked">As the pod sent it.</param>
    /// <param name="Packet">As it goes on.</param>
    /// <param name="To">It is on its way to a Service's backend, or back from one that the pod is itself, as this; null: it may be an answer.</param>
    /// <param name="GsoSize">Segmentation offload; 0: none.</param>
    /// <param name="IsVxlan">It is UDP to VXLAN's port.</param>
    private sealed record Journey(InterfaceEntry Pod, uint Plane, ModelPacket Asked, ModelPacket Packet, FlowTuple? To, int GsoSize, bool IsVxlan);

    /// <summary>The frame came out of the tunnel, for a network and from an address.</summary>
    internal Outcome FromOverlay(uint vni, IpAddr vtep, byte[] frame)
    {
        if (state.Node is null)
        {
            return Drop("unconfigured");
        }

        // A stranger's packet is called that before anything else that is wrong with it. One that a known endpoint sent is no stranger's.
        // Nor is one of a network that is not here, which a node's block vouches for.
        return OutOfTunnel(vni, vtep, frame) is var outcome && outcome is not Outcome.Drop { Reason: not "other_network" } ? outcome
            : !state.Vteps.ContainsKey(vtep) ? Drop("unknown_vtep")
            : !state.Networks.ContainsKey(vni) ? Drop("unknown_vni")
            : outcome;
    }

    private Outcome OutOfTunnel(uint vni, IpAddr vtep, byte[] frame)
    {
        var packet = new ModelPacket(frame);
        if (packet.IsArp)
        {
            return Drop("overlay_arp");
        }

        if (packet.Fault is { } fault)
        {
            return Drop(fault);
        }

        if (packet is { IsIpv6: true, Icmp: ( >= 134 and <= 137, _) })
        {
            return Drop("overlay_nd");
        }

        // What is of none of the network's addresses is a pod of it that speaks from its cluster address.
        var known = state.Endpoints.TryGetValue(new(vni, packet.Source), out var source);
        var plane = known || BlockOf(vni, packet.Source) is not null ? vni : DatapathState.Cluster;
        known = known || state.Endpoints.TryGetValue(new(plane, packet.Source), out source);
        if (!known && BlockOf(plane, packet.Source) is null)
        {
            return Drop("overlay_unknown_source");
        }

        // Whoever claims to come from nowhere is not this node.
        if (vtep.IsUnspecified || (known ? source.Device != IfIndex.None || source.Vtep != vtep : BlockOf(plane, packet.Source) != vtep))
        {
            return Drop("overlay_spoof");
        }

        var isForwarded = known && plane == DatapathState.Cluster && packet.SourceMac == ForwardedBy(source.Mac);
        if (known && source.Mac != packet.SourceMac && !isForwarded)
        {
            return Drop("overlay_mac_spoof");
        }

        if (Undeliverable(packet) is { } never)
        {
            return Drop(never);
        }

        if (!state.Endpoints.TryGetValue(new(plane, packet.Target), out var target))
        {
            return Drop("unknown_destination");
        }

        // In the cluster network only nodes are known by themselves, and what they send for themselves is of that network.
        var isFromNode = known && vni == DatapathState.Cluster && !isForwarded;
        if (IsThisNode(target))
        {
            return ToHost(frame, isFromNode ? 0 : MarkOf(vni));
        }

        return target.Device == IfIndex.None
            ? Drop("not_local")
            : IntoPod(plane, target, isFromNode ? null : vni, Addressed(frame, target.Mac), null, "tunnelled_in");
    }

    /// <summary>The frame came in by the uplink: plain VXLAN of IP to this node is judged as if it came out of the tunnel, the rest is the host's.</summary>
    internal Outcome FromUnderlay(byte[] frame)
    {
        var toThisNodesMac = frame.AsSpan(0, 6).IndexOfAnyExcept((byte)0) < 0;
        if (state.Node is null || !toThisNodesMac || Wire.Parse(frame) is not { } wire || wire.Target != Node.Vtep || wire.Ecn == 3 || wire.Inner.Length < 14)
        {
            return new Outcome.Pass();
        }

        // What has no room for a whole IP header cannot be taken apart there.
        return (wire.Inner[12], wire.Inner[13], wire.Inner.Length - 14) switch
        {
            (0x08, 0x00, >= 20) => FromOverlay(wire.Vni, wire.Source, wire.Inner),
            (0x86, 0xdd, >= 40) when takesIpv6 => FromOverlay(wire.Vni, wire.Source, wire.Inner),
            _ => new Outcome.Pass(),
        };
    }

    /// <summary>The host's stack sent the frame by the VXLAN device.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="gsoSize">Segmentation offload; 0: none.</param>
    /// <param name="sender">The network of the pod that sent it to the host's stack; null: it is the node's own, or comes from outside.</param>
    internal Outcome FromHost(byte[] frame, int gsoSize = 0, uint? sender = null)
    {
        if (state.Node is null)
        {
            return Drop("unconfigured");
        }

        var packet = new ModelPacket(frame);
        if (!state.Networks.ContainsKey(DatapathState.Cluster))
        {
            return Drop("host_to_overlay");
        }

        if (packet.IsArp || packet.Fault is "vlan_tag")
        {
            return Drop("ethertype");
        }

        if (packet.Fault is { } fault)
        {
            return Drop(fault);
        }

        if (packet.IsMulticast)
        {
            return Drop("multicast");
        }

        if (state.Endpoints.TryGetValue(new(DatapathState.Cluster, packet.Target), out var target))
        {
            return target.Device == IfIndex.None ? Drop("host_to_overlay")
                : target.Network != DatapathState.Cluster && IsInSubnet(target.Network, packet.Source) ? Drop("mixed_planes")
                : IntoPod(DatapathState.Cluster, target, sender, From(Node.GatewayMac, frame, target.Mac), null, "from_host");
        }

        if (BlockOf(DatapathState.Cluster, packet.Target) is not { IsUnspecified: false } vtep)
        {
            return Drop("unknown_destination");
        }

        var forwarder = sender is null ? Node.GatewayMac : ForwardedBy(Node.GatewayMac);
        return state.Endpoints.TryGetValue(new(DatapathState.Cluster, packet.Source), out var source) && IsThisNode(source)
            ? ToNode(sender ?? DatapathState.Cluster, packet, From(forwarder, frame, Node.GatewayMac), vtep, gsoSize)
            : Drop("host_source");
    }

    private static Outcome.Drop Drop(string reason) => new(reason);

    private static bool IsThisNode(EndpointEntry endpoint) => endpoint.Device == IfIndex.None && endpoint.Vtep.IsUnspecified;

    private IpAddr? BlockOf(uint network, IpAddr address) => state.Blocks
        .Where(block => block.Key.Network == network && block.Key.Prefix.Contains(address))
        .OrderByDescending(block => block.Key.Prefix.Length)
        .Select(block => (IpAddr?)block.Value)
        .FirstOrDefault();

    private static byte[] From(MacAddress source, byte[] frame, MacAddress target)
    {
        var copy = Addressed(frame, target);
        source.WriteBytes(copy.AsSpan(6));
        return copy;
    }

    /// <summary>The MAC that stands for what a node forwards: its last bit is the other one.</summary>
    internal static MacAddress ForwardedBy(MacAddress node) => new(node.Bits ^ 1);

    private Outcome ToHost(byte[] frame, uint mark) =>
        Node.VxlanDevice == IfIndex.None ? Drop("no_tunnel") : new Outcome.Host(Node.VxlanDevice.Value, 0x01000000 | mark, frame);

    /// <summary>That a pod of the network sent it: the number's 14 lower bits, 8 more from bit 16 on, and the last 2 from bit 28 on.</summary>
    internal static uint MarkOf(uint network) => 0x08000000 | (network % 16384) | (network / 16384 % 256 * 65536) | (network / 4194304 * 268435456);

    private bool IsInSubnet(uint network, IpAddr address) =>
        state.Networks.TryGetValue(network, out var entry) && entry.Subnets.Any(subnet => subnet.Contains(address));

    /// <summary>By its cluster address a pod is reached from its own network; else only by an answer, or where every network may.</summary>
    private Outcome IntoPod(uint plane, EndpointEntry target, uint? sender, byte[] frame, FlowTuple? to, string happened)
    {
        if (plane != DatapathState.Cluster)
        {
            return new Outcome.Local(target.Device.Value, plane, frame, happened);
        }

        // What comes from a Service's backend comes from the Service for the pod.
        var entering = to is null && services is not null ? services.ToPod(frame) : frame;
        var isAnswer = !ReferenceEquals(entering, frame);
        return sender is not { } network || network == target.Network || isAnswer || IsShared(frame, to)
            ? new Outcome.Local(target.Device.Value, plane, entering, happened)
            : Drop("other_network");
    }

    private bool IsShared(byte[] frame, FlowTuple? to) => (to ?? _book.TupleOf(new ModelPacket(frame))) is { } tuple
        && state.Shared.Contains(new(tuple.Target, tuple.TargetPort, (Core.Services.TransportProtocol)tuple.Protocol));

    private static string? Undeliverable(ModelPacket packet) =>
        packet.IsMulticast ? "multicast" : packet.IsBroadcast || packet.Frame[0] % 2 == 1 ? "broadcast" : null;

    private static byte[] Addressed(byte[] frame, MacAddress target)
    {
        var copy = (byte[])frame.Clone();
        target.WriteBytes(copy);
        return copy;
    }

    /// <summary>RFC 4291: the interface identifier is the MAC with ff:fe in its middle and the universal bit turned.</summary>
    private static IpAddr LinkLocal(MacAddress mac)
    {
        var upper = (ulong)(mac.Bits >> 24) ^ 0x020000;
        return new IpAddr(new UInt128(0xfe80_0000_0000_0000, (upper << 40) | 0xff_fe00_0000 | (mac.Bits & 0xff_ffff)));
    }

    private Outcome ToEndpoint(Journey journey, EndpointEntry endpoint)
    {
        var (pod, packet) = (journey.Pod, journey.Packet);
        if (journey.IsVxlan && journey.Plane == DatapathState.Cluster && endpoint.Device == IfIndex.None)
        {
            return Drop("pod_vxlan");
        }

        if (IsThisNode(endpoint))
        {
            return journey.IsVxlan ? Drop("pod_vxlan") : ToHost(packet.Frame, FromPodMark | MarkOf(pod.Network));
        }

        if (!packet.MayBeFragmented && packet.LongestSegment(journey.GsoSize) > Node.OverlayMtu)
        {
            return TooBig(journey);
        }

        // Whose pod it may be for, the other node knows: so it travels as the sender's network's, by cluster addresses too.
        var frame = Addressed(packet.Frame, endpoint.Mac);
        return endpoint.Device == IfIndex.None
            ? ToNode(pod.Network, packet, frame, endpoint.Vtep, journey.GsoSize)
            : IntoPod(journey.Plane, endpoint, pod.Network, frame, journey.To, "delivered_local");
    }

    private Outcome ToNode(uint network, ModelPacket packet, byte[] frame, IpAddr vtep, int gsoSize)
    {
        if (Node.VxlanDevice == IfIndex.None)
        {
            return Drop("no_tunnel");
        }

        // Segmentation offload of no kind that the kernel knows is all that test-run has to offer; the kernel puts no headers on that.
        var hop = state.Vteps.GetValueOrDefault(vtep);
        return hop.Device == IfIndex.None || gsoSize != 0 || (packet.MayBeFragmented && packet.LongestSegment(0) > Node.OverlayMtu)
            ? new Outcome.Tunnel(Node.VxlanDevice.Value, network, vtep, frame)
            : new Outcome.Direct(hop.Device.Value, hop.NextHop, network, Node.Vtep, vtep, packet.Ecn == 3 ? 2 : packet.Ecn, frame);
    }

    private static bool IsVxlan(ModelPacket packet) =>
        packet is { Protocol: 17, IsLaterFragment: false, Transport.Length: >= 4 }
        && BinaryPrimitives.ReadUInt16BigEndian(packet.Transport[2..]) == VxlanPort;

    private Outcome ToNoEndpoint(Journey journey)
    {
        var (pod, packet, gsoSize) = (journey.Pod, journey.Packet, journey.GsoSize);
        switch (BlockOf(journey.Plane, packet.Target))
        {
            case { IsUnspecified: true }:
                return Drop("unknown_destination");
            case { } vtep:
                return !packet.MayBeFragmented && packet.LongestSegment(gsoSize) > Node.OverlayMtu
                    ? TooBig(journey)
                    : ToNode(pod.Network, packet, Addressed(packet.Frame, Node.GatewayMac), vtep, gsoSize);
            default:
                break;
        }

        if (journey.IsVxlan)
        {
            return Drop("pod_vxlan");
        }

        if (journey.Plane == DatapathState.Cluster && packet.TargetMac == Node.GatewayMac && !Unroutable.Any(prefix => prefix.Contains(packet.Target)))
        {
            return pod.Network != DatapathState.Cluster && IsInSubnet(pod.Network, packet.Target)
                ? Drop("mixed_planes")
                : ToHost(packet.Frame, FromPodMark | MarkOf(pod.Network));
        }

        if (IsGateway(journey.Plane, packet.Target))
        {
            var echo = packet.IsIpv6 ? 128 : 8;
            var whole = !packet.HasOptions && !packet.IsFragment && packet.Transport.Length >= 8;
            return whole && packet.Icmp is (var type, 0) && type == echo
                ? new Outcome.Reply(Answers.Pong(packet, Node.GatewayMac), "ping_answered")
                : Drop("gateway");
        }

        return Drop(packet.TargetMac == Node.GatewayMac ? "no_route" : "unknown_destination");
    }

    private Outcome TooBig(Journey journey)
    {
        var packet = journey.Packet;
        // A message whose type is out of sight may be an error, too.
        var icmp = packet.Protocol == (packet.IsIpv6 ? 58 : 1) && !packet.IsLaterFragment;
        var error = icmp && (packet.Icmp is not (var type, _) || (packet.IsIpv6 ? type < 128 : type is 3 or 4 or 5 or 11 or 12));
        if (error || packet.Datagram.Length < Answers.Quoted || (!packet.IsIpv6 && packet.IsLaterFragment))
        {
            return Drop("too_big");
        }

        var gateways = state.Networks.TryGetValue(journey.Plane, out var network) ? network.Gateways : default;
        var from = (packet.IsIpv6 ? gateways.V6 : gateways.V4) is { IsUnspecified: false } gateway ? gateway : packet.Target;
        return new Outcome.Reply(Answers.TooBig(journey.Asked, Node.GatewayMac, from, Node.OverlayMtu), "too_big_answered");
    }

    // Who has a cluster address reaches the cluster by its node.
    private MacAddress? MacOf(InterfaceEntry pod, IpAddr address) =>
        state.Endpoints.TryGetValue(new(pod.Network, address), out var endpoint) ? endpoint.Mac
        : IsGateway(pod.Network, address) || (pod.ClusterAddresses != default && IsGateway(DatapathState.Cluster, address)) ? Node.GatewayMac
        : null;

    private bool IsGateway(uint network, IpAddr address) =>
        state.Networks.TryGetValue(network, out var entry) && IsOneOf(entry.Gateways, address);

    private static bool IsOwn(InterfaceEntry pod, IpAddr address) => IsOneOf(pod.Addresses, address) || IsOneOf(pod.ClusterAddresses, address);

    // A place without an address holds none, so nothing is equal to it.
    private static bool IsOneOf(AddressPair pair, IpAddr address) => !address.IsUnspecified && (address.IsV4 ? pair.V4 : pair.V6) == address;
}
