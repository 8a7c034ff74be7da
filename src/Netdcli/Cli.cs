using Netdcli.Access;
using Netdcli.Completion;
using Netdcli.Legacy;
using Netdcli.Output;
using Netdcli.Verbs;
using Netplugin.NodeApi;
using Netplugin.Store;

namespace Netdcli;

/// <summary>
/// netdcli's two faces. A command line that begins with a flag is the original's and is read by Go's rules; one that begins with a
/// word is a verb. Every failure ends here as one message and one exit code.
/// </summary>
/// <param name="terminal">Streams and environment.</param>
/// <param name="stores">Opens stores; tests give their own.</param>
internal sealed class Cli(Terminal terminal, IStoreOpener stores)
{
    private readonly Session _session = new(terminal, stores);

    /// <summary>Runs one command line and returns the exit code.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await DispatchAsync(arguments, cancellationToken);
        }
        catch (CliException e)
        {
            Complain(e.Message);
            return e.ExitCode;
        }
        catch (StoreException e)
        {
            Complain(Explain(e));
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is NodeApiException or IOException or UnauthorizedAccessException)
        {
            Complain(e.Message);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Complain("interrupted; a post that was under way is either whole or not there");
            return ExitCode.Interrupted;
        }
        finally
        {
            await terminal.Out.FlushAsync(CancellationToken.None);
        }
    }

    private async Task<int> DispatchAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        switch (arguments.Count == 0 ? null : arguments[0])
        {
            case CompleteVerb.Name:
                return await new CompleteVerb(terminal, _session).RunAsync([.. arguments.Skip(1)], cancellationToken);
            case null or "help":
                return await RunVerbAsync(["--help"], cancellationToken);
            case "--version" or "-version":
                return await RunVerbAsync(["version"], cancellationToken);
            case "--help" or "-h" or "-?":
                return await RunVerbAsync(arguments, cancellationToken);
            case { } first when !first.StartsWith('-'):
                return await RunVerbAsync(arguments, cancellationToken);
            default:
                break;
        }

        var flags = new LegacyFlags();
        var parsed = flags.Set.Parse(arguments);

        return flags.LeadToVerb(parsed)
            ? await RunVerbAsync(arguments, cancellationToken)
            : await new LegacyCommand(terminal, _session, flags).RunAsync(parsed, cancellationToken);
    }

    private Task<int> RunVerbAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) => VerbTree.RunAsync(
        terminal, RootVerb.Create(terminal, _session, new StoreSelection()), "netdcli", "verb", RootVerb.Names, arguments, Complain, cancellationToken);

    private string Explain(StoreException e) => e switch
    {
        { OutcomeUnknown: true } => $"{e.Message}; \"netdcli diff\" with the same file tells whether it is posted",
        { Reason: StoreFailure.Unreachable } when _session.Opened is { IsLocalDaemon: true } => $"{e.Message}; {StoreChoice.EtcdHint}",
        _ => e.Message,
    };

    private void Complain(string message)
    {
        terminal.Out.Flush();
        terminal.Error.Write($"netdcli: {Printable.Clean(message)}\n");
    }
}
