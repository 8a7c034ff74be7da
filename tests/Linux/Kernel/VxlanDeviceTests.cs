using Netplugin.Linux;
using Netplugin.Linux.Links;
using Netplugin.Linux.Netlink;

namespace Netplugin.Tests.Linux.Kernel;

public sealed class VxlanDeviceTests : IDisposable
{
    private readonly TestNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void The_device_is_made_once_and_kept()
    {
        var first = _node.Driver.EnsureVxlanDevice(1450, _node.Filters);
        var again = _node.Driver.EnsureVxlanDevice(1400, _node.Filters);

        Assert.Equal(first, again);
        var device = Assert.Single(Links(), link => link.Name == LinkNames.Vxlan);
        Assert.Equal((1400, true, "vxlan", LinkDriver.VxlanPort, true), (device.Mtu, device.IsUp, device.Kind, device.VxlanPort, device.CollectsMetadata));
        Assert.NotEqual(0u, device.Flags & LinkConstants.FlagNoArp);
        Assert.Empty(_node.Namespace.Run(() => File.ReadAllText("/proc/thread-self/net/if_inet6")));
    }

    [Fact]
    public void A_device_with_another_port_is_replaced()
    {
        var first = _node.Driver.EnsureVxlanDevice(1450, _node.Filters, 8472);

        var second = _node.Driver.EnsureVxlanDevice(1450, _node.Filters);

        Assert.NotEqual(first, second);
        Assert.Equal(LinkDriver.VxlanPort, Assert.Single(Links(), link => link.Name == LinkNames.Vxlan).VxlanPort);
    }

    [Fact]
    public void A_port_that_is_taken_is_reported_as_such()
    {
        using var taken = _node.Namespace.Run(() =>
        {
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
            socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Any, LinkDriver.VxlanPort));
            return socket;
        });

        var error = Assert.Throws<KernelException>(() => _node.Driver.EnsureVxlanDevice(1450, _node.Filters));

        Assert.Equal(KernelErrorKind.Exists, error.Kind);
        Assert.Contains("UDP port 4789", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Removing_it_twice_succeeds()
    {
        _node.Driver.EnsureVxlanDevice(1450, _node.Filters);

        _node.Driver.RemoveVxlanDevice();
        _node.Driver.RemoveVxlanDevice();

        Assert.DoesNotContain(Links(), link => link.Name == LinkNames.Vxlan);
    }

    private List<LinkState> Links()
    {
        using var conversation = _node.Namespace.Run(NetlinkConversation.OpenRoute);
        return conversation.Dump("list the links", LinkMessages.GetAll, LinkState.Parse);
    }
}
