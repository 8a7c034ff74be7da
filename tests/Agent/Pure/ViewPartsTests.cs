using System.Text;
using Netplugin.Agent.Cluster;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;

namespace Netplugin.Tests.Agent.Pure;

public sealed class ViewPartsTests
{
    public static TheoryData<string> Kinds => [.. Enum.GetNames<FollowedKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_lost_connection_lists_nothing_and_takes_nothing_away(string kind)
    {
        var parts = new ViewParts(Samples.Me, (_, _) => { });
        var prefix = new FollowedPrefix(Enum.Parse<FollowedKind>(kind), "/", Samples.Orange);
        foreach (var view in new[] { ClusterView.Unknown, Samples.View((Samples.Endpoint("c1", 1), 5)) })
        {
            var (after, change) = parts.Apply(view, prefix, new StoreEvent.Disconnected("gone"), post: 0);
            Assert.Same(view, after);
            Assert.Null(change);
        }
    }

    [Theory]
    [InlineData("Groups")]
    [InlineData("Policies")]
    public void A_record_that_cannot_be_read_is_told_and_what_was_read_there_before_stays(string kind)
    {
        var name = new TenantedName("t", "one");
        var isGroup = kind == "Groups";
        var prefix = new FollowedPrefix(FollowedKind.Intent, StoreKeys.Intent);
        var key = isGroup ? StoreKeys.Group(name) : StoreKeys.Policy(name);
        var good = isGroup ? RecordCodec.Encode(new GroupRecord(new(new("t", "n"), "one"), ["p"], 1)) : RecordCodec.Encode(new PolicyRecord(name, [], 1));
        var bad = Encoding.UTF8.GetBytes("""{"tenant":"t","policy":"one","post":1,"rules":[{"ruleId":"1","sideways":true}],""");
        var parts = new ViewParts(Samples.Me, (_, _) => { });
        var view = ClusterView.Unknown;
        StoreEntry Entry(byte[] value) => new(key, value, 1, 7);
        void Change(byte[]? value) => view = parts.Apply(view, prefix, new StoreEvent.Changed(7, [new(key, value is null ? null : Entry(value), 7)]), post: 0).View;
        void List(params byte[][] values) => view = parts.Apply(view, prefix, new StoreEvent.Snapshot(new(7, [.. values.Select(Entry)])), post: 0).View;
        (bool IsKnown, bool IsUnreadable) Seen() => isGroup
            ? (view.Groups!.ContainsKey(name), view.UnreadableGroups.ContainsKey(name))
            : (view.Policies!.ContainsKey(name), view.UnreadablePolicies.ContainsKey(name));

        List(bad);
        Assert.Equal((false, true), Seen());
        Assert.StartsWith($"store read: the value of {key} (revision 7) cannot be read: ", (isGroup ? view.UnreadableGroups : view.UnreadablePolicies)[name], StringComparison.Ordinal);
        Change(good);
        Assert.Equal((true, false), Seen());
        Change(bad);
        Assert.Equal((true, true), Seen());
        List(bad);
        Assert.Equal((true, true), Seen());
        Change(null);
        Assert.Equal((false, false), Seen());
        Change(bad);
        Assert.Equal((false, true), Seen());
        List();
        Assert.Equal((false, false), Seen());
    }
}
