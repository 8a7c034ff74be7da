using System.CommandLine;
using System.Reflection;
using Netdcli.Output;
using Netplugin.Core.Model;
using Netplugin.NodeApi.Messages;

namespace Netdcli.Verbs;

/// <summary><c>netdcli version</c>: what this program is and what it speaks.</summary>
internal static class VersionVerb
{
    /// <summary>The version, with the commit where the build knew it.</summary>
    public static string Text { get; } =
        typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal)
    {
        var format = FormatOption.Create("table", "json", "yaml");
        var command = new Command("version", "Show the version of netdcli, of the store's layout and of the node API") { format };
        command.SetAction(parsed =>
        {
            var item = new VersionItem(Text, ClusterRecord.CurrentSchema, NodeCodec.Version);
            if (parsed.Format(format) is var asked and not OutputFormat.Table)
            {
                DocumentWriter.Write(terminal.Out, asked, item, VerbsJsonContext.Default.VersionItem);
            }
            else
            {
                terminal.Out.Write($"netdcli {item.Netdcli} (store schema {item.StoreSchema}, node API {item.NodeApi})\n");
            }

            return ExitCode.Ok;
        });
        return command;
    }
}

/// <summary>What <c>version</c> shows.</summary>
/// <param name="Netdcli">This program's version.</param>
/// <param name="StoreSchema">The layout of the store it reads and writes.</param>
/// <param name="NodeApi">The protocol it speaks with a daemon.</param>
internal sealed record VersionItem(string Netdcli, int StoreSchema, int NodeApi);
