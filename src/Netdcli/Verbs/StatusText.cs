using Netdcli.Access;
using Netdcli.Output;
using Netdcli.Views;
using Netplugin.NodeApi.Messages;

namespace Netdcli.Verbs;

/// <summary>Writes a <see cref="StatusReport"/> for a person.</summary>
/// <param name="terminal">Where to.</param>
/// <param name="wide">All columns.</param>
internal sealed class StatusText(Terminal terminal, bool wide)
{
    /// <summary>Writes it.</summary>
    public void Write(StatusReport report)
    {
        if (report.Store.Reachable)
        {
            WriteReachable(report.Store);
        }
        else
        {
            WriteUnreachable(report);
        }

        if (report.Nodes.Length > 0)
        {
            terminal.Out.Write('\n');
            TableWriter.Write(terminal.Out, terminal.Colour, wide, Columns.Nodes(terminal.Clock.GetUtcNow()), report.Nodes);
        }

        WriteProblems(report);
    }

    private void WriteReachable(StoreStatus store)
    {
        Line($"Store: {store.Name}: {Paint("reachable", Tone.Good)}, post {store.Post}, generation {store.Generation}");
        Line($"       {store.Networks} networks, {store.Endpoints} endpoints, {store.Bound} of them bound");
    }

    private void WriteUnreachable(StatusReport report)
    {
        Line($"Store: {report.Store.Name}: {Paint("CANNOT BE REACHED", Tone.Bad)}");
        Line($"       {Printable.Clean(report.Store.Problem)}");
        Line("       Running pods keep their network. Until the store is back nothing can be posted, and endpoints that");
        Line("       are not bound yet cannot start. Nothing needs a restart afterwards.");
        if (report.Daemon is { } daemon)
        {
            WriteDaemon(daemon);
        }
        else if (report.Store.Local)
        {
            // The store's problem said already that the daemon does not answer.
            Line($"       To ask another way: {StoreChoice.EtcdHint}.");
        }
        else
        {
            Line($"Node:  this host's netplugin does not answer either: {Printable.Clean(report.DaemonProblem)}");
        }
    }

    private void WriteDaemon(DaemonStatus daemon)
    {
        var now = terminal.Clock.GetUtcNow();
        Line($"Node:  {daemon.Host}, this host: {daemon.State}, up {Age.Of(now - daemon.StartedAt)}, {daemon.Pods} pods in {daemon.Networks} networks");
        var since = Age.Of(now - daemon.Store.Since);
        Line(daemon.Store.Connected
            ? $"       its store ({daemon.Store.Kind} {Printable.Clean(daemon.Store.Address)}) has answered for {since}: netdcli asks another, or by another way"
            : $"       its store ({daemon.Store.Kind} {Printable.Clean(daemon.Store.Address)}) has been away for {since}: {Printable.Clean(daemon.Store.Reason)}");
        if (daemon.Pending > 0)
        {
            Line($"       {daemon.Pending} changes wait to be written when it is back");
        }
    }

    private void WriteProblems(StatusReport report)
    {
        var problems = report.Nodes.SelectMany(n => n.Problems.Select(p => (n.Host, p))).ToList();
        foreach (var node in report.Nodes.Where(n => n.State == ItemsOf.Down))
        {
            problems.Add((node.Host, "no netplugin runs there, or it cannot reach the store; its pods keep their network, new ones cannot start"));
        }

        if (report.Daemon is { } daemon)
        {
            problems.AddRange(daemon.Problems.Select(p => (daemon.Host, p)).Where(p => !problems.Contains(p)));
        }

        if (problems.Count == 0)
        {
            return;
        }

        Line("");
        Line("Problems:");
        foreach (var (host, problem) in problems)
        {
            Line($"  {host}: {Paint(Printable.Clean(problem), Tone.Warning)}");
        }
    }

    private void Line(string text)
    {
        terminal.Out.Write(text);
        terminal.Out.Write('\n');
    }

    private string Paint(string text, Tone tone) => TableWriter.Paint(text, tone, terminal.Colour);
}
