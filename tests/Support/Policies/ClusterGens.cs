using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Services;

namespace Netplugin.Tests.Support.Policies;

/// <summary>Endpoints, nodes and attempts out of few names, addresses and labels, so that policies meet them often. Two tenants use the same addresses.</summary>
public static class ClusterGens
{
    internal static readonly string[] Namespaces = ["one", "two", "three"];
    internal static readonly NetworkId[] Networks = [new("t", "x"), new("t", "y"), new("u", "x")];
    internal static readonly string[] Groups = ["", "front", "front", "back"];
    internal static readonly string[] PortNames = ["http", "dns", "none"];
    internal static readonly ushort[] Ports = [53, 80, 81, 90, 443];
    private const int MostEndpoints = 8;
    private static readonly byte[] Protocols = [6, 6, 6, 17, 17, 132, 1, 47];

    public static readonly Gen<Labels> LabelsGen = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2])
        .Select((a, b) => new Labels([.. Label("a", a), .. Label("b", b)]));

    public static readonly Gen<PolicyNode[]> NodesGen = LabelsGen.Array[2].Select(labels => labels.Select((each, i) => new PolicyNode($"n{i}", each)).ToArray());

    private static readonly Gen<ValueArray<NamedPort>> PortsGen = Gen.Select(
            Gen.OneOf(PortNames), Gen.OneOf(TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp), Gen.OneOf(Ports))
        .Select((name, protocol, number) => new NamedPort(name, protocol, number))
        .Array[0, 2]
        .Select(ports => new ValueArray<NamedPort>([.. ports]));

    private static readonly Gen<Func<int, Labels[], PolicyEndpoint>> EndpointGen =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2], Gen.Int[0, 2], LabelsGen, PortsGen, Gen.OneOf(Networks), Gen.OneOf(Groups), Gen.Int[0, 1])
            .Select((kind, space, node, labels, ports, network, group, families) => (Func<int, Labels[], PolicyEndpoint>)((i, spaces) =>
            {
                var pod = new PolicyPod(new(Namespaces[space], $"p{i}"), labels, spaces[space], ports);
                PerFamily<IpAddr> cluster = families == 0 ? [V4("10.1.0.0", i)] : [V4("10.1.0.0", i), V6(i)];
                return kind switch
                {
                    // Of the default network; of a tenant's, with and without cluster addresses; without Kubernetes.
                    < 4 => new(new(NetworkId.ClusterDefault, $"{Namespaces[space]}.p{i}"), "", [], cluster, $"n{node}", pod),
                    < 6 => new(new(network, $"c{i}"), group, [V4("11.1.0.0", i)], cluster, $"n{node}", pod),
                    6 => new(new(network, $"c{i}"), group, [V4("11.1.0.0", i)], [], $"n{node}", pod),
                    _ => new(new(network, $"c{i}"), group, [V4("11.1.0.0", i)], [], $"n{node}", null),
                };
            }));

    public static readonly Gen<PolicyEndpoint[]> EndpointsGen = Gen.Select(EndpointGen.Array[2, MostEndpoints], LabelsGen.Array[Namespaces.Length], Gen.Bool)
        .Select((makers, spaces, twice) =>
        {
            var all = makers.Select((make, i) => make(i + 1, spaces)).ToList();

            // A pod may have an interface in a second network.
            if (twice && all[0].Pod is not null)
            {
                all.Add(new(new(Networks[1], "again"), "front", [V4("11.1.0.0", MostEndpoints + 1)], [], all[0].Node, all[0].Pod));
            }

            return all.ToArray();
        });

    /// <summary>Every end there is, by each of its addresses, and addresses that are nobody's.</summary>
    public static AttemptEnd[] Ends(PolicyEndpoint[] endpoints, PolicyNode[] nodes) =>
    [
        .. from endpoint in endpoints from address in endpoint.Addresses.Concat(endpoint.ClusterAddresses) select new AttemptEnd.OfEndpoint(endpoint, address),
        .. nodes.Select(node => new AttemptEnd.OfNode(node, NodeAddress(node))),
        .. ((string[])["203.0.113.7", "10.1.0.40", "11.1.0.2", "2001:db8::7"]).Select(text => new AttemptEnd.Outside(IpAddr.Parse(text))),
    ];

    /// <summary>The address of a node of <see cref="NodesGen"/>, whose name is n and its number.</summary>
    public static IpAddr NodeAddress(PolicyNode node) => V4("192.168.2.0", node.Name[1] - '0');

    /// <summary>An attempt between two of <see cref="Ends"/>.</summary>
    public static Gen<Attempt> AttemptGen(PolicyEndpoint[] endpoints, PolicyNode[] nodes) =>
        Gen.Select(EndGen(endpoints, nodes), EndGen(endpoints, nodes), Gen.OneOf(Protocols), Gen.OneOf(Ports), Gen.Bool)
            .Select((from, to, protocol, port, through) =>
            {
                // Both ends are of one family: where the second is of the other, somebody outside stands for it.
                var receiver = to.Address.IsV4 == from.Address.IsV4 ? to : new AttemptEnd.Outside(IpAddr.Parse(from.Address.IsV4 ? "203.0.113.7" : "2001:db8::7"));
                var number = protocol == 1 && !from.Address.IsV4 ? (byte)58 : protocol;
                return new Attempt(from, receiver, number, number is 6 or 17 or 132 ? port : (ushort)0) { ThroughService = through };
            });

    private static Gen<AttemptEnd> EndGen(PolicyEndpoint[] endpoints, PolicyNode[] nodes) => Gen.OneOf(Ends(endpoints, nodes));

    private static IEnumerable<KeyValuePair<string, string>> Label(string key, int value) => value == 0 ? [] : [KeyValuePair.Create(key, $"{value}")];

    private static IpAddr V4(string network, int i) => IpAddr.Parse(network).Add((UInt128)i);

    private static IpAddr V6(int i) => IpAddr.Parse("fd00:1::").Add((UInt128)i);
}
