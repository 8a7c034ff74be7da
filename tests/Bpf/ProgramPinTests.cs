using Netplugin.Linux.Bpf;
using Netplugin.Tests.Bpf.Kernel;

namespace Netplugin.Tests.Bpf;

/// <summary>A daemon that is started again, and which programs it takes.</summary>
public sealed class ProgramPinTests : IDisposable
{
    private const string Program = "np_from_pod";
    private readonly BpfDirectory _directory = new();
    private readonly ulong _loaded;
    private readonly string _folder;

    public ProgramPinTests()
    {
        using var before = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        before.Activate();
        _loaded = Programs.LoadTime(before.Program(Program));
        _folder = Assert.Single(ProgramFolders());
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_programs_of_the_same_build_are_taken_as_they_are()
    {
        using var after = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        after.Activate();
        Assert.Equal(_loaded, Programs.LoadTime(after.Program(Program)));
        Assert.Equal(Programs.Shot, Programs.Run(after.Stubs.FromPod, new byte[60]));
        Assert.Equal(1UL, after.ReadCounters().Drops[DropReason.Unconfigured].Packets);
        Assert.Equal(new SweepResult(0, 0), after.Sweep());
        Assert.Equal([_folder], ProgramFolders());
    }

    [Fact]
    public void The_programs_of_another_build_take_over_when_activated_and_those_before_go()
    {
        using (var after = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes, TestObject.Image))
        {
            Assert.NotEqual(_loaded, Programs.LoadTime(after.Program(Program)));
            Assert.Contains(_folder, ProgramFolders());
            after.Activate();
        }

        Assert.NotEqual(_folder, Assert.Single(ProgramFolders()));
        using var back = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        back.Activate();
        Assert.Equal([_folder], ProgramFolders());
    }

    [Fact]
    public void Programs_go_with_the_maps_of_their_generation()
    {
        using var after = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes with { Endpoints = 8192 });
        after.Activate();
        Assert.NotEqual(Path.GetDirectoryName(_folder), Path.GetDirectoryName(Assert.Single(ProgramFolders())));
    }

    [Theory]
    [InlineData("np_endpoints")]
    [InlineData("../common/np_drops")]
    [InlineData("PROGRAMS/np_fragments")]
    public void Where_a_map_has_lost_its_pin_the_programs_are_loaded_anew(string map)
    {
        File.Delete(Path.Combine(_folder, "..", map.Replace("PROGRAMS", Path.GetFileName(_folder), StringComparison.Ordinal)));

        using var after = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        after.Activate();
        Assert.NotEqual(_loaded, Programs.LoadTime(after.Program(Program)));
        Assert.Equal(Programs.Shot, Programs.Run(after.Stubs.FromPod, new byte[60]));
        Assert.Equal(1UL, after.ReadCounters().Drops[DropReason.Unconfigured].Packets);
        TakesThoseOf(after);
    }

    [Fact]
    public void Where_a_program_has_lost_its_pin_all_are_loaded_anew_and_pinned_again()
    {
        File.Delete(Path.Combine(_folder, "np_to_pod"));

        using var after = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        after.Activate();
        Assert.NotEqual(_loaded, Programs.LoadTime(after.Program(Program)));
        TakesThoseOf(after);
    }

    private void TakesThoseOf(BpfDatapath before)
    {
        using var again = BpfDatapath.Open(_directory.Path, DatapathStates.Sizes);
        Assert.Equal(Programs.LoadTime(before.Program(Program)), Programs.LoadTime(again.Program(Program)));
    }

    private string[] ProgramFolders() => [.. Directory.GetDirectories(_directory.Path, "g*").SelectMany(generation => Directory.GetDirectories(generation, "p*"))];
}
