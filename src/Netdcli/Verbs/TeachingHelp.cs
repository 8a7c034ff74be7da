using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Netdcli.Verbs;

/// <summary>The usual help of a verb, then examples, exit codes and the environment: what one needs to use it the first time.</summary>
/// <param name="usual">Writes usage, arguments and options.</param>
internal sealed class TeachingHelp(HelpAction usual) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var command = parseResult.CommandResult.Command;
        var output = parseResult.InvocationConfiguration.Output;
        if (command is RootCommand)
        {
            output.Write(Teaching.Root);
            return ExitCode.Ok;
        }

        usual.Invoke(parseResult);
        if (Teaching.Of(command.Name) is { Length: > 0 } text)
        {
            output.Write(text);
        }

        return ExitCode.Ok;
    }
}
