using System.CommandLine;
using Netdcli.Access;
using Netdcli.Output;
using Netdcli.Views;
using Netplugin.Core.Services;
using Netplugin.NodeApi.Messages;

namespace Netdcli.Verbs;

/// <summary><c>netdcli policy</c>: what this host's netplugin enforces, and what that means for two ends.</summary>
internal static class PolicyVerb
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal, Session session, StoreSelection store) =>
        new("policy", "Show what policies this host enforces, and explain what they say") { List(terminal, session, store), Explain(terminal, session, store) };

    private static Command List(Terminal terminal, Session session, StoreSelection store)
    {
        var format = FormatOption.Create("table", "wide", "json", "yaml");
        var list = new Command("list", "List the policies that this host's netplugin knows, and what they denied here") { format };
        list.SetAction(async (parsed, cancellationToken) =>
        {
            var all = (await session.OpenDaemon(store.Choose(parsed, session)).AskAsync<NodeReply.Policies>(new NodeRequest.GetPolicies(), cancellationToken)).Items;
            if (!Answer.Write(terminal, parsed.Format(format), all, ItemsJsonContext.Default.ImmutableArrayEnforcedPolicy, PolicyColumns.Enforced, all))
            {
                return ExitCode.Ok;
            }

            foreach (var policy in all)
            {
                foreach (var problem in policy.Problems)
                {
                    terminal.Out.Write(Printable.Clean($"{PolicyColumns.NameOf(policy)}: {problem}") + "\n");
                }
            }

            if (all.Length == 0)
            {
                terminal.Error.Write("There are no policies: everything that networks let through is allowed.\n");
            }

            return ExitCode.Ok;
        });
        return list;
    }

    private static Command Explain(Terminal terminal, Session session, StoreSelection store)
    {
        var from = End("--from", "Who connects");
        var to = End("--to", "Whom to");
        var (port, protocol) = (TrafficOptions.Port("Destination port"), TrafficOptions.Protocol());
        var format = FormatOption.Create("text", "json", "yaml");
        var explain = new Command("explain", "Say whether policies let one reach another, and by which rule") { from, to, port, protocol, format };
        explain.Validators.Add(result =>
        {
            var (typed, has) = (result.GetResult(protocol)?.Tokens is [var token] ? token.Value : null, result.GetResult(port) is not null);
            if (TrafficOptions.ProtocolOf(typed) is { } known && IpProtocols.HasPorts(known) != has)
            {
                result.AddError(has ? $"{typed} has no ports: leave --port out" : $"{typed} has ports: give --port");
            }
        });
        explain.SetAction(async (parsed, cancellationToken) =>
        {
            var number = parsed.GetValue(port) ?? 0;
            var question = new NodeRequest.ExplainPolicy(
                parsed.GetValue(from)!, parsed.GetValue(to)!, TrafficOptions.ProtocolOf(parsed.GetValue(protocol)) ?? (number > 0 ? (byte)TransportProtocol.Tcp : IpProtocols.Icmp), number);
            var answer = (await session.OpenDaemon(store.Choose(parsed, session)).AskAsync<NodeReply.Explained>(question, cancellationToken)).Explanation;
            if (parsed.Format(format) is var asked and not OutputFormat.Table)
            {
                DocumentWriter.Write(terminal.Out, asked, answer, ItemsJsonContext.Default.PolicyExplanation);
            }
            else
            {
                terminal.Out.Write(Printable.CleanLines(ExplanationText.Of(answer)));
            }

            return answer.Differs ? ExitCode.MapsDiffer : answer.Allowed ? ExitCode.Ok : ExitCode.Denied;
        });
        return explain;
    }

    private static Option<string> End(string name, string description) =>
        new(name) { Description = $"{description}: namespace/pod, tenant/network/container, or an IP address", HelpName = "END", Required = true };
}
