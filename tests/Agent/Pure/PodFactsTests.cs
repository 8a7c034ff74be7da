using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Runtime;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;

namespace Netplugin.Tests.Agent.Pure;

public sealed class PodFactsTests
{
    private static readonly EndpointBinding Mine = new(Samples.Me, "sandbox-1", "eth0");

    [Fact]
    public void A_binding_that_is_this_attachment_s_is_mine() => Assert.Equal(EndpointFact.Mine, Fact(Samples.Endpoint("c1", 1, binding: Mine), 5));

    [Fact]
    public void A_binding_that_says_other_cluster_addresses_than_the_attachment_has_is_to_be_written_again()
    {
        var whole = Mine with { ClusterAddresses = [IpAddr.Parse("10.244.1.2"), IpAddr.Parse("fd00:10:244:1::2")] };
        var attachment = Samples.Attachment(1, "c1", 1) with { ClusterAddresses = [.. whole.ClusterAddresses.Select(address => new InterfaceAddress(address, default, default))] };
        foreach (var (binding, fact) in new[]
        {
            (whole, EndpointFact.Mine), (Mine, EndpointFact.Unbound), (Mine with { ClusterAddresses = [IpAddr.Parse("10.244.1.2")] }, EndpointFact.Unbound),
            (whole with { Host = "host2" }, EndpointFact.TakenOver),
        })
        {
            Assert.Equal(fact, Of(Samples.View((Samples.Endpoint("c1", 1, binding: binding), 6)), Samples.Pod("sandbox-1", PodOrigin.Cni, attachment), null).Endpoint);
        }

        Assert.Equal(EndpointFact.Unbound, Fact(Samples.Endpoint("c1", 1, binding: whole), 5));
    }

    [Fact]
    public void A_view_that_lags_behind_the_own_write_says_nothing() => Assert.Equal(EndpointFact.Unknown, Fact(Samples.Endpoint("c1", 1), 4));

    [Fact]
    public void A_later_binding_of_somebody_else_took_the_endpoint_over()
    {
        Assert.Equal(EndpointFact.TakenOver, Fact(Samples.Endpoint("c1", 1, binding: new("host2", "s", "eth0")), 6));
        Assert.Equal(EndpointFact.TakenOver, Fact(Samples.Endpoint("c1", 1, binding: new(Samples.Me, "sandbox-2", "eth0")), 6));
    }

    [Fact]
    public void A_binding_found_after_a_reset_does_not_take_the_endpoint_over() =>
        Assert.Equal(EndpointFact.Unbound, Fact(Samples.Endpoint("c1", 1, binding: new("host2", "s", "eth0")), 6, bound: 0));

    [Fact]
    public void A_deleted_or_readdressed_endpoint_is_missing()
    {
        Assert.Equal(EndpointFact.Missing, Fact(Samples.Endpoint("other", 9), 6));
        Assert.Equal(EndpointFact.Missing, Fact(Samples.Endpoint("c1", 2), 6));
        Assert.Equal(EndpointFact.Missing, Fact(Samples.Endpoint("c1", 1, post: 2), 6));
    }

    [Fact]
    public void What_a_part_lacks_that_has_not_caught_up_with_the_binding_is_not_missing()
    {
        var pod = Samples.Pod("sandbox-1", PodOrigin.Cni, Samples.Attachment(1, "c1", 1, bound: 5));
        var view = Samples.View((Samples.Endpoint("c1", 1, binding: Mine), 5));
        var (without, otherNumber) = (view with { Networks = view.Networks!.Clear() }, view with { Networks = view.Networks.SetItem(Samples.Orange, Samples.Network(vni: 10002)) });
        Check(without, revisions => revisions with { Intent = 4 });
        Check(otherNumber, revisions => revisions with { Intent = 4 });
        Check(view with { Post = 0 }, revisions => revisions with { Intent = 4 });
        Check(Samples.View(), revisions => revisions with { Endpoints = revisions.Endpoints.SetItem(Samples.Orange, 4) });

        void Check(ClusterView lacking, Func<ViewRevisions, ViewRevisions> behind)
        {
            Assert.Equal(EndpointFact.Missing, Of(lacking, pod, null).Endpoint);
            Assert.Equal(EndpointFact.Unknown, Of(lacking with { Revisions = behind(lacking.Revisions) }, pod, null).Endpoint);
        }
    }

    [Fact]
    public void Nothing_is_concluded_before_the_network_was_listed()
    {
        var view = Samples.View() with { Endpoints = ClusterView.Unknown.Endpoints };
        Assert.Equal(EndpointFact.Unknown, Of(view, Samples.Pod("sandbox-1", PodOrigin.Cni, Samples.Attachment(1, "c1", 1)), null).Endpoint);
        Assert.Equal(EndpointFact.Unknown, Of(ClusterView.Unknown, Samples.Pod("sandbox-1", PodOrigin.Cni, Samples.Attachment(1, "c1", 1)), null).Endpoint);
    }

    [Fact]
    public void An_endpoint_homed_elsewhere_leaves()
    {
        Assert.Equal(EndpointFact.HomedElsewhere, Fact(Samples.Endpoint("c1", 1, host: "host2", binding: Mine), 6));
        var list = new SandboxList([new SandboxInfo("sandbox-2", "c1", "default", true)]);
        Assert.Equal(EndpointFact.HomedElsewhere, Fact(Samples.Endpoint("c1", 1, host: Samples.Me, uuid: "sandbox-2", binding: Mine), 6, list: list));
    }

    [Fact]
    public void A_container_that_is_gone_takes_no_endpoint_with_it() =>
        Assert.Equal(EndpointFact.Mine, Fact(Samples.Endpoint("c1", 1, host: Samples.Me, uuid: "sandbox-2", binding: Mine), 6, list: new SandboxList([])));

    [Fact]
    public void What_an_operator_gave_an_operator_takes_away()
    {
        Assert.Equal(EndpointFact.NotHomed, Fact(Samples.Endpoint("c1", 1, binding: Mine), 6, origin: PodOrigin.Operator));
        Assert.Equal(EndpointFact.Mine, Fact(Samples.Endpoint("c1", 1, host: Samples.Me, binding: Mine), 6, origin: PodOrigin.Operator));
    }

    [Fact]
    public void A_sandbox_is_gone_only_when_it_was_listed_once()
    {
        var pod = Samples.Pod("sandbox-1", PodOrigin.Cni);
        Assert.Equal(SandboxFact.Unknown, PodFacts.Sandbox(pod, null));
        Assert.Equal(SandboxFact.Unknown, PodFacts.Sandbox(pod, new SandboxList([])));
        Assert.Equal(SandboxFact.Gone, PodFacts.Sandbox(pod with { SeenByRuntime = true }, new SandboxList([])));
        Assert.Equal(SandboxFact.Listed, PodFacts.Sandbox(pod, new SandboxList([new SandboxInfo("sandbox-1", "c1", "default", false)])));
    }

    private static EndpointFact Fact(EndpointRecord record, long revision, long bound = 5, PodOrigin origin = PodOrigin.Cni, SandboxList? list = null) =>
        Of(Samples.View((record, revision)), Samples.Pod("sandbox-1", origin, Samples.Attachment(1, "c1", 1, bound: bound)), list).Endpoint;

    private static AttachmentFacts Of(ClusterView view, Pod pod, SandboxList? list) =>
        PodFacts.Of(pod, pod.Attachments[0], view, held: false, list, linkPresent: true, Samples.Me);
}
