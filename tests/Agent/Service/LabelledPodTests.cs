using Netplugin.Agent.Attachments;
using Netplugin.Agent.Kubernetes;
using Netplugin.Agent.Pods;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Service;

/// <summary>Pods that have a tenant's network by labels.</summary>
public sealed class LabelledPodTests : IDisposable
{
    private static readonly NetworkId Purple = new("tenant-one", "purple");
    private static readonly EndpointId Web = new(Samples.Orange, "default.web");
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-labels-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_pod_has_an_address_of_the_network_that_its_labels_name_a_cluster_address_and_an_endpoint_of_its_own()
    {
        await using var node = await StartAsync();

        var attachment = Assert.Single((await node.AddAsync("s1", "web")).Attachments);

        var record = await node.RecordAsync(Web);
        Assert.Equal(
            (attachment.Address, new EndpointBinding(Samples.Me, "s1", "eth0") { ClusterAddresses = [attachment.ClusterAddresses.First.Address] }), (record!.Address, record.Binding!));
        Assert.Equal(new LabelledPod("default", "web", "db"), record.Pod);
        Assert.True(Samples.Subnet.Contains(attachment.Address));
        Assert.True(Samples.Serving.Blocks.First.Prefix.Contains(attachment.ClusterAddresses.First.Address));
        Assert.Equal(("db", 10001u), (attachment.Group, attachment.DatapathId));

        await node.DeletePodAsync("s1");

        Assert.Null(await node.RecordAsync(Web));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task An_intent_that_names_the_pod_goes_before_its_namespaces_labels_and_needs_no_answer_of_Kubernetes()
    {
        await using var node = await StartAsync(Labels(isOfPod: false));
        await node.PostAsync(Samples.Endpoint("c1", 1, Purple), Samples.Endpoint("c2", 2, Purple));

        Assert.Equal(Purple, (await node.AddAsync("s1", "c1")).Attachments[0].Endpoint.Network);

        node.Labels = (_, _) => Task.FromException<LabelledNetwork?>(new NotReadyException("away"));
        Assert.Equal(Purple, (await node.AddAsync("s2", "c2")).Attachments[0].Endpoint.Network);
        await Assert.ThrowsAsync<NotReadyException>(() => node.AddAsync("s3", "web"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pod_that_an_intent_and_its_labels_put_into_two_networks_is_refused_and_one_that_both_put_into_one_is_not(bool isSeen)
    {
        await using var node = await StartAsync();
        if (isSeen)
        {
            // A network that has a pod here is followed, so that the next is bound without reading.
            await node.PostAsync(Samples.Endpoint("first", 9, Purple));
            node.Labels = Labels(null);
            await node.AddAsync("s0", "first");
        }

        await node.PostAsync(Samples.Endpoint("c1", 1, Purple), Samples.Endpoint("c2", 2));
        if (isSeen)
        {
            await Eventually.HoldsAsync("the endpoint to be seen", () => node.Follower.View.Endpoint(new(Purple, "c1")) is not null);
        }

        node.Labels = Labels();
        var refused = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s1", "c1"));

        Assert.Equal(ResolveFailure.Ambiguous, refused.Failure);
        Assert.Contains("tenant-one/purple", refused.Message, StringComparison.Ordinal);
        Assert.Contains("tenant-one/orange", refused.Message, StringComparison.Ordinal);
        Assert.Equal("c2", (await node.AddAsync("s2", "c2")).Attachments[0].Endpoint.Container);
    }

    [Fact]
    public async Task A_pod_whose_network_is_missing_waits_and_starts_when_it_is_posted()
    {
        await using var node = await FakeNode.StartAsync(_folder, facts: Samples.Serving);
        node.Labels = Labels();
        await Assert.ThrowsAsync<NetworkMissingException>(() => node.AddAsync("s1", "web"));
        await PostAsync(node, Purple);

        var missing = await Assert.ThrowsAsync<NetworkMissingException>(() => node.AddAsync("s1", "web"));

        Assert.Contains("no such tenant as tenant-one", missing.Message, StringComparison.Ordinal);
        Assert.Equal("NetworkMissing", KubernetesEvents.ReasonOf(missing));
        await node.Store.CommitAsync(new([], [new StoreOperation.Put(StoreKeys.Tenant("tenant-one"), "{}"u8.ToArray())]), TestContext.Current.CancellationToken);
        missing = await Assert.ThrowsAsync<NetworkMissingException>(() => node.AddAsync("s1", "web"));
        Assert.Contains("default/web is to be in network tenant-one/orange by its labels, and there is no such network", missing.Message, StringComparison.Ordinal);
        node.AssertNothingLeft();

        await PostAsync(node, Samples.Orange);
        await node.AddAsync("s1", "web");
    }

    [Fact]
    public async Task A_network_without_a_free_address_refuses_and_names_itself()
    {
        await using var node = await StartAsync();
        await node.WriteAsync(Samples.Network(subnet: "11.1.0.0/30"));
        await node.AddAsync("s1", "web");
        await node.AddAsync("s2", "api");

        var refused = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s3", "db"));

        Assert.Equal(("NetworkExhausted", ResolveFailure.NetworkExhausted), (KubernetesEvents.ReasonOf(refused), refused.Failure));
        Assert.Contains("tenant-one/orange", refused.Message, StringComparison.Ordinal);
        Assert.Contains("11.1.0.0/30", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_label_and_a_posted_container_of_the_endpoints_name_refuse()
    {
        await using var node = await StartAsync((_, _) => Task.FromResult<LabelledNetwork?>(new(Samples.Orange, "", true, "the label is wrong")));
        var bad = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s1", "web"));
        Assert.Equal("NetworkLabelInvalid", KubernetesEvents.ReasonOf(bad));

        node.Labels = Labels();
        await node.PostAsync(Samples.Endpoint("default.web", 1));
        var posted = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s1", "web"));

        Assert.Equal(ResolveFailure.Ambiguous, posted.Failure);
        Assert.Null((await node.RecordAsync(Web))!.Binding);
    }

    [Fact]
    public async Task Asked_again_it_answers_the_same_and_with_other_labels_it_is_made_anew()
    {
        await using var node = await StartAsync();
        await PostAsync(node, Purple);
        var first = await node.AddAsync("s1", "web");
        Assert.Same(first, await node.AddAsync("s1", "web"));

        node.Labels = Labels(network: Purple);
        var second = await node.AddAsync("s1", "web");

        Assert.Equal(Purple, Assert.Single(second.Attachments).Endpoint.Network);
        Assert.Null(await node.RecordAsync(Web));
        node.Labels = Labels(null);
        Assert.True((await node.AddAsync("s1", "web")).Attachments[0].IsInDefaultNetwork);
        Assert.Null(await node.RecordAsync(new(Purple, "default.web")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_start_that_fails_anywhere_leaves_no_endpoint(bool isForeseen)
    {
        await using var node = await StartAsync();
        if (isForeseen)
        {
            await node.AddAsync("s0", "first");
            await node.DeletePodAsync("s0");
        }

        await node.AddFailingEachCallAsync(() => node.AddAsync("s1", "web"), async () =>
        {
            Assert.Null(await node.RecordAsync(Web));
            node.AssertNothingLeft();
        });

        Assert.NotNull(await node.RecordAsync(Web));
    }

    [Fact]
    public async Task An_interface_is_built_while_the_store_is_asked_and_a_daemon_that_ends_then_leaves_nothing()
    {
        var node = await StartAsync();
        await node.AddAsync("s1", "api");
        node.Store.HoldsWrites = new TaskCompletionSource().Task;

        var adding = node.AddAsync("s2", "web");
        await Eventually.HoldsAsync("the interface to be up", () => node.Links.Links.Values.Count(link => link.Up) == 2);
        Assert.False(adding.IsCompleted, "answered without the store");
        Assert.Null(await node.RecordAsync(Web));

        // The store takes it, and the daemon hears no more of it.
        var built = node.Kernel.Pods[new("s2", "eth0")].Attachments[0];
        node.Store.HoldsWrites = null;
        await node.WriteAsync(new EndpointRecord(Web, built.Address, built.Mac, "", "", new(Samples.Me, "s2", "eth0"), 1) { Pod = new("default", "web", "db") });
        await node.DisposeAsync();
        await using var next = await FakeNode.StartAsync(_folder, node);

        await Eventually.HoldsAsync("what is left of it to be gone", () => next.Kernel.Pods.Count == 1 && next.Links.Links.Count == 1);
        Assert.Null(await next.RecordAsync(Web));
        Assert.NotNull(await next.RecordAsync(new(Samples.Orange, "default.api")));
    }

    [Fact]
    public async Task A_pod_of_which_all_is_seen_is_attached_without_reading_and_one_that_an_intent_came_to_name_is_read()
    {
        await using var node = await StartAsync(Labels(isOfPod: false));
        await node.AddAsync("s1", "api");

        var (seen, reads) = await node.Store.CountReadsAsync(() => node.AddAsync("s2", "web"));
        Assert.Equal((0, "default.web"), (reads, seen.Attachments[0].Endpoint.Container));
        Assert.Equal(seen.Attachments[0].BindingOf(Samples.Me, seen.Key), (await node.RecordAsync(Web))!.Binding);

        // Of a network that no pod here is in: this node follows no endpoint of it.
        await node.PostAsync(Samples.Endpoint("db", 1, Purple));
        Assert.Equal(Purple, Assert.Single((await node.AddAsync("s3", "db")).Attachments).Endpoint.Network);
        Assert.Null(await node.RecordAsync(new(Samples.Orange, "default.db")));
        Assert.Equal(3, node.Links.Links.Values.Count(link => link.Up));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_store_has_otherwise_than_this_node_had_seen_counts(bool isLeaseLost)
    {
        await using var node = await StartAsync();
        var api = (await node.AddAsync("s1", "api")).Attachments[0];
        var changed = Samples.Network(gateway: "11.1.0.254");
        if (isLeaseLost)
        {
            var lost = new LeasesRecord(Samples.Orange, [new("host2", new(api.Address, 29))]);
            await node.Store.CommitAsync(new([], [new StoreOperation.Put(StoreKeys.Leases(Samples.Orange), RecordCodec.Encode(lost))]), TestContext.Current.CancellationToken);
        }
        else
        {
            await node.WriteAsync(changed);
        }

        var web = Assert.Single((await node.AddAsync("s2", "web")).Attachments);

        Assert.Equal(isLeaseLost, !new IpPrefix(api.Address, 29).Contains(web.Address));
        Assert.Equal(isLeaseLost ? Samples.Network().Gateway : changed.Gateway, web.Addresses.First.Gateway);
        Assert.Equal(web.Address, (await node.RecordAsync(Web))!.Address);
        Assert.Equal(2, node.Links.Links.Values.Count(link => link.Up));
    }

    [Fact]
    public async Task Pods_that_start_at_once_have_addresses_of_their_own_and_none_is_built_twice()
    {
        await using var node = await StartAsync();
        var first = await node.AddAsync("s0", "pod-0");
        var made = node.Links.Wishes.Count;

        // The node's block has seven addresses: those of six more pods, and what was seen of it is true.
        var pods = await Task.WhenAll(Enumerable.Range(1, 6).Select(i => node.AddAsync($"s{i}", $"pod-{i}")));

        Assert.Equal(7, pods.Append(first).Select(pod => pod.Attachments[0].Address).Distinct().Count());
        Assert.Equal(made + 6, node.Links.Wishes.Count);
    }

    [Fact]
    public async Task A_pod_for_which_the_nodes_block_has_no_address_leaves_no_endpoint()
    {
        await using var node = await StartAsync(facts: Samples.Serving with { Blocks = [new AddressBlock(IpPrefix.Parse("10.244.1.0/30"))] });
        await node.AddAsync("s1", "api");

        var refused = await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s2", "web"));

        Assert.Equal(ResolveFailure.Exhausted, refused.Failure);
        Assert.Null(await node.RecordAsync(Web));
    }

    [Fact]
    public async Task A_restart_keeps_the_pod_and_a_DEL_without_the_store_is_made_up()
    {
        Attachment attachment;
        var node = await StartAsync();
        attachment = (await node.AddAsync("s1", "web")).Attachments[0];
        node.Sandboxes.All = [new("s1", "web", "default", true)];
        await node.DisposeAsync();

        await using var next = await FakeNode.StartAsync(_folder, node);
        await PassedAsync(next);
        Assert.Equal(attachment.Group, next.Kernel.Pods.Values.Single().Attachments[0].Group);
        Assert.NotNull(await next.RecordAsync(Web));

        next.Store.IsAway = true;
        await next.DeletePodAsync("s1");
        next.Store.IsAway = false;
        next.Keeper.Signal(resolve: false);

        await Eventually.HoldsAsync("the rest to be made up", () => next.Kernel.Pods.IsEmpty);
        Assert.Null(await next.RecordAsync(Web));
    }

    [Fact]
    public async Task What_a_daemon_made_and_no_pod_has_is_removed_by_the_next_and_its_blocks_are_given_back()
    {
        var node = await StartAsync();
        await node.AddAsync("s1", "web");
        await node.AddAsync("s2", "api");
        await node.DisposeAsync();

        // As if it had ended before the journal knew of one of the two.
        File.Delete(Directory.GetFiles(Path.Combine(_folder, "attachments"), "s1*").Single());
        await using var next = await FakeNode.StartAsync(_folder, node);

        await Eventually.HoldsAsync("the endpoint to be removed", async () => await next.RecordAsync(Web) is null);
        Assert.NotNull(await next.RecordAsync(new(Samples.Orange, "default.api")));
        await next.DeletePodAsync("s2");
        next.Time.Advance(TimeSpan.FromMinutes(11));
        next.Keeper.Signal(resolve: false);
        await Eventually.HoldsAsync("the blocks to be given back", async () => await next.Store.GetAsync(StoreKeys.Leases(Samples.Orange), TestContext.Current.CancellationToken) is null);
    }

    [Fact]
    public async Task A_node_that_lost_its_journal_removes_all_that_it_had_made()
    {
        var node = await StartAsync();
        await node.AddAsync("s1", "web");
        await node.DisposeAsync();
        Directory.Delete(Path.Combine(_folder, "attachments"), recursive: true);

        await using var next = await FakeNode.StartAsync(_folder);

        await Eventually.HoldsAsync("the endpoint to be removed", async () => await next.RecordAsync(Web) is null);
    }

    [Fact]
    public async Task A_pods_next_sandbox_has_its_address_and_the_DEL_of_the_one_before_leaves_it()
    {
        await using var node = await StartAsync();
        var before = (await node.AddAsync("s1", "web")).Attachments[0];

        var after = (await node.AddAsync("s2", "web")).Attachments[0];
        await node.DeletePodAsync("s1");

        Assert.Equal(before.Address, after.Address);
        Assert.Equal("s2", (await node.RecordAsync(Web))!.Binding!.Sandbox);
    }

    [Fact]
    public async Task A_pod_whose_endpoint_is_removed_or_taken_by_another_node_loses_its_interface()
    {
        await using var node = await StartAsync();
        await node.AddAsync("s1", "web");
        await node.AddAsync("s2", "api");
        var api = (await node.RecordAsync(new(Samples.Orange, "default.api")))!;
        await Eventually.HoldsAsync("the keeper to believe the store", () => node.Keeper.MayRemove);

        await node.DeleteAsync(StoreKeys.Endpoint(Web));
        await node.WriteAsync(api with { Binding = new("host2", "other", "eth0") });

        node.Keeper.Signal(resolve: true);
        await Eventually.HoldsAsync("the interfaces to be gone", () => node.Kernel.Pods.Values.All(p => p.Attachments.IsEmpty));
        Assert.Equal("host2", (await node.RecordAsync(api.Id))!.Binding!.Host);
    }

    [Fact]
    public async Task An_intent_that_comes_to_name_the_running_pod_changes_nothing()
    {
        await using var node = await StartAsync();
        var pod = await node.AddAsync("s1", "web");
        node.Sandboxes.All = [new("s1", "web", "default", true)];

        await node.PostAsync(Samples.Endpoint("web", 1, Purple));
        await Eventually.HoldsAsync("the post to be seen", () => node.Follower.View.Networks!.ContainsKey(Purple));
        await PassedAsync(node);

        Assert.Equal(pod.Attachments[0].Number, Assert.Single(node.Kernel.Pods[pod.Key].Attachments).Number);
    }

    private async Task<FakeNode> StartAsync(Func<AttachRequest, CancellationToken, Task<LabelledNetwork?>>? labels = null, NodeFacts? facts = null)
    {
        var node = await FakeNode.StartAsync(_folder, facts: facts ?? Samples.Serving);
        await PostAsync(node, Samples.Orange);
        node.Labels = labels ?? Labels();
        return node;
    }

    // A network that is posted has an endpoint in these tests.
    private static async Task PostAsync(FakeNode node, NetworkId network)
    {
        await node.PostAsync(Samples.Endpoint("posted", 250, network));
        await Eventually.HoldsAsync("the store's content to be known", () => node.Follower.Cluster is not null);
    }

    private static Func<AttachRequest, CancellationToken, Task<LabelledNetwork?>> Labels(bool isOfPod = true, NetworkId? network = null) =>
        Labels(new LabelledNetwork(network ?? Samples.Orange, "db", isOfPod));

    private static Func<AttachRequest, CancellationToken, Task<LabelledNetwork?>> Labels(LabelledNetwork? label) => (_, _) => Task.FromResult(label);

    // Whatever the keeper does in a round is done when it has asked the runtime twice more.
    private static async Task PassedAsync(FakeNode node)
    {
        for (var round = 0; round < 2; round++)
        {
            var asked = node.Sandboxes.Asked;
            node.Keeper.Signal(resolve: true);
            await Eventually.HoldsAsync("a round of the keeper", () => node.Sandboxes.Asked > asked);
        }
    }
}
