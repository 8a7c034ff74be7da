using System.Diagnostics;
using System.Text;

namespace Netplugin.Tests.Support.Processes;

/// <summary>Runs programs to their end.</summary>
public static class Command
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(60);

    /// <summary>Runs a program and waits for it, at most a minute.</summary>
    public static CommandResult Run(string program, params IReadOnlyList<string> arguments) => Run(program, arguments, "", DefaultLimit);

    /// <summary>Runs a program with something on its standard input.</summary>
    /// <param name="program">A path, or a name on the PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="environment">Variables added to this process's own; null takes one away.</param>
    /// <exception cref="TimeoutException">It took longer, and was killed.</exception>
    public static CommandResult Run(
        string program,
        IReadOnlyList<string> arguments,
        string input,
        TimeSpan limit,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        string commandLine = program + " " + string.Join(' ', arguments);
        using Process process = Start(program, arguments, environment);
        var output = new StringBuilder();
        var error = new StringBuilder();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(error, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A program that does not read its input may end before all of it is written: its exit code tells the rest.
            error.Append("(did not read all of its input)\n");
        }

        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"still running after {limit.TotalSeconds} s: {commandLine}\n{output}{error}");
        }

        // The second wait is for the rest of what was printed.
        process.WaitForExit();
        return new CommandResult(commandLine, process.ExitCode, output.ToString(), error.ToString());
    }

    /// <summary>Starts a program; its three streams are the caller's to use.</summary>
    /// <exception cref="InvalidOperationException">It did not start.</exception>
    public static Process Start(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?>? environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }

    private static void Append(StringBuilder text, string? line)
    {
        // The two readers never share a builder, but a late line may meet the reading of a timed-out run.
        lock (text)
        {
            if (line is not null)
            {
                text.Append(line).Append('\n');
            }
        }
    }
}
