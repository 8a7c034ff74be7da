using System.Collections.Immutable;
using System.Text;
using CsCheck;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Messages;

namespace Netplugin.Tests.K8contivnet.NodeApi;

public sealed class NodeCodecTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly NodeRequest[] AllRequests =
    [
        new NodeRequest.RunCni(new("ADD", "c", "/n", "eth0", "A=b", "/p"), "{\"a\":\"ü\"}"),
        new NodeRequest.RunExec("setup", ["ns", "pod", "id"]),
        new NodeRequest.GetStatus(),
        new NodeRequest.GetEndpoints(),
        new NodeRequest.GetCounters(),
        new NodeRequest.GetMetrics(),
        new NodeRequest.GetPolicies(),
        new NodeRequest.ExplainPolicy("shop/web", "203.0.113.7", 6, 443),
        new NodeRequest.Observe(true, new(Pod: "shop/web", Port: 6379, Protocol: 6)),
        new NodeRequest.Resync(),
        new NodeRequest.SetLogLevel("debug"),
        new NodeRequest.StoreGet(["a", "b"]),
        new NodeRequest.StoreList("/netplugin/"),
        new NodeRequest.StoreCommit([new("k", true, 0)], [new("k", [1, 2, 3], 5), new("gone", null)]),
        new NodeRequest.StoreFollow("/p"),
        new NodeRequest.StoreLease(5000),
    ];

    private static readonly NodeReply[] AllReplies =
    [
        new NodeReply.Ran(1, "{\"code\":11}"),
        new NodeReply.Done(),
        new NodeReply.Refused("version", "no"),
        new NodeReply.Status(new("h", "0.1", "ready", Noon, new("etcd", "https://e", false, "refused", Noon, 7), "192.0.2.1", 1500, 1450, 3, 2, 1, Noon, 9, 0, ["p"])),
        new NodeReply.Endpoints([new("t", "n", "c", "s", "eth0", ["11.1.0.1/24", "fd00::1/64"], "02:02:0b:01:00:01", 10001, "np1", 5, "attached", Noon)]),
        new NodeReply.Counters(Sorted(("no-endpoint", 3)), Sorted(("local", long.MaxValue))),
        new NodeReply.Metrics("# HELP x\n"),
        new NodeReply.Policies([new("NetworkPolicy", "shop", "web", "", null, true, 2, 7, 420, ["spec.x: unknown"]), new("ClusterNetworkPolicy", "", "floor", "Admin", 3, false, 0, 0, 0, [])]),
        new NodeReply.Explained(new("h", new("shop/web", "10.1.0.1", "_/default", "h"), new("203.0.113.7", "203.0.113.7", "", ""), 6, 443, false, "", new(false, "p", "r", "s", "same", "s"), null, ["n"])),
        new NodeReply.Observed([new(Noon, "dropped", "policy", "p", "r", "ingress", "t/n", "np1", new("shop/web", "", "10.1.0.1", 5), new("", "", "10.1.0.2", null), null, "tcp", "SYN", 74)], 3),
        new NodeReply.Entries([new("a", [7], 1, 2), null]),
        new NodeReply.Snapshot(9, [new("a", [7], 1, 2)]),
        new NodeReply.Changed(10, [new("a", null, 0, 0)]),
        new NodeReply.Disconnected("away"),
        new NodeReply.Committed(true, 11),
        new NodeReply.Leased(-3),
    ];

    public static IEnumerable<TheoryDataRow<NodeRequest>> Requests => AllRequests.Select(request => new TheoryDataRow<NodeRequest>(request));

    public static IEnumerable<TheoryDataRow<NodeReply>> Replies => AllReplies.Select(reply => new TheoryDataRow<NodeReply>(reply));

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_request_survives_the_wire(NodeRequest request)
    {
        var bytes = NodeCodec.Encode(request);

        Assert.Equal(Text(bytes), Text(NodeCodec.Encode(NodeCodec.DecodeRequest(bytes))));
        Assert.Equal(request.GetType(), NodeCodec.DecodeRequest(bytes).GetType());
        Assert.Contains("\"v\":1", Text(bytes), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Replies))]
    public void A_reply_survives_the_wire(NodeReply reply)
    {
        var bytes = NodeCodec.Encode(reply);

        Assert.Equal(Text(bytes), Text(NodeCodec.Encode(NodeCodec.DecodeReply(bytes))));
        Assert.Equal(reply.GetType(), NodeCodec.DecodeReply(bytes).GetType());
    }

    [Fact]
    public void A_removed_key_stays_different_from_one_with_an_empty_value()
    {
        var sent = new NodeRequest.StoreCommit([], [new("gone", null), new("empty", [])]);
        var got = Assert.IsType<NodeRequest.StoreCommit>(NodeCodec.DecodeRequest(NodeCodec.Encode(sent)));
        var changed = Assert.IsType<NodeReply.Changed>(NodeCodec.DecodeReply(NodeCodec.Encode(new NodeReply.Changed(1, [new("gone", null, 0, 0)]))));

        Assert.Null(got.Writes[0].Value);
        Assert.Empty(got.Writes[1].Value!);
        Assert.Null(changed.Items[0].ToEntry());
    }

    [Theory]
    [InlineData("{\"op\":\"cni\",\"v\":2}")]
    [InlineData("{\"v\":0,\"shape\":\"of another version\"}")]
    public void Another_version_is_refused_naming_both_before_anything_else_is_read(string request)
    {
        var refused = Assert.Throws<NodeApiException>(() => NodeCodec.DecodeRequest(Encoding.UTF8.GetBytes(request)));

        Assert.Equal("version", refused.Code);
        Assert.Contains("version 1", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"op\":\"status\"}")]
    [InlineData("{\"v\":\"1\",\"op\":\"status\"}")]
    [InlineData("{\"v\":1}")]
    [InlineData("{\"v\":1,\"op\":\"nonsense\"}")]
    [InlineData("{\"v\":1,\"op\":7}")]
    [InlineData("{\"v\":1,\"op\":\"exec\",\"action\":\"setup\"}")]
    [InlineData("{\"v\":1,\"op\":\"cni\",\"stdin\":\"{}\"}")]
    [InlineData("{\"v\":1,\"op\":\"cni\",\"stdin\":null,\"environment\":{\"command\":\"ADD\"}}")]
    [InlineData("{\"v\":1,\"op\":\"store.get\"}")]
    [InlineData("{\"v\":1,\"op\":\"store.commit\",\"compares\":[null],\"writes\":[]}")]
    [InlineData("{\"v\":1,\"op\":\"store.commit\",\"compares\":[]}")]
    public void What_is_not_a_request_is_refused(string request) =>
        Assert.Equal("bad-request", Assert.Throws<NodeApiException>(() => NodeCodec.DecodeRequest(Encoding.UTF8.GetBytes(request))).Code);

    [Fact]
    public void A_request_with_its_members_in_another_order_or_unknown_ones_is_understood() =>
        Assert.IsType<NodeRequest.GetStatus>(NodeCodec.DecodeRequest("{\"new\":{\"v\":9},\"v\":1,\"op\":\"status\"}"u8));

    [Fact]
    public void Damaged_requests_never_throw_anything_else() =>
        Gen.Select(Gen.Int[0, AllRequests.Length - 1], Gen.Int[0, 500], Gen.Byte).Sample((which, at, value) =>
        {
            var damaged = NodeCodec.Encode(AllRequests[which]);
            damaged[at % damaged.Length] = value;
            try
            {
                NodeCodec.DecodeRequest(damaged);
            }
            catch (NodeApiException)
            {
                // The one way a request may be refused.
                return;
            }
        });

    private static ImmutableSortedDictionary<string, long> Sorted(params (string Key, long Value)[] items) =>
        items.ToImmutableSortedDictionary(i => i.Key, i => i.Value, StringComparer.Ordinal);

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
