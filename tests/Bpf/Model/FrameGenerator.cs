using System.Buffers.Binary;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>
/// Frames that a pod or a tunnel could bring: most begin as something right, and then lie in one place, or are bent, cut or stretched at
/// random. What the fields hold comes from the scenario, so that each rule is met often.
/// </summary>
internal sealed class FrameGenerator(Random random, Scenario scenario)
{
    private static readonly byte[] Extensions = [0, 43, 44, 51, 60];
    private static readonly IpAddr[] Ipv4Pool = [.. Scenario.Addresses.Where(address => address.IsV4)];
    private static readonly IpAddr[] Ipv6Pool = [.. Scenario.Addresses.Where(address => !address.IsV4)];
    private static readonly IpAddr StrangeIpv4 = IpAddr.Parse("172.16.0.9");
    private static readonly IpAddr[] StrangePool =
        [StrangeIpv4, StrangeIpv4, IpAddr.Parse("127.0.0.1"), IpAddr.Parse("2001:db8:1::9"), IpAddr.Parse("2001:db8:1::9"), IpAddr.Parse("::1")];
    private static readonly IpAddr AllNodes = IpAddr.Parse("ff02::1");
    private static readonly IpAddr AllRouters = IpAddr.Parse("ff02::2");
    private static readonly IpAddr SolicitedNode = IpAddr.Parse("ff02::1:ff00:1");

    private MacAddress _sourceMac;
    private bool _overlay;
    private bool _host;

    /// <summary>The outer source of an overlay frame: more often than not the one its inner source lives behind.</summary>
    internal IpAddr Vtep { get; private set; }

    /// <summary>Segmentation offload of the packet, 0 for none.</summary>
    internal int GsoSize() => random.Next(12) switch { 0 => random.Next(1, 3000), 1 when random.Next(8) == 0 => 0xffff, _ => 0 };

    /// <summary>A frame that comes from the pod.</summary>
    internal byte[] FromPod()
    {
        (_overlay, _host) = (false, false);
        return Next(scenario.OwnOf(v4: false).IsUnspecified || (!scenario.OwnOf(v4: true).IsUnspecified && random.Next(2) == 0));
    }

    /// <summary>A frame that comes out of the tunnel.</summary>
    internal byte[] FromOverlay()
    {
        (_overlay, _host) = (true, false);
        Vtep = random.Next(12) == 0 ? StrangeIpv4 : Scenario.VtepPool[random.Next(Scenario.VtepPool.Length)];
        return Next(random.Next(2) == 0);
    }

    /// <summary>A frame that the host's stack sends by the VXLAN device.</summary>
    internal byte[] FromHost()
    {
        (_overlay, _host) = (false, true);
        return Next(random.Next(2) == 0);
    }

