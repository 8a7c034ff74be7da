using Netplugin.Core.Intents;

namespace Netdcli;

/// <summary>A file an operator names, or standard input as <c>-</c>: its bytes, and how its problems are told.</summary>
/// <param name="Name">As typed; what stands before line and column.</param>
/// <param name="Bytes">The content, cut one byte past the largest intent that is read, so that junk without end ends.</param>
internal sealed record IntentFile(string Name, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Reads it.</summary>
    /// <exception cref="CliException">It cannot be read.</exception>
    public static async Task<IntentFile> ReadAsync(string name, Terminal terminal, CancellationToken cancellationToken)
    {
        if (name.Length == 0)
        {
            throw new CliException("the name of the file to read is empty");
        }

        try
        {
            if (name == "-")
            {
                return new("stdin", await ReadAsync(terminal.In, cancellationToken));
            }

            await using var file = File.OpenRead(name);
            return new(name, await ReadAsync(file, cancellationToken));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CliException($"\"{name}\" cannot be read: {e.Message}", inner: e);
        }
    }

    /// <summary>Writes each problem as <c>file:line:column: message</c>, the form editors jump to.</summary>
    public void Report(TextWriter output, IEnumerable<IntentProblem> problems, string prefix = "")
    {
        foreach (var problem in problems)
        {
            output.Write($"{Name}:{problem.At}: {prefix}{Output.Printable.Clean(problem.Message)}\n");
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            length += read;
            if (read == 0 || length > IntentReader.MaxBytes)
            {
                return buffer.AsMemory(0, Math.Min(length, IntentReader.MaxBytes + 1));
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, IntentReader.MaxBytes + 1));
            }
        }
    }
}
