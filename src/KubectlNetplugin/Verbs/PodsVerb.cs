using System.Collections.Immutable;
using System.CommandLine;
using KubectlNetplugin.Reading;
using KubectlNetplugin.Views;
using Netdcli;
using Netdcli.Output;
using Netdcli.Verbs;

namespace KubectlNetplugin.Verbs;

/// <summary><c>kubectl netplugin pods</c>: pods and the addresses they have in their networks.</summary>
internal static class PodsVerb
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal, SharedOptions shared)
    {
        var name = new Argument<string?>("name") { Description = "Only this pod", HelpName = "NAME", Arity = ArgumentArity.ZeroOrOne };
        var kubernetesNamespace = SharedOptions.Namespace();
        var all = new Option<bool>("--all-namespaces", "-A") { Description = "The pods of every namespace" };
        var format = FormatOption.Create("table", "wide", "json", "yaml");
        var command = new Command("pods", "Show pods, their networks and their addresses there") { name, kubernetesNamespace, all, format };
        command.Aliases.Add("pod");
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) && (result.GetValue(name) is not null || result.GetValue(kubernetesNamespace) is not null))
            {
                result.AddError("-A is for the pods of every namespace: leave it out to name a pod or a namespace");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var server = shared.Server(parsed);
            var reader = new ClusterReader(server);
            var chosen = parsed.GetValue(all) ? null : parsed.GetValue(kubernetesNamespace) ?? await server.NamespaceAsync(cancellationToken);
            ImmutableArray<PodItem> pods = parsed.GetValue(name) is { } one
                ? [ItemsOf.Pod(await reader.PodAsync(new(chosen!, one), cancellationToken))]
                : [.. (await reader.PodsAsync(chosen, cancellationToken)).Select(ItemsOf.Pod)];
            Answer.Write(terminal, parsed.Format(format), pods, ItemsJsonContext.Default.ImmutableArrayPodItem, Columns.Pods, PodRow.Of(pods));
            return ExitCode.Ok;
        });
        return command;
    }
}
