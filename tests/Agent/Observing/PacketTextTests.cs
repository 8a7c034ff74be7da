using System.Buffers.Binary;
using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Observing;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Linux.Bpf;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Tests.Agent.Observing;

/// <summary>How a packet is told, and which packets a filter wants.</summary>
public sealed class PacketTextTests
{
    private static readonly PolicyReason ByRule = new PolicyReason.ByRule(new(new(PolicyKind.NetworkPolicy, "shop", "web"), PolicyDirection.Ingress, 0, ""));
    private static readonly ObservedPacket Shown = Tell(Event());

    [Fact]
    public void A_denied_packet_names_policy_rule_and_direction()
    {
        Assert.Equal(("policy", "NetworkPolicy shop/web", "ingress 0", "ingress"), (Shown.Reason, Shown.Policy, Shown.Rule, Shown.Direction));
        Assert.Equal(new ObservedEnd("shop/redis", "", "10.244.1.8", 6379), Shown.To);
        Assert.Equal((PacketText.Cluster, "17"), (Shown.Network, Shown.Device));
    }

    [Fact]
    public void A_number_that_nobody_knows_is_an_earlier_daemons_and_what_another_reason_dropped_is_by_no_policy()
    {
        Assert.Equal(("", "9 of an earlier daemon"), (Tell(Event() with { PolicyReason = 9 }).Policy, Tell(Event() with { PolicyReason = 9 }).Rule));
        var other = Tell(Event() with { Reason = DropReason.TooBig });
        Assert.Equal(("too_big", "", "", ""), (other.Reason, other.Policy, other.Rule, other.Direction));
    }

    [Fact]
    public void Who_sends_is_known_by_the_device_whatever_the_packet_says()
    {
        var attachment = Samples.Attachment(5, "c1", 7, device: 17);
        var pod = Samples.Pod("s1", PodOrigin.Cni, attachment);
        var packet = PacketText.Of(
            SeenPacket.Of(Event(), [attachment]), new Dictionary<PlaneAddress, AttemptEnd>(), ImmutableDictionary<PodKey, Pod>.Empty.Add(pod.Key, pod), _ => ByRule, DateTimeOffset.UnixEpoch);

        Assert.Equal(new ObservedEnd("default/c1", "tenant-one/orange/c1", "10.244.1.7", 4242), packet.From);
    }

    [Fact]
    public void A_Services_packet_tells_where_it_goes() =>
        Assert.Equal(new ObservedEnd("shop/redis", "", "10.244.1.8", 16379), Tell(Event() with { Target = IpAddr.Parse("10.244.1.8"), TargetPort = 16379 }).Backend);

    [Theory]
    [InlineData("{\"pod\":\"shop/redis\"}", true)]
    [InlineData("{\"pod\":\"10.244.1.7\"}", true)]
    [InlineData("{\"from\":\"shop/redis\"}", false)]
    [InlineData("{\"to\":\"shop/redis\",\"port\":6379,\"protocol\":6}", true)]
    [InlineData("{\"to\":\"shop/redis\",\"port\":6380}", false)]
    [InlineData("{\"port\":4242}", true)]
    [InlineData("{\"protocol\":17}", false)]
    [InlineData("{\"protocol\":1}", false)]
    [InlineData("{\"reason\":\"policy\",\"policy\":\"shop/web\"}", true)]
    [InlineData("{\"policy\":\"NetworkPolicy shop/web\"}", true)]
    [InlineData("{\"policy\":\"web\"}", false)]
    [InlineData("{\"reason\":\"polic\"}", false)]
    [InlineData("{}", true)]
    public void All_that_a_filter_asks_must_hold(string filter, bool wants)
    {
        using var asked = System.Text.Json.JsonDocument.Parse(filter);
        string Text(string name) => asked.RootElement.TryGetProperty(name, out var value) ? value.GetString()! : "";
        int? Number(string name) => asked.RootElement.TryGetProperty(name, out var value) ? value.GetInt32() : null;

        Assert.Equal(wants, new ObserveFilter(Text("pod"), Text("from"), Text("to"), (ushort?)Number("port"), (byte?)Number("protocol"), Text("reason"), Text("policy")).Wants(Shown));
    }

    [Fact]
    public void A_policy_among_several_that_isolate_is_found_and_icmp_is_of_both_families()
    {
        var two = Shown with { Policy = "NetworkPolicy shop/a, NetworkPolicy shop/b", Kind = "icmpv6" };

        Assert.True(new ObserveFilter(Policy: "shop/b", Protocol: 1).Wants(two));
        Assert.True(new ObserveFilter(Protocol: 58).Wants(two));
    }

    /// <summary>A frame with a SYN.</summary>
    internal static ImmutableArray<byte> Tcp(string from, string to, ushort fromPort, ushort toPort)
    {
        var frame = new byte[54];
        frame[12] = 8;
        frame[14] = 0x45;
        frame[23] = 6;
        IpAddr.Parse(from).ToIPAddress().GetAddressBytes().CopyTo(frame, 26);
        IpAddr.Parse(to).ToIPAddress().GetAddressBytes().CopyTo(frame, 30);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(34), fromPort);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(36), toPort);
        frame[47] = 2;
        return [.. frame];
    }

    private static FlowEvent Event() => new(
        TimeSpan.Zero, FlowEventKind.Drop, DropReason.Policy, 1, PolicyDirection.Ingress, 0, new(17), 74, default, 0, Tcp("10.244.1.7", "10.244.1.8", 4242, 6379));

    private static ObservedPacket Tell(FlowEvent shown)
    {
        var redis = new PolicyEndpoint(new(NetworkId.ClusterDefault, "shop/redis"), "", [], [IpAddr.Parse("10.244.1.8")], "host1", null);
        var owners = new Dictionary<PlaneAddress, AttemptEnd> { [new(NetworkId.ClusterDefault, redis.ClusterAddresses.First)] = new AttemptEnd.OfEndpoint(redis, redis.ClusterAddresses.First) };
        return PacketText.Of(SeenPacket.Of(shown, []), owners, ImmutableDictionary<PodKey, Pod>.Empty, number => number == 1 ? ByRule : null, DateTimeOffset.UnixEpoch);
    }
}
