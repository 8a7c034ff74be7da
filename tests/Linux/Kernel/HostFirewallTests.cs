using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;
using Netplugin.Linux.Links;
using Netplugin.Linux.Namespaces;
using Netplugin.Linux.Netlink;
using Netplugin.Linux.Nftables;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.Linux.Kernel;

public sealed class HostFirewallTests : IDisposable
{
    private const int Port = 7001;
    private static readonly IPEndPoint Broadcast = new(IPAddress.Parse("10.1.0.255"), Port);

    private readonly TestNode _node = new();
    private readonly NetworkNamespace _pod = NetworkNamespace.CreateAnonymous();
    private readonly Socket _host;
    private readonly Socket _sender;

    public HostFirewallTests()
    {
        var link = _node.Up(TestNode.Spec(), _pod);
        using (var conversation = _node.Namespace.Run(NetlinkConversation.OpenRoute))
        {
            var batch = new NetlinkBatch();
            AddressMessages.Add(batch, link.HostIndex, IpPrefix.Parse("10.1.0.254/24"));
            conversation.Execute(batch);
        }

        _host = _node.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        _host.Bind(new IPEndPoint(IPAddress.Any, Port));
        _sender = _pod.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { EnableBroadcast = true });
    }

    private ulong Dropped => _node.Namespace.Run(HostFirewall.CountDropped);

    public void Dispose()
    {
        _sender.Dispose();
        _host.Dispose();
        _pod.Dispose();
        _node.Dispose();
    }

    [Fact]
    public async Task Without_the_rule_a_pods_packet_reaches_the_host_so_the_other_tests_prove_something()
    {
        _sender.SendTo("x"u8, Broadcast);

        await Eventually.HoldsAsync("the host received the pod's packet", () => _host.Available == 1);
        Assert.Equal(0UL, Dropped);
    }

    [Fact]
    public async Task A_pods_packet_that_reaches_the_hosts_stack_is_dropped_and_counted()
    {
        HostFirewall.Ensure(_node.Namespace);

        _sender.SendTo("x"u8, Broadcast);

        await Eventually.HoldsAsync("the rule counted the packet", () => Dropped == 1);
        Assert.Equal(0, _host.Available);
    }

    [Fact]
    public async Task A_rule_that_is_in_force_is_kept_with_its_count()
    {
        Assert.True(HostFirewall.Ensure(_node.Namespace));
        _sender.SendTo("x"u8, Broadcast);
        await Eventually.HoldsAsync("the rule counted the packet", () => Dropped == 1);

        Assert.False(HostFirewall.Ensure(_node.Namespace));

        Assert.Equal(1UL, Dropped);
    }

    [Fact]
    public void A_table_that_is_not_as_it_should_be_is_replaced()
    {
        HostFirewall.Ensure(_node.Namespace);
        using (var conversation = _node.Namespace.Run(() => new NetlinkConversation(NetlinkSocket.Open(NetlinkSocket.Netfilter))))
        {
            var batch = NetfilterMessages.BeginTransaction();
            NetfilterMessages.AddRule(batch, HostFirewall.Table, "pods", "somebody's", static (ref NetlinkWriter rule) => NetfilterMessages.CountAndDrop(ref rule));
            NetfilterMessages.End(batch);
            conversation.Execute(batch);
        }

        Assert.True(HostFirewall.Ensure(_node.Namespace));

        Assert.False(HostFirewall.Ensure(_node.Namespace));
    }

    [Fact]
    public void Host_ports_are_written_as_a_difference_and_the_rules_for_them_are_there_while_there_are_some()
    {
        HostPort web = new(TransportProtocol.Tcp, IpAddr.Unspecified, 8080, IpAddr.Parse("10.244.1.3"), 80);
        HostPort names = new(TransportProtocol.Udp, IpAddr.Parse("192.168.2.10"), 53, IpAddr.Parse("10.244.1.4"), 5353);
        HostPort six = new(TransportProtocol.Sctp, IpAddr.Unspecified, 9, IpAddr.Parse("fd00::3"), 9), sixAt = six with { HostAddress = IpAddr.Parse("fd09::1") };
        IpAddr[] nodes = [IpAddr.Parse("192.168.2.11"), IpAddr.Parse("fd09::2")];
        Assert.True(HostFirewall.Ensure(_node.Namespace));
        Assert.Empty(HostPorts());

        foreach (var (ports, peers) in new (ImmutableHashSet<HostPort>, ImmutableHashSet<IpAddr>)[]
        {
            ([web, names, six, sixAt], [.. nodes]), ([web with { PodPort = 81 }, sixAt], [nodes[0]]), ([web], [nodes[1]]), ([], []), ([names], []),
        })
        {
            Assert.True(HostFirewall.Ensure(_node.Namespace, masquerade: false, ports, peers));
            Assert.Equal(ports, HostPorts());
            Assert.False(HostFirewall.Ensure(_node.Namespace, masquerade: false, ports, peers));
        }

        ImmutableHashSet<HostPort> HostPorts() => _node.Namespace.Run(HostFirewall.ListHostPorts);
    }

    [Fact]
    public async Task A_host_port_that_comes_or_goes_beside_others_leaves_the_rules_and_their_counts()
    {
        HostPort web = new(TransportProtocol.Tcp, IpAddr.Unspecified, 8080, IpAddr.Parse("10.244.1.3"), 80);
        HostFirewall.Ensure(_node.Namespace, hostPorts: [web]);
        _sender.SendTo("x"u8, Broadcast);
        await Eventually.HoldsAsync("the rule counted the packet", () => Dropped == 1);

        Assert.True(HostFirewall.Ensure(_node.Namespace, hostPorts: [web, web with { Port = 8081 }]));

        Assert.Equal(1UL, Dropped);
    }

    [Fact]
    public async Task Removing_it_twice_succeeds_and_ends_the_dropping()
    {
        HostFirewall.Ensure(_node.Namespace);
        for (var i = 0; i < 2; i++)
        {
            _node.Namespace.Run(() =>
            {
                HostFirewall.Remove();
                return true;
            });
        }

        _sender.SendTo("x"u8, Broadcast);

        await Eventually.HoldsAsync("the host received the pod's packet", () => _host.Available == 1);
    }
}
