using Netplugin.Linux;
using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Tests.Linux.Kernel;

public sealed class EndpointLinkFaultTests : IDisposable
{
    private readonly TestNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void Whichever_request_fails_nothing_is_left_and_the_next_attempt_succeeds()
    {
        var failing = 1;
        for (; ; failing++)
        {
            using var pod = NetworkNamespace.CreateAnonymous();
            var faults = new FaultyWire.Faults(failing);
            using var driver = Open(faults);
            EndpointLink? created = null;
            var error = Record.Exception(() => created = driver.Create(TestNode.Spec(), pod, _node.Filters));
            created?.Dispose();
            if (!faults.Happened)
            {
                break;
            }

            Assert.IsType<KernelException>(error);
            Assert.Empty(_node.Driver.ListOwned());
            using var retried = _node.Up(TestNode.Spec(), pod);
            Assert.Empty(_node.Driver.Check(TestNode.Spec(), pod));
            _node.Driver.Retire([retried.HostIndex]);
            _node.Driver.DeleteRetired();
        }

        // Create, silence, get; clsact and two filters; address generation, loopback, address.
        Assert.Equal(10, failing);
    }

    [Fact]
    public void A_link_that_cannot_be_brought_up_can_be_retired()
    {
        for (var failing = 10; failing < 13; failing++)
        {
            using var pod = NetworkNamespace.CreateAnonymous();
            using var driver = Open(new FaultyWire.Faults(failing));
            using var link = driver.Create(TestNode.Spec(), pod, _node.Filters);

            Assert.Throws<KernelException>(() => driver.BringUp(link));

            driver.Retire([link.HostIndex]);
            Assert.True(driver.DeleteRetired());
            Assert.Empty(_node.Driver.ListOwned());
        }
    }

    private LinkDriver Open(FaultyWire.Faults faults) => new(
        _node.Namespace.Run(() => OpenFaulty(faults)),
        _node.Namespace.Run(NetlinkConversation.OpenRoute),
        () => OpenFaulty(faults));

    private static NetlinkConversation OpenFaulty(FaultyWire.Faults faults) => new(new FaultyWire(NetlinkSocket.Open(NetlinkSocket.Route), faults));
}
