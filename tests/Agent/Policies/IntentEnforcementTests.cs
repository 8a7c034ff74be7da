using Netplugin.Agent.Pods;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Store;
using Netplugin.Store.Json;
using Netplugin.Tests.Agent.Fakes;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Agent.Policies;

/// <summary>What a node without Kubernetes enforces: the intent's policies, for which it waits for the store alone.</summary>
public sealed class IntentEnforcementTests : IDisposable
{
    private static readonly NetworkId Purple = new("tenant-one", "purple");
    private static readonly TenantedName Closed = new("tenant-one", "closed");
    private static readonly IntentRule DenyAll = new("1", PolicyDirection.Ingress, 1, IntentPeer.Anybody, IntentProtocol.Any, 0, Allow: false);
    private static readonly IntentRule AllowBack = new("2", PolicyDirection.Ingress, 2, new(Group: new(Samples.Orange, "back")), IntentProtocol.Any, 0, Allow: true);
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-policies-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Nothing_is_written_before_the_store_was_listed()
    {
        await using var node = await EnforcingNode.StartAsync(_folder, follow: false);
        var refused = await Assert.ThrowsAsync<NotReadyException>(() => node.CatchUpAsync());
        Assert.EndsWith("the store's policies, groups and endpoints were not listed yet", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, node.Maps.Writes);

        node.Node.Follower.Start();

        await Eventually.HoldsAsync("a generation", () => node.LookAsync(maps => maps.Generation > 0));
    }

    [Fact]
    public async Task A_pod_of_a_group_is_enforced_when_its_ADD_is_answered_and_what_becomes_of_policies_and_groups_follows()
    {
        await using var node = await EnforcingNode.StartAsync(_folder);
        await PutAsync(node, new PolicyRecord(Closed, [DenyAll, AllowBack], 1));
        await PutAsync(node, new GroupRecord(new(Samples.Orange, "front"), ["closed"], 1));
        await PutAsync(node, new GroupRecord(new(Samples.Orange, "back"), [], 1));
        await node.Node.PostAsync(Samples.Endpoint("c1", 7) with { PostedGroup = "front" }, Samples.Endpoint("c2", 8, binding: new("host2", "s", "eth0")) with { PostedGroup = "back" }, Samples.Endpoint("c3", 9));

        var attachment = (await node.Node.AddAsync("s1", "c1")).Attachments[0];
        Assert.Equal("front", attachment.PostedGroup);
        Task<bool> AllowsAsync(int last) => node.AllowsAsync(new PlaneAddress(Samples.Orange, Samples.Address(last)), attachment);
        Assert.Equal((true, false), (await AllowsAsync(8), await AllowsAsync(9)));

        await node.Node.PostAsync(Samples.Endpoint("c2", 8, binding: new("host2", "s", "eth0")));
        await Eventually.HoldsAsync("who left the group to be denied", async () => !await AllowsAsync(8));

        await PutAsync(node, new GroupRecord(new(Samples.Orange, "front"), [], 1));
        await Eventually.HoldsAsync("the group without the policy to be open", () => AllowsAsync(9));
    }

    [Fact]
    public async Task A_policy_of_a_post_that_is_not_committed_is_none_and_is_enforced_with_the_commit()
    {
        await using var node = await EnforcingNode.StartAsync(_folder);
        await node.Node.PostAsync(Samples.Endpoint("c1", 7) with { PostedGroup = "front" });
        var next = RecordCodec.DecodePost((await node.Node.Store.GetAsync(StoreKeys.Post, TestContext.Current.CancellationToken))!).Number + 1;
        await PutAsync(node, new GroupRecord(new(Samples.Orange, "front"), ["closed"], next));
        await PutAsync(node, new PolicyRecord(Closed, [DenyAll], next));
        var attachment = (await node.Node.AddAsync("s1", "c1")).Attachments[0];
        Task<bool> AllowsAsync() => node.AllowsAsync(new PlaneAddress(Samples.Orange, Samples.Address(9)), attachment);
        await Eventually.HoldsAsync("the staged policy to be seen", () => node.Node.Follower.View.Policies!.ContainsKey(Closed));
        Assert.True(await AllowsAsync());

        await node.Node.PostAsync(Samples.Endpoint("c9", 9));

        await Eventually.HoldsAsync("the policy to be enforced", async () => !await AllowsAsync());
    }

