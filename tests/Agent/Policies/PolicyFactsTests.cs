using Netplugin.Agent.Attachments;
using Netplugin.Agent.Policies;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Kubernetes.Objects;
using static Netplugin.Tests.Agent.Policies.FactsBench;

namespace Netplugin.Tests.Agent.Policies;

/// <summary>What policies ask of endpoints, from facts that come in any order.</summary>
public sealed class PolicyFactsTests
{
    private static readonly NetworkId Orange = Samples.Orange;
    private static readonly EndpointBinding OnHost2 = new("host2", "s", "eth0");
    private static readonly EndpointBinding AtSeven = OnHost2 with { ClusterAddresses = [IpAddr.Parse("10.244.2.7"), IpAddr.Parse("fd00:10:244:2::7")] };
    private const string Blocks = "10.244.2.0/24 fd00:10:244:2::/64";

    [Fact]
    public void A_pod_of_the_default_network_is_an_endpoint_by_its_namespace_and_name() => Assert.Equal(
        "_/default/shop/web: ; 10.244.2.7; on host2; pod shop/web [app=web] of [team=a]",
        ToldInEveryOrder(
            bench => bench.Pod("shop/web", labels: "app=web", ip: "10.244.2.7"),
            bench => bench.Namespace("shop", "team=a"),
            bench => bench.Network(Orange),
            bench => bench.Listed(Orange)));

    [Fact]
    public void A_pod_with_a_network_by_labels_is_its_record_with_the_pods_labels() => Assert.Equal(
        """
        node host2 [] at 10.244.2.1 192.168.2.11 fd00:10:244:2::1
        tenant-one/orange/shop.web in front: 11.1.0.7; 10.244.2.7, fd00:10:244:2::7; on host2; pod shop/web [app=web] of [team=a]
        """,
        Lines(ToldInEveryOrder(
            bench => bench.Pod("shop/web", labels: "app=web", ip: "10.244.2.7", shows: [Shown(7)], isInDefaultNetwork: false),
            bench => bench.Namespace("shop", "team=a"),
            bench => bench.Network(Orange),
            bench => bench.Node("host2", Blocks),
            bench => bench.Listed(Orange, Samples.Endpoint("shop.web", 7, binding: AtSeven) with { Pod = new("shop", "web", "front") }))));

    [Fact]
    public void Without_Kubernetes_the_record_says_which_cluster_addresses_an_endpoint_of_another_node_has()
    {
        var bench = new FactsBench(hasKubernetes: false);
        bench.Network(Orange);
        bench.Node("host2", Blocks);
        bench.Listed(Orange, Samples.Endpoint("web", 7, binding: AtSeven) with { PostedGroup = "front" });
        Assert.Equal("tenant-one/orange/web in front: 11.1.0.7; 10.244.2.7, fd00:10:244:2::7; on host2", EndpointsOf(bench));

        // It is bound anew, and to nobody.
        bench.Heard(Samples.Endpoint("web", 7, binding: OnHost2 with { ClusterAddresses = [IpAddr.Parse("10.244.2.8")] }));
        Assert.Equal("tenant-one/orange/web: 11.1.0.7; 10.244.2.8; on host2", EndpointsOf(bench));
        bench.Heard(Samples.Endpoint("web", 7));
        Assert.Equal("", EndpointsOf(bench));
    }

    [Fact]
    public void Cluster_addresses_of_a_record_count_as_long_as_they_are_of_a_block_of_its_node()
    {
        var bench = new FactsBench();
        bench.Network(Orange);
        bench.Listed(Orange, Samples.Endpoint("web", 7, binding: AtSeven));
        foreach (var (blocks, counted) in new[]
        {
            (null, ""), (Blocks, "10.244.2.7, fd00:10:244:2::7"), ("10.244.2.0/24", "10.244.2.7"), ("10.244.3.0/24 fd00:10:244:2::/64", "fd00:10:244:2::7"), (Blocks, "10.244.2.7, fd00:10:244:2::7"), (null, ""),
        })
        {
            bench.Node("host2", blocks);

            // The block is another's by now.
            bench.Node("host3", blocks is null ? Blocks : "10.244.9.0/24");
            Assert.Equal($"tenant-one/orange/web: 11.1.0.7; {counted}; on host2", EndpointsOf(bench));
        }
    }

