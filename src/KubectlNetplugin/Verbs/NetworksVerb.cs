using System.CommandLine;
using KubectlNetplugin.Reading;
using KubectlNetplugin.Views;
using Netdcli;
using Netdcli.Output;
using Netdcli.Verbs;

namespace KubectlNetplugin.Verbs;

/// <summary><c>kubectl netplugin networks</c>: the networks that pods have.</summary>
internal static class NetworksVerb
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal, SharedOptions shared)
    {
        var kubernetesNamespace = SharedOptions.Namespace();
        var format = FormatOption.Create("table", "wide", "json", "yaml");
        var command = new Command("networks", "Show the networks that pods have") { kubernetesNamespace, format };
        command.Aliases.Add("network");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var pods = await new ClusterReader(shared.Server(parsed)).PodsAsync(parsed.GetValue(kubernetesNamespace), cancellationToken);
            var networks = ItemsOf.Networks(pods.Select(ItemsOf.Pod));
            Answer.Write(terminal, parsed.Format(format), networks, ItemsJsonContext.Default.ImmutableArrayNetworkItem, Columns.Networks, networks);
            return ExitCode.Ok;
        });
        return command;
    }
}
