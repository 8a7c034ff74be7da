using System.Text;
using Netplugin.Agent.Attachments;
using Netplugin.Agent.Pods;
using Netplugin.Core.Model;
using Netplugin.Core.Policies;
using Netplugin.Core.Policies.Compiling;
using Netplugin.NodeApi.Messages;
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
    private static readonly IntentRule AllowAll = new("1", PolicyDirection.Ingress, IntentRule.HighestPriority, IntentPeer.Anybody, IntentProtocol.Any, 0, Allow: true);
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

    [Theory]
    [InlineData("{")]
    [InlineData("""{"tenant":"tenant-one","policy":"closed","post":1,"rules":[{"ruleId":"1","direction":"in","priority":1,"allow":true,"onWeekdays":true}]}""")]
    public async Task A_policy_that_cannot_be_read_denies_everything_of_its_groups_and_of_nobody_else(string damaged)
    {
        await using var node = await EnforcingNode.StartAsync(_folder);
        await PutAsync(node, StoreKeys.Policy(Closed), Encoding.UTF8.GetBytes(damaged));
        await PutAsync(node, new PolicyRecord(new("tenant-one", "open"), [AllowAll], 1));
        await PutAsync(node, new GroupRecord(new(Samples.Orange, "front"), ["open", "closed"], 1));
        await PutAsync(node, new GroupRecord(new(Samples.Orange, "back"), ["open"], 1));
        var (front, back) = await AddFrontAndBackAsync(node);

        Assert.Equal((false, true), (await node.AllowsAsync(At(9), front), await node.AllowsAsync(At(9), back)));
        await DeniedBothWaysAsync(node, "c1", "policy tenant-one/closed");
        var told = Assert.Single(await node.Engine.PoliciesAsync(), one => one.Name == "closed");
        Assert.Equal((true, 1), (told.Enforced, told.Endpoints));
        Assert.StartsWith($"store read: the value of {StoreKeys.Policy(Closed)} (revision ", Assert.Single(told.Problems), StringComparison.Ordinal);
        Assert.Equal(
            "policy tenant-one/closed denies everything of the groups that it is for, since its record in the store cannot be read", node.Node.Problems.Get("policies/read/policy tenant-one/closed"));
        Assert.Equal(1, node.Unreadable.Count);

        await PutAsync(node, new PolicyRecord(Closed, [], 1));
        await Eventually.HoldsAsync("the policy that can be read to be enforced", () => node.AllowsAsync(At(9), front));
        Assert.Equal((0, null), (node.Unreadable.Count, node.Node.Problems.Get("policies/read/policy tenant-one/closed")));

        // What can no longer be read is as it was, until a daemon starts that never could.
        await PutAsync(node, StoreKeys.Policy(Closed), Encoding.UTF8.GetBytes(damaged));
        await Eventually.HoldsAsync("it to be told", () => node.Unreadable.Count == 1);
        Assert.True(await node.AllowsAsync(At(9), front));
    }

    [Fact]
    public async Task A_policy_that_cannot_be_read_when_a_daemon_starts_is_closed()
    {
        EnforcingNode before;
        await using (before = await EnforcingNode.StartAsync(_folder))
        {
            await PutAsync(before, new PolicyRecord(Closed, [], 1));
            await PutAsync(before, new GroupRecord(new(Samples.Orange, "front"), ["closed"], 1));
            await before.Node.PostAsync(Samples.Endpoint("c1", 7) with { PostedGroup = "front" });
            var attachment = (await before.Node.AddAsync("s1", "c1")).Attachments[0];
            Assert.True(await before.AllowsAsync(At(9), attachment));
            await PutAsync(before, StoreKeys.Policy(Closed), "[]"u8.ToArray());
        }

        await using var node = await EnforcingNode.StartAsync(_folder, before: before);
        await node.CatchUpAsync();

        Assert.False(await node.AllowsAsync(At(9), (await node.Node.AddAsync("s1", "c1")).Attachments[0]));
    }

    [Fact]
    public async Task Who_is_in_a_group_that_cannot_be_read_is_closed_and_nobody_else()
    {
        await using var node = await EnforcingNode.StartAsync(_folder);
        await PutAsync(node, new PolicyRecord(new("tenant-one", "front"), [AllowAll], 1));
        await PutAsync(node, StoreKeys.Group(new("tenant-one", "front")), "{}"u8.ToArray());
        await PutAsync(node, new GroupRecord(new(Samples.Orange, "back"), ["front"], 1));
        var (front, back) = await AddFrontAndBackAsync(node);

        Assert.Equal((false, true), (await node.AllowsAsync(At(9), front), await node.AllowsAsync(At(9), back)));
        await DeniedBothWaysAsync(node, "c1", "policy tenant-one/group front");
        Assert.Contains("cannot be read", node.Node.Problems.Get("policies/read/policy tenant-one/group front"), StringComparison.Ordinal);

        await PutAsync(node, new GroupRecord(new(Samples.Orange, "front"), ["front"], 1));
        await Eventually.HoldsAsync("the group that can be read to be open", () => node.AllowsAsync(At(9), front));
        Assert.Equal(0, node.Unreadable.Count);
    }

    /// <summary>A pod of either group here, and one of none on another node.</summary>
    private static async Task<(Attachment Front, Attachment Back)> AddFrontAndBackAsync(EnforcingNode node)
    {
        await node.Node.PostAsync(
            Samples.Endpoint("c1", 7) with { PostedGroup = "front" },
            Samples.Endpoint("c2", 8) with { PostedGroup = "back" },
            Samples.Endpoint("c3", 9, binding: new("host2", "s", "eth0")));
        return ((await node.Node.AddAsync("s1", "c1")).Attachments[0], (await node.Node.AddAsync("s2", "c2")).Attachments[0]);
    }

    private static PlaneAddress At(int last) => new(Samples.Orange, Samples.Address(last));

    private static async Task DeniedBothWaysAsync(EnforcingNode node, string container, string policy)
    {
        var (own, other) = ($"{Samples.Orange}/{container}", $"{Samples.Orange}/c3");
        var (goes, comes) = (await node.Engine.ExplainAsync(new(own, other, 6, 80)), await node.Engine.ExplainAsync(new(other, own, 6, 80)));
        Assert.Equal((false, false, false), (goes.Allowed, goes.Differs, comes.Differs));
        Assert.Equal((policy, "egress 1 (cannot be read)", MapsAnswer.Same), (goes.Egress!.Policy, goes.Egress.Rule, goes.Egress.Maps));
        Assert.Equal((policy, "ingress 0 (cannot be read)", MapsAnswer.Same), (comes.Ingress!.Policy, comes.Ingress.Rule, comes.Ingress.Maps));
    }

    private static Task<TransactionResult> PutAsync(EnforcingNode node, PolicyRecord policy) => PutAsync(node, StoreKeys.Policy(policy.Name), RecordCodec.Encode(policy));

    private static Task<TransactionResult> PutAsync(EnforcingNode node, GroupRecord group) => PutAsync(node, StoreKeys.Group(group.Name), RecordCodec.Encode(group));

    private static Task<TransactionResult> PutAsync(EnforcingNode node, string key, byte[] value) => node.Node.Store.CommitAsync(new StoreTransaction([], [new StoreOperation.Put(key, value)]));
}
