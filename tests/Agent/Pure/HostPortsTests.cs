using Netplugin.Agent.Attachments;
using Netplugin.Agent.Resolve;
using Netplugin.Agent.Wanted;
using Netplugin.Core.Addresses;
using Netplugin.Core.Datapath;
using Netplugin.Core.Planning;
using Netplugin.Core.Services;
using Netplugin.Linux.Nftables;
using Netplugin.NodeApi.Cni;

namespace Netplugin.Tests.Agent.Pure;

public sealed class HostPortsTests
{
    private static readonly CniPortMapping Web = new(TransportProtocol.Tcp, IpAddr.Unspecified, 8080, 80);
    private static readonly CniPortMapping Names = new(TransportProtocol.Udp, IpAddr.Parse("192.168.2.10"), 53, 5353);

    private static readonly PerFamily<AddressBlock> Four = [new AddressBlock(IpPrefix.Parse("10.244.1.0/24"))];
    private static readonly PerFamily<AddressBlock> Six = [new AddressBlock(IpPrefix.Parse("fd00:10:244:1::/64"))];

    [Fact]
    public void Each_mapping_leads_to_each_of_a_pods_addresses_unless_it_is_at_an_address_of_the_other_family()
    {
        var six = new InterfaceAddress(IpAddr.Parse("fd00:10:244:1::2"), IpPrefix.Parse("fd00:10:244:1::/64"), IpAddr.Parse("fd00:10:244:1::1"));
        var pod = InDefault("s1", 1, AttachmentPhase.Up, Web, Names, Names with { HostAddress = IpAddr.Parse("fd00::10") });
        pod = pod.With(pod.Attachments[0] with { Addresses = [pod.Attachments[0].Addresses.First, six] });

        Assert.Equal(
            new[]
            {
                new HostPort(TransportProtocol.Tcp, IpAddr.Unspecified, 8080, Samples.Address(1), 80),
                new HostPort(TransportProtocol.Tcp, IpAddr.Unspecified, 8080, six.Address, 80),
                new HostPort(TransportProtocol.Udp, IpAddr.Parse("192.168.2.10"), 53, Samples.Address(1), 5353),
                new HostPort(TransportProtocol.Udp, IpAddr.Parse("fd00::10"), 53, six.Address, 5353),
            }.ToHashSet(),
            HostPorts.Of([pod]));
        HostPorts.Judge(Waiting([.. pod.HostPorts]), [.. Four, .. Six], []);
    }

    [Fact]
    public void Each_mapping_leads_to_the_pods_address()
    {
        var pods = new[] { InDefault("s1", 1, AttachmentPhase.Up, Web, Names), InDefault("s2", 2, AttachmentPhase.Adding, Web with { HostPort = 81 }), InDefault("s3", 3, AttachmentPhase.Up) };

        Assert.Equal(
            new[]
            {
                new HostPort(TransportProtocol.Tcp, IpAddr.Unspecified, 8080, Samples.Address(1), 80),
                new HostPort(TransportProtocol.Udp, IpAddr.Parse("192.168.2.10"), 53, Samples.Address(1), 5353),
                new HostPort(TransportProtocol.Tcp, IpAddr.Unspecified, 81, Samples.Address(2), 80),
            }.ToHashSet(),
            HostPorts.Of(pods));
    }

    [Theory]
    [InlineData(AttachmentPhase.Leaving)]
    [InlineData(AttachmentPhase.Unbinding)]
    public void A_pod_that_leaves_gives_its_ports_up(object phase)
    {
        var leaving = InDefault("s1", 1, (AttachmentPhase)phase, Web);

        Assert.Empty(HostPorts.Of([leaving]));
        HostPorts.Judge(Waiting(Web), Four, [leaving]);
    }

    [Fact]
    public void A_tenants_pod_without_cluster_addresses_has_none()
    {
        var tenants = InDefault("s1", 1, AttachmentPhase.Up, Web) with { Attachments = [Samples.Attachment(1, "c1", 1)] };

        Assert.Empty(HostPorts.Of([tenants]));
        var refused = Assert.Throws<ResolveException>(() => HostPorts.RefuseWithoutBlocks(Waiting(Web), Samples.Endpoint("c1", 1).Id));
        Assert.Equal(ResolveFailure.HostPort, refused.Failure);
        Assert.Contains("tcp 8080", refused.Message, StringComparison.Ordinal);
        HostPorts.RefuseWithoutBlocks(Waiting(), Samples.Endpoint("c1", 1).Id);
    }

    [Fact]
    public void To_a_tenants_pod_a_port_leads_by_its_cluster_address()
    {
        var cluster = new InterfaceAddress(IpAddr.Parse("10.244.1.7"), Four.First.Prefix, Four.First.Gateway);
        var tenants = Samples.Pod("s1", PodOrigin.Cni, Samples.Attachment(1, "c1", 1) with { ClusterAddresses = [cluster] }) with { HostPorts = [Web] };

        Assert.Equal([new HostPort(TransportProtocol.Tcp, IpAddr.Unspecified, 8080, cluster.Address, 80)], HostPorts.Of([tenants]));
        Assert.Throws<ResolveException>(() => HostPorts.Judge(Waiting(Web), Four, [tenants]));
    }

    [Fact]
    public void A_port_that_another_pod_has_is_refused_by_that_pods_name()
    {
        var holder = InDefault("s1", 1, AttachmentPhase.Up, Web, Names);

        foreach (var wanted in new[] { Web, Web with { HostAddress = IpAddr.Parse("192.168.2.10") }, Names with { HostAddress = IpAddr.Unspecified } })
        {
            var refused = Assert.Throws<ResolveException>(() => HostPorts.Judge(Waiting(wanted), Four, [holder]));
            Assert.Contains("default/c1", refused.Message, StringComparison.Ordinal);
            Assert.Contains("sandbox s1", refused.Message, StringComparison.Ordinal);
        }

        HostPorts.Judge(Waiting(Web with { Protocol = TransportProtocol.Udp }, Names with { HostAddress = IpAddr.Parse("192.168.2.20") }), Four, [holder]);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        foreach (var (mappings, said) in new (CniPortMapping[], string)[]
        {
            ([Web with { HostAddress = IpAddr.Parse("fd00::1") }], "other family"),
            ([Web with { Protocol = TransportProtocol.Udp, HostPort = 4789 }], "VXLAN"),
            ([Web, Web with { ContainerPort = 81 }], "listed twice"),
        })
        {
            var refused = Assert.Throws<ResolveException>(() => HostPorts.Judge(Waiting(mappings), Four, []));
            Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        }

        HostPorts.Judge(Waiting(Web, Web), Four, []);
        HostPorts.Judge(Waiting(Web with { HostAddress = IpAddr.Parse("fd00::1") }), Six, []);
    }

    private static Pod Waiting(params CniPortMapping[] ports) => Samples.Pod("new", PodOrigin.Cni) with { HostPorts = [.. ports] };

    private static Pod InDefault(string sandbox, int last, AttachmentPhase phase, params CniPortMapping[] ports) =>
        Samples.Pod(sandbox, PodOrigin.Cni, Samples.Attachment((ulong)last, "c1", last, phase) with { DatapathId = DatapathState.Cluster }) with { HostPorts = [.. ports] };
}
