using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Services;
using Netplugin.Tests.Bpf.Kernel;

namespace Netplugin.Tests.Bpf.Model;

/// <summary>
/// A pod of the default network, or a tenant's with a cluster address, among Services and their backends of every kind, and what it, backends of its own
/// network and of others, and the world send each other: few addresses and ports, so that connections are met again, also by those that have no business with them.
/// </summary>
internal sealed class ServiceFrames
{
    private static readonly IpAddr OtherVtep = Scenario.VtepPool[0];
    private static readonly ushort[] ClientPorts = [1023, 40000, 40001, 65000];
    private static readonly ushort[] ServicePorts = [53, 80];
    private static readonly ushort[] SharedPorts = [8080, 40000, 53];

    private readonly Random _random;
    private readonly ServiceBook _book;
    private readonly int _number;
    private readonly uint _network;
    private readonly IpAddr _pod;
    private readonly IpAddr _neighbour;
    private readonly IpAddr _remote;
    private readonly IpAddr _node;
    private readonly IpAddr _otherNode;
    private readonly IpAddr _outside;
    private readonly IpAddr _nobody;
    private readonly IpAddr[] _services;

    /// <param name="random">Chance.</param>
    /// <param name="book">Told of the frontends; tells of connections.</param>
    /// <param name="number">Keeps datagrams apart from those of scenarios with another number, which the programs remember.</param>
    internal ServiceFrames(Random random, ServiceBook book, int number)
    {
        (_random, _book, _number) = (random, book, number);
        IsV4 = random.Next(2) == 0;
        _pod = At("10.244.1.9", "fd01:0:0:1::9");
        _neighbour = At("10.244.1.10", "fd01:0:0:1::10");
        _remote = At("10.244.2.9", "fd01:0:0:2::9");
        _node = At("10.244.1.1", "fd01:0:0:1::1");
        _otherNode = At("10.244.2.1", "fd01:0:0:2::1");
        _outside = At("203.0.113.9", "2001:db8:f::9");
        _nobody = At("10.244.1.99", "fd01:0:0:1::99");
        _network = PodNetwork();
        var mac = MacAddress.ForEndpoint(_pod);
        var addresses = AddressPair.Of(random.Next(2) == 0 ? [_pod] : [_pod, At("fd01:0:0:1::9", "10.244.1.9")]);
        _services = [At("10.96.0.10", "fd10::10"), At("10.96.0.11", "fd10::11")];
        var (own, other) = (IpPrefix.Parse(IsV4 ? "10.244.1.0/24" : "fd01:0:0:1::/64"), IpPrefix.Parse(IsV4 ? "10.244.2.0/24" : "fd01:0:0:2::/64"));
        State = DatapathState.Empty with
        {
            Node = new NodeEntry(Scenario.OwnVtep, new IfIndex(77), MacAddress.Gateway, random.Next(2) == 0 ? 576 : 1450),
            Networks = DatapathState.Empty.Networks.Add(DatapathState.Cluster, new NetworkEntry(AddressPair.Of([_node, At("fd01:0:0:1::1", "10.244.1.1")]))),
            Endpoints = DatapathState.Empty.Endpoints.With(
            [
                Endpoint(_pod, new(new(Datapath.Device), default, mac, _network)),
                Endpoint(_neighbour, new(new(12), default, MacAddress.ForEndpoint(_neighbour), PodNetwork())),
                Endpoint(_node, new(IfIndex.None, default, MacAddress.Gateway)),
                Endpoint(_otherNode, new(IfIndex.None, OtherVtep, MacAddress.Gateway)),
            ]),
            Interfaces = DatapathState.Empty.Interfaces.Add(
                new(Datapath.Device), _network == DatapathState.Cluster
                    ? new(_network, (ulong)random.NextInt64(), mac, addresses)
                    : new(_network, (ulong)random.NextInt64(), mac, AddressPair.Of([IpAddr.Parse("10.0.0.9")]), addresses)),
            Vteps = DatapathState.Empty.Vteps.Add(OtherVtep, random.Next(2) == 0 ? new VtepEntry(new IfIndex(88), OtherVtep) : default),
            Blocks = DatapathState.Empty.Blocks.Add(new(DatapathState.Cluster, own), default).Add(new(DatapathState.Cluster, other), OtherVtep),
        };
        Change();
    }

    internal bool IsV4 { get; }

    internal DatapathState State { get; private set; }

    internal static IpAddr Vtep => OtherVtep;

    /// <summary>Other frontends, and other backends of those that stay.</summary>
    internal void Change()
    {
        var frontends = DatapathState.Empty.Frontends;
        IpAddr[] addresses = [.. _services, _outside, _otherNode, IsV4 ? IpAddr.FromV4(0) : IpAddr.Unspecified];
        foreach (var address in addresses)
        {
            foreach (var protocol in new[] { TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp })
            {
                foreach (var port in ServicePorts.Where(_ => _random.Next(3) != 0))
                {
                    frontends = frontends.With([new(new(address, port, protocol), Frontend())]);
                }
            }
        }

        State = State with
        {
            Frontends = frontends,
            Shared =
            [
                .. from address in new[] { _pod, _neighbour }
                   from protocol in Enum.GetValues<TransportProtocol>()
                   from port in SharedPorts
                   where _random.Next(4) == 0
                   select new FrontendKey(address, port, protocol),
            ],
        };
        _book.Frontends = frontends;
    }

    internal byte[] FromPod()
    {
        if (_random.Next(6) == 0 && Known(flow => flow.Target == _pod) is { } hairpin)
        {
            return Frame(hairpin.Turned, MacAddress.ForEndpoint(_pod));
        }

        IpAddr[] targets = [.. _services, .. _services, _outside, _node, _otherNode, _neighbour, _remote, ServiceBook.HairpinOf(IsV4)];
        return Frame(
            new(_pod, targets[_random.Next(targets.Length)], Of(ClientPorts), _random.Next(12) == 0 ? (ushort)4789 : Of(ServicePorts), Protocol()),
            MacAddress.ForEndpoint(_pod));
    }

