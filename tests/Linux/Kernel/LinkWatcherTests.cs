using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Tests.Linux.Kernel;

public sealed class LinkWatcherTests : IDisposable
{
    private readonly TestNode _node = new();
    private readonly NetworkNamespace _pod = NetworkNamespace.CreateAnonymous();

    public void Dispose()
    {
        _pod.Dispose();
        _node.Dispose();
    }

    [Fact]
    public async Task A_link_that_comes_and_goes_is_told()
    {
        using var watcher = LinkWatcher.Start(_node.Namespace);
        using var link = _node.Up(TestNode.Spec(), _pod);
        _node.Driver.Retire([link.HostIndex]);
        _node.Driver.DeleteRetired();

        LinkChange change;
        do
        {
            change = await watcher.Changes.ReadAsync(TestContext.Current.CancellationToken);
        }
        while (!change.IsGone);

        Assert.Equal(new LinkChange(link.HostIndex, "np00000000001", IsGone: true, IsOwn: true), change);
    }

    [Fact]
    public async Task A_reader_that_falls_behind_is_told_that_it_lost_changes()
    {
        using var watcher = LinkWatcher.Start(_node.Namespace);
        using var link = _node.Up(TestNode.Spec(), _pod);
        using var conversation = _node.Namespace.Run(NetlinkConversation.OpenRoute);
        var batch = new NetlinkBatch();
        for (var i = 0; i < 1200; i++)
        {
            LinkMessages.SetMtu(batch, link.HostIndex, 1300 + i % 2);
        }

        // Nothing is read before the watcher's thread has come to what it cannot keep.
        conversation.Execute(batch);
        Eventually.True(() => watcher.FellBehind, "the channel is full");
        var last = LinkChange.Lost with { Name = "none yet" };
        while (last != LinkChange.Lost)
        {
            last = await watcher.Changes.ReadAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_disposed_watcher_ends_its_channel()
    {
        var watcher = LinkWatcher.Start(_node.Namespace);

        watcher.Dispose();

        await watcher.Changes.Completion.WaitAsync(TestContext.Current.CancellationToken);
    }
}
