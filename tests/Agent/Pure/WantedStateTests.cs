using System.Collections.Immutable;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Cluster;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;

namespace Netplugin.Tests.Agent.Pure;

public sealed class WantedStateTests
{
    private static readonly IfIndex Vxlan = new(7);
    private static readonly EndpointBinding OnHost2 = new("host2", "s", "eth0");

    [Fact]
    public void A_local_pod_leads_to_its_device_and_a_remote_one_to_its_host_s_tunnel_end()
    {
        var wanted = Compute(Samples.View((Samples.Endpoint("c1", 1), 5), (Samples.Endpoint("c2", 2, binding: OnHost2), 5), (Samples.Endpoint("c3", 3), 5)), 1);
        Assert.Equal(2, wanted.Endpoints.Count);
        Assert.Equal(new EndpointEntry(new IfIndex(100), default, MacAddress.ForEndpoint(Samples.Address(1))), wanted.Endpoints[Key(1)]);
        Assert.Equal(new EndpointEntry(default, IpAddr.Parse("192.168.2.11"), MacAddress.ForEndpoint(Samples.Address(2))), wanted.Endpoints[Key(2)]);
        Assert.Equal(new InterfaceEntry(10001, 1, MacAddress.ForEndpoint(Samples.Address(1)), AddressPair.Of([Samples.Address(1)])), wanted.Interfaces[new IfIndex(100)]);
        Assert.Equal([IpAddr.Parse("192.168.2.11")], wanted.Vteps.Keys);
        Assert.Equal(new NodeEntry(IpAddr.Parse("192.168.2.10"), new IfIndex(7), MacAddress.Gateway, 1450), wanted.Node);
    }

    [Fact]
    public void A_tenants_pod_is_in_its_network_and_by_its_cluster_address_in_the_clusters()
    {
        var block = new AddressBlock(IpPrefix.Parse("10.244.1.0/24"));
        var cluster = IpAddr.Parse("10.244.1.7");
        var attachment = Samples.Attachment(1, "c1", 1) with { ClusterAddresses = [new InterfaceAddress(cluster, block.Prefix, block.Gateway)] };
        var wanted = WantedState.Compute(
            Samples.View((Samples.Endpoint("c1", 1), 5)), Samples.Facts with { Blocks = [block] }, Vxlan, [attachment], DatapathState.Empty);

        Assert.Equal(new EndpointEntry(attachment.Device, default, attachment.Mac), wanted.Endpoints[Key(1)]);
        Assert.Equal(new EndpointEntry(attachment.Device, default, attachment.Mac, 10001), wanted.Endpoints[new EndpointKey(DatapathState.Cluster, cluster)]);
        Assert.Equal(
            new InterfaceEntry(10001, 1, attachment.Mac, AddressPair.Of([Samples.Address(1)]), AddressPair.Of([cluster])), wanted.Interfaces[attachment.Device]);
        Assert.Equal(new NetworkEntry(default, [Samples.Subnet]), wanted.Networks[10001]);
        Assert.Equal(new NetworkEntry(AddressPair.Of([block.Gateway])), wanted.Networks[DatapathState.Cluster]);
        Assert.All(attachment.Networks, network => Assert.Equal(wanted.Networks[network.Key], network.Value));
    }

    [Fact]
    public void A_network_without_a_pod_here_is_not_in_the_maps()
    {
        var wanted = WantedState.Compute(Samples.View((Samples.Endpoint("c2", 2, binding: OnHost2), 5)), Samples.Facts, Vxlan, [], DatapathState.Empty);
        Assert.Empty(wanted.Networks);
        Assert.Empty(wanted.Endpoints);
    }

    [Fact]
    public void A_binding_to_this_node_without_a_pod_leads_nowhere()
    {
        var wanted = Compute(Samples.View((Samples.Endpoint("c2", 2, binding: new(Samples.Me, "s", "eth0")), 5)), 1);
        Assert.DoesNotContain(Key(2), wanted.Endpoints.Keys);
    }

    [Fact]
    public void An_endpoint_of_a_post_that_is_being_staged_is_not_there_yet()
    {
        var wanted = Compute(Samples.View((Samples.Endpoint("c2", 2, binding: OnHost2, post: 2), 5)), 1);
        Assert.DoesNotContain(Key(2), wanted.Endpoints.Keys);
    }

    [Fact]
    public void What_runs_here_wins_over_what_the_store_says()
    {
        var wanted = Compute(Samples.View((Samples.Endpoint("c1", 1, binding: OnHost2), 9)), 1);
        Assert.Equal(new IfIndex(100), wanted.Endpoints[Key(1)].Device);
    }

