using System.CommandLine.Parsing;
using Netdcli.Access;
using Netdcli.Legacy;
using Netdcli.Verbs;
using Netplugin.Core.Flags;
using Netplugin.Store;

namespace Netdcli.Completion;

/// <summary>
/// Answers the shells' scripts: given the words up to the cursor, prints one candidate a line. Names of networks, endpoints, tenants and
/// nodes come from the store, within a patience short enough for a key press.
/// </summary>
/// <param name="terminal">Where to answer.</param>
/// <param name="session">Leads to the store.</param>
internal sealed class CompleteVerb(Terminal terminal, Session session)
{
    /// <summary>The hidden verb's name.</summary>
    public const string Name = "__complete";

    // Stands for the unfinished word while parsing, to see which argument it would be. No shell can pass it on.
    private const string Unfinished = "\0unfinished";

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1500);

    /// <summary>Answers and returns the exit code.</summary>
    /// <param name="words">The words after the program's name; the last is the unfinished one, perhaps empty.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<int> RunAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        var current = words.Count == 0 ? "" : words[^1];
        string[] before = [.. words.Take(words.Count - 1)];
        var flags = new LegacyFlags();
        var parsed = flags.Set.Parse(before);
        var candidates = before.FirstOrDefault(current).StartsWith('-') && !flags.LeadToVerb(parsed)
            ? await FlagsAsync(flags, parsed, before, current, cancellationToken)
            : await VerbsAsync(before, current, cancellationToken);
        foreach (var candidate in candidates.Where(c => c.StartsWith(current, StringComparison.Ordinal) || c == Candidates.File).Distinct())
        {
            terminal.Out.Write($"{candidate}\n");
        }

        return ExitCode.Ok;
    }

    private async Task<IEnumerable<string>> VerbsAsync(string[] before, string current, CancellationToken cancellationToken)
    {
        var store = new StoreSelection();
        var root = RootVerb.Create(terminal, session, store);
        var parsed = root.Parse([.. before, Unfinished]);
        var result = FindUnfinished(parsed.RootCommandResult);
        return result switch
        {
            _ when current.StartsWith('-') => OptionsOf(parsed.CommandResult),
            OptionResult { Option: { HelpName: "FILE" } } => [Candidates.File],
            ArgumentResult { Argument.HelpName: "FILE" } => [Candidates.File],
            OptionResult { Option.Name: "--tenant" } => await NamesAsync(store.Choose(parsed, session), "tenants", cancellationToken),
            OptionResult { Option.HelpName: "END" } => await NamesAsync(store.Choose(parsed, session), "ends", cancellationToken),
            OptionResult { Option.HelpName: "POLICY" } => await NamesAsync(store.Choose(parsed, session), "named-policies", cancellationToken),
            ArgumentResult { Argument.HelpName: "NAME" } => await NamesAsync(store.Choose(parsed, session), GetVerb.ResourceOf(parsed), cancellationToken),
            ArgumentResult { Argument.HelpName: "HOST" } => await NamesAsync(store.Choose(parsed, session), "nodes", cancellationToken),
            OptionResult option => option.Option.GetCompletions(System.CommandLine.Completions.CompletionContext.Empty).Select(c => c.Label),
            ArgumentResult argument => argument.Argument.GetCompletions(System.CommandLine.Completions.CompletionContext.Empty).Select(c => c.Label),
            _ => parsed.CommandResult.Command.Subcommands.Select(c => c.Name),
        };
    }

    private async Task<IEnumerable<string>> FlagsAsync(
        LegacyFlags flags, GoFlagResult parsed, string[] before, string current, CancellationToken cancellationToken)
    {
        if (parsed.Error is { } error)
        {
            // A flag at the end that still wants its value is the one error that completion can help with.
            return error.StartsWith("flag needs an argument", StringComparison.Ordinal)
                ? Candidates.ForValue(before[^1].TrimStart('-'))
                : [];
        }

        if (current.StartsWith('-'))
        {
            return flags.Set.Flags.Where(f => !parsed.IsSet(f)).Select(f => $"-{f.Name}");
        }

        var choice = new StoreFlags(flags).Choose(parsed, terminal);
        return parsed switch
        {
            { Positionals.Length: > 0 } => [],
            _ when parsed.Get(flags.Cfg) || parsed.Get(flags.AddCfg) || parsed.Get(flags.DelCfg) || parsed.Get(flags.HostBindingsCfg) => [Candidates.File],
            _ when parsed.Get(flags.Construct) is "network" or "endpoint" => await NamesAsync(choice, parsed.Get(flags.Construct) + "s", cancellationToken),
            _ => RootVerb.Names,
        };
    }

    private async Task<IEnumerable<string>> NamesAsync(StoreChoice choice, string resource, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await using var cluster = session.OpenCluster(choice);
            var view = await cluster.LoadAsync(patience.Token);
            return resource switch
            {
                "hosts" => view.State.Hosts.Keys,
                "nodes" => view.Nodes.Keys,
                "tenants" => view.State.Tenants.Keys,
                "networks" => view.State.Networks.Keys.Select(n => n.Network),
                "groups" => view.State.Groups.Keys.Select(g => g.Name),
                "policies" => view.State.Policies.Keys.Select(p => p.Name),
                "ends" => view.State.Endpoints.Keys.Order().Select(e => e.ToString()),
                "named-policies" => view.State.Policies.Keys.Select(p => p.ToString()),
                "endpoints" => view.State.Endpoints.Keys.Select(e => e.Alias).Order(StringComparer.Ordinal),
                _ => [],
            };
        }
        catch (Exception e) when (e is StoreException or CliException or OperationCanceledException)
        {
            // In the middle of a command line there is no place for a message; the command itself will say it.
            return [];
        }
    }

    private static IEnumerable<string> OptionsOf(CommandResult result)
    {
        var options = result.Command.Options.AsEnumerable();
        for (var parent = result.Parent as CommandResult; parent is not null; parent = parent.Parent as CommandResult)
        {
            options = options.Concat(parent.Command.Options.Where(o => o.Recursive));
        }

        return options.Select(o => o.Name);
    }

    private static SymbolResult? FindUnfinished(CommandResult result)
    {
        foreach (var child in result.Children)
        {
            var found = child is CommandResult command ? FindUnfinished(command)
                : child.Tokens.Any(t => t.Value == Unfinished) ? child
                : null;
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }
}