    [Fact]
    public async Task Every_interface_of_a_pod_is_enforced_and_one_that_it_gets_later_too()
    {
        await using var node = await EnforcingNode.StartAsync(_folder);
        await node.Node.PostAsync(Samples.Endpoint("c1", 7), Samples.Endpoint("c1", 7, Purple));

        var pod = await node.Node.AddAsync("s1", "c1");
        Assert.Equal(pod.Attachments.Select(a => a.Device.Value).Order(), await node.EnforcedAsync());
        Assert.Equal(2, pod.Attachments.Length);

        await node.Node.DeletePodAsync("s1");
        await Eventually.HoldsAsync("nothing to be enforced", async () => (await node.EnforcedAsync()).IsEmpty);
    }

    [Fact]
    public async Task A_network_whose_endpoints_were_known_before_a_pod_is_in_it_again_has_them_in_the_maps_when_one_is()
    {
        await using var node = await EnforcingNode.StartAsync(_folder);
        await PutAsync(node, new PolicyRecord(Closed, [DenyAll, AllowBack], 1));
        await PutAsync(node, new GroupRecord(new(Purple, "other"), ["closed"], 1));
        await PutAsync(node, new GroupRecord(new(Samples.Orange, "front"), ["closed"], 1));
        await PutAsync(node, new GroupRecord(new(Samples.Orange, "back"), [], 1));
        await node.Node.PostAsync(
            Samples.Endpoint("c0", 6),
            Samples.Endpoint("c1", 7) with { PostedGroup = "front" },
            Samples.Endpoint("c2", 8, binding: new("host2", "s", "eth0")) with { PostedGroup = "back" },
            Samples.Endpoint("c3", 9, Purple) with { PostedGroup = "other" });
        await node.Node.AddAsync("s0", "c0");

        // While its binding is not cleared the network is followed, and no device is in it.
        var held = new TaskCompletionSource();
        node.Node.Store.HoldsWrites = held.Task;
        var deleting = node.Node.DeletePodAsync("s0");
        await Eventually.HoldsAsync("no device to be left", async () => (await node.EnforcedAsync()).IsEmpty);
        var asking = node.Node.AddAsync("s3", "c3");
        await Eventually.HoldsAsync("the pod whose policy asks for the network's group to be enforced", async () => (await node.EnforcedAsync()).Length == 1);
        Assert.DoesNotContain(await node.LookAsync(maps => maps.ReadIdentities().ToArray()), one => one.Key.Address == Samples.Address(8));
        var adding = node.Node.AddAsync("s1", "c1");
        await Eventually.HoldsAsync("both to be enforced", async () => (await node.EnforcedAsync()).Length == 2);
        held.SetResult();
        await deleting;
        await asking;

        var attachment = (await adding).Attachments[0];

        Assert.True(await node.AllowsAsync(new PlaneAddress(Samples.Orange, Samples.Address(8)), attachment));
        Assert.False(await node.AllowsAsync(new PlaneAddress(Samples.Orange, Samples.Address(9)), attachment));
    }

    [Fact]
    public async Task A_labelled_pods_group_counts_from_its_ADD_on()
    {
        await using var node = await EnforcingNode.StartAsync(_folder);
        node.Node.Labels = (_, _) => Task.FromResult<Netplugin.Agent.Resolve.LabelledNetwork?>(new(Samples.Orange, "front", IsOfPod: true, null));
        await node.Node.PostAsync(Samples.Endpoint("c1", 7));
        await PutAsync(node, new PolicyRecord(Closed, [DenyAll], 1));
        await PutAsync(node, new GroupRecord(new(Samples.Orange, "front"), ["closed"], 1));
        await Eventually.HoldsAsync("the group to be seen", () => node.Node.Follower.View is { Policies.Count: 1, Groups.Count: 1 });

        var attachment = (await node.Node.AddAsync("s1", "web")).Attachments[0];

        Assert.False(await node.AllowsAsync(new PlaneAddress(Samples.Orange, Samples.Address(9)), attachment));
    }

    private static Task<TransactionResult> PutAsync(EnforcingNode node, PolicyRecord policy) => PutAsync(node, StoreKeys.Policy(policy.Name), RecordCodec.Encode(policy));

    private static Task<TransactionResult> PutAsync(EnforcingNode node, GroupRecord group) => PutAsync(node, StoreKeys.Group(group.Name), RecordCodec.Encode(group));

    private static Task<TransactionResult> PutAsync(EnforcingNode node, string key, byte[] value) => node.Node.Store.CommitAsync(new StoreTransaction([], [new StoreOperation.Put(key, value)]));
}