    [Fact]
    public void What_a_pod_shows_gives_no_endpoint_of_a_followed_network_an_address_and_takes_none() => Assert.Equal(
        """
        tenant-one/orange/shop.bare: 11.1.0.8; ; on host2; pod shop/bare [] of []
        tenant-one/orange/shop.web in front: 11.1.0.7; 10.244.2.7, fd00:10:244:2::7; on host2; pod shop/web [app=web] of []
        """,
        Lines(ToldInEveryOrder(
            bench => bench.Pod("shop/web", labels: "app=web", ip: "10.244.2.99", shows: [Shown(7) with { HasClusterAddresses = false }], isInDefaultNetwork: false),
            bench => bench.Pod("shop/bare", ip: "10.244.2.66", shows: [Shown(8)], isInDefaultNetwork: false),
            bench => bench.Network(Orange),
            bench => bench.Node("host2", Blocks),
            bench => bench.Listed(
                Orange,
                Samples.Endpoint("shop.web", 7, binding: AtSeven) with { Pod = new("shop", "web", "front") },
                Samples.Endpoint("shop.bare", 8, binding: OnHost2) with { Pod = new("shop", "bare", "") })),
            isOfNodes: false));

    [Fact]
    public void Who_has_a_cluster_address_is_the_endpoint_of_the_record_before_a_pod_that_shows_no_network_yet()
    {
        var bench = new FactsBench();
        bench.Pod("shop/web", labels: "app=web", ip: "10.244.2.7");
        bench.Node("host2", Blocks);
        var address = IpAddr.Parse("10.244.2.7");
        Assert.Equal(new(NetworkId.ClusterDefault, "shop/web"), WhoHas());

        // As to the compiler, of two records it is the first by name.
        bench.Network(Orange);
        bench.Listed(Orange, Samples.Endpoint("shop.web", 7, binding: AtSeven) with { Pod = new("shop", "web", "front") }, Samples.Endpoint("stale", 8, binding: AtSeven));

        Assert.Equal(new(Orange, "shop.web"), WhoHas());
        Assert.IsType<AttemptEnd.Outside>(bench.Facts.EndAt(Orange, address));

        EndpointId WhoHas() => Assert.IsType<AttemptEnd.OfEndpoint>(bench.Facts.EndAt(NetworkId.ClusterDefault, address)).Endpoint.Id;
    }

    [Fact]
    public void A_posted_endpoint_is_the_pod_of_its_name_that_shows_its_address_on_its_node_and_nobody_else_becomes_it() => Assert.Equal(
        "tenant-one/orange/web in back: 11.1.0.7; ; on host2; pod shop/web [app=web] of []",
        ToldInEveryOrder(
            bench => bench.Pod("shop/web", labels: "app=web", ip: "10.244.2.7", shows: [Shown(7)], isInDefaultNetwork: false),
            bench => bench.Pod("evil/other", labels: "app=evil", shows: [Shown(7)], isInDefaultNetwork: false),
            bench => bench.Pod("evil/web", node: "host3", labels: "app=evil", shows: [Shown(7)], isInDefaultNetwork: false),
            bench => bench.Network(Orange),
            bench => bench.Listed(Orange, Samples.Endpoint("web", 7, binding: OnHost2) with { PostedGroup = "back" })));

    [Fact]
    public void An_endpoint_that_an_operator_gave_to_a_container_of_another_name_is_the_pod_that_shows_its_address() => Assert.Equal(
        "tenant-one/orange/named: 11.1.0.7; ; on host2; pod shop/web [] of []",
        ToldInEveryOrder(
            bench => bench.Pod("shop/web", shows: [Shown(7)], isInDefaultNetwork: false),
            bench => bench.Network(Orange),
            bench => bench.Listed(Orange, Samples.Endpoint("named", 7, uuid: "s", binding: OnHost2))));

