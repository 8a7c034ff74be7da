using Netplugin.Agent.Attachments;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Runtime;
using Netplugin.Core.Model;
using Netplugin.Linux;
using Netplugin.Store;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Service;

public sealed class PodServiceTests : IDisposable
{
    private static readonly NetworkId Purple = new("tenant-one", "purple");
    private static readonly EndpointRecord C1 = Samples.Endpoint("c1", 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-service-").FullName;

    [Fact]
    public async Task An_add_binds_fills_the_maps_and_brings_the_link_up_and_a_del_leaves_nothing()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(C1);
        var pod = await node.AddAsync("s1", "c1");
        var attachment = Assert.Single(pod.Attachments);
        Assert.Equal((AttachmentPhase.Up, "eth0", Samples.Address(1)), (attachment.Phase, attachment.Interface, attachment.Address));
        Assert.Equal(new EndpointBinding(Samples.Me, "s1", "eth0"), (await node.RecordAsync(C1.Id))!.Binding);
        Assert.True(Assert.Single(node.Links.Links).Value.Up);
        Assert.Single(node.Datapath.State.Interfaces);

        await node.DeletePodAsync("s1");
        node.AssertNothingLeft();
        Assert.Null((await node.RecordAsync(C1.Id))!.Binding);
        await node.DeletePodAsync("s1");
    }

