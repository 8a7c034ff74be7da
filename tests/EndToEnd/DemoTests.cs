using System.Globalization;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>The demo as a newcomer meets it: up, broken off, up again, down, with nothing left.</summary>
public sealed class DemoTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task The_demo_comes_up_again_after_it_was_killed_and_leaves_nothing_when_taken_down()
    {
        Run("demo/down", "2").Succeeded();
        string before = Machine();

        // Killed in the middle: once the first node is there.
        using (var broken = Start("demo/up", "2"))
        {
            await Eventually.HoldsAsync("the first node of the demo", () => File.Exists("/run/netplugin-demo/node1/holder"), Limit);
            broken.Kill(entireProcessTree: true);
            await broken.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        try
        {
            string said = Run("demo/up", "2").Succeeded();
            Assert.Contains("orange to orange: myContainer1 on node1 reaches myContainer3 on node2", said, StringComparison.Ordinal);
            Assert.Contains("orange to purple: myContainer1 on node1 does not reach myContainer2 on node1", said, StringComparison.Ordinal);
            Assert.Contains("none lost", said, StringComparison.Ordinal);
            Assert.Equal("PONG\n", Run("demo/pod", "2", "myContainer1", "redis-cli", "ping").Succeeded());
        }
        finally
        {
            Run("demo/down", "2").Succeeded();
        }

        Assert.Equal(before, Machine());
    }

    [Fact]
    public void The_demo_works_on_a_single_node()
    {
        try
        {
            string said = Run("demo/up", "1").Succeeded();
            Assert.Contains("orange to orange: myContainer1 on node1 reaches myContainer3 on node1", said, StringComparison.Ordinal);
        }
        finally
        {
            Run("demo/down", "1").Succeeded();
        }
    }

    private static CommandResult Run(string script, string nodes, params string[] arguments) =>
        Command.Run(Path.Combine(RepositoryRoot.Path, script), arguments, "", Limit, Settings(nodes));

    private static System.Diagnostics.Process Start(string script, string nodes)
    {
        var start = new System.Diagnostics.ProcessStartInfo(Path.Combine(RepositoryRoot.Path, script)) { RedirectStandardOutput = true };
        start.Environment["CONTIV_NODES"] = nodes;
        return System.Diagnostics.Process.Start(start)!;
    }

    private static Dictionary<string, string?> Settings(string nodes) => new() { ["CONTIV_NODES"] = nodes };

    /// <summary>What the demo could leave on the machine.</summary>
    private static string Machine() => string.Join(
        "\n",
        File.ReadAllText("/proc/mounts"),
        Command.Run("ip", "-br", "link").Output,
        Command.Run("ip", "netns", "list").Output,
        Command.Run("ss", "-Hltunp").Output,
        string.Join(' ', Directory.EnumerateFileSystemEntries("/run").Order(StringComparer.Ordinal)),
        string.Join(' ', Directory.EnumerateFileSystemEntries("/var/lib").Order(StringComparer.Ordinal)),
        string.Join(' ', Directory.EnumerateDirectories("/sys/fs/cgroup", "*netplugin*", SearchOption.AllDirectories)),
        string.Join(' ', Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).OfType<string>()
            .Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _)).Select(ProgramName)
            .Where(name => name is "etcd" or "containerd" or "netplugin" or "redis-server" or "containerd-shim").Order(StringComparer.Ordinal)));

    private static string ProgramName(string pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").Trim();
        }
        catch (IOException)
        {
            // It ended between the listing and the look.
            return "";
        }
    }
}