    [Fact]
    public void Before_the_store_was_listed_remote_entries_and_tunnel_ends_stay()
    {
        var before = Compute(Samples.View((Samples.Endpoint("c2", 2, binding: OnHost2), 5)), 1);
        Assert.Equal(before.Endpoints, WantedState.Compute(ClusterView.Unknown, Samples.Facts, Vxlan, [Samples.Attachment(1, "c1", 1)], before).Endpoints);
        Assert.Equal(before.Vteps, WantedState.Compute(ClusterView.Unknown, Samples.Facts, Vxlan, [Samples.Attachment(1, "c1", 1)], before).Vteps);
        Assert.Equal(before.Node, WantedState.Compute(ClusterView.Unknown, Samples.Facts with { UnderlayMtu = 9000 }, Vxlan, [Samples.Attachment(1, "c1", 1)], before).Node);

        var unlisted = Samples.View() with { Endpoints = ClusterView.Unknown.Endpoints };
        Assert.Equal(before.Endpoints, WantedState.Compute(unlisted, Samples.Facts, Vxlan, [Samples.Attachment(1, "c1", 1)], before).Endpoints);
    }

    [Fact]
    public void While_a_reset_settles_nothing_remote_is_removed()
    {
        var before = Compute(Samples.View((Samples.Endpoint("c2", 2, binding: OnHost2), 5)), 1);
        var bare = Samples.View() with { Nodes = Samples.View().Nodes!.Remove("host2") };
        var after = WantedState.Compute(bare, Samples.Facts, Vxlan, [Samples.Attachment(1, "c1", 1)], before, settling: true);
        Assert.Equal(before.Endpoints, after.Endpoints);
        Assert.Equal(before.Vteps, after.Vteps);
    }

    [Fact]
    public void The_intent_overrides_a_tunnel_end_and_the_smallest_underlay_sets_the_mtu()
    {
        var view = Samples.View((Samples.Endpoint("c2", 2, binding: OnHost2), 5));
        view = view with
        {
            Hosts = view.Hosts!.Add("host2", new HostRecord("host2", IpAddr.Parse("10.9.9.9"), "")),
            Nodes = view.Nodes!.SetItem("host2", new NodeRecord("host2", IpAddr.Parse("192.168.2.11"), 1400, "0")),
        };
        var wanted = Compute(view, 1);
        Assert.Equal(IpAddr.Parse("10.9.9.9"), wanted.Endpoints[Key(2)].Vtep);
        Assert.Equal([IpAddr.Parse("10.9.9.9")], wanted.Vteps.Keys);
        Assert.Equal(1350, wanted.Node!.OverlayMtu);
    }

    [Fact]
    public void A_senseless_mtu_of_another_node_takes_nobody_s_network_away()
    {
        var view = Samples.View();
        view = view with { Nodes = view.Nodes!.SetItem("host2", new NodeRecord("host2", IpAddr.Parse("192.168.2.11"), 0, "0")) };
        Assert.Equal(1450, Compute(view, 1).Node!.OverlayMtu);
    }

    [Fact]
    public void A_node_with_a_block_is_in_the_cluster_network_with_all_others()
    {
        var facts = Samples.Serving;
        var view = Samples.View();
        view = view with { Nodes = view.Nodes!.SetItem("host2", view.Nodes["host2"] with { Blocks = [IpPrefix.Parse("10.244.2.0/24")] }) };
        var wanted = WantedState.Compute(view, facts, Vxlan, [], DatapathState.Empty);

        var (here, there) = (IpAddr.Unspecified, IpAddr.Parse("192.168.2.11"));
        Assert.Equal(new NetworkEntry(AddressPair.Of([IpAddr.Parse("10.244.1.1")])), wanted.Networks[DatapathState.Cluster]);
        Assert.Equal([("10.244.1.1", here), ("10.244.2.1", there), ("192.168.2.10", here), ("192.168.2.11", there)],
            wanted.Endpoints.Select(e => (e.Key.Address.ToString(), e.Value.Vtep)));
        Assert.All(wanted.Endpoints, e => Assert.Equal((DatapathState.Cluster, IfIndex.None, MacAddress.Gateway), (e.Key.Network, e.Value.Device, e.Value.Mac)));
        Assert.Equal([("10.244.1.0/24", here), ("10.244.2.0/24", there)], wanted.Blocks.OrderBy(b => b.Key).Select(b => (b.Key.Prefix.ToString(), b.Value)));

        // Before the nodes were listed, and while a reset settles, nothing of it goes.
        var unlisted = WantedState.Compute(ClusterView.Unknown, facts, Vxlan, [], wanted);
        Assert.Equal((wanted.Endpoints, wanted.Blocks.Count), (unlisted.Endpoints, unlisted.Blocks.Count));
        var settling = WantedState.Compute(view with { Nodes = view.Nodes.Remove("host2") }, facts, Vxlan, [], wanted, settling: true);
        Assert.Equal((wanted.Endpoints, wanted.Blocks.Count), (settling.Endpoints, settling.Blocks.Count));

        // And a node without a block is in no such network, whoever else is.
        var without = WantedState.Compute(view, Samples.Facts, Vxlan, [], wanted);
        Assert.Empty(without.Blocks);
        Assert.Empty(without.Networks);
        Assert.Empty(without.Endpoints);
    }

