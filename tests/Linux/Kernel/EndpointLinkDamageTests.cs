using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;

namespace Netplugin.Tests.Linux.Kernel;

/// <summary>What CNI's CHECK must notice, a damage at a time.</summary>
public sealed class EndpointLinkDamageTests : IDisposable
{
    private const ushort DeleteQueueing = 37;

    private readonly TestNode _node = new();
    private readonly NetworkNamespace _pod = NetworkNamespace.CreateAnonymous();
    private readonly EndpointLink _link;

    public EndpointLinkDamageTests() => _link = _node.Up(TestNode.Spec(), _pod);

    public void Dispose()
    {
        _link.Dispose();
        _pod.Dispose();
        _node.Dispose();
    }

    [Fact]
    public void Lost_programs_are_noticed_and_attaching_repairs_them()
    {
        Do(_node.Namespace, batch =>
        {
            var writer = batch.Begin("delete the hooks", string.Empty, DeleteQueueing);
            writer.Put(new TrafficHeader { Index = _link.HostIndex.Value, Handle = 0xffff0000, Parent = TrafficMessages.ClsactParent });
            batch.End(writer);
        });

        Assert.Equal(["link np00000000001 has lost its programs"], _node.Driver.Check(TestNode.Spec(), _pod));
        _node.Driver.Attach(_link.HostIndex, "np00000000001", _node.Filters);
        Assert.Empty(_node.Driver.Check(TestNode.Spec(), _pod));
    }

    [Fact]
    public void Attaching_again_replaces_the_programs_and_adds_none()
    {
        var before = Assert.Single(_node.Driver.ListOwned());
        using var other = TestProgram.Load(TestProgram.Drop);

        _node.Driver.Attach(_link.HostIndex, "np00000000001", new(other, other));

        var after = Assert.Single(_node.Driver.ListOwned());
        Assert.NotEqual(before.IngressProgram, after.IngressProgram);
        Assert.Equal(after.IngressProgram, after.EgressProgram);
        using var conversation = _node.Namespace.Run(NetlinkConversation.OpenRoute);
        // The kernel lists the priority itself beside its one filter.
        Assert.Equal([0u, TrafficMessages.FilterHandle], conversation.Dump(
            "list the filters", batch => TrafficMessages.GetFilters(batch, _link.HostIndex, TrafficMessages.Ingress), message => (object)message.Read<TrafficHeader>().Handle).Cast<uint>());
    }

    [Fact]
    public void A_missing_link_is_noticed_on_both_sides()
    {
        Do(_node.Namespace, batch => LinkMessages.Delete(batch, _link.HostIndex));

        Assert.Equal(["link np00000000001 is missing on the node", "interface eth0 is missing in the pod"], _node.Driver.Check(TestNode.Spec(), _pod));
    }

    [Fact]
    public void A_link_that_was_taken_down_in_the_pod_has_lost_its_routes_too()
    {
        Do(_pod, batch =>
        {
            var writer = batch.Begin("take down", string.Empty, NetlinkType.SetLink);
            writer.Put(new LinkHeader { Index = _link.PodIndex.Value, Change = LinkConstants.FlagUp });
            batch.End(writer);
        });

        Assert.Equal(
            ["interface eth0 is down", "the route to 0.0.0.0/0 via 10.1.0.254 through eth0 is missing"],
            _node.Driver.Check(TestNode.Spec(), _pod));
    }

    [Fact]
    public void An_interface_of_another_link_is_not_taken_for_ours()
    {
        using var otherPod = NetworkNamespace.CreateAnonymous();
        using var spacer = _node.Up(TestNode.Spec(3, "eth1") with { Routes = [] }, otherPod);
        using var other = _node.Up(TestNode.Spec(2), otherPod);

        Assert.Contains("interface eth0 is not the other side of np00000000001", _node.Driver.Check(TestNode.Spec(), otherPod));
    }

    private static void Do(NetworkNamespace where, Action<NetlinkBatch> write)
    {
        using var conversation = where.Run(NetlinkConversation.OpenRoute);
        var batch = new NetlinkBatch();
        write(batch);
        conversation.Execute(batch);
    }
}
