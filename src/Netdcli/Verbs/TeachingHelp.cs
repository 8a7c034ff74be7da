using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Netdcli.Verbs;

/// <summary>The usual help of a verb, then examples, exit codes and the environment: what one needs to use it the first time.</summary>
/// <param name="usual">Writes usage, arguments and options.</param>
/// <param name="teaching">What the root's help shows.</param>
/// <param name="teachingOf">What a verb's help shows behind the usual; empty: nothing.</param>
internal sealed class TeachingHelp(HelpAction usual, string teaching, Func<string, string> teachingOf) : SynchronousCommandLineAction
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
            output.Write(teaching);
            return ExitCode.Ok;
        }

        usual.Invoke(parseResult);
        output.Write(teachingOf(command.Name));
        return ExitCode.Ok;
    }
}
