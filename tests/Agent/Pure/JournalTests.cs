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
