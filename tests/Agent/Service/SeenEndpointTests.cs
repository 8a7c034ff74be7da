using Netplugin.Agent.Attachments;
using Netplugin.Agent.Resolve;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Service;

/// <summary>
/// A starting pod whose endpoint the node follows already is bound without a read first: what it gets is what the store has, however far the node is behind.
/// </summary>
public sealed class SeenEndpointTests : IDisposable
{
    private static readonly NetworkId Purple = new("tenant-one", "purple");
    private static readonly EndpointRecord C1 = Samples.Endpoint("c1", 1);
    private static readonly EndpointRecord C2 = Samples.Endpoint("c2", 2) with { PostedGroup = "web" };
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-seen-").FullName;

    [Fact]
    public async Task It_is_bound_without_being_read()
    {
        await using var node = await StartAsync();
        var (pod, reads) = await node.Store.CountReadsAsync(() => node.AddAsync("s2", "c2"));

        Assert.Equal(0, reads);
        Assert.Equal((AttachmentPhase.Up, Samples.Address(2)), (pod.Attachments[0].Phase, pod.Attachments[0].Address));
        Assert.Equal(new EndpointBinding(Samples.Me, "s2", "eth0"), (await node.RecordAsync(C2.Id))!.Binding);
        await node.DeletePodAsync("s2");
        Assert.Equal(C2, await node.RecordAsync(C2.Id));
    }

    [Fact]
    public async Task One_that_was_posted_anew_is_given_as_it_is_now()
    {
        await using var node = await StartAsync();
        using var lag = node.Store.Lag();
        await node.PostAsync(Samples.Endpoint("c2", 9));

        var pod = await node.AddAsync("s2", "c2");

        Assert.Equal(Samples.Address(9), Assert.Single(pod.Attachments).Address);
        AssertOnly(node, pod, "s2");
        Assert.Equal(new EndpointBinding(Samples.Me, "s2", "eth0"), (await node.RecordAsync(C2.Id))!.Binding);
    }

    [Fact]
    public async Task A_name_that_leads_elsewhere_too_by_now_gets_all_in_posting_order()
    {
        await using var node = await StartAsync();
        using var lag = node.Store.Lag();
        await node.PostAsync(Samples.Endpoint("c2", 3, Purple), C2);

        // Its second network is listed only when the node sees again.
        var adding = node.AddAsync("s2", "c2");
        await Eventually.HoldsAsync("both links to be made", () => node.Kernel.Pods.Any(p => p.Key.Sandbox == "s2" && p.Value.Attachments.Length == 2));
        lag.Dispose();
        var pod = await adding;

        Assert.Equal([("eth0", Purple), ("eth1", Samples.Orange)], pod.Attachments.Select(a => (a.Interface, a.Endpoint.Network)));
        AssertOnly(node, pod, "s2");
    }

    [Fact]
    public async Task One_that_was_deleted_is_refused_and_leaves_nothing()
    {
        await using var node = await StartAsync();
        using var lag = node.Store.Lag();
        await node.DeleteAsync(StoreKeys.Endpoint(C2.Id), StoreKeys.Container("c2"));

        await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s2", "c2"));

        await node.DeletePodAsync("s1");
        node.AssertNothingLeft();
        Assert.Null(await node.RecordAsync(C2.Id));
    }

    [Fact]
    public async Task One_that_another_node_bound_is_taken_over_as_one_that_was_read_is()
    {
        await using var node = await StartAsync();
        using var lag = node.Store.Lag();
        await node.WriteAsync(C2 with { Binding = new("host2", "other", "eth0") });

        var pod = await node.AddAsync("s2", "c2");

        AssertOnly(node, pod, "s2");
        Assert.Equal(new EndpointBinding(Samples.Me, "s2", "eth0"), (await node.RecordAsync(C2.Id))!.Binding);
    }

    [Fact]
    public async Task One_that_was_homed_on_another_host_is_refused_and_leaves_nothing()
    {
        await using var node = await StartAsync();
        using var lag = node.Store.Lag();
        await node.WriteAsync(C2 with { Host = "host2" });

        await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s2", "c2"));

        await node.DeletePodAsync("s1");
        node.AssertNothingLeft();
        Assert.Null((await node.RecordAsync(C2.Id))!.Binding);
    }

    [Fact]
    public async Task When_the_answer_is_lost_the_pod_is_attached_all_the_same()
    {
        await using var node = await StartAsync();
        node.Store.LosesAnswer = true;

        var pod = await node.AddAsync("s2", "c2");

        AssertOnly(node, pod, "s2");
        Assert.Equal(new EndpointBinding(Samples.Me, "s2", "eth0"), (await node.RecordAsync(C2.Id))!.Binding);
        await node.DeletePodAsync("s2");
        Assert.Null((await node.RecordAsync(C2.Id))!.Binding);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A node that has one pod in the network of the next.</summary>
    private async Task<FakeNode> StartAsync()
    {
        var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(C1, C2);
        await node.AddAsync("s1", "c1");
        await Eventually.HoldsAsync("the post to be seen", () => node.Follower.View.Endpoint(C2.Id) is { BoundHost: "" });
        return node;
    }

    /// <summary>Nothing is left of a first try: the links and map entries are those of the first pod and this one.</summary>
    private static void AssertOnly(FakeNode node, Pod pod, string sandbox)
    {
        ulong[] numbers = [.. node.Kernel.Pods.Values.SelectMany(p => p.Attachments).Select(a => a.Number).Order()];
        Assert.Equal(pod, node.Kernel.Pods.Values.Single(p => p.Key.Sandbox == sandbox));
        Assert.Equal(pod.Attachments.Length + 1, numbers.Length);
        Assert.Equal(numbers, node.Links.Links.Values.Select(l => l.Number).Order());
        Assert.Equal(numbers, node.Datapath.State.Interfaces.Values.Select(i => i.EndpointNumber).Order());
        Assert.Equal(
            node.Kernel.Pods.Values.SelectMany(p => p.Attachments).Select(a => (a.DatapathId, a.Address)).Order(),
            node.Datapath.State.Endpoints.Where(e => e.Value.Vtep.IsUnspecified).Select(e => (e.Key.Network, e.Key.Address)).Order());
    }
}
