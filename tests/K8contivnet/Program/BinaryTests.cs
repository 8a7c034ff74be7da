using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Netplugin.NodeApi.Messages;
using Netplugin.Tests.Support;

namespace Netplugin.Tests.K8contivnet.Program;

/// <summary>What the published file itself must be.</summary>
public sealed class BinaryTests
{
    private const int Interpreter = 3; // PT_INTERP (elf.h)
    private const int Dynamic = 2; // PT_DYNAMIC

    [Fact]
    public void It_is_at_most_two_mebibytes() =>
        Assert.InRange(new FileInfo(RepositoryRoot.Program("k8contivnet")).Length, 1, 2 << 20);

    [Fact]
    public void It_needs_no_shared_library()
    {
        // An ELF file without an interpreter and a dynamic section loads nothing (elf(5)).
        var elf = File.ReadAllBytes(RepositoryRoot.Program("k8contivnet"));
        Assert.Equal("\x7f" + "ELF", string.Concat(elf[..4].Select(b => (char)b)));
        var offset = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(0x20));
        var size = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(0x36));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(0x38));
        var types = Enumerable.Range(0, count).Select(i => BinaryPrimitives.ReadInt32LittleEndian(elf.AsSpan(offset + i * size)));

        Assert.DoesNotContain(types, type => type is Interpreter or Dynamic);
    }

    [Theory]
    [InlineData("netplugin")]
    [InlineData("netdcli")]
    [InlineData("k8contivnet")]
    public void A_program_is_published_without_trim_or_AOT_warnings(string program)
    {
        var log = Path.Combine(RepositoryRoot.Path, "artifacts", "publish", program + ".log");

        Assert.True(File.Exists(log), $"{log} is missing: run make publish (make test does it).");
        Assert.DoesNotContain("warning", File.ReadAllText(log), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task It_has_one_thread_and_needs_no_other_when_memory_is_collected()
    {
        using var plugin = new Plugin();
        using var daemon = FakeDaemon.Replying(plugin.Socket, new NodeReply.Ran(0, "{}", ""));

        // 256 KiB of garbage bring a collection; the default is more than this program ever makes.
        plugin.Environment["DOTNET_GCgen0size"] = "40000";
        var config = $$"""{"cniVersion":"1.1.0","name":"net","type":"k8contivnet","more":"{{string.Concat(Enumerable.Repeat("\\", 200_000))}}"}""";

        var ran = await plugin.CniAsync("ADD", config);

        Assert.Equal((0, "{}", ""), (ran.Exit, ran.Stdout, ran.Stderr));
        Assert.Equal(config, Assert.IsType<NodeRequest.RunCni>(await daemon.FinishAsync()).Stdin);
        Assert.Equal(1, daemon.ClientThreads);
    }

    [Fact]
    public async Task It_answers_at_once()
    {
        using var plugin = new Plugin();
        var times = new List<TimeSpan>();
        for (var i = 0; i < 50; i++)
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal(0, (await plugin.CniAsync("VERSION", "")).Exit);
            times.Add(watch.Elapsed);
        }

        times.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"VERSION, spawned from this process: median {times[25].TotalMilliseconds:0.00} ms"));
        Assert.InRange(times[25], TimeSpan.Zero, TimeSpan.FromMilliseconds(50));
    }
}