    [Fact]
    public void Of_a_network_that_is_not_followed_only_cluster_addresses_are_told()
    {
        Action<FactsBench>[] facts =
        [
            bench => bench.Pod("shop/web", labels: "app=web", ip: "10.244.2.7", shows: [Shown(7) with { Group = "front" }], isInDefaultNetwork: false),
            bench => bench.Pod("shop/alone", ip: "11.1.0.8", shows: [Shown(8) with { HasClusterAddresses = false }], isInDefaultNetwork: false),
            bench => bench.Network(Orange),
        ];
        Assert.Equal("tenant-one/orange/shop/web in front: ; 10.244.2.7; on host2; pod shop/web [app=web] of []", ToldInEveryOrder(facts));

        // When it is followed, its records are told instead.
        Assert.Equal("", ToldInEveryOrder([.. facts, bench => bench.Listed(Orange)]));
    }

    [Fact]
    public void A_pod_that_shows_another_network_is_in_the_former_no_more()
    {
        var bench = new FactsBench();
        bench.Pod("shop/web", ip: "10.244.2.7", shows: [Shown(7)], isInDefaultNetwork: false);
        Assert.StartsWith("tenant-one/orange/shop/web", bench.Told, StringComparison.Ordinal);

        bench.Pod("shop/web", ip: "10.244.2.7", shows: [Shown(7) with { Network = new("tenant-one", "purple") }], isInDefaultNetwork: false);

        Assert.Equal("tenant-one/purple/shop/web: ; 10.244.2.7; on host2; pod shop/web [] of []", bench.Told);
    }

    [Fact]
    public void A_secondary_interface_is_an_endpoint_of_the_pod_without_cluster_addresses() => Assert.Equal(
        """
        _/default/shop/web: ; 10.244.2.7; on host2; pod shop/web [] of []
        tenant-one/orange/shop.web: 11.1.0.7; ; on host2; pod shop/web [] of []
        """,
        ToldInEveryOrder(
            bench => bench.Pod("shop/web", ip: "10.244.2.7", shows: [Shown(7) with { HasClusterAddresses = false }]),
            bench => bench.Network(Orange),
            bench => bench.Listed(Orange, Samples.Endpoint("shop.web", 7, binding: OnHost2) with { Pod = new("shop", "web", "") })));

    [Fact]
    public void What_is_attached_here_is_what_it_is_whatever_the_store_and_Kubernetes_say_of_its_addresses() => Assert.Equal(
        """
        _/default/shop/api: ; 10.244.1.9; on host1; pod shop/api [] of [team=a]
        tenant-one/orange/c1 in back: 11.1.0.7; 10.244.1.8; on host1; pod shop/web [app=web] of [team=a]
        """,
        ToldInEveryOrder(
            bench => bench.Pod("shop/web", node: "host1", labels: "app=web", ip: "10.244.1.77"),
            bench => bench.Pod("shop/waits", node: "host1", ip: "10.244.1.78"),
            bench => bench.Namespace("shop", "team=a"),
            bench => bench.Network(Orange),
            bench => bench.Listed(Orange, Samples.Endpoint("c1", 9, binding: OnHost2) with { PostedGroup = "back" }),
            bench => bench.Facts.SetLocals([Local("c1", 1, "shop/web", "11.1.0.7", "10.244.1.8"), Local("shop/api", 2, "shop/api", null, "10.244.1.9")])));

