using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Netdcli.Output;

namespace Netdcli.Verbs;

/// <summary>A tree of verbs as System.CommandLine reads it, with the help, the errors and the exit codes of this house.</summary>
internal static class VerbTree
{
    /// <summary>Gives a root the options of all verbs, and help that teaches in the place of the usual one.</summary>
    /// <param name="root">The root, with its verbs.</param>
    /// <param name="options">The options of all of them.</param>
    /// <param name="teaching">What the root's help shows.</param>
    /// <param name="teachingOf">What a verb's help shows behind the usual; empty: nothing.</param>
    public static RootCommand Finish(RootCommand root, IEnumerable<Option> options, string teaching, Func<string, string> teachingOf)
    {
        foreach (var option in options)
        {
            root.Options.Add(option);
        }

        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        root.Directives.Clear();
        var help = root.Options.OfType<HelpOption>().Single();
        help.Description = "Show help and examples";
        help.Action = new TeachingHelp((HelpAction)help.Action!, teaching, teachingOf);
        return root;
    }

    /// <summary>Runs one command line and returns the exit code; one that cannot be read ends with what is wrong and where help is.</summary>
    /// <param name="terminal">Streams.</param>
    /// <param name="root">The tree.</param>
    /// <param name="program">How the program is called.</param>
    /// <param name="verb">What it calls its verbs.</param>
    /// <param name="names">Their names.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="complain">Writes an error.</param>
    /// <param name="cancellationToken">Stops the verb.</param>
    public static async Task<int> RunAsync(
        Terminal terminal, RootCommand root, string program, string verb, ImmutableArray<string> names, IReadOnlyList<string> arguments,
        Action<string> complain, CancellationToken cancellationToken)
    {
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            IEnumerable<string> messages = parsed.CommandResult.Command == root && parsed.UnmatchedTokens is [var word, ..]
                ? [$"\"{word}\" is not a {verb}{(Nearest.To(word, names) is { } meant ? $"; did you mean \"{meant}\"?" : "")}"]
                : parsed.Errors.Select(e => string.Join(' ', e.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
            foreach (var message in messages)
            {
                complain(message);
            }

            terminal.Error.Write($"\"{PathOf(parsed.CommandResult, program)} --help\" tells how it is used.\n");
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            },
            cancellationToken);
    }

    private static string PathOf(CommandResult command, string program) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent, program)} {command.Command.Name}" : program;
}
