using System.Globalization;

namespace Netplugin.Tests.Support.Nodes;

/// <summary>A program that runs in a node until it is killed or the node goes.</summary>
public sealed class NodeProcess
{
    private readonly Node _node;

    internal NodeProcess(Node node, string name, int pid, string logFile)
    {
        _node = node;
        Pid = pid;
        Name = name;
        LogFile = logFile;
    }

    /// <summary>The name it was started by.</summary>
    public string Name { get; }

    /// <summary>Its process number, as the node counts.</summary>
    public int Pid { get; }

    /// <summary>Where its output goes.</summary>
    public string LogFile { get; }

    /// <summary>What it printed so far.</summary>
    public string Log => File.ReadAllText(LogFile);

    /// <summary>True until it has ended.</summary>
    public bool IsRunning => _node.Run("test", "-d", Invariant($"/proc/{Pid}")).ExitCode == 0;

    /// <summary>Sends a signal, by kill(1)'s name for it, and waits until the program has ended.</summary>
    public void Kill(string signal = "KILL") => _node.Run(
        "bash", "-c", Invariant($"kill -{signal} {Pid} && timeout 20 tail --pid={Pid} -s 0.01 -f /dev/null")).Succeeded();

    /// <summary>Its resident memory in bytes, by proc(5)'s VmRSS.</summary>
    public long ResidentBytes() => 1024 * long.Parse(
        _node.Run("awk", "/^VmRSS/ { print $2 }", Invariant($"/proc/{Pid}/status")).Succeeded().Trim(), CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
