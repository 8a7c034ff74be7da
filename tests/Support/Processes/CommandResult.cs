namespace Netplugin.Tests.Support.Processes;

/// <summary>How a program ended and what it printed.</summary>
/// <param name="CommandLine">The program and its arguments, for messages.</param>
/// <param name="ExitCode">Its exit code; 128 + signal when a signal ended it.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public sealed record CommandResult(string CommandLine, int ExitCode, string Output, string Error)
{
    /// <summary>The output, when the program succeeded.</summary>
    /// <exception cref="InvalidOperationException">It did not; the message holds what it printed.</exception>
    public string Succeeded() => ExitCode == 0
        ? Output
        : throw new InvalidOperationException($"exit code {ExitCode} of: {CommandLine}\n{Output}{Error}");
}
