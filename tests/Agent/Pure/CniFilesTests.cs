using Microsoft.Extensions.Logging.Abstractions;
using Netplugin.Agent.Loop;
using Netplugin.Agent.Node;
using Netplugin.NodeApi.Cni;
using Netplugin.Tests.Agent.Fakes;

namespace Netplugin.Tests.Agent.Pure;

/// <summary>What the container runtime calls us by, in its folders.</summary>
public sealed class CniFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netplugin-cni-").FullName;
    private readonly ProblemBoard _problems = new();
    private readonly CniFiles _files;
    private CniException? _missing;

    private string Source => Path.Combine(_folder, "source");

    private string Program => Path.Combine(_folder, "bin", "k8contivnet");

    private string Configuration => Path.Combine(_folder, "conf", "10-netplugin.conflist");

    public CniFilesTests()
    {
        File.WriteAllText(Source, "program");
        _files = NewFiles();
    }

    [Fact]
    public void The_program_is_installed_at_once_and_the_configuration_when_pods_can_be_attached()
    {
        _missing = CniException.NotAvailable("not yet");
        Look();
        Assert.Equal("program", File.ReadAllText(Program));
        Assert.Equal("rwxr-xr-x", Mode(Program));
        Assert.False(File.Exists(Configuration));

        _missing = null;
        Look();
        Assert.Equal("rw-r--r--", Mode(Configuration));
        Assert.Contains("\"socket\": \"/run/netplugin/netplugin.sock\"", File.ReadAllText(Configuration), StringComparison.Ordinal);

        // A node that cannot serve for a while stays Ready: its pods run.
        _missing = CniException.NotAvailable("not now");
        Look();
        Assert.True(File.Exists(Configuration));
    }

    [Fact]
    public void What_somebody_removes_or_changes_is_put_back()
    {
        Look();
        string text = File.ReadAllText(Configuration);
        foreach (string file in (string[])[Program, Configuration])
        {
            File.Delete(file);
            Look();
            Assert.True(File.Exists(file));
            File.WriteAllText(file, "another");
            Look();
            Assert.NotEqual("another", File.ReadAllText(file));
        }

        File.SetUnixFileMode(Program, UnixFileMode.UserRead);
        Look();
        Assert.Equal("rwxr-xr-x", Mode(Program));
        Assert.Equal(text, File.ReadAllText(Configuration));
        Assert.Equal(2, Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Length - 1);
    }

    [Fact]
    public void What_is_as_it_should_be_is_not_written_again()
    {
        Look();
        Assert.Null(_files.PutProgram());
        Assert.Null(_files.PutConfiguration());
    }

    [Fact]
    public void Another_daemon_installs_its_own_program_though_it_looks_the_same()
    {
        Look();
        var time = File.GetLastWriteTimeUtc(Source);
        File.WriteAllText(Source, "PROGRAM");
        File.SetLastWriteTimeUtc(Source, time);
        NewFiles().PutProgram();
        Assert.Equal("PROGRAM", File.ReadAllText(Program));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_reported_until_it_can()
    {
        string inTheWay = Path.Combine(_folder, "bin");
        File.WriteAllText(inTheWay, "");
        Look();
        Assert.Contains(_problems.All, problem => problem.Contains(inTheWay, StringComparison.Ordinal));
        File.Delete(inTheWay);
        Look();
        Assert.Empty(_problems.All);
    }

    [Theory]
    [InlineData("05-other.conflist", true)]
    [InlineData("10-calico.json", true)]
    [InlineData("20-other.conflist", false)]
    [InlineData("05-other.conflist.off", false)]
    public void A_configuration_whose_name_comes_first_is_reported_until_it_is_gone(string name, bool comesFirst)
    {
        Look();
        string other = Path.Combine(_folder, "conf", name);
        File.WriteAllText(other, "{}");
        Look();
        Assert.Equal(comesFirst, _problems.Get(LoopTopics.CniOrder)?.Contains(other, StringComparison.Ordinal) == true);
        File.Delete(other);
        Look();
        Assert.Empty(_problems.All);
    }

    [Fact]
    public void Both_are_taken_away_twice_and_nothing_is_touched_without_folders()
    {
        Look();
        _files.Remove();
        _files.Remove();
        Assert.False(File.Exists(Program) || File.Exists(Configuration));
        var none = new CniFiles("", "", "/run/netplugin/netplugin.sock") { Source = Source };
        Assert.Null(none.PutProgram());
        Assert.Null(none.PutConfiguration());
        none.Remove();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private CniFiles NewFiles() => new(Path.Combine(_folder, "bin"), Path.Combine(_folder, "conf"), "/run/netplugin/netplugin.sock") { Source = Source };

    private void Look() => new CniInstallation(_files, () => _missing, _problems, new ManualTime(), NullLogger.Instance).Look();

    private static string Mode(string file) => string.Concat("rwxrwxrwx".Select((letter, at) => ((int)File.GetUnixFileMode(file) >> (8 - at) & 1) == 1 ? letter : '-'));
}
