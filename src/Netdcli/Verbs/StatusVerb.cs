using System.CommandLine;
using Netdcli.Access;
using Netdcli.Output;
using Netdcli.Views;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Messages;
using Netplugin.Store;

namespace Netdcli.Verbs;

/// <summary><c>netdcli status</c>: how the nodes are, and plain words when the store cannot be asked.</summary>
internal static class StatusVerb
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal, Session session, StoreSelection store)
    {
        var format = FormatOption.Create("table", "wide", "json", "yaml");
        var check = new Option<bool>("--check") { Description = "Exit with 3 when a node is down or reports a problem" };
        var command = new Command("status", "Show how the nodes are") { format, check };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var report = await AskAsync(session, store.Choose(parsed, session), cancellationToken);
            var asked = parsed.Format(format);
            if (asked is OutputFormat.Json or OutputFormat.Yaml)
            {
                DocumentWriter.Write(terminal.Out, asked, report, VerbsJsonContext.Default.StatusReport);
            }
            else
            {
                new StatusText(terminal, wide: asked == OutputFormat.Wide).Write(report);
            }

            return !report.Store.Reachable ? ExitCode.Failed
                : parsed.GetValue(check) && !report.AllWell ? ExitCode.Degraded
                : ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Asks the store and this host's daemon at the same time; that one does not answer is a result.</summary>
    public static async Task<StatusReport> AskAsync(Session session, StoreChoice choice, CancellationToken cancellationToken)
    {
        var asking = AskDaemonAsync(session, choice, cancellationToken);
        var (storeStatus, view) = (default(StoreStatus), default(ClusterView));
        try
        {
            await using var cluster = session.OpenCluster(choice);
            view = await cluster.LoadAsync(cancellationToken);
            storeStatus = new(
                choice.Description, choice.IsLocalDaemon, true, "", view.State.Post.Number, view.Identity?.ClusterId.ToString() ?? "", view.Identity?.Generation ?? 0,
                view.State.Networks.Count, view.State.Endpoints.Count, view.State.Endpoints.Values.Count(e => e.Binding is not null));
        }
        catch (StoreException e)
        {
            storeStatus = new(choice.Description, choice.IsLocalDaemon, false, e.Message, 0, "", 0, 0, 0, 0);
        }

        var (daemon, problem) = await asking;
        return new(storeStatus, daemon, problem, view is null ? [] : ItemsOf.Nodes(view));
    }

    private static async Task<(DaemonStatus? Daemon, string Problem)> AskDaemonAsync(
        Session session, StoreChoice choice, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await session.OpenDaemon(choice).AskAsync<NodeReply.Status>(new NodeRequest.GetStatus(), cancellationToken);
            return (reply.Node, "");
        }
        catch (NodeApiException e)
        {
            return (null, e.Message);
        }
    }
}
