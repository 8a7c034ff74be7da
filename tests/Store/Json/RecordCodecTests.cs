using System.Text;
using CsCheck;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Store;
using Netplugin.Store.Json;

namespace Netplugin.Tests.Store.Json;

public class RecordCodecTests
{
    private static readonly Gen<IpAddr> AnyAddress = Gen.OneOf(
        Gen.UInt.Select(IpAddr.FromV4), Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new IpAddr(new UInt128(high, low))), Gen.Const(default(IpAddr)));

    private static readonly Gen<MacAddress> AnyMac = Gen.ULong[0, (1UL << 48) - 1].Select(bits => new MacAddress(bits));

    private static readonly Gen<NetworkId> AnyNetwork = Gen.Select(Gen.String, Gen.String, (tenant, network) => new NetworkId(tenant, network));

    private static readonly Gen<EndpointBinding?> AnyBinding = Gen.OneOf(
        Gen.Const((EndpointBinding?)null),
        Gen.Select(Gen.String, Gen.String, Gen.String, AnyAddress.Array[0, 2], (h, s, i, cluster) =>
            (EndpointBinding?)new EndpointBinding(h, s, i) { ClusterAddresses = [.. cluster.DistinctBy(address => address.IsV4)] }));

    [Fact]
    public void An_endpoint_reads_back_as_written() =>
        Gen.Select(Gen.Select(AnyNetwork, Gen.String), AnyAddress, AnyMac, Gen.String, Gen.String, AnyBinding, Gen.Long)
            .Sample((id, address, mac, host, uuid, binding, post) =>
            {
                var record = new EndpointRecord(new(id.Item1, id.Item2), address, mac, host, uuid, binding, post);
                Assert.Equal(record, RecordCodec.DecodeEndpoint(Entry(RecordCodec.Encode(record))));
            });

    [Fact]
    public void A_network_reads_back_as_written() =>
        Gen.Select(AnyNetwork, Gen.Bool, Gen.UInt, AnyAddress, Gen.Int[0, 32], Gen.Bool, AnyAddress).Select(Gen.Long, (parts, post) => (parts, post))
            .Sample(sample =>
            {
                var (id, vlan, tag, subnet, length, pool, gateway) = sample.parts;
                var record = new NetworkRecord(id, vlan ? Encap.Vlan : Encap.Vxlan, tag, new(subnet, length), pool, gateway, sample.post);
                Assert.Equal(record, RecordCodec.DecodeNetwork(Entry(RecordCodec.Encode(record))));
            });

    [Fact]
    public void A_tenant_reads_back_as_written()
    {
        var record = new TenantRecord("tenant-one", Encap.Vlan, IpPrefix.Parse("11.1.0.0/16"), 24, [new(11, 28), new(40, 40)], []);
        var read = RecordCodec.DecodeTenant(Entry(RecordCodec.Encode(record)));
        Assert.Equal(record.Vlans, read.Vlans.AsEnumerable());
        Assert.Empty(read.Vxlans);
        Assert.Equal(record, read with { Vlans = record.Vlans, Vxlans = record.Vxlans });
    }

    [Fact]
    public void A_tenant_without_a_pool_reads_back_without_one()
    {
        var read = RecordCodec.DecodeTenant(Entry(RecordCodec.Encode(new TenantRecord("t", Encap.Vxlan, null, 0, [], [new(1, 2)]))));
        Assert.Null(read.SubnetPool);
        Assert.Equal([new IdRange(1, 2)], read.Vxlans.AsEnumerable());
    }

    [Fact]
    public void A_container_keeps_the_order_of_its_networks()
    {
        var record = new ContainerRecord("c2", [new("t", "purple"), new("t", "orange")]);
        var read = RecordCodec.DecodeContainer(Entry(RecordCodec.Encode(record)));
        Assert.Equal("c2", read.Container);
        Assert.Equal(record.Endpoints.AsEnumerable(), read.Endpoints.AsEnumerable());
    }

    [Fact]
    public void Who_posted_is_kept_and_a_record_that_does_not_say_was_an_intents()
    {
        var tenant = new TenantRecord("t", Encap.Vxlan, null, 24, [], []);
        var network = new NetworkRecord(new("t", "n"), Encap.Vxlan, 5, IpPrefix.Parse("10.0.0.0/24"), false, default, 1);
        Assert.Equal("""{"tenant":"t","network":"n","encap":"vxlan","tag":5,"subnet":"10.0.0.0/24","post":1,"subnetFromPool":false}""", Encoding.UTF8.GetString(RecordCodec.Encode(network)));
        Assert.Equal(network, RecordCodec.DecodeNetwork(Entry(RecordCodec.Encode(network))));

        Assert.Equal(tenant with { Resource = "t" }, RecordCodec.DecodeTenant(Entry(RecordCodec.Encode(tenant with { Resource = "t" }))));
        Assert.Equal(network with { Resource = "r" }, RecordCodec.DecodeNetwork(Entry(RecordCodec.Encode(network with { Resource = "r" }))));
        Assert.NotEqual(tenant, tenant with { Resource = "t" });
    }

    [Fact]
    public void The_small_records_read_back_as_written()
    {
        var host = new HostRecord("host1", IpAddr.Parse("192.168.2.10"), "");
        Assert.Equal(host, RecordCodec.DecodeHost(Entry(RecordCodec.Encode(host))));
        var node = new NodeRecord("host1", IpAddr.Parse("fd00::1"), 1500, "0.1.0");
        Assert.Equal(node, RecordCodec.DecodeNode(Entry(RecordCodec.Encode(node))));
        var serving = node with { Blocks = [IpPrefix.Parse("10.244.1.0/24"), IpPrefix.Parse("fd00:1::/64")] };
        Assert.Equal(serving, RecordCodec.DecodeNode(Entry(RecordCodec.Encode(serving))));
        Assert.NotEqual(node, serving);
        var dual = node with { SecondAddress = IpAddr.Parse("192.168.2.10") };
        Assert.Equal(dual, RecordCodec.DecodeNode(Entry(RecordCodec.Encode(dual))));
        Assert.NotEqual(node, dual);
        var post = new PostRecord(0);
        Assert.Equal(post, RecordCodec.DecodePost(Entry(RecordCodec.Encode(post))));
        var cluster = new ClusterRecord(Guid.NewGuid(), 0, ClusterRecord.CurrentSchema);
        Assert.Equal(cluster, RecordCodec.DecodeCluster(Entry(RecordCodec.Encode(cluster))));
    }

    [Fact]
    public void A_status_reads_back_as_written()
    {
        var since = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var status = new NodeStatus("host1", "0.1.0", since, "ready", 1450, 2, 4, 2, null, ["etcd is away"]);
        var read = RecordCodec.DecodeNodeStatus(Entry(RecordCodec.Encode(status)));
        Assert.Equal(status.Problems.AsEnumerable(), read.Problems.AsEnumerable());
        Assert.Equal(status, read with { Problems = status.Problems });
    }

    [Fact]
    public void The_stored_form_of_an_endpoint_is_as_it_always_was()
    {
        var record = new EndpointRecord(
            new(new("tenant-one", "orange"), "myContainer1"), IpAddr.Parse("11.1.0.1"), MacAddress.Parse("02:02:0b:01:00:01"), "", "",
            new("host1", "abc", "eth0"), 3);
        Assert.Equal(
            """{"tenant":"tenant-one","network":"orange","container":"myContainer1","address":"11.1.0.1","mac":"02:02:0b:01:00:01","post":3,"binding":{"host":"host1","sandbox":"abc","interface":"eth0"}}""",
            Encoding.UTF8.GetString(RecordCodec.Encode(record)));
    }

    [Fact]
    public void The_stored_form_of_a_binding_has_the_cluster_addresses_where_there_are_some()
    {
        var record = new EndpointRecord(
            new(new("tenant-one", "orange"), "c1"), IpAddr.Parse("11.1.0.1"), MacAddress.Parse("02:02:0b:01:00:01"), "", "",
            new("host1", "abc", "eth0") { ClusterAddresses = [IpAddr.Parse("fd00:10:244:1::2"), IpAddr.Parse("10.244.1.2")] }, 3);
        var stored = Encoding.UTF8.GetString(RecordCodec.Encode(record));
        Assert.EndsWith("""
            ,"binding":{"host":"host1","sandbox":"abc","interface":"eth0","clusterAddresses":["fd00:10:244:1::2","10.244.1.2"]}}
            """, stored, StringComparison.Ordinal);
        Assert.Equal(record, Read(stored));

        // One that was not written here is read as far as it can be meant.
        Assert.Equal(
            ["10.244.1.3", "fd00::3"],
            Read(stored.Replace("\"fd00:10:244:1::2\",\"10.244.1.2\"", "\"10.244.1.3\",\"10.244.1.4\",\"fd00::3\"", StringComparison.Ordinal)).Binding!.ClusterAddresses.Select(address => address.ToString()));
        Assert.Empty(Read(stored.Replace("""
            ,"clusterAddresses":["fd00:10:244:1::2","10.244.1.2"]
            """, "", StringComparison.Ordinal)).Binding!.ClusterAddresses);

        static EndpointRecord Read(string text) => RecordCodec.DecodeEndpoint(Entry(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void The_stored_form_of_what_labels_lead_to()
    {
        var record = new EndpointRecord(
            new(new("tenant-one", "orange"), "ns.p1"), IpAddr.Parse("11.1.0.1"), MacAddress.Parse("02:02:0b:01:00:01"), "", "", null, 3);
        Assert.Null(RecordCodec.DecodeEndpoint(Entry(RecordCodec.Encode(record))).Pod);
        foreach (var (pod, stored) in new[]
        {
            (new LabelledPod("ns", "p1", "web"), """{"namespace":"ns","name":"p1","group":"web"}"""), (new("ns", "p1", ""), """{"namespace":"ns","name":"p1"}"""),
        })
        {
            var encoded = RecordCodec.Encode(record with { Pod = pod });
            Assert.EndsWith($$""","pod":{{stored}}}""", Encoding.UTF8.GetString(encoded), StringComparison.Ordinal);
            Assert.Equal(record with { Pod = pod }, RecordCodec.DecodeEndpoint(Entry(encoded)));
        }

        var leases = new LeasesRecord(new("tenant-one", "orange"), [new("host1", IpPrefix.Parse("11.1.0.0/29")), new("host2", IpPrefix.Parse("11.1.0.8/30"))]);
        Assert.Equal(
            """{"tenant":"tenant-one","network":"orange","leases":[{"host":"host1","block":"11.1.0.0/29"},{"host":"host2","block":"11.1.0.8/30"}]}""",
            Encoding.UTF8.GetString(RecordCodec.Encode(leases)));
        Assert.Equal(leases, RecordCodec.DecodeLeases(Entry(RecordCodec.Encode(leases))));
        Assert.Equal(
            """{"tenant":"tenant-one","network":"orange","host":"host1"}""",
            Encoding.UTF8.GetString(RecordCodec.Encode(new LastLeaseRecord(leases.Network, "host1"))));
    }

    [Fact]
    public void The_stored_form_of_groups_and_policies()
    {
        var network = new NetworkId("t", "n");
        var group = new GroupRecord(new(network, "db"), ["in", "out"], 3);
        Assert.Equal("""{"tenant":"t","network":"n","group":"db","post":3,"policies":["in","out"]}""", Encoding.UTF8.GetString(RecordCodec.Encode(group)));
        Assert.Equal(group, RecordCodec.DecodeGroup(Entry(RecordCodec.Encode(group))));
        Assert.Equal(group with { Policies = [] }, RecordCodec.DecodeGroup(Entry(RecordCodec.Encode(group with { Policies = [] }))));

        var policy = new PolicyRecord(
            new("t", "in"),
            [
                new("1", PolicyDirection.Ingress, 1, IntentPeer.Anybody, IntentProtocol.Any, 0, false),
                new("2", PolicyDirection.Ingress, 100, new(group.Id, null, IpPrefix.Parse("10.1.0.0/16")), new(6), 80, true),
                new("3", PolicyDirection.Egress, 5, new(Network: network), IntentProtocol.Icmp, 0, true),
            ],
            4);
        Assert.Equal(
            """
            {"tenant":"t","policy":"in","post":4,"rules":[{"ruleId":"1","direction":"in","priority":1,"allow":false},
            {"ruleId":"2","direction":"in","priority":100,"allow":true,"groupNetwork":"n","group":"db","addresses":"10.1.0.0/16","protocol":6,"port":80},
            {"ruleId":"3","direction":"out","priority":5,"allow":true,"network":"n","icmp":true}]}
            """.ReplaceLineEndings(""),
            Encoding.UTF8.GetString(RecordCodec.Encode(policy)));
        Assert.Equal(policy, RecordCodec.DecodePolicy(Entry(RecordCodec.Encode(policy))));

        // A rule without what is not known of it would allow more.
        var text = Encoding.UTF8.GetString(RecordCodec.Encode(policy));
        string[] unknown = [text.Replace("\"rules\":", "\"onlyFor\":[],\"rules\":", StringComparison.Ordinal), text.Replace("\"port\":80", "\"port\":80,\"lastPort\":80", StringComparison.Ordinal)];
        Assert.All(unknown, one => Assert.Equal(StoreFailure.Unreadable, Assert.Throws<StoreException>(() => RecordCodec.DecodePolicy(Entry(Encoding.UTF8.GetBytes(one)))).Reason));
        Assert.DoesNotContain(text, unknown);

        var endpoint = new EndpointRecord(new(network, "c"), IpAddr.Parse("11.1.0.1"), default, "", "", null, 3) { PostedGroup = "db" };
        Assert.EndsWith(""","group":"db"}""", Encoding.UTF8.GetString(RecordCodec.Encode(endpoint)), StringComparison.Ordinal);
        Assert.Equal(endpoint, RecordCodec.DecodeEndpoint(Entry(RecordCodec.Encode(endpoint))));
    }

    [Fact]
    public void A_field_of_a_newer_writer_is_skipped() =>
        Assert.Equal(new PostRecord(7), RecordCodec.DecodePost(Entry("""{"number":7,"colour":{"deep":[1]}}"""u8.ToArray())));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\u0001")]
    [InlineData("""{"tenant":"t","network":"n","container":"c","address":"11.1.0","mac":"02:02:0b:01:00:01","post":3}""")]
    [InlineData("""{"tenant":"t","network":"n","container":"c","address":11,"mac":"02:02:0b:01:00:01","post":3}""")]
    [InlineData("""{"tenant":"t","network":"n","container":"c","address":"11.1.0.1","mac":"02:02:0b:01:00","post":3}""")]
    [InlineData("""{"tenant":7,"network":"n","container":"c","address":"11.1.0.1","mac":"02:02:0b:01:00:01","post":3}""")]
    [InlineData("""{"tenant":null,"network":"n","container":"c","address":"11.1.0.1","mac":"02:02:0b:01:00:01","post":3}""")]
    [InlineData("""{"network":"n","container":"c","address":"11.1.0.1","mac":"02:02:0b:01:00:01","post":3}""")]
    public void What_cannot_be_read_names_its_key(string value)
    {
        var thrown = Assert.Throws<StoreException>(() => RecordCodec.DecodeEndpoint(Entry(Encoding.UTF8.GetBytes(value))));
        Assert.Equal(StoreFailure.Unreadable, thrown.Reason);
        Assert.Contains("/netplugin/v1/key", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_bytes_make_a_decoder_do_worse_than_call_them_unreadable()
    {
        Action<StoreEntry>[] decoders =
        [
            e => RecordCodec.DecodeEndpoint(e), e => RecordCodec.DecodeNetwork(e), e => RecordCodec.DecodeTenant(e), e => RecordCodec.DecodeContainer(e),
            e => RecordCodec.DecodeHost(e), e => RecordCodec.DecodeNode(e), e => RecordCodec.DecodeNodeStatus(e), e => RecordCodec.DecodePost(e),
            e => RecordCodec.DecodeCluster(e), e => RecordCodec.DecodeLeases(e), e => RecordCodec.DecodeGroup(e), e => RecordCodec.DecodePolicy(e),
        ];
        byte[][] good =
        [
            RecordCodec.Encode(new EndpointRecord(new(new("t", "n"), "c"), IpAddr.Parse("11.1.0.1"), default, "h", "u", new("h", "s", "eth0") { ClusterAddresses = [IpAddr.Parse("10.1.0.2"), IpAddr.Parse("fd00::2")] }, 3)),
            RecordCodec.Encode(new LeasesRecord(new("t", "n"), [new("h", IpPrefix.Parse("11.1.0.0/29"))])),
            RecordCodec.Encode(new GroupRecord(new(new("t", "n"), "g"), ["p"], 3)),
            RecordCodec.Encode(new PolicyRecord(
                new("t", "p"),
                [new("1", PolicyDirection.Ingress, 1, new(new GroupId(new("t", "n"), "g"), null, IpPrefix.Parse("10.1.0.0/16")), new(6), 80, true)],
                3)),
            RecordCodec.Encode(new NetworkRecord(new("t", "n"), Encap.Vxlan, 10001, IpPrefix.Parse("11.1.0.0/24"), true, IpAddr.Parse("11.1.0.9"), 3)),
            RecordCodec.Encode(new TenantRecord("t", Encap.Vlan, IpPrefix.Parse("11.1.0.0/16"), 24, [new(11, 28)], [new(1, 2)])),
            RecordCodec.Encode(new ContainerRecord("c", [new("t", "n")])),
            RecordCodec.Encode(new HostRecord("h", IpAddr.Parse("fd00::1"), "eth2")),
            RecordCodec.Encode(new NodeRecord("h", IpAddr.Parse("192.168.2.10"), 1500, "0.1.0")),
            RecordCodec.Encode(new PostRecord(7)),
            RecordCodec.Encode(new ClusterRecord(Guid.Empty, 0, ClusterRecord.CurrentSchema)),
        ];

        // Structure is what damage should hit: a byte of JSON's own, a digit, or anything.
        var damage = Gen.Select(Gen.Int[0, 400], Gen.OneOf(Among("{}[]:,\"\\09-e."u8.ToArray()), Gen.Byte)).Array[1, 4];
        var values = Gen.OneOf(Gen.Byte.Array[0, 80], Gen.Select(Among(good), damage, static (record, changes) =>
        {
            var bytes = record.ToArray();
            foreach (var (at, value) in changes)
            {
                bytes[at % bytes.Length] = value;
            }

            return bytes;
        }));
        Gen.Select(values, Among(decoders)).Sample(
            (value, decode) =>
            {
                try
                {
                    decode(Entry(value));
                }
                catch (StoreException e)
                {
                    Assert.Equal(StoreFailure.Unreadable, e.Reason);
                }
            },
            iter: 20_000);
    }

    [Fact]
    public void Names_that_repeat_are_held_once()
    {
        var encoded = RecordCodec.Encode(new EndpointRecord(new(new("shared-tenant", "n"), "c"), default, default, "", "", null, 1));
        var first = RecordCodec.DecodeEndpoint(Entry(encoded));
        var second = RecordCodec.DecodeEndpoint(Entry(encoded));
        Assert.Same(first.Id.Network.Tenant, second.Id.Network.Tenant);
    }

    private static Gen<T> Among<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static StoreEntry Entry(byte[] value) => new("/netplugin/v1/key", value, 1, 1);
}
