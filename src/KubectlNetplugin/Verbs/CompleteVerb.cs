using System.CommandLine;
using System.CommandLine.Completions;
using KubectlNetplugin.Reading;
using Netdcli;

namespace KubectlNetplugin.Verbs;

/// <summary>
/// Answers kubectl, which asks for the words that may come next: a candidate a line, and last what the shell shall do beside (kubectl's library Cobra,
/// "Shell completions", directives).
/// </summary>
/// <param name="terminal">Where to answer.</param>
/// <param name="shared">Leads to the cluster.</param>
internal sealed class CompleteVerb(Terminal terminal, SharedOptions shared)
{
    /// <summary>The hidden command's name.</summary>
    public const string Name = "__complete";

    private const string NoFiles = ":4";
    private const string Files = ":0";

    // Short enough for a key press.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Answers and returns the exit code.</summary>
    /// <param name="words">The words after <c>kubectl netplugin</c>; the last is the unfinished one, perhaps empty.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<int> RunAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        var current = words.Count == 0 ? "" : words[^1];
        string[] before = [.. words.Take(words.Count - 1)];
        var root = RootVerb.Create(terminal, shared);
        var parsed = root.Parse(before);
        var option = before.Length == 0 ? null : Options(parsed).FirstOrDefault(o => TakesValue(o) && (o.Name == before[^1] || o.Aliases.Contains(before[^1])));
        var candidates = option is not null ? await ValuesAsync(option, parsed, cancellationToken)
            : current.StartsWith('-') ? Options(parsed).Where(o => !o.Hidden).Select(o => o.Name)
            : parsed.CommandResult.Command is RootCommand ? RootVerb.Names
            : parsed.CommandResult.Command.Arguments is [_] && parsed.CommandResult.GetValue<string?>("name") is null ? await PodsAsync(parsed, cancellationToken)
            : [];
        foreach (var candidate in candidates.Where(c => c.StartsWith(current, StringComparison.Ordinal)))
        {
            terminal.Out.Write($"{candidate}\n");
        }

        terminal.Out.Write($"{(option?.HelpName == "FILE" ? Files : NoFiles)}\n");
        return ExitCode.Ok;
    }

    private static IEnumerable<Option> Options(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.Concat(parsed.RootCommandResult.Command.Options.Where(o => o.Recursive)).Distinct();

    private static bool TakesValue(Option option) => option.Arity.MinimumNumberOfValues > 0;

    private async Task<IEnumerable<string>> ValuesAsync(Option option, ParseResult parsed, CancellationToken cancellationToken) => option.HelpName switch
    {
        "NAMESPACE" => await AskAsync(async (reader, token) => await reader.NamespacesAsync(token), parsed, cancellationToken),
        _ => option.GetCompletions(CompletionContext.Empty).Select(c => c.Label),
    };

    private Task<IEnumerable<string>> PodsAsync(ParseResult parsed, CancellationToken cancellationToken) => AskAsync(
        async (reader, token) =>
        {
            var chosen = parsed.GetValue<string?>("--namespace") ?? await shared.Server(parsed).NamespaceAsync(token);
            return (await reader.PodsAsync(chosen, token)).Select(pod => pod.Name.Name);
        },
        parsed,
        cancellationToken);

    private async Task<IEnumerable<string>> AskAsync(
        Func<ClusterReader, CancellationToken, Task<IEnumerable<string>>> ask, ParseResult parsed, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await ask(new(shared.Server(parsed)), patience.Token);
        }
        catch (Exception e) when (e is CliException or OperationCanceledException or IOException)
        {
            // In the middle of a command line there is no place for a message; the command itself will say it.
            return [];
        }
    }
}
