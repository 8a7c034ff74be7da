using System.Collections.Immutable;
using System.CommandLine;
using KubectlNetplugin.Reading;
using KubectlNetplugin.Views;
using Netdcli;
using Netdcli.Output;
using Netdcli.Verbs;

namespace KubectlNetplugin.Verbs;

/// <summary><c>kubectl netplugin status</c>: the nodes, and what netplugin reported of each.</summary>
internal static class StatusVerb
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal, SharedOptions shared)
    {
        var format = FormatOption.Create("table", "wide", "json", "yaml");
        var check = new Option<bool>("--check") { Description = "Exit with 3 when a node is not well" };
        var command = new Command("status", "Show the nodes and how netplugin is there") { format, check };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            ImmutableArray<NodeItem> nodes = [.. (await new ClusterReader(shared.Server(parsed)).NodesAsync(cancellationToken)).Select(ItemsOf.Node)];
            if (Answer.Write(terminal, parsed.Format(format), nodes, ItemsJsonContext.Default.ImmutableArrayNodeItem, Columns.Nodes, nodes))
            {
                WriteProblems(terminal, nodes);
            }

            return parsed.GetValue(check) && !nodes.All(node => node.IsWell) ? ExitCode.Degraded : ExitCode.Ok;
        });
        return command;
    }

    private static void WriteProblems(Terminal terminal, IEnumerable<NodeItem> nodes)
    {
        string[] lines =
        [
            .. from node in nodes
               from problem in node.State is null ? ["no netplugin has reported from there: does its pod run, and may it patch nodes?"] : node.Problems
               select $"  {Printable.Clean(node.Name)}: {TableWriter.Paint(Printable.Clean(problem), Tone.Warning, terminal.Colour)}\n",
        ];
        if (lines.Length > 0)
        {
            terminal.Out.Write($"\nProblems:\n{string.Concat(lines)}");
        }
    }
}
