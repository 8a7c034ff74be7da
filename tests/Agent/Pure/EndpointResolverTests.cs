using Netplugin.Agent.Api;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Runtime;
using Netplugin.Core.Model;

namespace Netplugin.Tests.Agent.Pure;

public sealed class EndpointResolverTests
{
    private static readonly NetworkId Purple = new("tenant-one", "purple");
    private static readonly NetworkId Other = new("tenant-two", "purple");

    [Fact]
    public void Endpoints_of_one_tenant_come_in_posting_order() =>
        Assert.Equal(["tenant-one/purple/c1", "tenant-one/orange/c1"], Choose("", Samples.Endpoint("c1", 1, Purple), Samples.Endpoint("c1", 1)));

    [Fact]
    public void In_several_tenants_the_pod_s_namespace_decides()
    {
        Assert.Equal(["tenant-two/purple/c1"], Choose("tenant-two", Samples.Endpoint("c1", 1), Samples.Endpoint("c1", 1, Other)));
        var refused = Assert.Throws<ResolveException>(() => Choose("default", Samples.Endpoint("c1", 1), Samples.Endpoint("c1", 1, Other)));
        Assert.Contains("tenant-one/orange/c1, tenant-two/purple/c1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pod_without_an_endpoint_is_told_to_post_one()
    {
        var refused = Assert.Throws<ResolveException>(() => Choose(""));
        Assert.Equal("no endpoint is posted for pod c1: post one with netdcli -add-cfg", refused.Message);
    }

    [Fact]
    public void An_endpoint_homed_on_another_host_is_refused() =>
        Assert.Equal(ResolveFailure.HomedElsewhere, Assert.Throws<ResolveException>(() => Choose("", Samples.Endpoint("c1", 1, host: "host2"))).Failure);

    [Fact]
    public void A_vlan_network_is_refused() =>
        Assert.Equal(ResolveFailure.Unsupported, Assert.Throws<ResolveException>(() => EndpointResolver.Choose(
            "c1", "", "s1", Samples.Me, [Samples.Candidate(Samples.Endpoint("c1", 1), Encap.Vlan)], _ => false)).Failure);

    [Fact]
    public void An_endpoint_given_to_another_running_container_is_not_this_pod_s()
    {
        Assert.Equal(["tenant-one/purple/c1"], Choose("", Samples.Endpoint("c1", 1, uuid: "running"), Samples.Endpoint("c1", 2, Purple)));
        Assert.Equal(["tenant-one/orange/c1"], Choose("", Samples.Endpoint("c1", 1, uuid: "stopped")));
        Assert.Throws<ResolveException>(() => Choose("", Samples.Endpoint("c1", 1, uuid: "running")));
    }

    [Theory]
    [InlineData("0123456789abcdef", true)]
    [InlineData("0123456789ab", true)]
    [InlineData("0123456789a", false)]
    [InlineData("0123456789ax", false)]
    public void A_sandbox_is_named_by_its_id_or_by_the_beginning_tools_show(string typed, bool names) =>
        Assert.Equal(names, EndpointResolver.Names(typed, "0123456789abcdef"));

    [Theory]
    [InlineData("default", "web", "web", "default")]
    [InlineData("web", "default", "web", "default")]
    [InlineData("x", "y", "y", "x")]
    public void The_sandbox_tells_which_word_is_the_pod_s_name_else_the_namespace_comes_first(string first, string second, string name, string space) =>
        Assert.Equal((name, space), ExecForm.Order(first, second, new SandboxInfo("id", "web", "default", true)));

    [Fact]
    public void Without_a_sandbox_the_namespace_comes_first() => Assert.Equal(("b", "a"), ExecForm.Order("a", "b", null));

    private static string[] Choose(string podNamespace, params EndpointRecord[] records) =>
        [.. EndpointResolver.Choose("c1", podNamespace, "s1", Samples.Me, [.. records.Select(r => Samples.Candidate(r))], id => id == "running")
            .Select(c => c.Record.Id.ToString())];
}
