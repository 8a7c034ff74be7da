using Netplugin.Agent.Cluster;
using Netplugin.Store;

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
}
