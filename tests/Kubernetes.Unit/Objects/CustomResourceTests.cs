using System.Text;
using System.Text.Json;
using Netplugin.Core.Resources;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Follow;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Kubernetes.Unit.Objects;

/// <summary>Tenant and Network resources as they are on the wire.</summary>
public sealed class CustomResourceTests
{
    private const string Network = """
        {"apiVersion":"netplugin.io/v1alpha1","kind":"Network","metadata":{"name":"orange","uid":"u","resourceVersion":"7","generation":3,
        "creationTimestamp":"2026-01-01T00:00:00Z","deletionTimestamp":"2026-01-02T00:00:00Z","finalizers":["a","netplugin.io/posted"]},
        "spec":{"tenant":"blue","name":"o","type":"vxlan","tag":16777215,"subnet":"11.1.0.0/24","gateway":"11.1.0.1"},
        "status":{"observedGeneration":2,"vni":16777215,"subnet":"11.1.0.0/24","conditions":[{"type":"Other","status":"True"},
        {"type":"Ready","status":"True","reason":"Posted","message":"all is well","lastTransitionTime":"2026-01-01T00:00:01Z","observedGeneration":2}]}}
        """;

    private static readonly ResourceMetadata Metadata = new("orange", "u", "7", 3, DateTimeOffset.UnixEpoch, false, ["a"]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_network_is_read_whole()
    {
        var network = (await ReadAsync(Resource.Networks, Network))!;

        Assert.Equal(new NetworkSpec("blue", "o", "vxlan", 16777215, "11.1.0.0/24", "11.1.0.1"), network.Spec);
        Assert.Equal(("orange", "u", "7", 3, true, true), (
            network.Metadata.Name, network.Metadata.Uid, network.Metadata.Version, network.Metadata.Generation, network.Metadata.IsDeleting, network.Metadata.IsHeld));
        Assert.Equal(new ResourceStatus(2, true, "Posted", "all is well") { Vni = 16777215, Subnet = "11.1.0.0/24" }, network.Status);
        Assert.Equal(DateTimeOffset.Parse("2026-01-01T00:00:01Z", null), network.Since);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"blue"}}""")]
    [InlineData("""{"metadata":{"name":"blue","finalizers":null},"spec":null,"status":null}""")]
    [InlineData("""{"metadata":{"name":"blue","finalizers":[null]},"spec":{},"status":{"conditions":[null]}}""")]
    public async Task A_tenant_that_says_nothing_is_one(string json)
    {
        var tenant = (await ReadAsync(Resource.Tenants, json))!;

        Assert.Equal(new TenantSpec(null, null, null, null, null), tenant.Spec);
        Assert.Equal((false, false, null), (tenant.Metadata.IsDeleting, tenant.Metadata.IsHeld, tenant.Status));
    }

    [Fact]
    public async Task A_tenants_fields_are_read()
    {
        var tenant = (await ReadAsync(Resource.Tenants, """{"metadata":{"name":"blue"},"spec":{"defaultNetType":"vlan","subnetPool":"11.1.0.0/16","allocSubnetLen":26,"vlans":"1-9","vxlans":"5"}}"""))!;

        Assert.Equal(new TenantSpec("vlan", "11.1.0.0/16", 26, "1-9", "5"), tenant.Spec);
    }

    [Theory]
    [InlineData("""{"metadata":{},"spec":{}}""")]
    [InlineData("""{"metadata":{"name":"x"},"spec":{"tag":"7"}}""")]
    [InlineData("[]")]
    public Task What_is_no_network_is_said_to_be_none(string json) =>
        Assert.ThrowsAsync<JsonException>(async () => await ReadAsync(Resource.Networks, json));

    [Fact]
    public async Task A_status_is_written_with_what_it_has_no_more()
    {
        await using var server = new FakeApiServer(call => call.ReplyAsync(200, "{}"));
        using var client = server.Client();
        var status = new ResourceStatus(3, false, "InUse", "it has 1 pod") { Vlan = 7 };

        Assert.True(await client.WriteStatusAsync(Resource.Networks, Metadata, status, DateTimeOffset.UnixEpoch, Cancel));

        var call = Assert.Single(server.Calls);
        Assert.Equal(("PATCH", "/apis/netplugin.io/v1alpha1/networks/orange/status"), (call.Method, call.Path));
        Assert.Equal(
            """{"status":{"observedGeneration":3,"conditions":[{"type":"Ready","status":"False","reason":"InUse","message":"it has 1 pod","lastTransitionTime":"1970-01-01T00:00:00+00:00","observedGeneration":3}],"vni":null,"vlan":7,"subnet":null,"gateway":null}}""",
            call.Body);
    }

    [Fact]
    public async Task A_finalizer_is_put_and_taken_beside_others_and_on_what_was_read_alone()
    {
        await using var server = new FakeApiServer(call => call.ReplyAsync(200, "{}"));
        using var client = server.Client();

        Assert.True(await client.HoldAsync(Resource.Tenants, Metadata, isHeld: true, Cancel));
        Assert.True(await client.HoldAsync(Resource.Tenants, Metadata with { Finalizers = ["a", "netplugin.io/posted"] }, isHeld: false, Cancel));

        Assert.Equal(
            [
                """{"metadata":{"uid":"u","resourceVersion":"7","finalizers":["a","netplugin.io/posted"]}}""",
                """{"metadata":{"uid":"u","resourceVersion":"7","finalizers":["a"]}}""",
            ],
            server.Calls.Select(call => call.Body));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(409)]
    public async Task A_resource_that_is_gone_or_another_is_not_written_to(int answer)
    {
        await using var server = new FakeApiServer(call => call.RefuseAsync(answer, "no"));
        using var client = server.Client();

        Assert.False(await client.HoldAsync(Resource.Tenants, Metadata, isHeld: true, Cancel));
        Assert.False(await client.WriteStatusAsync(Resource.Tenants, Metadata, new(1, true, "", ""), DateTimeOffset.UnixEpoch, Cancel));
    }

    [Fact]
    public async Task A_right_that_is_missing_is_named()
    {
        await using var server = new FakeApiServer(call => call.RefuseAsync(403, "no"));
        using var client = server.Client();

        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.WriteStatusAsync(Resource.Tenants, Metadata, new(1, true, "", ""), DateTimeOffset.UnixEpoch, Cancel));

        Assert.Contains("verb \"patch\" on \"tenants.netplugin.io/status\"", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, """{"resources":[{"name":"tenants"},null,{"name":"tenants/status"}]}""", true, false)]
    [InlineData(200, "{}", false, false)]
    [InlineData(404, "", false, false)]
    public async Task A_server_is_asked_which_resources_it_knows(int code, string json, bool knowsTenants, bool knowsNetworks)
    {
        await using var server = new FakeApiServer(call => code == 200 ? call.ReplyAsync(200, json) : call.RefuseAsync(code, "no"));
        using var client = server.Client();

        Assert.Equal((knowsTenants, knowsNetworks), (await client.HasAsync(Resource.Tenants, Cancel), await client.HasAsync(Resource.Networks, Cancel)));
        Assert.All(server.Calls, call => Assert.Equal("/apis/netplugin.io/v1alpha1", call.Path));
    }

    private static async Task<T?> ReadAsync<T>(Resource<T> resource, string json)
        where T : class
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        return await resource.ReadAsync(stream, Cancel);
    }
}
