namespace Netplugin.Agent.Node;

/// <summary>Files that appear whole or not at all, and are old or new after a power cut.</summary>
internal static class WholeFile
{
    /// <summary>A file that its owner alone reads.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes one in the place of what is there.</summary>
    /// <param name="path">Its path; the folder is there.</param>
    /// <param name="mode">Who may do what with it, whatever the umask is.</param>
    /// <param name="write">Writes its content.</param>
    /// <param name="written">The time it bears; null: now.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static void Write(string path, UnixFileMode mode, Action<Stream> write, DateTime? written = null)
    {
        // Who looks for files in a folder passes over names that begin so.
        var unfinished = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.new");
        File.Delete(unfinished);
        using (var file = new FileStream(unfinished, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode }))
        {
            write(file);
            File.SetUnixFileMode(file.SafeFileHandle, mode);
            file.Flush(flushToDisk: true);
        }

        if (written is { } time)
        {
            File.SetLastWriteTimeUtc(unfinished, time);
        }

        File.Move(unfinished, path, overwrite: true);
    }
}