    [Fact]
    public void The_group_is_the_attachments_until_the_store_is_heard_of()
    {
        var bench = new FactsBench();
        bench.Network(Orange);
        bench.Listed(Orange);
        bench.Facts.SetLocals([Local("c1", 1, "shop/web", "11.1.0.7", "10.244.1.8") with { Group = "back" }]);
        Assert.Contains("c1 in back", bench.Told, StringComparison.Ordinal);

        bench.Heard(Samples.Endpoint("c1", 7) with { PostedGroup = "front" });

        Assert.Contains("c1 in front", bench.Told, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_attachments_of_one_endpoint_the_newer_counts_and_one_that_leaves_leaves_it()
    {
        var bench = new FactsBench();
        var (old, made) = (Local("shop/web", 1, "shop/web", null, "10.244.1.8"), Local("shop/web", 2, "shop/web", null, "10.244.1.9"));
        bench.Facts.SetLocals([made, old]);
        Assert.Contains("10.244.1.9", bench.Told, StringComparison.Ordinal);
        bench.Facts.SetLocals([old]);
        Assert.Contains("10.244.1.8", bench.Told, StringComparison.Ordinal);
        bench.Facts.SetLocals([]);
        Assert.Equal("", bench.Told);
    }

    [Fact]
    public void Pods_of_a_relabelled_namespace_are_told_anew_here_and_elsewhere()
    {
        var bench = new FactsBench();
        bench.Namespace("shop", "team=a");
        bench.Pod("shop/web", ip: "10.244.2.7");
        bench.Pod("other/web", ip: "10.244.2.8");
        bench.Facts.SetLocals([Local("shop/api", 1, "shop/api", null, "10.244.1.9")]);
        Assert.Equal(2, bench.Told.Split("of [team=a]").Length - 1);

        bench.Namespace("shop", "team=b");

        Assert.Equal(2, bench.Told.Split("of [team=b]").Length - 1);
        bench.Facts.SetNamespaces(new Dictionary<string, Netplugin.Core.Collections.Labels>());
        Assert.DoesNotContain("team", bench.Told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pod_that_has_ended_has_no_address_and_one_that_is_attached_here_still_keeps_its_labels_until_it_goes()
    {
        var bench = new FactsBench();
        bench.Pod("shop/far", ip: "10.244.2.7");
        bench.Pod("shop/near", node: "host1", labels: "app=near");
        var near = Local("shop/near", 1, "shop/near", null, "10.244.1.9");
        bench.Facts.SetLocals([near]);
        Assert.Contains("shop/far", bench.Told, StringComparison.Ordinal);

        bench.Facts.SetPods([]);

        Assert.Equal("_/default/shop/near: ; 10.244.1.9; on host1; pod shop/near [app=near] of []", bench.Told);
        Assert.False(bench.Facts.Knows(NameOf("shop/near"), Guid.Empty));
        bench.Facts.SetLocals([]);
        bench.Facts.SetLocals([near]);
        Assert.Contains("[] of []", bench.Told, StringComparison.Ordinal);
    }

    [Fact]
    public void An_endpoint_that_runs_nowhere_or_is_being_posted_is_not_there()
    {
        var bench = new FactsBench();
        bench.Network(Orange);
        bench.Listed(Orange, Samples.Endpoint("free", 7), Samples.Endpoint("staged", 8, binding: OnHost2, post: 2), Samples.Endpoint("mine", 9, binding: OnHost2 with { Host = "host1" }));
        Assert.Equal("", bench.Told);

        bench.Store(view => view with { Post = 2 });
        Assert.Equal("tenant-one/orange/staged: 11.1.0.8; ; on host2", bench.Told);

        bench.Store(view => view with { Endpoints = view.Endpoints.Remove(Orange) });
        Assert.Equal("", bench.Told);
    }

    [Fact]
    public void A_policy_of_the_intent_counts_with_its_groups_when_its_post_is_committed()
    {
        var rules = new IntentRule("1", PolicyDirection.Ingress, 1, IntentPeer.Anybody, IntentProtocol.Any, 0, Allow: false);
        Action<FactsBench>[] facts =
        [
            bench => bench.Network(Orange),
            bench => bench.Store(view => view with { Policies = view.Policies!.SetItem(new("tenant-one", "closed"), new(new("tenant-one", "closed"), [rules], 1)) }),
            bench => bench.Store(view => view with { Policies = view.Policies!.SetItem(new("tenant-one", "staged"), new(new("tenant-one", "staged"), [rules], 2)) }),
            bench => bench.Store(view => view with { Groups = view.Groups!.SetItem(new("tenant-one", "g"), new(new(Orange, "g"), ["closed"], 1)) }),
            bench => bench.Store(view => view with { Groups = view.Groups!.SetItem(new("tenant-one", "h"), new(new(Orange, "h"), ["closed"], 2)) }),
            bench => bench.Store(view => view with { Groups = view.Groups!.SetItem(new("tenant-one", "lost"), new(new(new("tenant-one", "none"), "lost"), ["closed"], 1)) }),
        ];

        // Of a network that is not there, or cannot be read, pods may be attached still.
        Assert.Equal("policy tenant-one/closed for Group { Id = tenant-one/none/lost } Group { Id = tenant-one/orange/g }", ToldInEveryOrder(facts));
        Assert.Equal(
            "policy tenant-one/closed for Group { Id = tenant-one/orange/g } Group { Id = tenant-one/orange/h }\npolicy tenant-one/staged for ",
            ToldInEveryOrder([.. facts.Take(5), bench => bench.Store(view => view with { Post = 2 })]));
    }

    [Fact]
    public void A_node_is_what_Kubernetes_and_the_store_say_together() => Assert.Equal(
        "node host2 [zone=z] at 10.244.2.1 192.168.2.11 fd00::2\nnode host3 [] at 192.168.2.12",
        ToldInEveryOrder(
            bench => bench.Facts.SetNode("host2", new(LabelsOf("zone=z"), [IpAddr.Parse("192.168.2.11")])),
            bench => bench.Store(view => view with { Nodes = view.Nodes!.SetItem("host2", new("host2", IpAddr.Parse("192.168.2.11"), 1500, "0") { SecondAddress = IpAddr.Parse("fd00::2"), Blocks = [IpPrefix.Parse("10.244.2.0/24")] }) }),
            bench => bench.Store(view => view with { Nodes = view.Nodes!.SetItem("host3", new("host3", IpAddr.Parse("192.168.2.12"), 1500, "0")) })));

    [Fact]
    public void Of_pods_of_the_journal_those_with_a_device_that_do_not_leave_are_attached()
    {
        var pod = Samples.Pod(
            "s",
            PodOrigin.Cni,
            Samples.Attachment(1, "c1", 7) with { ClusterAddresses = [new(IpAddr.Parse("10.244.1.8"), IpPrefix.Parse("10.244.1.0/24"), default)], PostedGroup = "back" },
            Samples.Attachment(2, "c2", 8, AttachmentPhase.Adding, device: 101),
            Samples.Attachment(3, "c3", 9, AttachmentPhase.Leaving, device: 102),
            Samples.Attachment(4, "c4", 10, AttachmentPhase.Adding, device: 0));

        LocalEndpoint[] locals = [.. LocalEndpoint.Of([pod])];

        Assert.Equal(["c1", "c2"], locals.Select(local => local.Id.Container));
        Assert.Equal((new IfIndex(100), NameOf("default/c1"), "11.1.0.7", "10.244.1.8", "back"), (locals[0].Device, locals[0].Pod, locals[0].Addresses.ToString(), locals[0].ClusterAddresses.ToString(), locals[0].Group));
    }

    private static string EndpointsOf(FactsBench bench) => Lines(bench.Told, isOfNodes: false);

    private static string Lines(string told, bool isOfNodes = true) =>
        string.Join('\n', told.Split('\n').Where(line => isOfNodes || !line.StartsWith("node ", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    private static PodInterface Shown(int last) => new(Orange, Samples.Address(last), true, "");

    private static LocalEndpoint Local(string container, ulong number, string pod, string? address, string cluster) => new(
        new(address is null ? NetworkId.ClusterDefault : Orange, container), number, new IfIndex((int)number), 1, NameOf(pod), address is null ? [] : [IpAddr.Parse(address)], [IpAddr.Parse(cluster)], "");
}
