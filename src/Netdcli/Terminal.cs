using System.Text;

namespace Netdcli;

/// <summary>Everything outside the process that a command may touch beside the store, so that tests run commands in memory.</summary>
internal sealed class Terminal
{
    /// <summary>Standard input, read for a file named <c>-</c>.</summary>
    public required Stream In { get; init; }

    /// <summary>Standard output as bytes, for a bundle written to <c>-</c>. Flush <see cref="Out"/> before using it.</summary>
    public required Stream OutStream { get; init; }

    /// <summary>Standard output as text.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Standard error.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>True when a person looks at standard output.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>True when a person looks at standard error: only then is progress shown.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Reads an environment variable; null when it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>The clock, for ages and log lines.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Colours only for a person, and never against <c>NO_COLOR</c> (no-color.org: any non-empty value).</summary>
    public bool Colour =>
        OutIsTerminal && string.IsNullOrEmpty(Variable("NO_COLOR")) && Variable("TERM") is not "dumb";

    /// <summary>The process's own streams and environment.</summary>
    public static Terminal OfProcess()
    {
        // Not a FileStream on descriptor 1: it writes at offsets of its own, so that "> file 2>&1" would lose text.
        var output = Console.OpenStandardOutput();
        return new()
        {
            In = Console.OpenStandardInput(),
            OutStream = output,
            Out = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 16384),
            Error = Console.Error,
            OutIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Variable = Environment.GetEnvironmentVariable,
        };
    }
}
