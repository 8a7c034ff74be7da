using System.Diagnostics;
using System.Globalization;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.Support.Nodes;

/// <summary>
/// A machine of a test: its own network, mounts, processes, <c>/run</c>, <c>/var/lib</c> and eBPF file system, held by one process that
/// ends with the test's. It has no name outside, so nothing is left of it whatever happens.
/// </summary>
public sealed class Node : IDisposable
{
    private readonly Process _holder;
    private readonly string _state;
    private int _started;
    private bool _isDisposed;

    private Node(string state, string name, Process holder)
    {
        _state = state;
        _holder = holder;
        Name = name;
    }

    /// <summary>Its name, which is also that of its folder.</summary>
    public string Name { get; }

    /// <summary>The process that holds it, as this machine counts.</summary>
    public int HolderPid { get; private set; }

    /// <summary>Where its <c>/run</c> is outside.</summary>
    public string RunFolder => Path.Combine(_state, Name, "run");

    /// <summary>The path by which its network namespace is opened from outside.</summary>
    public string NetworkNamespace => $"/proc/{HolderPid}/ns/net";

    /// <summary>Variables that every program in it gets.</summary>
    public Dictionary<string, string?> Environment { get; } = [];

    /// <summary>Makes a node.</summary>
    /// <param name="state">The folder of the test; the node makes its own below.</param>
    /// <param name="name">A name, unique in the folder.</param>
    public static async Task<Node> StartAsync(string state, string name)
    {
        string folder = Path.Combine(state, name);
        Directory.CreateDirectory(Path.Combine(folder, "run"));
        Directory.CreateDirectory(Path.Combine(folder, "log"));

        // The holder lives as long as its standard input is open, so as long as this process does not end.
        Process holder = Command.Start(
            "unshare",
            ["--net", "--mount", "--pid", "--fork", "--propagation", "private", Path.Combine(RepositoryRoot.Path, "demo", "holder"), state, name],
            environment: null);
        var node = new Node(state, name, holder);
        try
        {
            await Eventually.HoldsAsync($"{name} to be set up", () => File.Exists(Path.Combine(node.RunFolder, "demo", "ready")));
            string pid = File.ReadAllText(Path.Combine(folder, "holder")).Split(' ')[0];
            node.HolderPid = int.Parse(pid, CultureInfo.InvariantCulture);
            return node;
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    /// <summary>Runs a program in the node, from the repository's root, and waits for it, at most a minute.</summary>
    public CommandResult Run(string program, params IReadOnlyList<string> arguments) =>
        Run([program, .. arguments], "", TimeSpan.FromMinutes(1));

    /// <summary>Runs a program in the node with something on its standard input and more variables.</summary>
    public CommandResult Run(
        IReadOnlyList<string> commandLine,
        string input,
        TimeSpan limit,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        var variables = new Dictionary<string, string?>(Environment);
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            variables[name] = value;
        }

        return Command.Run("nsenter", [.. Entering(), .. commandLine], input, limit, variables);
    }

    /// <summary>Starts a program in the node and lets it run; its output goes to a file.</summary>
    public async Task<NodeProcess> StartAsync(string name, params IReadOnlyList<string> commandLine)
    {
        int number = Interlocked.Increment(ref _started);
        string file = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
        string log = Path.Combine(_state, Name, "log", file + ".log");
        string pidFile = Path.Combine(RunFolder, "demo", file + ".pid");

        // The shell inside writes the program's number, as the node counts, and becomes the program. The log lies outside of what
        // the node can name, so it is handed over open, as descriptor 3.
        const string outside = """exec 3>>"$0"; setsid "$@" >/dev/null 2>&1 </dev/null &""";
        const string inside = """echo $$ >"$0.new"; mv "$0.new" "$0"; exec "$@" >&3 2>&1 3>&-""";
        string[] entering = ["nsenter", .. Entering(), "bash", "-c", inside, "/run/demo/" + file + ".pid"];
        using Process starter = Command.Start("bash", ["-c", outside, log, .. entering, .. commandLine], Environment);
        await starter.WaitForExitAsync();
        await Eventually.HoldsAsync($"{name} to start on {Name}", () => File.Exists(pidFile));
        int pid = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
        return new NodeProcess(this, name, pid, log);
    }

    /// <summary>Ends everything in the node.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (!_holder.HasExited)
        {
            // With process 1 of a process namespace the kernel ends all of it.
            if (HolderPid != 0)
            {
                Command.Run("kill", "-KILL", HolderPid.ToString(CultureInfo.InvariantCulture));
            }

            _holder.StandardInput.Close();
            _holder.WaitForExit();
        }

        _holder.Dispose();
    }

    private string[] Entering() =>
        ["--target", HolderPid.ToString(CultureInfo.InvariantCulture), "--net", "--mount", "--pid", "--wd",
         "env", "PATH=/mnt/artifacts/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];
}