    [Fact]
    public async Task Adding_twice_answers_the_same_and_after_damage_makes_it_anew()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(C1);
        var first = await node.AddAsync("s1", "c1");
        var second = await node.AddAsync("s1", "c1");
        Assert.Equal(first.Attachments[0].Number, second.Attachments[0].Number);
        node.Links.Links.Clear();
        var third = await node.AddAsync("s1", "c1");
        Assert.Equal(new EndpointBinding(Samples.Me, "s1", "eth0"), (await node.RecordAsync(C1.Id))!.Binding);
        Assert.NotEqual(first.Attachments[0].Number, third.Attachments[0].Number);
        Assert.Single(node.Links.Links);
    }

    [Fact]
    public async Task Several_endpoints_become_eth0_and_eth1_in_posting_order()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(Samples.Endpoint("c2", 2, Purple), Samples.Endpoint("c2", 3));
        var pod = await node.AddAsync("s1", "c2");
        Assert.Equal([("eth0", Purple), ("eth1", Samples.Orange)], pod.Attachments.Select(a => (a.Interface, a.Endpoint.Network)));
    }

    [Fact]
    public async Task Whichever_kernel_call_fails_an_add_leaves_nothing_and_the_next_one_works()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(C1);
        await Eventually.HoldsAsync("the post to be seen", () => node.Follower.View.Network(Samples.Orange) is not null);
        await node.AddFailingEachCallAsync(
            () => node.AddAsync("s1", "c1"),
            async () =>
            {
                node.AssertNothingLeft();
                Assert.Null((await node.RecordAsync(C1.Id))!.Binding);
            });

        Assert.Single(node.Datapath.State.Interfaces);
    }

    [Fact]
    public async Task Whichever_kernel_call_fails_a_del_ends_in_the_end_with_nothing_left()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(C1);
        for (var call = 1; call <= 2; call++)
        {
            await node.AddAsync("s1", "c1");
            node.Failures.Restart(failAt: call);
            await Assert.ThrowsAsync<KernelException>(() => node.DeletePodAsync("s1"));
            node.Failures.FailAt = 0;
            await node.DeletePodAsync("s1");
            node.AssertNothingLeft();
        }
    }

    [Fact]
    public async Task With_the_store_away_an_add_fails_and_a_del_succeeds_and_is_finished_later()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(C1);
        await node.AddAsync("s1", "c1");
        node.Store.IsAway = true;
        await Assert.ThrowsAsync<StoreException>(() => node.AddAsync("s2", "c1"));
        await node.DeletePodAsync("s1");
        Assert.Empty(node.Links.Links);
        Assert.Equal(1, node.Keeper.Pending);
        node.Store.IsAway = false;
        await Eventually.HoldsAsync("the binding to be cleared", async () => (await node.RecordAsync(C1.Id))!.Binding is null);
        await Eventually.HoldsAsync("the journal to be empty", () => node.Kernel.Pods.IsEmpty);
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task A_pod_that_was_started_anew_keeps_the_endpoint_when_the_old_one_is_taken_away()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(C1);
        await node.AddAsync("old", "c1");
        var fresh = await node.AddAsync("new", "c1");
        await node.DeletePodAsync("old");
        Assert.Equal(fresh.Attachments[0].Device, node.Datapath.State.Endpoints[new(10001, Samples.Address(1))].Device);
        Assert.Equal("new", (await node.RecordAsync(C1.Id))!.Binding!.Sandbox);
    }

    [Fact]
    public async Task A_late_del_leaves_a_binding_that_another_node_has_by_now()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(C1);
        await node.AddAsync("s1", "c1");
        var elsewhere = (await node.RecordAsync(C1.Id))! with { Binding = new("host2", "s2", "eth0") };
        await node.WriteAsync(elsewhere);

        await node.DeletePodAsync("s1");

        Assert.Equal(elsewhere, await node.RecordAsync(C1.Id));
        node.AssertNothingLeft();
    }

    [Fact]
    public async Task What_was_written_to_a_record_since_it_was_bound_stays_when_a_del_clears_the_binding()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(C1);
        await node.AddAsync("s1", "c1");
        var written = (await node.RecordAsync(C1.Id))! with { Host = Samples.Me };
        await node.WriteAsync(written);

        await node.DeletePodAsync("s1");

        Assert.Equal(written with { Binding = null }, await node.RecordAsync(C1.Id));
    }

    [Fact]
    public async Task An_endpoint_that_was_deleted_leaves_a_running_pod_and_one_that_is_posted_joins_it()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        node.Sandboxes.All = [new SandboxInfo("s1", "c1", "default", true)];
        await node.PostAsync(C1);
        await node.AddAsync("s1", "c1");
        await node.DeleteAsync(StoreKeys.Endpoint(C1.Id), StoreKeys.Container("c1"));
        await Eventually.HoldsAsync("the interface to leave", () => node.Links.Links.IsEmpty);
        await node.PostAsync(Samples.Endpoint("c1", 9, Purple));
        await Eventually.HoldsAsync("the new endpoint to join", () => node.Kernel.Pods.Values.Any(p => p.Attachments.Any(a => a.Endpoint.Network == Purple && a.Phase == AttachmentPhase.Up)));
        Assert.Equal("eth0", Assert.Single(node.Kernel.Pods.Values.Single().Attachments).Interface);
    }

    [Fact]
    public async Task A_sandbox_the_runtime_no_longer_has_is_freed()
    {
        await using var node = await StartWithSeenPodAsync();
        node.Sandboxes.All = [];
        node.Keeper.Signal(resolve: true);
        await Eventually.HoldsAsync("the pod to be freed", () => node.Kernel.Pods.IsEmpty);
        node.AssertNothingLeft();
        Assert.Null((await node.RecordAsync(C1.Id))!.Binding);
    }

    [Fact]
    public async Task What_is_signalled_while_the_runtime_answers_has_it_asked_again()
    {
        await using var node = await StartWithSeenPodAsync();
        var answering = await HoldAnswerAsync(node);
        node.Sandboxes.All = [];
        node.Keeper.Signal(resolve: true);
        answering.SetResult();
        await Eventually.HoldsAsync("the pod to be freed", () => node.Kernel.Pods.IsEmpty);
    }

    [Fact]
    public async Task An_endpoint_homed_while_the_runtime_answers_is_attached_to_a_container_that_starts_meanwhile()
    {
        await using var node = await StartWithSeenPodAsync();
        var answering = await HoldAnswerAsync(node);
        node.Sandboxes.All = node.Sandboxes.All.Add(new SandboxInfo("0123456789abcdef", "infra", "default", true));
        var homed = Samples.Endpoint("myPod1", 4, host: Samples.Me, uuid: "0123456789abcdef");
        await node.PostAsync(homed);
        await Eventually.HoldsAsync("the homing to be known", () => node.Follower.View.Homes!.ContainsKey(homed.Id));
        node.Keeper.Signal(resolve: true);
        answering.SetResult();
        await Eventually.HoldsAsync("the endpoint to be attached", async () => (await node.RecordAsync(homed.Id))!.Binding?.Sandbox == "0123456789abcdef");
    }

    [Fact]
    public async Task A_pod_that_runs_before_its_node_hears_of_its_network_stays()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(Samples.Endpoint("c2", 2, Purple));
        await node.AddAsync("s2", "c2");
        await Eventually.HoldsAsync("the other pod's network to be known", () => node.Follower.View.Endpoint(new(Purple, "c2")) is not null);
        SandboxInfo here = new("s1", "c1", "default", true);
        node.Sandboxes.All = [here, new SandboxInfo("s2", "c2", "default", true)];
        using var lag = node.Store.Lag(StoreKeys.Intent);
        await node.PostAsync(C1);
        var attachment = (await node.AddAsync("s1", "c1")).Attachments[0].Number;
        await WhenSeenAsync(node);

        // Pods are looked after in the order of their sandboxes: once the second is gone, the first was judged.
        node.Sandboxes.All = [here];
        node.Keeper.Signal(resolve: true);
        await Eventually.HoldsAsync("the other pod to be freed", () => node.Kernel.Pods.Keys.All(key => key.Sandbox != "s2"));
        Assert.Equal(attachment, Assert.Single(node.Kernel.Pods.Values.Single().Attachments).Number);
        Assert.Single(node.Links.Links);
        Assert.Equal("s1", (await node.RecordAsync(C1.Id))!.Binding?.Sandbox);

        lag.Dispose();
        await Eventually.HoldsAsync("the network to be known", () => node.Follower.View.Endpoint(C1.Id) is not null);
        await node.DeleteAsync(StoreKeys.Endpoint(C1.Id), StoreKeys.Network(Samples.Orange));
        await Eventually.HoldsAsync("the endpoint to leave", () => node.Links.Links.IsEmpty);
    }

    [Fact]
    public async Task A_runtime_that_does_not_answer_frees_nothing()
    {
        await using var node = await StartWithSeenPodAsync();
        node.Sandboxes.IsAway = true;
        node.Keeper.Signal(resolve: true);
        await Eventually.HoldsAsync("the problem to be told", () => node.Problems.Get("runtime") is not null);
        Assert.Single(node.Links.Links);
    }

    [Fact]
    public async Task An_endpoint_homed_here_is_attached_to_the_container_the_operator_named()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        node.Sandboxes.All = [new SandboxInfo("0123456789abcdef", "infra", "default", true)];
        var homed = Samples.Endpoint("myPod1", 4, host: Samples.Me, uuid: "0123456789abcdef");
        await node.PostAsync(homed);
        await Eventually.HoldsAsync("the endpoint to be attached", async () => (await node.RecordAsync(homed.Id))!.Binding?.Sandbox == "0123456789abcdef");
        await node.DeleteAsync(StoreKeys.Home(Samples.Me, homed.Id));
        var record = (await node.RecordAsync(homed.Id))! with { Host = "host2", AttachUuid = "" };
        await node.PostAsync(record);
        await Eventually.HoldsAsync("the endpoint to leave", () => node.Links.Links.IsEmpty);
    }

    [Fact]
    public async Task A_restart_keeps_what_runs_and_rolls_back_what_was_half_done()
    {
        var first = await FakeNode.StartAsync(_folder);
        await first.PostAsync(C1, Samples.Endpoint("c2", 2));
        await first.AddAsync("s1", "c1");
        await first.Loop.RunAsync(k => k.Begin(
            Samples.Pod("s2", PodOrigin.Cni) with { Name = "c2" },
            [new(new EndpointId(Samples.Orange, "c2"), 10001, [new InterfaceAddress(Samples.Address(2), Samples.Subnet, default)], [], Samples.Attachment(0, "c2", 2).Mac, "eth0")]));
        await first.DisposeAsync();
        var before = first.Datapath.State;

        await using var second = await FakeNode.StartAsync(_folder, first);
        await Eventually.HoldsAsync("the half-done pod to be rolled back", () => second.Kernel.Pods.Count == 1);
        Assert.Equal("s1", second.Kernel.Pods.Keys.Single().Sandbox);
        Assert.Equal(before.Interfaces, second.Datapath.State.Interfaces);
        Assert.Equal(before.Endpoints, second.Datapath.State.Endpoints);
    }

    [Fact]
    public async Task A_restart_without_the_store_keeps_everything()
    {
        var first = await FakeNode.StartAsync(_folder);
        await first.PostAsync(C1, Samples.Endpoint("c2", 2, binding: new("host2", "x", "eth0")));
        await first.RegisterAsync("host2");
        await first.AddAsync("s1", "c1");
        await Eventually.HoldsAsync("the remote endpoint to be in the maps", () => first.Datapath.State.Endpoints.Count == 2);
        await first.DisposeAsync();
        var before = first.Datapath.State;

        await using var second = await FakeNode.StartAsync(_folder, first, follow: false);
        await second.Loop.ResyncAsync();
        Assert.Equal(before.Endpoints, second.Datapath.State.Endpoints);
        Assert.Equal(before.Vteps, second.Datapath.State.Vteps);
        Assert.Single(second.Links.Links);
    }

    [Fact]
    public async Task A_link_that_belongs_to_no_attachment_is_removed_once_everything_was_listed()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        node.Links.Links[new Netplugin.Core.Addresses.IfIndex(555)] = (4711, true);
        await Eventually.HoldsAsync("everything to be listed", () => node.Keeper.MayRemove);
        await node.Loop.ResyncAsync();
        Assert.Empty(node.Links.Links);
    }

    [Fact]
    public async Task A_network_that_was_listed_before_its_first_link_was_made_is_in_the_maps_when_the_add_is_answered()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.RegisterAsync("host2");
        await node.PostAsync(C1, Samples.Endpoint("c2", 2, binding: new("host2", "x", "eth0")));
        node.Links.BeforeCreate = () =>
        {
            // The loop waits here while the listing comes in.
            SpinWait.SpinUntil(() => node.Follower.View.Endpoints.ContainsKey(Samples.Orange), TimeSpan.FromSeconds(10));
        };
        await Eventually.HoldsAsync("the post to be seen", () => node.Follower.View.Network(Samples.Orange) is not null);
        await node.AddAsync("s1", "c1");
        Assert.Contains(new(10001, Samples.Address(2)), node.Datapath.State.Endpoints.Keys);
    }

    [Fact]
    public async Task A_pod_in_no_intent_is_refused_before_anything_is_made()
    {
        await using var node = await FakeNode.StartAsync(_folder);
        await node.PostAsync(C1);
        await Assert.ThrowsAsync<ResolveException>(() => node.AddAsync("s1", "unknown"));
        node.AssertNothingLeft();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A node with one pod, which its runtime lists.</summary>
    private async Task<FakeNode> StartWithSeenPodAsync()
    {
        var node = await FakeNode.StartAsync(_folder);
        node.Sandboxes.All = [new SandboxInfo("s1", "c1", "default", true)];
        await node.PostAsync(C1);
        await node.AddAsync("s1", "c1");
        await WhenSeenAsync(node);
        return node;
    }

    private static async Task WhenSeenAsync(FakeNode node)
    {
        node.Keeper.Signal(resolve: true);
        await Eventually.HoldsAsync("the sandboxes to be seen", () => node.Kernel.Pods.Values.All(p => p.SeenByRuntime));
    }

    /// <summary>Has the runtime asked, and its answer wait.</summary>
    private static async Task<TaskCompletionSource> HoldAnswerAsync(FakeNode node)
    {
        var answering = new TaskCompletionSource();
        node.Sandboxes.Answering = answering.Task;
        var asked = node.Sandboxes.Asked;
        node.Keeper.Signal(resolve: true);
        await Eventually.HoldsAsync("the runtime to be asked", () => node.Sandboxes.Asked > asked);
        return answering;
    }
}
