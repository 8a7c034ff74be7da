using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netplugin.Tests.Agent;

/// <summary>Values that tests begin with.</summary>
internal static class Samples
{
    public const string Me = "host1";
    private const long Now = 1000;
    public static readonly NetworkId Orange = new("tenant-one", "orange");
    public static readonly IpPrefix Subnet = IpPrefix.Parse("11.1.0.0/24");
    public static readonly NodeFacts Facts = new(Me, IpAddr.Parse("192.168.2.10"), 1500);

    /// <summary>Of a node that has a block for pods of the default network.</summary>
    public static readonly NodeFacts Serving = Facts with { Blocks = [new AddressBlock(IpPrefix.Parse("10.244.1.0/24"))] };

    public static IpAddr Address(int last) => IpAddr.Parse($"11.1.0.{last}");

    public static NetworkRecord Network(NetworkId? id = null, uint vni = 10001, Encap encap = Encap.Vxlan, string? gateway = null, string? subnet = null) =>
        new(id ?? Orange, encap, vni, subnet is null ? Subnet : IpPrefix.Parse(subnet), true, gateway is null ? default : IpAddr.Parse(gateway), 1);

    public static EndpointRecord Endpoint(
        string container, int last, NetworkId? network = null, string host = "", string uuid = "", EndpointBinding? binding = null, long post = 1) =>
        new(new EndpointId(network ?? Orange, container), Address(last), MacAddress.ForEndpoint(Address(last)), host, uuid, binding, post);

    public static EndpointCandidate Candidate(EndpointRecord record, Encap encap = Encap.Vxlan) =>
        new(record, 5, Network(record.Id.Network, encap: encap));

    public static Attachment Attachment(
        ulong number, string container, int last, AttachmentPhase phase = AttachmentPhase.Up, int device = 100, long bound = 5, NetworkId? network = null) => new(
        number, "eth0", new EndpointId(network ?? Orange, container), 10001, [new InterfaceAddress(Address(last), Subnet, default)], MacAddress.ForEndpoint(Address(last)),
        new IfIndex(device), phase, false, DateTimeOffset.UnixEpoch, bound);

    public static Pod Pod(string sandbox, PodOrigin origin, params ImmutableArray<Attachment> attachments) =>
        new(new PodKey(sandbox, "eth0"), "c1", "default", "/run/netns/" + sandbox, "net", origin, false, false, attachments);

    /// <summary>A view with everything listed, newer than any record of these.</summary>
    public static ClusterView View(params (EndpointRecord Record, long Revision)[] endpoints) => new(
        1,
        ImmutableDictionary<string, HostRecord>.Empty,
        ImmutableDictionary<string, NodeRecord>.Empty
            .Add("host1", new NodeRecord("host1", IpAddr.Parse("192.168.2.10"), 1500, "0"))
            .Add("host2", new NodeRecord("host2", IpAddr.Parse("192.168.2.11"), 1500, "0")),
        ImmutableDictionary<NetworkId, NetworkRecord>.Empty.Add(Orange, Network()),
        ImmutableDictionary<EndpointId, string>.Empty,
        ImmutableDictionary<NetworkId, PackedDictionary<string, EndpointView>>.Empty.Add(
            Orange, new PackedDictionary<string, EndpointView>(StringComparer.Ordinal).With(
                [.. endpoints.Select(e => new DictionaryEdit<string, EndpointView>(e.Record.Id.Container, EndpointView.From(e.Record, e.Revision, Me)))])))
    {
        Revisions = new(Now, ImmutableDictionary<NetworkId, long>.Empty.Add(Orange, Now)),
    };
}
