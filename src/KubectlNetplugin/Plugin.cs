using System.CommandLine;
using KubectlNetplugin.Reading;
using KubectlNetplugin.Verbs;
using Netdcli;
using Netdcli.Output;

namespace KubectlNetplugin;

/// <summary>The plugin: reads a command line, and ends every failure as one message and one exit code.</summary>
/// <param name="terminal">Streams and environment.</param>
/// <param name="servers">Opens a cluster's API server; tests give their own.</param>
internal sealed class Plugin(Terminal terminal, Func<ClusterSelection, IApiServer> servers)
{
    /// <summary>Runs one command line and returns the exit code.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        try
        {
            var shared = new SharedOptions(servers);
            return (arguments.Count == 0 ? null : arguments[0]) switch
            {
                CompleteVerb.Name => await new CompleteVerb(terminal, shared).RunAsync([.. arguments.Skip(1)], cancellationToken),
                null or "help" => await RunAsync(shared, ["--help"], cancellationToken),
                _ => await RunAsync(shared, arguments, cancellationToken),
            };
        }
        catch (CliException e)
        {
            Complain(e.Message);
            return e.ExitCode;
        }
        catch (IOException e)
        {
            Complain(e.Message);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Complain("interrupted");
            return ExitCode.Interrupted;
        }
        finally
        {
            await terminal.Out.FlushAsync(CancellationToken.None);
        }
    }

    private async Task<int> RunAsync(SharedOptions shared, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var root = RootVerb.Create(terminal, shared);
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            IEnumerable<string> messages = parsed.CommandResult.Command == root && parsed.UnmatchedTokens is [var word, ..]
                ? [$"\"{word}\" is not a command{(Nearest.To(word, RootVerb.Names) is { } meant ? $"; did you mean \"{meant}\"?" : "")}"]
                : parsed.Errors.Select(e => e.Message);
            foreach (var message in messages)
            {
                Complain(message);
            }

            terminal.Error.Write("\"kubectl netplugin --help\" tells how it is used.\n");
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

    private void Complain(string message)
    {
        terminal.Out.Flush();
        terminal.Error.Write($"kubectl netplugin: {Printable.CleanLines(message)}\n");
    }
}
