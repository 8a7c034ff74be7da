using Netplugin.Agent.Attachments;
using Netplugin.Core.Addresses;
using Netplugin.Core.Services;
using Netplugin.NodeApi.Cni;

namespace Netplugin.Tests.Agent.Pure;

public sealed class JournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-journal-").FullName;

    [Fact]
    public void A_pod_comes_back_as_it_was_written()
    {
        var pod = Samples.Pod("s1", PodOrigin.Exec, Samples.Attachment(3, "c1", 1), Samples.Attachment(4, "c2", 2, AttachmentPhase.Unbinding)) with { Ended = true, Uid = "uid-1" };
        new AttachmentJournal(_folder).Save(pod);
        var read = Assert.Single(new AttachmentJournal(_folder).Load([], out var problems));
        Assert.Empty(problems);
        Assert.Equal(pod.Attachments.AsEnumerable(), read.Attachments);
        Assert.Equal(pod, read with { Attachments = pod.Attachments });
    }

    [Fact]
    public void Host_ports_come_back_as_they_were_written_and_an_older_file_has_none()
    {
        var pod = Samples.Pod("s1", PodOrigin.Cni) with
        {
            HostPorts =
            [
                new CniPortMapping(TransportProtocol.Tcp, IpAddr.Unspecified, 8080, 80),
                new CniPortMapping(TransportProtocol.Sctp, IpAddr.Parse("fd00::1"), 9, 9),
            ],
        };
        new AttachmentJournal(_folder).Save(pod);
        Assert.Equal(pod.HostPorts.AsEnumerable(), Assert.Single(new AttachmentJournal(_folder).Load([], out _)).HostPorts);

        var file = Assert.Single(Directory.GetFiles(Path.Combine(_folder, "attachments")));
        new AttachmentJournal(_folder).Save(pod with { HostPorts = [] });
        Assert.DoesNotContain("hostPorts", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Empty(Assert.Single(new AttachmentJournal(_folder).Load([], out _)).HostPorts);
    }

    [Theory]
    [InlineData("10.244.1.2/24 10.244.1.1", "fd00:1::2/64 fd00:1::1")]
    [InlineData("fd00:1::2/64 fd00:1::1", "10.244.1.2/24 10.244.1.1")]
    [InlineData("10.244.1.2/24 10.244.1.1", null)]
    public void The_addresses_of_an_interface_come_back_in_their_order_and_one_alone_is_written_as_earlier_daemons_did(string first, string? second)
    {
        var attachment = Samples.Attachment(3, "c1", 1) with { Addresses = second is null ? [Parse(first)] : [Parse(first), Parse(second)] };
        new AttachmentJournal(_folder).Save(Samples.Pod("s1", PodOrigin.Cni, attachment));

        Assert.Equal(attachment.Addresses, Assert.Single(Assert.Single(new AttachmentJournal(_folder).Load([], out _)).Attachments).Addresses);
        Assert.Equal(second is not null, File.ReadAllText(Assert.Single(Directory.GetFiles(Path.Combine(_folder, "attachments")))).Contains("\"second\"", StringComparison.Ordinal));

        static InterfaceAddress Parse(string text)
        {
            var prefix = IpPrefix.Parse(text.Split(' ')[0]);
            return new(prefix.Address, prefix.Masked, IpAddr.Parse(text.Split(' ')[1]));
        }
    }

    [Fact]
    public void Cluster_addresses_come_back_in_their_order_and_a_pod_without_is_written_as_earlier_daemons_did()
    {
        InterfaceAddress six = new(IpAddr.Parse("fd00:1::2"), IpPrefix.Parse("fd00:1::/64"), IpAddr.Parse("fd00:1::1"));
        InterfaceAddress four = new(IpAddr.Parse("10.244.1.2"), IpPrefix.Parse("10.244.1.0/24"), IpAddr.Parse("10.244.1.1"));
        foreach (var addresses in new PerFamily<InterfaceAddress>[] { [six, four], [four], [] })
        {
            var attachment = Samples.Attachment(3, "c1", 1) with { ClusterAddresses = addresses };
            new AttachmentJournal(_folder).Save(Samples.Pod("s1", PodOrigin.Cni, attachment));

            Assert.Equal([attachment], Assert.Single(new AttachmentJournal(_folder).Load([], out _)).Attachments.AsEnumerable());
            var text = File.ReadAllText(Assert.Single(Directory.GetFiles(Path.Combine(_folder, "attachments"))));
            Assert.Equal(!addresses.IsEmpty, text.Contains("\"clusterAddresses\"", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_file_of_a_daemon_that_knew_one_address_is_read()
    {
        var journal = new AttachmentJournal(_folder);
        File.WriteAllText(Path.Combine(_folder, "attachments", "s1-eth0.json"), """
            {"sandbox": "s1", "interface": "eth0", "name": "web", "namespace": "shop", "networkNamespace": "/run/netns/s1", "cniNetwork": "net", "origin": "Cni",
             "seenByRuntime": true, "ended": false, "attachments": [{"number": 7, "interface": "eth0", "tenant": "_", "network": "default", "container": "shop/web",
             "datapathId": 0, "address": "10.244.1.9", "mac": "02:02:0a:f4:01:09", "subnet": "10.244.1.0/24", "gateway": "10.244.1.1", "device": 12, "phase": "Up",
             "hasDefaultRoute": true, "since": "2026-01-01T00:00:00+00:00", "boundRevision": 0, "unposted": false}]}
            """);

        var attachment = Assert.Single(Assert.Single(journal.Load([], out var problems)).Attachments);
        Assert.Empty(problems);
        Assert.Equal([new InterfaceAddress(IpAddr.Parse("10.244.1.9"), IpPrefix.Parse("10.244.1.0/24"), IpAddr.Parse("10.244.1.1"))], attachment.Addresses);
    }

    [Fact]
    public void Two_addresses_of_one_family_are_none_that_was_written()
    {
        var journal = new AttachmentJournal(_folder);
        var attachment = Samples.Attachment(3, "c1", 1);
        journal.Save(Samples.Pod("s1", PodOrigin.Cni, attachment with { Addresses = [attachment.Addresses.First, new(IpAddr.Parse("fd00:1::2"), IpPrefix.Parse("fd00:1::/64"), default)] }));
        var file = Assert.Single(Directory.GetFiles(Path.Combine(_folder, "attachments")));
        File.WriteAllText(file, File.ReadAllText(file).Replace("fd00:1::2", "11.1.0.2", StringComparison.Ordinal));

        Assert.Empty(journal.Load([], out var problems));
        Assert.Contains("of one family", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_removed_pod_is_gone_and_removing_it_again_is_fine()
    {
        var journal = new AttachmentJournal(_folder);
        var pod = Samples.Pod("s1", PodOrigin.Cni);
        journal.Save(pod);
        journal.Remove(pod.Key);
        journal.Remove(pod.Key);
        Assert.Empty(journal.Load([], out _));
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_set_aside_and_reported()
    {
        var journal = new AttachmentJournal(_folder);
        journal.Save(Samples.Pod("good", PodOrigin.Cni));
        foreach (var (name, content) in new[] { ("a.json", "{"), ("b.json", "null"), ("c.json", "{}"), ("d.json", "{\"sandbox\":\"x\",\"interface\":\"y\",\"name\":\"n\",\"attachments\":[{\"address\":\"z\"}]}") })
        {
            File.WriteAllText(Path.Combine(_folder, "attachments", name), content);
        }

        Assert.Equal("good", Assert.Single(journal.Load([], out var problems)).Key.Sandbox);
        Assert.Equal(4, problems.Length);
        journal.Load([], out problems);
        Assert.Empty(problems);
    }

    [Fact]
    public void Numbers_are_never_handed_out_twice_even_when_the_daemon_dies()
    {
        var seen = new HashSet<ulong>();
        for (var life = 0; life < 5; life++)
        {
            var journal = new AttachmentJournal(_folder);
            journal.Load([], out _);
            for (var i = 0; i < 300; i++)
            {
                Assert.True(seen.Add(journal.NextNumber()));
            }
        }
    }

    [Fact]
    public void Numbers_of_devices_that_are_there_are_not_handed_out_again()
    {
        var journal = new AttachmentJournal(_folder);
        journal.Load([41UL], out _);
        Assert.Equal(42UL, journal.NextNumber());
    }

    [Fact]
    public void A_hostile_name_stays_inside_the_folder()
    {
        var journal = new AttachmentJournal(_folder);
        journal.Save(Samples.Pod("../../evil/..", PodOrigin.Cni));
        Assert.Single(Directory.GetFiles(Path.Combine(_folder, "attachments")));
        Assert.Equal("../../evil/..", Assert.Single(journal.Load([], out _)).Key.Sandbox);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
