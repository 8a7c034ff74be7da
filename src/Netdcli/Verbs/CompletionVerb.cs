using System.CommandLine;

namespace Netdcli.Verbs;

/// <summary><c>netdcli completion</c>: prints the script that makes a shell complete netdcli's words.</summary>
internal static class CompletionVerb
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish", HelpName = "bash|zsh|fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a completion script for a shell") { shell };
        command.SetAction(parsed =>
        {
            terminal.Out.Write(Script(parsed.GetValue(shell)!));
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Script(string shell)
    {
        using var stream = typeof(CompletionVerb).Assembly.GetManifestResourceStream($"completion/netdcli.{shell}")
            ?? throw new InvalidOperationException($"the script for {shell} is not in the program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