    /// <summary>A frame that the tunnel brought, as it comes in by the uplink: plain VXLAN, or bent in a place that makes it less than plain.</summary>
    internal byte[] FromUnderlay(uint vni)
    {
        var inner = FromOverlay();
        var source = Vtep.IsV4 ? Vtep : StrangeIpv4;
        var target = random.Next(16) == 0 ? StrangeIpv4 : Scenario.OwnVtep;
        var frame = new Wire(vni, source, target, random.Next(16) == 0 ? 3 : random.Next(3), inner).ToFrame((ushort)random.Next(65536), (byte)random.Next(1, 256));
        switch (random.Next(8))
        {
            case 0:
                frame[random.Next(Wire.Overhead)] ^= (byte)(1 << random.Next(8));
                return frame;
            case 1:
                // A lie whose checksum is right: one field of the outer IPv4 header.
                frame[14 + random.Next(10)] = (byte)random.Next(256);
                frame.AsSpan(24, 2).Clear();
                BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(24), Answers.Checksum(frame.AsSpan(14, 20)));
                return frame;
            case 2:
                return [.. frame, .. Bytes(random.Next(1, 20))];
            default:
                return frame;
        }
    }

    private byte[] Next(bool v4) => Bend(random.Next(24) switch
    {
        0 => Ethernet((ushort)random.Next(65536), Bytes(random.Next(1, 60))),
        1 => Ethernet(random.Next(2) == 0 ? (ushort)0x8100 : (ushort)0x88a8, [0, 5, 8, 0, .. Bytes(random.Next(40))]),
        2 => v4 ? Ipv6() : Ipv4(),
        3 or 4 or 5 or 6 when v4 => Arp(),
        _ => v4 ? Ipv4() : Ipv6(),
    });

    private byte[] Ethernet(ushort type, byte[] payload)
    {
        var frame = new byte[14 + payload.Length];
        Mac(random.Next(3) == 0).WriteBytes(frame);
        (random.Next(24) == 0 ? Mac(true) : _sourceMac).WriteBytes(frame.AsSpan(6));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), type);
        payload.CopyTo(frame.AsSpan(14));
        return frame;
    }

    private byte[] Arp()
    {
        var arp = new byte[28 + (random.Next(3) == 0 ? 18 : 0)];
        byte[] head = [0, 1, 8, 0, 6, 4, 0, (byte)(random.Next(8) == 0 ? random.Next(4) : random.Next(1, 3))];
        head.CopyTo(arp, 0);
        if (random.Next(3) != 0)
        {
            arp[7] = 1;
        }

        (random.Next(8) == 0 ? Mac(true) : scenario.Pod.Mac).WriteBytes(arp.AsSpan(8));
        var sender = random.Next(8) switch { 0 => Address(v4: true), 1 => IpAddr.FromV4(0), _ => scenario.OwnOf(v4: true) };
        BinaryPrimitives.WriteUInt32BigEndian(arp.AsSpan(14), (uint)sender.FamilyBits);
        Mac(true).WriteBytes(arp.AsSpan(18));
        BinaryPrimitives.WriteUInt32BigEndian(arp.AsSpan(24), (uint)Address(v4: true).FamilyBits);
        _sourceMac = scenario.Pod.Mac;
        return Ethernet(0x0806, arp);
    }

    private byte[] Ipv4()
    {
        var source = Source(v4: true);
        var options = random.Next(6) == 0 ? 4 * random.Next(11) : 0;
        var protocol = (byte)(random.Next(8) switch { 0 or 1 => 17, 2 or 3 => 6, 4 => random.Next(256), _ => 1 });
        var payload = Payload(protocol, v4: true);
        var ip = new byte[20 + options + payload.Length];
        ip[0] = (byte)(0x45 + options / 4);
        ip[1] = (byte)random.Next(256);
        BinaryPrimitives.WriteUInt16BigEndian(ip.AsSpan(2), (ushort)ip.Length);
        BinaryPrimitives.WriteUInt16BigEndian(
            ip.AsSpan(6), (ushort)(random.Next(6) switch { 0 => random.Next(65536), 1 => 0x2000, 2 => random.Next(1, 8192), 3 => 0, _ => 0x4000 }));
        ip[8] = (byte)random.Next(256);
        ip[9] = protocol;
        BinaryPrimitives.WriteUInt32BigEndian(ip.AsSpan(12), (uint)source.FamilyBits);
        BinaryPrimitives.WriteUInt32BigEndian(ip.AsSpan(16), (uint)Target(v4: true).FamilyBits);
        random.NextBytes(ip.AsSpan(20, options));
        BinaryPrimitives.WriteUInt16BigEndian(ip.AsSpan(10), Answers.Checksum(ip.AsSpan(0, 20 + options)));
        payload.CopyTo(ip.AsSpan(20 + options));
        return Ethernet(0x0800, Padded(ip));
    }

    private byte[] Ipv6()
    {
        var source = Source(v4: false);
        var protocol = (byte)(random.Next(8) switch { 0 => 17, 1 => 6, 2 => random.Next(256), _ => 58 });
        var payload = Payload(protocol, v4: false);
        for (var i = random.Next(5) == 0 ? random.Next(12) : 0; i > 0; i--)
        {
            (protocol, payload) = Extension(protocol, payload);
        }

        var ip = new byte[40 + payload.Length];
        ip[0] = 0x60;
        ip[1] = (byte)random.Next(256);
        BinaryPrimitives.WriteUInt16BigEndian(ip.AsSpan(4), (ushort)payload.Length);
        ip[6] = protocol;
        ip[7] = (byte)(random.Next(6) == 0 ? random.Next(256) : 255);
        source.WriteBytes(ip.AsSpan(8));
        Target(v4: false).WriteBytes(ip.AsSpan(24));
        payload.CopyTo(ip.AsSpan(40));
        return Ethernet(0x86dd, Padded(ip));
    }

    private (byte Protocol, byte[] Payload) Extension(byte next, byte[] payload)
    {
        var kind = Extensions[random.Next(Extensions.Length)];
        var length = kind == 44 ? 8 : 8 * random.Next(1, 4);
        var header = Bytes(length);
        header[0] = next;
        header[1] = (byte)(kind == 51 ? length / 4 - 2 : length / 8 - 1);
        if (kind == 44 && random.Next(2) == 0)
        {
            // A first fragment: this is what hides things.
            header[2] = 0;
            header[3] &= 7;
        }

        return (kind, [.. header, .. payload]);
    }

    private byte[] Payload(byte protocol, bool v4)
    {
        var data = Bytes(random.Next(12) switch { 0 => random.Next(8), 1 => random.Next(400, 3000), 2 => random.Next(1200, 1500), _ => random.Next(120) });
        switch (protocol)
        {
            case 17:
                return [.. Bytes(2), .. Port(), .. Bytes(4), .. data];
            case 6:
                return [.. Bytes(2), .. Port(), .. Bytes(8), (byte)(random.Next(5, 16) << 4), .. Bytes(7), .. data];
            case 1 when v4:
                return [(byte)(random.Next(3) == 0 ? random.Next(20) : 8), (byte)(random.Next(8) == 0 ? 1 : 0), .. Bytes(6), .. data];
            case 58 when !v4:
                return random.Next(3) switch
                {
                    0 => [(byte)(random.Next(3) == 0 ? random.Next(256) : 128), (byte)(random.Next(8) == 0 ? 1 : 0), .. Bytes(6), .. data],
                    _ => Neighbour(),
                };
            default:
                return data;
        }
    }

    private byte[] Port() => random.Next(4) switch { 0 => Bytes(2), 1 => [0, 53], _ => [0x12, 0xb5] };

    private byte[] Neighbour()
    {
        var message = new byte[24 + 8 * random.Next(3)];
        random.NextBytes(message);
        message[0] = (byte)(random.Next(4) == 0 ? random.Next(132, 139) : random.Next(135, 137));
        message[1] = (byte)(random.Next(12) == 0 ? 1 : 0);
        Address(v4: false).WriteBytes(message.AsSpan(8));
        if (message.Length > 24)
        {
            message[24] = (byte)random.Next(1, 3);
            message[25] = 1;
            (random.Next(4) == 0 ? Mac(true) : scenario.Pod.Mac).WriteBytes(message.AsSpan(26));
        }

        return message;
    }

    private byte[] Padded(byte[] packet) => random.Next(6) == 0 ? [.. packet, .. Bytes(random.Next(40))] : packet;

    private byte[] Bend(byte[] frame)
    {
        switch (random.Next(10))
        {
            case 0:
                frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
                return frame;
            case 1:
                frame[random.Next(12, Math.Min(frame.Length, 64))] = (byte)random.Next(256);
                return frame;
            case 2:
                return frame[..random.Next(15, frame.Length + 1)];
            default:
                return frame;
        }
    }

    private IpAddr Source(bool v4)
    {
        _sourceMac = scenario.Pod.Mac;
        if (_host)
        {
            IpAddr[] own = [.. scenario.State.Endpoints
                .Where(e => e.Key.Network == DatapathState.Cluster && e.Value == new EndpointEntry(IfIndex.None, IpAddr.Unspecified, e.Value.Mac) && e.Key.Address.IsV4 == v4)
                .Select(e => e.Key.Address)];
            return own.Length == 0 || random.Next(4) == 0 ? Address(v4) : own[random.Next(own.Length)];
        }

        if (!_overlay)
        {
            var (own, cluster) = (scenario.OwnOf(v4), scenario.ClusterOf(v4));
            return random.Next(8) == 0 ? Address(v4)
                : !cluster.IsUnspecified && random.Next(2) == 0 ? cluster
                : !own.IsUnspecified && random.Next(8) != 0 ? own
                : LinkLocalOrNone(v4);
        }

        var source = Address(v4);
        if (scenario.State.Endpoints.TryGetValue(new(scenario.Network, source), out var endpoint))
        {
            _sourceMac = random.Next(4) == 0 ? ReferenceModel.ForwardedBy(endpoint.Mac) : endpoint.Mac;
            Vtep = random.Next(4) == 0 ? Vtep : endpoint.Vtep;
        }
        else if (random.Next(2) == 0 && scenario.State.Endpoints.TryGetValue(new(DatapathState.Cluster, source), out var forwarder))
        {
            _sourceMac = random.Next(2) == 0 ? ReferenceModel.ForwardedBy(forwarder.Mac) : forwarder.Mac;
            Vtep = forwarder.Vtep;
        }
        else if (scenario.State.Blocks.FirstOrDefault(block => block.Key.Prefix.Contains(source)) is { Value.IsUnspecified: false } block)
        {
            Vtep = random.Next(4) == 0 ? Vtep : block.Value;
        }

        return source;
    }

    private IpAddr LinkLocalOrNone(bool v4) => random.Next(3) switch
    {
        0 => v4 ? IpAddr.FromV4(0) : IpAddr.Unspecified,
        1 when !v4 => LinkLocal(),
        _ => Address(v4),
    };

    private IpAddr LinkLocal()
    {
        var mac = new byte[6];
        scenario.Pod.Mac.WriteBytes(mac);
        return IpAddr.FromBytes([0xfe, 0x80, 0, 0, 0, 0, 0, 0, (byte)(mac[0] ^ 2), mac[1], mac[2], 255, 254, mac[3], mac[4], mac[5]]);
    }

    private IpAddr Target(bool v4) => random.Next(20) switch
    {
        0 => v4 ? IpAddr.FromV4(uint.MaxValue) : AllNodes,
        1 => v4 ? IpAddr.FromV4(0xe0000000 | (uint)random.Next(1 << 28)) : SolicitedNode,
        2 or 3 or 4 when scenario.State.Networks.TryGetValue(scenario.Network, out var network) && (v4 ? network.Gateways.V4 : network.Gateways.V6) is { IsUnspecified: false } gateway => gateway,
        _ => Address(v4),
    };

    private IpAddr Address(bool v4) => random.Next(24) switch
    {
        0 => StrangePool[random.Next(3) + (v4 ? 0 : 3)],
        1 when !v4 => scenario.OwnOf(random.Next(2) == 0), // may be an IPv4-mapped one, or none
        2 when !v4 => Ipv4Pool[0],
        3 when !v4 => LinkLocal(),
        4 => v4 ? IpAddr.FromV4(0) : IpAddr.Unspecified,
        5 when !v4 => AllRouters,
        _ => v4 ? Ipv4Pool[random.Next(Ipv4Pool.Length)] : Ipv6Pool[random.Next(Ipv6Pool.Length)],
    };

    private MacAddress Mac(bool any) => random.Next(any ? 6 : 3) switch
    {
        0 => MacAddress.Gateway,
        1 or 2 => MacAddress.ForEndpoint(Scenario.Addresses[random.Next(Scenario.Addresses.Length)]),
        3 => new MacAddress(0xffff_ffff_ffff),
        4 => new MacAddress(0x3333_0000_0001),
        _ => new MacAddress((ulong)random.NextInt64() & 0xffff_ffff_ffff),
    };

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
