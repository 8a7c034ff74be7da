using Netplugin.Core.Addresses;
using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Tests.Linux.Kernel;

public sealed class UnderlayWatcherTests : IDisposable
{
    private readonly TestNode _node = new();
    private readonly NetworkNamespace _pod = NetworkNamespace.CreateAnonymous();

    public void Dispose()
    {
        _pod.Dispose();
        _node.Dispose();
    }

    [Theory]
    [InlineData("link")]
    [InlineData("address")]
    [InlineData("route")]
    public async Task A_change_of_the_nodes_own_is_told(string what)
    {
        _node.Up(TestNode.Spec(podInterface: "eth1"), _pod);
        using var conversation = _pod.Run(NetlinkConversation.OpenRoute);
        var device = conversation.Dump("list the links", LinkMessages.GetAll, LinkState.Parse).Single(link => link.Name == "eth1").Index;
        using var watcher = UnderlayWatcher.Start(_pod);
        var batch = new NetlinkBatch();
        switch (what)
        {
            case "link":
                LinkMessages.SetMtu(batch, device, 1300);
                break;
            case "address":
                AddressMessages.Add(batch, device, IpPrefix.Parse("198.51.100.7/32"));
                break;
            default:
                AddressMessages.Add(batch, device, new PodRoute(IpPrefix.Parse("203.0.113.0/24"), IpAddr.Parse("10.1.0.254")));
                break;
        }

        conversation.Execute(batch);

        Assert.True(await watcher.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_happens_to_links_of_ours_is_not_told()
    {
        using var socket = _node.Namespace.Run(() => NetlinkSocket.Open(NetlinkSocket.Route));
        socket.Join(1);
        using var link = _node.Up(TestNode.Spec(), _pod);
        _node.Driver.Retire([link.HostIndex]);
        _node.Driver.DeleteRetired();

        var buffer = new byte[64 << 10];
        var gone = false;
        while (!gone)
        {
            var length = socket.Receive(buffer);
            Assert.False(UnderlayWatcher.Tells(buffer.AsSpan(0, length)));
            foreach (var message in new NetlinkMessages(buffer.AsSpan(0, length)))
            {
                gone |= message.Type == NetlinkType.DeleteLink;
            }
        }
    }

    [Fact]
    public async Task A_disposed_watcher_says_so()
    {
        var watcher = UnderlayWatcher.Start(_node.Namespace);

        watcher.Dispose();

        Assert.False(await watcher.WaitAsync(TestContext.Current.CancellationToken));
    }
}
