using Netplugin.Agent.Attachments;
using Netplugin.Agent.Kubernetes;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Service;

/// <summary>Pods that have further interfaces because their annotation asks for them.</summary>
public sealed class SecondaryNetworkTests : IDisposable
{
    private static readonly NetworkId Green = new("tenant-one", "green"), Blue = new("tenant-one", "blue"), Twin = new("tenant-two", "green"), Wide = new("default", "wide");
    private static readonly EndpointId Web = new(Green, "default.web");
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-secondary-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_pod_of_the_default_network_has_a_further_interface_that_is_in_its_network_alone()
    {
        await using var node = await StartAsync(("web", "tenant-one/green"));

        var pod = await node.AddAsync("s1", "web");

        var (first, second) = (pod.Attachments[0], pod.Attachments[1]);
        Assert.Equal((true, true, "eth0"), (first.IsInDefaultNetwork, first.HasDefaultRoute, first.Interface));
        Assert.Equal((Green, "net1", 10003u, true), (second.Endpoint.Network, second.Interface, second.DatapathId, second.IsSecondary));
        Assert.Empty(second.ClusterAddresses);
        Assert.Empty(second.Routes);
        Assert.Empty(second.RuntimeAddresses);
        Assert.Equal([new IpPrefix(second.Address, 24)], second.LinkAddresses);
        var record = await node.RecordAsync(Web);
        Assert.Equal((second.Address, second.Mac, new EndpointBinding(Samples.Me, "s1", "net1")), (record!.Address, record.Mac, record.Binding!));

        await node.DeletePodAsync("s1");

        Assert.Null(await node.RecordAsync(Web));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task A_name_alone_is_of_the_tenant_of_the_first_network_be_it_an_intents_or_by_labels()
    {
        await using var node = await StartAsync(("c1", "green, blue@storage"), ("web", "green"), ("bare", "slim"));
        await node.PostAsync(Samples.Endpoint("c1", 1));
        await node.WriteAsync(Samples.Network(new("default", "slim"), 10007, subnet: "11.11.0.0/24"));

        var posted = await node.AddAsync("s1", "c1");
        var bare = await node.AddAsync("s2", "bare");
        node.Labels = (_, _) => Task.FromResult<LabelledNetwork?>(new(Samples.Orange, "db", true));
        var labelled = await node.AddAsync("s3", "web");

        // One whose address could be foreseen, as the node has a block by now.
        node.Annotations["api"] = "blue";
        Assert.Equal(["tenant-one/orange eth0", "tenant-one/blue net1"], NamesOf(await node.AddAsync("s4", "api")));
        Assert.Equal(["tenant-one/orange eth0", "tenant-one/green net1", "tenant-one/blue storage"], NamesOf(posted));
        Assert.Equal(["tenant-one/orange eth0", "tenant-one/green net1"], NamesOf(labelled));
        Assert.Equal(["_/default eth0", "default/slim net1"], NamesOf(bare));
        Assert.Equal(("db", ""), (labelled.Attachments[0].Group, labelled.Attachments[1].Group));
        Assert.Equal("s1", (await node.RecordAsync(new(Samples.Orange, "c1")))!.Binding!.Sandbox);

        // The first interface's record has the cluster addresses, and no other.
        foreach (var attachment in posted.Attachments.Concat(labelled.Attachments))
        {
            Assert.Equal(attachment.IsSecondary, attachment.ClusterAddresses.IsEmpty);
            Assert.Equal(attachment.ClusterAddresses.Select(a => a.Address), (await node.RecordAsync(attachment.Endpoint))!.Binding!.ClusterAddresses);
        }
    }

    [Fact]
    public async Task An_address_and_an_Ethernet_address_that_are_asked_for_are_what_the_interface_and_the_record_have()
    {
        await using var node = await StartAsync(("web", """[{"name": "green", "namespace": "tenant-one", "interface": "fast0", "ips": ["11.9.0.99/24"], "mac": "0A:00:00:00:00:01"}]"""));

        var pod = await node.AddAsync("s1", "web");

        var mac = MacAddress.Parse("0a:00:00:00:00:01");
        var link = node.Links.Wishes.Values.Single(wish => wish.Interface == "fast0");
        Assert.Equal((mac, IpPrefix.Parse("11.9.0.99/24")), (link.Mac, Assert.Single(link.Addresses)));
        var record = (await node.RecordAsync(Web))!;
        Assert.Equal(("11.9.0.99", mac), (record.Address.ToString(), record.Mac));
        Assert.Same(pod, await node.AddAsync("s1", "web"));

        var refused = await RefusedAsync(node, "other", """[{"name": "green", "namespace": "tenant-one", "ips": ["11.9.0.99"]}]""");
        Assert.Equal(("AddressUnavailable", "11.9.0.99 is already that of endpoint tenant-one/green/default.web"), refused);
    }

    [Theory]
    [InlineData("tenant-one/green", "tenant-one/green,tenant-one/blue", "green net1, blue net2")]
    [InlineData("tenant-one/green", "tenant-one/blue", "blue net1")]
    [InlineData("tenant-one/green", "tenant-one/green@other", "green other")]
    [InlineData("tenant-one/green", """[{"name":"green","namespace":"tenant-one","ips":["11.9.0.77"]}]""", "green net1 11.9.0.77")]
    [InlineData("tenant-one/green", """[{"name":"green","namespace":"tenant-one","mac":"0a:00:00:00:00:07"}]""", "green net1 0a:00:00:00:00:07")]
    [InlineData("""[{"name":"green","namespace":"tenant-one","mac":"0a:00:00:00:00:07"}]""", "tenant-one/green", "green net1")]
    [InlineData("tenant-one/green", "", "")]
    public async Task Asked_again_it_answers_the_same_and_with_another_annotation_it_is_made_anew(string before, string after, string expected)
    {
        await using var node = await StartAsync(("web", before));
        var first = await node.AddAsync("s1", "web");
        Assert.Same(first, await node.AddAsync("s1", "web"));

        node.Annotations["web"] = after;
        var second = await node.AddAsync("s1", "web");

        Assert.NotSame(first, second);
        Assert.Equal(expected, string.Join(", ", second.Attachments.Where(a => a.IsSecondary).Select(TextOf)));
        var made = (await Task.WhenAll(new[] { Green, Blue }.Select(n => node.RecordAsync(new(n, "default.web"))))).OfType<EndpointRecord>();
        Assert.Equal(second.Attachments.Where(a => a.IsSecondary).Select(a => (a.Endpoint, a.Address, a.Mac)), made.Select(r => (r.Id, r.Address, r.Mac)));
        Assert.Same(second, await node.AddAsync("s1", "web"));

        // An address is told where it was asked for, and an Ethernet address that does not go with the address.
        string TextOf(Attachment made) => $"{made.Endpoint.Network.Network} {made.Interface}"
            + (after.Contains($"\"{made.Address}\"", StringComparison.Ordinal) ? $" {made.Address}" : "")
            + (made.Mac == MacAddress.ForEndpoint(made.Address) ? "" : $" {made.Mac}");
    }

    [Theory]
    [InlineData("tenant-one/green,tenant-two/green", "network tenant-one/green (11.9.0.0/24) and network tenant-two/green (11.9.0.0/25) share addresses")]
    [InlineData("default/wide", "this node's block (10.244.1.0/24) and network default/wide (10.0.0.0/8) share addresses")]
    [InlineData("tenant-one/green,tenant-one/green@other", "element 2: network tenant-one/green is named twice")]
    [InlineData("tenant-one/green@eth0", "element 1: the pod has another interface eth0")]
    [InlineData("tenant-one/green@net2,tenant-one/blue", "element 2: the pod has another interface net2")]
    [InlineData("""[{"name":"green","namespace":"tenant-one","bandwidth":{}}]""", "element 1, \"bandwidth\" (at character 43): netplugin does not carry it out")]
    [InlineData("""[{"name":"green","namespace":"tenant-one","ips":["11.9.0.9/25"]}]""", "11.9.0.9/25 is asked for in network tenant-one/green, whose subnet is 11.9.0.0/24")]
    [InlineData("""[{"name":"green","namespace":"tenant-one","ips":["11.9.0.9","11.9.0.10"]}]""", "element 1: it asks for 2 addresses")]
    [InlineData("""[{"name":"green","namespace":"tenant-one","mac":"02:02:0b:09:00:09"}]""", "element 1: 02:02:0b:09:00:09 is of those that netplugin gives by address")]
    public async Task What_cannot_be_is_refused_with_its_place_and_nothing_is_made(string annotation, string expected)
    {
        await using var node = await StartAsync();

        var (reason, message) = await RefusedAsync(node, "web", annotation);

        Assert.Equal("NetworkAnnotationInvalid", reason);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("default/web", message, StringComparison.Ordinal);
        Assert.Empty((await node.Store.ListAsync(StoreKeys.AllLeases, TestContext.Current.CancellationToken)).Entries);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task A_network_that_an_intent_or_labels_give_the_pod_already_is_refused()
    {
        await using var node = await StartAsync();
        await node.PostAsync(Samples.Endpoint("c1", 1));

        Assert.Contains("first interface is in network tenant-one/orange already", (await RefusedAsync(node, "c1", "orange")).Message, StringComparison.Ordinal);
        node.Labels = (_, _) => Task.FromResult<LabelledNetwork?>(new(Green, "", true));
        Assert.Contains("first interface is in network tenant-one/green already", (await RefusedAsync(node, "web", "green")).Message, StringComparison.Ordinal);
        Assert.Contains("this node's block (10.244.1.0/24) and network default/wide", (await RefusedAsync(node, "web", "default/wide")).Message, StringComparison.Ordinal);
        Assert.Contains("network tenant-one/green (11.9.0.0/24) and network tenant-two/green", (await RefusedAsync(node, "web", "tenant-two/green")).Message, StringComparison.Ordinal);
        Assert.Null((await node.RecordAsync(new(Samples.Orange, "c1")))!.Binding);
    }

    [Fact]
    public async Task An_address_that_goes_with_the_Ethernet_address_may_be_asked_for_with_it()
    {
        await using var node = await StartAsync(("web", """[{"name":"green","namespace":"tenant-one","ips":["11.9.0.9"],"mac":"02:02:0b:09:00:09"}]"""));

        Assert.Equal("02:02:0b:09:00:09", (await node.AddAsync("s1", "web")).Attachments[1].Mac.ToString());
    }

    [Fact]
    public async Task A_pod_waits_for_each_of_its_networks_and_what_was_made_before_is_gone_meanwhile()
    {
        await using var node = await StartAsync(("web", "tenant-one/green,tenant-one/red"));
        node.Labels = (_, _) => Task.FromResult<LabelledNetwork?>(new(Samples.Orange, "", true));

        var missing = await Assert.ThrowsAsync<NetworkMissingException>(() => node.AddAsync("s1", "web"));

        Assert.Contains("default/web is to be in network tenant-one/red by its annotation", missing.Message, StringComparison.Ordinal);
        Assert.Null(await node.RecordAsync(Web));
        Assert.Null(await node.RecordAsync(new(Samples.Orange, "default.web")));
        node.AssertNothingLeft();

        await node.WriteAsync(Samples.Network(new("tenant-one", "red"), 10009, subnet: "11.19.0.0/24"));
        Assert.Equal(["tenant-one/orange eth0", "tenant-one/green net1", "tenant-one/red net2"], NamesOf(await node.AddAsync("s1", "web")));
    }

    [Fact]
    public async Task Where_the_second_cannot_be_had_nothing_of_the_first_is_left()
    {
        await using var node = await StartAsync(("web", """[{"name":"green"},{"name":"blue","ips":["11.10.0.0"]}]"""));
        node.Labels = (_, _) => Task.FromResult<LabelledNetwork?>(new(Samples.Orange, "", true));

        var refused = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s1", "web"));

        Assert.Equal(("11.10.0.0 is the network address of 11.10.0.0/24", ResolveFailure.AddressUnavailable), (refused.Message, refused.Failure));
        Assert.Null(await node.RecordAsync(Web));
        Assert.Null(await node.RecordAsync(new(Samples.Orange, "default.web")));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task A_start_that_fails_anywhere_leaves_neither_endpoints_nor_bindings()
    {
        await using var node = await StartAsync(("c1", "green"));
        await node.PostAsync(Samples.Endpoint("c1", 1));
        EndpointId posted = new(Samples.Orange, "c1"), made = new(Green, "default.c1");

        await node.AddFailingEachCallAsync(() => node.AddAsync("s1", "c1"), async () =>
        {
            Assert.Null(await node.RecordAsync(made));
            Assert.Null((await node.RecordAsync(posted))!.Binding);
            node.AssertNothingLeft();
        });

        Assert.NotNull(await node.RecordAsync(made));
        Assert.NotNull((await node.RecordAsync(posted))!.Binding);
    }

    [Fact]
    public async Task A_restart_keeps_the_pod_and_a_DEL_without_the_store_is_made_up()
    {
        var node = await StartAsync(("web", "tenant-one/green"));
        var before = await node.AddAsync("s1", "web");
        node.Sandboxes.All = [new("s1", "web", "default", true)];
        await node.DisposeAsync();

        await using var next = await FakeNode.StartAsync(_folder, node);
        next.Annotations["web"] = "tenant-one/green";
        Assert.Equal(before.Attachments.Select(a => (a.Number, a.IsSecondary)), (await next.AddAsync("s1", "web")).Attachments.Select(a => (a.Number, a.IsSecondary)));

        next.Store.IsAway = true;
        await next.DeletePodAsync("s1");
        await next.DeletePodAsync("s1");
        next.Store.IsAway = false;
        next.Keeper.Signal(resolve: false);

        await Eventually.HoldsAsync("the rest to be made up", () => next.Kernel.Pods.IsEmpty);
        Assert.Null(await next.RecordAsync(Web));
    }

    [Fact]
    public async Task What_a_daemon_made_and_its_journal_does_not_know_is_removed_by_the_next()
    {
        var node = await StartAsync(("web", """[{"name":"green","namespace":"tenant-one"},{"name":"blue","namespace":"tenant-one","ips":["11.10.0.99"]}]"""));
        await node.AddAsync("s1", "web");
        await node.DisposeAsync();
        File.Delete(Directory.GetFiles(Path.Combine(_folder, "attachments"), "s1*").Single());

        await using var next = await FakeNode.StartAsync(_folder, node);

        await Eventually.HoldsAsync("the endpoints to be removed", async () => await next.RecordAsync(Web) is null && await next.RecordAsync(new(Blue, "default.web")) is null);
    }

    [Fact]
    public async Task A_pod_whose_further_endpoint_is_removed_loses_that_interface_and_no_other()
    {
        await using var node = await StartAsync(("web", "tenant-one/green"));
        await node.AddAsync("s1", "web");
        node.Sandboxes.All = [new("s1", "web", "default", true)];
        await Eventually.HoldsAsync("the keeper to believe the store", () => node.Keeper.MayRemove);

        await node.DeleteAsync(StoreKeys.Endpoint(Web));

        node.Keeper.Signal(resolve: true);
        await Eventually.HoldsAsync("the interface to be gone", () => node.Kernel.Pods.Values.Single().Attachments is [{ IsInDefaultNetwork: true, Phase: AttachmentPhase.Up }]);
    }

    [Fact]
    public async Task A_running_pod_that_an_intent_names_gets_what_is_posted_for_it_but_nothing_that_shares_addresses_with_what_it_asked_for()
    {
        await using var node = await StartAsync(("c1", "green"));
        await node.PostAsync(Samples.Endpoint("c1", 1));
        await node.AddAsync("s1", "c1");
        node.Sandboxes.All = [new("s1", "c1", "default", true)];
        await Eventually.HoldsAsync("the keeper to believe the store", () => node.Keeper.MayRemove);

        await AppendAsync(node, "c1", Samples.Orange, new("tenant-one", "red"), Green);

        await Eventually.HoldsAsync("the third interface", () => node.Kernel.Pods.Values.Single().Attachments.Any(a => a is { Interface: "eth1", Phase: AttachmentPhase.Up }));
        Assert.Equal(["tenant-one/orange eth0", "tenant-one/green net1", "tenant-one/red eth1"], NamesOf(node.Kernel.Pods.Values.Single()));
    }

    [Fact]
    public async Task A_pod_that_an_intent_names_does_not_wait_for_Kubernetes_and_any_other_does()
    {
        await using var node = await StartAsync();
        await node.PostAsync(Samples.Endpoint("c1", 1));
        node.Wishes = (_, _) => Task.FromException<WishedNetworks>(new NotReadyException("away"));

        Assert.Single((await node.AddAsync("s1", "c1")).Attachments);
        await node.DeletePodAsync("s1");

        // One that has further interfaces keeps them when it is asked for again.
        (node.Wishes, node.Annotations["c1"]) = (null, "green");
        var pod = await node.AddAsync("s1", "c1");
        Assert.Equal(2, pod.Attachments.Length);
        node.Wishes = (_, _) => Task.FromException<WishedNetworks>(new NotReadyException("away"));
        Assert.Same(pod, await node.AddAsync("s1", "c1"));
        await Assert.ThrowsAsync<NotReadyException>(() => node.AddAsync("s2", "web"));
    }

    private async Task<FakeNode> StartAsync(params (string Pod, string Annotation)[] annotations)
    {
        var node = await FakeNode.StartAsync(_folder, facts: Samples.Serving);
        await node.PostAsync(Samples.Endpoint("posted", 250));
        await node.WriteAsync(Samples.Network(Green, 10003, subnet: "11.9.0.0/24"));
        await node.WriteAsync(Samples.Network(Blue, 10004, subnet: "11.10.0.0/24"));
        await node.WriteAsync(Samples.Network(Twin, 10005, subnet: "11.9.0.0/25"));
        await node.WriteAsync(Samples.Network(Wide, 10006, subnet: "10.0.0.0/8"));
        await Eventually.HoldsAsync("the store's content to be known", () => node.Follower.Cluster is not null);
        foreach (var (pod, annotation) in annotations)
        {
            node.Annotations[pod] = annotation;
        }

        return node;
    }

    // An intent that names the container in more networks: with an address of each.
    private static async Task AppendAsync(FakeNode node, string container, params NetworkId[] networks)
    {
        await node.WriteAsync(Samples.Network(new("tenant-one", "red"), 10009, subnet: "11.19.0.0/24"));
        foreach (var (id, address) in new[] { (new EndpointId(new("tenant-one", "red"), container), "11.19.0.1"), (new EndpointId(Green, container), "11.9.0.200") })
        {
            var ip = IpAddr.Parse(address);
            await node.WriteAsync(new EndpointRecord(id, ip, MacAddress.ForEndpoint(ip), "", "", null, 1));
        }

        await node.Store.CommitAsync(new([], [new StoreOperation.Put(StoreKeys.Container(container), RecordCodec.Encode(new ContainerRecord(container, [.. networks])))]));
        await node.PostAsync();
    }

    private static async Task<(string Reason, string Message)> RefusedAsync(FakeNode node, string pod, string annotation)
    {
        node.Annotations[pod] = annotation;
        var refused = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s-" + pod, pod));
        return (KubernetesEvents.ReasonOf(refused), refused.Message);
    }

    private static string[] NamesOf(Pod pod) => [.. pod.Attachments.Select(a => $"{a.Endpoint.Network} {a.Interface}")];
}
