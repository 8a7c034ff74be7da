using System.Text.Json.Nodes;
using Netplugin.Core.Resources;
using Netplugin.Kubernetes.Follow;
using Netplugin.Tests.Kubernetes.Api.Fixtures;
using Netplugin.Tests.Kubernetes.Unit.Fixtures;
using Netplugin.Tests.Support.ApiServers;

namespace Netplugin.Tests.Kubernetes.Api;

/// <summary>The definitions of <c>deploy/netplugin.yaml</c> and the client, against a real API server.</summary>
public sealed class CustomResourceTests(ResourceServer server) : IClassFixture<ResourceServer>
{
    private const string Root = "/apis/netplugin.io/v1alpha1";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resources_are_known_followed_held_told_and_released()
    {
        Assert.False(server.KnewBefore);
        using var client = server.Client(KubeApiServer.LimitedToken);
        await using var tenants = new Follower<TenantResource>(client, Resource.Tenants);
        await tenants.NextAsync<ResourceEvent<TenantResource>.Snapshot>();
        await using var networks = new Follower<NetworkResource>(client, Resource.Networks);
        await networks.NextAsync<ResourceEvent<NetworkResource>.Snapshot>();

        await CreateAsync("tenants", "Tenant", "blue", """{"subnetPool":"11.1.0.0/16","vxlans":"10001-14000, 15000"}""");
        await CreateAsync("networks", "Network", "orange", """{"tenant":"blue","tag":10001,"gateway":"11.1.0.254"}""");
        await UntilAsync(tenants, () => tenants.Objects.Count == 1);
        await UntilAsync(networks, () => networks.Objects.Count == 1);
        Assert.Equal(new TenantSpec("vxlan", "11.1.0.0/16", null, null, "10001-14000, 15000"), tenants.Objects[new("", "blue")].Spec);
        var orange = networks.Objects[new("", "orange")];
        Assert.Equal(new NetworkSpec("blue", null, null, 10001, null, "11.1.0.254"), orange.Spec);
        Assert.Equal((1, false, false, null), (orange.Metadata.Generation, orange.Metadata.IsHeld, orange.Metadata.IsDeleting, orange.Status));

        // What was read before somebody changed it does not change it back.
        await server.PatchAsync($"{Root}/networks/orange", """{"metadata":{"finalizers":["example.org/other"]}}""");
        Assert.False(await client.HoldAsync(Resource.Networks, orange.Metadata, isHeld: true, Cancel));
        await UntilAsync(networks, () => networks.Objects[new("", "orange")].Metadata.Finalizers.Length == 1);
        Assert.True(await client.HoldAsync(Resource.Networks, networks.Objects[new("", "orange")].Metadata, isHeld: true, Cancel));
        await UntilAsync(networks, () => networks.Objects[new("", "orange")].Metadata.IsHeld);

        var status = new ResourceStatus(1, true, ResourceReasons.Posted, "network blue/orange has VNI 10001") { Vni = 10001, Subnet = "11.1.0.0/24", Gateway = "11.1.0.254" };
        var since = DateTimeOffset.FromUnixTimeSeconds(1_767_225_600);
        Assert.True(await client.WriteStatusAsync(Resource.Networks, orange.Metadata, status, since, Cancel));
        await UntilAsync(networks, () => networks.Objects[new("", "orange")].Status is not null);
        var told = networks.Objects[new("", "orange")];
        Assert.Equal((status, since, 1), (told.Status, told.Since, told.Metadata.Generation));
        var later = status with { IsReady = false, Reason = ResourceReasons.InUse, Gateway = null };
        Assert.True(await client.WriteStatusAsync(Resource.Networks, orange.Metadata, later, since, Cancel));
        await UntilAsync(networks, () => networks.Objects[new("", "orange")].Status == later);
        Assert.Equal(["Tenant", "Subnet", "VNI", "Ready", "Reason", "Age"], await ColumnsAsync("networks"));
        Assert.Equal(["Pool", "Ready", "Reason", "Age"], await ColumnsAsync("tenants"));

        await server.DeleteAsync($"{Root}/networks/orange");
        await UntilAsync(networks, () => networks.Objects[new("", "orange")].Metadata.IsDeleting);
        Assert.True(await client.HoldAsync(Resource.Networks, networks.Objects[new("", "orange")].Metadata, isHeld: false, Cancel));
        await UntilAsync(networks, () => networks.Objects[new("", "orange")].Metadata.Finalizers.SequenceEqual(["example.org/other"]));
        await server.PatchAsync($"{Root}/networks/orange", """{"metadata":{"finalizers":[]}}""");
        await UntilAsync(networks, () => networks.Objects.Count == 0);
        Assert.False(await client.HoldAsync(Resource.Networks, orange.Metadata, isHeld: true, Cancel));
        Assert.False(await client.WriteStatusAsync(Resource.Networks, orange.Metadata, status, since, Cancel));
    }

