using KubectlNetplugin.Reading;
using KubectlNetplugin.Verbs;
using Netdcli;
using Netdcli.Output;
using Netdcli.Verbs;

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

    private Task<int> RunAsync(SharedOptions shared, IReadOnlyList<string> arguments, CancellationToken cancellationToken) => VerbTree.RunAsync(
        terminal, RootVerb.Create(terminal, shared), "kubectl netplugin", "command", RootVerb.Names, arguments, Complain, cancellationToken);

    private void Complain(string message)
    {
        terminal.Out.Flush();
        terminal.Error.Write($"kubectl netplugin: {Printable.CleanLines(message)}\n");
    }
}
