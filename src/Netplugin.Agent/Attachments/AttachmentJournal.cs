using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Netplugin.Agent.Attachments;

/// <summary>
/// What this node has attached, in a folder of the run directory (a tmpfs: it lives as long as the kernel objects it speaks of, so
/// no fsync). One file a pod, replaced whole by rename: a killed daemon leaves the old or the new one.
/// </summary>
internal sealed class AttachmentJournal
{
    private const string TemporarySuffix = ".tmp";
    private const string UnreadableSuffix = ".unreadable";
    private const ulong NumbersAtOnce = 256;
    private readonly string _folder;
    private readonly string _numberFile;
    private ulong _nextNumber;
    private ulong _reservedUpTo;

    /// <summary>Opens the folder, making it when missing.</summary>
    /// <param name="runDirectory">The daemon's run directory.</param>
    public AttachmentJournal(string runDirectory)
    {
        _folder = Path.Combine(runDirectory, "attachments");
        _numberFile = Path.Combine(runDirectory, "next-attachment");
        Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Reads every pod. A file that cannot be read is set aside under another name and reported, never fatal.</summary>
    /// <param name="problems">One line for each file set aside.</param>
    /// <param name="numbersSeen">Attachment numbers found elsewhere (devices of this node): never handed out again.</param>
    public ImmutableArray<Pod> Load(IEnumerable<ulong> numbersSeen, out ImmutableArray<string> problems)
    {
        var pods = ImmutableArray.CreateBuilder<Pod>();
        var bad = ImmutableArray.CreateBuilder<string>();
        foreach (var path in Directory.EnumerateFiles(_folder).Order(StringComparer.Ordinal).ToArray())
        {
            if (path.EndsWith(TemporarySuffix, StringComparison.Ordinal))
            {
                File.Delete(path);
                continue;
            }

            if (!path.EndsWith(".json", StringComparison.Ordinal))
            {
                continue;
            }

            try
            {
                var document = JsonSerializer.Deserialize(File.ReadAllBytes(path), JournalJson.Default.JournalDocument)
                    ?? throw new FormatException("the file holds null");
                pods.Add(document.ToPod());
            }
            catch (Exception e) when (e is JsonException or FormatException)
            {
                File.Move(path, path + UnreadableSuffix, overwrite: true);
                bad.Add($"{path} cannot be read ({e.Message}); it was renamed to {Path.GetFileName(path)}{UnreadableSuffix} and its interfaces will be removed as orphans");
            }
        }

        problems = bad.ToImmutable();
        var highest = pods.SelectMany(p => p.Attachments).Select(a => a.Number).Concat(numbersSeen).DefaultIfEmpty(0UL).Max();
        var kept = File.Exists(_numberFile)
            && ulong.TryParse(File.ReadAllText(_numberFile), NumberStyles.None, CultureInfo.InvariantCulture, out var stored) ? stored : 0;
        _nextNumber = Math.Max(highest + 1, Math.Max(kept, 1));
        _reservedUpTo = _nextNumber;
        return pods.ToImmutable();
    }

    /// <summary>
    /// A number that was never handed out before. Numbers are reserved on file a block at a time, ahead of their use.
    /// Call after <see cref="Load"/>.
    /// </summary>
    public ulong NextNumber()
    {
        if (_nextNumber == _reservedUpTo)
        {
            _reservedUpTo = _nextNumber + NumbersAtOnce;
            Replace(_numberFile, System.Text.Encoding.ASCII.GetBytes(_reservedUpTo.ToString(CultureInfo.InvariantCulture)));
        }

        return _nextNumber++;
    }

    /// <summary>The number that <see cref="NextNumber"/> will give.</summary>
    public ulong PeekNumber => _nextNumber;

    /// <summary>Writes a pod's file.</summary>
    public void Save(Pod pod) => Replace(PathOf(pod.Key), JsonSerializer.SerializeToUtf8Bytes(JournalDocument.From(pod), JournalJson.Default.JournalDocument));

    /// <summary>Removes a pod's file; nothing happens when there is none.</summary>
    public void Remove(PodKey key) => File.Delete(PathOf(key));

    private static void Replace(string path, byte[] content)
    {
        var temporary = path + TemporarySuffix;
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, path, overwrite: true);
    }

    // CNI lets neither name hold a slash; escaping costs nothing and keeps a hostile one inside the folder.
    private string PathOf(PodKey key) =>
        Path.Combine(_folder, $"{Uri.EscapeDataString(key.Sandbox)}-{Uri.EscapeDataString(key.Interface)}.json");
}