    [Fact]
    public void A_node_with_blocks_of_both_families_is_in_the_cluster_network_with_both()
    {
        var facts = Samples.Facts with { Blocks = [new AddressBlock(IpPrefix.Parse("fd00:1::/64")), new AddressBlock(IpPrefix.Parse("10.244.1.0/24"))], SecondAddress = IpAddr.Parse("fd00::10") };
        var view = Samples.View();
        view = view with { Nodes = view.Nodes!.SetItem("host2", view.Nodes["host2"] with { Blocks = [IpPrefix.Parse("10.244.2.0/24"), IpPrefix.Parse("fd00:2::/64")], SecondAddress = IpAddr.Parse("fd00::11") }) };
        InterfaceAddress four = new(IpAddr.Parse("10.244.1.9"), IpPrefix.Parse("10.244.1.0/24"), IpAddr.Parse("10.244.1.1")), six = new(IpAddr.Parse("fd00:1::9"), IpPrefix.Parse("fd00:1::/64"), IpAddr.Parse("fd00:1::1"));
        var dual = Samples.Attachment(1, "c1", 1) with { DatapathId = DatapathState.Cluster, Addresses = [six, four] };
        var single = Samples.Attachment(2, "c2", 2, device: 101) with { DatapathId = DatapathState.Cluster, Addresses = [four with { Address = IpAddr.Parse("10.244.1.8") }] };

        var wanted = WantedState.Compute(view, facts, Vxlan, [dual, single], DatapathState.Empty);

        Assert.Equal(new NetworkEntry(new(IpAddr.Parse("10.244.1.1"), IpAddr.Parse("fd00:1::1"))), wanted.Networks[DatapathState.Cluster]);
        Assert.Equal(new AddressPair(four.Address, six.Address), wanted.Interfaces[new IfIndex(100)].Addresses);
        Assert.Equal(new AddressPair(IpAddr.Parse("10.244.1.8"), default), wanted.Interfaces[new IfIndex(101)].Addresses);
        Assert.Equal(
            ["10.244.1.8 101", "10.244.1.9 100", "fd00:1::9 100"],
            wanted.Endpoints.Where(e => e.Value.Device != IfIndex.None).Select(e => $"{e.Key.Address} {e.Value.Device.Value}"));
        Assert.Equal(
            ["10.244.1.1", "10.244.2.1", "192.168.2.10", "192.168.2.11", "fd00::10", "fd00::11", "fd00:1::1", "fd00:2::1"],
            wanted.Endpoints.Where(e => e.Value.Device == IfIndex.None).Select(e => e.Key.Address.ToString()));
        Assert.Equal((default, IpAddr.Parse("192.168.2.11")), (wanted.Endpoints[new(DatapathState.Cluster, IpAddr.Parse("fd00::10"))].Vtep, wanted.Endpoints[new(DatapathState.Cluster, IpAddr.Parse("fd00::11"))].Vtep));
        Assert.Equal([IpAddr.Parse("fd00::10"), Samples.Facts.Vtep], HostPlane.Of(view, facts)!.Sources);
        Assert.Equal(
            ["10.244.1.0/24 ::", "10.244.2.0/24 192.168.2.11", "fd00:1::/64 ::", "fd00:2::/64 192.168.2.11"],
            wanted.Blocks.OrderBy(b => b.Key).Select(b => $"{b.Key.Prefix} {b.Value}"));
    }

    private static EndpointKey Key(int last) => new(10001, Samples.Address(last));

    private static DatapathState Compute(ClusterView view, ulong number) =>
        WantedState.Compute(view, Samples.Facts, Vxlan, ImmutableArray.Create(Samples.Attachment(number, "c1", 1)), DatapathState.Empty);
}
