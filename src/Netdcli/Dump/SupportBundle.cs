using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Netdcli.Dump;

/// <summary>
/// A gzipped tar of what somebody needs who was not there. Every file goes through <see cref="Redaction"/> here and nowhere else,
/// so that nothing can be added past it.
/// </summary>
internal sealed class SupportBundle : IAsyncDisposable
{
    private readonly GZipStream _zip;
    private readonly TarWriter _tar;
    private readonly string _folder;
    private readonly DateTimeOffset _at;
    private readonly StringBuilder _errors = new();

    /// <summary>Begins a bundle.</summary>
    /// <param name="output">Where it goes; stays open.</param>
    /// <param name="folder">The folder inside that everything is in.</param>
    /// <param name="at">The files' time.</param>
    public SupportBundle(Stream output, string folder, DateTimeOffset at)
    {
        _zip = new(output, CompressionLevel.Optimal, leaveOpen: true);
        _tar = new(_zip, TarEntryFormat.Pax, leaveOpen: false);
        (_folder, _at) = (folder, at);
    }

    /// <summary>How much could not be had.</summary>
    public int Errors { get; private set; }

    /// <summary>Adds a JSON file.</summary>
    public Task AddJsonAsync(string name, ReadOnlyMemory<byte> utf8, CancellationToken cancellationToken) =>
        AddAsync(name, Redaction.Json(utf8), cancellationToken);

    /// <summary>Adds a text file.</summary>
    public Task AddTextAsync(string name, string text, CancellationToken cancellationToken) =>
        AddAsync(name, Encoding.UTF8.GetBytes(Redaction.Text(text)), cancellationToken);

    /// <summary>Notes what could not be had, for errors.txt.</summary>
    public void NoteError(string what, string message)
    {
        Errors++;
        _errors.Append(what).Append(": ").Append(message).Append('\n');
    }

    /// <summary>Writes errors.txt, if there is something to say, and the end.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        if (_errors.Length > 0)
        {
            await AddTextAsync("errors.txt", _errors.ToString(), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _tar.DisposeAsync();
        await _zip.DisposeAsync();
    }

    private async Task AddAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        using var data = new MemoryStream(content, writable: false);
        var entry = new PaxTarEntry(TarEntryType.RegularFile, $"{_folder}/{name}")
        {
            DataStream = data,
            ModificationTime = _at,
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await _tar.WriteEntryAsync(entry, cancellationToken);
    }
}