    /// <summary>The network of a pod, here or on another node.</summary>
    internal uint PodNetwork() => _random.Next(2) == 0 ? DatapathState.Cluster : Scenario.PodNetworks[_random.Next(Scenario.PodNetworks.Length)];

    internal byte[] FromOverlay() => ToPod(
        _random.Next(3) == 0 ? _otherNode : _remote, _random.Next(2) == 0 ? MacAddress.Gateway : ReferenceModel.ForwardedBy(MacAddress.Gateway));

    internal byte[] FromHost() => ToPod(_random.Next(2) == 0 ? _node : _outside, MacAddress.Gateway);

    private byte[] ToPod(IpAddr from, MacAddress mac)
    {
        if (_random.Next(4) == 0)
        {
            var about = Known(_ => true) ?? Any(_pod, from);
            return Error(from, about, mac);
        }

        return Frame(_random.Next(4) != 0 && Known(flow => flow.Target == from) is { } flow ? flow.Turned : Any(from, _pod), mac);
    }

    private FlowTuple Any(IpAddr from, IpAddr to) => new(from, to, Of(ServicePorts), Of(ClientPorts), Protocol());

    private FlowTuple? Known(Func<FlowTuple, bool> which)
    {
        var flows = _book.Translated.Where(which).ToArray();
        return flows.Length == 0 ? null : flows[_random.Next(flows.Length)];
    }

    private Frontend Frontend()
    {
        var action = _random.Next(8) switch { 0 => FrontendAction.Reject, 1 => FrontendAction.Drop, _ => FrontendAction.Balance };
        var affinity = _random.Next(4) == 0 ? TimeSpan.FromHours(1) : TimeSpan.Zero;
        IpAddr[] pool = [_pod, _pod, _neighbour, _remote, _remote, _node, _otherNode, _outside, _nobody];
        return new(
            action, affinity,
            action != FrontendAction.Balance ? [] : [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => new Backend(pool[_random.Next(pool.Length)], (ushort)(_random.Next(10) == 0 ? 4789 : 8080))).Distinct()]);
    }

    private byte[] Frame(FlowTuple tuple, MacAddress from)
    {
        var kind = tuple.Protocol == 17 ? _random.Next(6) : 2;

        // A later fragment begins where eight bytes of the first end.
        var isFirst = kind == 0;
        var fragment = kind < 2 ? (Id: (ushort)(_number % 16384 * 4 + _random.Next(4)), Offset: isFirst ? 0 : 8, More: isFirst) : ((ushort Id, int Offset, bool More)?)null;
        byte[] transport = fragment is { Offset: > 0 } ? Bytes(16) : [.. Ports(tuple.SourcePort, tuple.TargetPort), .. Rest(tuple.Protocol)];
        if (_random.Next(30) == 0)
        {
            transport = transport[..Math.Min(transport.Length, _random.Next(9))];
        }

        return Ip(tuple.Source, tuple.Target, tuple.Protocol, transport, from, fragment, isRight: _random.Next(8) != 0);
    }

    private byte[] Error(IpAddr from, FlowTuple about, MacAddress mac)
    {
        var quoted = Ip(about.Source, about.Target, about.Protocol, [.. Ports(about.SourcePort, about.TargetPort), .. Bytes(_random.Next(12))], mac, null, isRight: _random.Next(4) != 0);
        byte[] message = [(byte)(IsV4 ? 3 : 1), (byte)(IsV4 ? 3 : 4), 0, 0, 0, 0, 0, 0, .. quoted.AsSpan(14)];
        return Ip(from, _pod, (byte)(IsV4 ? 1 : 58), message, mac, null, isRight: _random.Next(8) != 0);
    }

    private byte[] Rest(byte protocol) => protocol switch
    {
        // Sequence, acknowledgement, offset, flags, window, checksum, urgent.
        6 => [.. Bytes(8), 0x50, new byte[] { 0x02, 0x02, 0x10, 0x10, 0x11, 0x12, 0x14 }[_random.Next(7)], 0x10, 0, 0, 0, 0, 0, .. Bytes(_random.Next(40))],
        17 => [0, 0, 0, 0, .. Bytes(_random.Next(20) == 0 ? 1200 : _random.Next(40))],
        _ => Bytes(8 + _random.Next(40)),
    };

    private byte[] Ip(IpAddr source, IpAddr target, byte protocol, byte[] transport, MacAddress from, (ushort Id, int Offset, bool More)? fragment, bool isRight)
    {
        var mayBeFragmented = !IsV4 || fragment is not null || _random.Next(2) != 0;
        var frame = IpFrame.Of(source, target, protocol, transport, from, fragment, mayBeFragmented);
        if (isRight)
        {
            Checksums.Mend(frame);
        }

        return frame;
    }

    private static byte[] Ports(ushort source, ushort target) => [(byte)(source >> 8), (byte)source, (byte)(target >> 8), (byte)target];

    private byte Protocol() => new byte[] { 6, 6, 6, 17, 17, 17, 132 }[_random.Next(7)];

    private ushort Of(ushort[] ports) => ports[_random.Next(ports.Length)];

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    private IpAddr At(string v4, string v6) => IpAddr.Parse(IsV4 ? v4 : v6);

    private static Core.Collections.DictionaryEdit<EndpointKey, EndpointEntry> Endpoint(IpAddr address, EndpointEntry entry) => new(new(DatapathState.Cluster, address), entry);
}
