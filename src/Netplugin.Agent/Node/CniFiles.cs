using System.Text;

namespace Netplugin.Agent.Node;

/// <summary>
/// What the container runtime needs to call us, in its folders: <c>k8contivnet</c> and the network configuration. A file appears whole or not at all.
/// </summary>
/// <param name="binFolder">Where the runtime has its CNI plugins; empty: nothing of ours is there.</param>
/// <param name="confFolder">Where it has its network configurations; empty: nothing of ours is there.</param>
/// <param name="socket">The node API's socket as the runtime sees it.</param>
internal sealed class CniFiles(string binFolder, string confFolder, string socket)
{
    private const string ProgramName = "k8contivnet";
    private const string ConfigurationName = "10-netplugin.conflist";

    // What libcni reads of the folder (ConfFiles).
    private static readonly string[] ConfigurationEndings = [".conf", ".conflist", ".json"];

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private bool _isPut;

    /// <summary>The one that goes with this daemon is beside it.</summary>
    public string Source { get; init; } = Path.Combine(AppContext.BaseDirectory, ProgramName);

    private string Program => Path.Combine(binFolder, ProgramName);

    private string Configuration => Path.Combine(confFolder, ConfigurationName);

    // The version is one that every runtime in use takes.
    private string Text => $$"""
        {
          "cniVersion": "1.0.0",
          "name": "netplugin",
          "plugins": [{ "type": "k8contivnet", "socket": "{{socket}}", "capabilities": { "portMappings": true } }]
        }

        """;

    /// <summary>Puts the program there at the first call, since the one of another version may look the same, and later where it is missing or another.</summary>
    /// <returns>The path that was written; null when all was well.</returns>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public string? PutProgram()
    {
        if (binFolder.Length == 0)
        {
            return null;
        }

        // The copy has its original's time, so that it need not be read to be known.
        var (source, there) = (new FileInfo(Source), new FileInfo(Program));
        if (_isPut && there is { Exists: true, LinkTarget: null } && there.Length == source.Length
            && there.LastWriteTimeUtc == source.LastWriteTimeUtc && there.UnixFileMode == Executable)
        {
            return null;
        }

        using var original = source.OpenRead();
        Put(Program, original, Executable, source.LastWriteTimeUtc);
        _isPut = true;
        return Program;
    }

    /// <summary>Puts the configuration there where it is missing or another.</summary>
    /// <returns>The path that was written; null when all was well.</returns>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public string? PutConfiguration()
    {
        if (confFolder.Length == 0 || (File.Exists(Configuration) && File.ReadAllText(Configuration) == Text))
        {
            return null;
        }

        using var text = new MemoryStream(Encoding.UTF8.GetBytes(Text));
        Put(Configuration, text, Readable, null);
        return Configuration;
    }

    /// <summary>
    /// The network configuration that the container runtime uses in place of ours, since its name comes first in the folder; null: ours is the first.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public string? EarlierConfiguration() => confFolder.Length == 0 || !Directory.Exists(confFolder)
        ? null
        : Directory.EnumerateFiles(confFolder)
            .Where(file => ConfigurationEndings.Contains(Path.GetExtension(file)) && string.CompareOrdinal(Path.GetFileName(file), ConfigurationName) < 0)
            .Min(StringComparer.Ordinal);

    /// <summary>Takes both away, the configuration first: what names a program must not outlive it.</summary>
    public void Remove()
    {
        if (confFolder.Length > 0)
        {
            File.Delete(Configuration);
        }

        if (binFolder.Length > 0)
        {
            File.Delete(Program);
        }
    }

    private static void Put(string path, Stream content, UnixFileMode mode, DateTime? written)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        WholeFile.Write(path, mode, content.CopyTo, written);
    }
}