    [Theory]
    [InlineData("tenants", "Tenant", """{"defaultNetType":"gre"}""", "spec.defaultNetType")]
    [InlineData("tenants", "Tenant", """{"subnetPool":"eleven"}""", "spec.subnetPool")]
    [InlineData("tenants", "Tenant", """{"allocSubnetLen":129}""", "spec.allocSubnetLen")]
    [InlineData("tenants", "Tenant", """{"allocSubnetLen":"24"}""", "spec.allocSubnetLen")]
    [InlineData("tenants", "Tenant", """{"vlans":"1-"}""", "spec.vlans")]
    [InlineData("tenants", "Tenant", """{"vxlans":"all"}""", "spec.vxlans")]
    [InlineData("networks", "Network", """{}""", "spec.tenant")]
    [InlineData("networks", "Network", """{"tenant":"_"}""", "spec.tenant")]
    [InlineData("networks", "Network", """{"tenant":"blue","name":"a/b"}""", "spec.name")]
    [InlineData("networks", "Network", """{"tenant":"blue","type":"VXLAN"}""", "spec.type")]
    [InlineData("networks", "Network", """{"tenant":"blue","tag":0}""", "spec.tag")]
    [InlineData("networks", "Network", """{"tenant":"blue","tag":16777216}""", "spec.tag")]
    [InlineData("networks", "Network", """{"tenant":"blue","tag":"7"}""", "spec.tag")]
    [InlineData("networks", "Network", """{"tenant":"blue","subnet":"11.1.0.0"}""", "spec.subnet")]
    [InlineData("networks", "Network", """{"tenant":"blue","gateway":"first"}""", "spec.gateway")]
    public async Task A_value_that_can_never_be_right_is_refused_by_the_server(string kind, string kindName, string spec, string field)
    {
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => CreateAsync(kind, kindName, "bad", spec));
        Assert.Contains(field, e.Message, StringComparison.Ordinal);
        Assert.Contains("\"code\":422", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_no_tenant_can_have_is_refused_by_the_server()
    {
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => CreateAsync("tenants", "Tenant", new string('a', 65), "{}"));
        Assert.Contains("metadata.name", e.Message, StringComparison.Ordinal);
    }

    private Task<JsonNode> CreateAsync(string kind, string kindName, string name, string spec) =>
        server.CreateAsync($"{Root}/{kind}", $$$"""{"apiVersion":"netplugin.io/v1alpha1","kind":"{{{kindName}}}","metadata":{"name":"{{{name}}}"},"spec":{{{spec}}}}""");

    private async Task<string[]> ColumnsAsync(string kind) =>
    [
        .. (await server.GetAsync($"{ResourceServer.Definitions}/{kind}.netplugin.io"))["spec"]!["versions"]![0]!["additionalPrinterColumns"]!.AsArray()
            .Where(column => column!["priority"] is not { } priority || (int)priority == 0).Select(column => (string)column!["name"]!),
    ];

    private static async Task UntilAsync<T>(Follower<T> follower, Func<bool> holds)
        where T : class
    {
        while (!holds())
        {
            await follower.NextAsync();
        }
    }
}
