namespace Netdcli;

/// <summary>Ends a command with a message for the operator; every expected failure that is not the store's own is one.</summary>
internal sealed class CliException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What went wrong and what to do, without a program name before it.</param>
    /// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
    /// <param name="inner">The cause.</param>
    public CliException(string message, int exitCode = Netdcli.ExitCode.Failed, Exception? inner = null)
        : base(message, inner) => ExitCode = exitCode;

    /// <summary>What the process ends with.</summary>
    public int ExitCode { get; }
}
