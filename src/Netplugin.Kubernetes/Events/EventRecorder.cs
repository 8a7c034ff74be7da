using System.Text.Json;
using Netplugin.Kubernetes.Json;

namespace Netplugin.Kubernetes.Events;

/// <summary>
/// Writes Events (core/v1) as Kubernetes' own recorders do: what happens again is counted in the Event that says so already. The server drops an Event
/// an hour after its last write.
/// </summary>
public sealed class EventRecorder : IDisposable
{
    // Events that are remembered so as to be counted; of more, those written longest ago are written anew.
    private const int Remembered = 256;

    // The API's limit of an event's message (core/v1 validation).
    private const int LongestMessage = 1024;

    // The API's limit of a name (253), less the dot and 16 digits that follow.
    private const int LongestStem = 236;

    // Where events about objects without a namespace go.
    private const string DefaultNamespace = "default";

    // What happens oftener than this is counted, and written with the next that comes after.
    private static readonly TimeSpan ShortestGap = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<ObjectEvent, Record> _records = [];
    private readonly KubernetesClient _client;
    private readonly string _component;
    private readonly string _host;
    private readonly TimeProvider _time;

    /// <summary>Makes the recorder.</summary>
    /// <param name="client">The server; it stays the caller's.</param>
    /// <param name="component">Who reports, e.g. <c>netplugin</c>.</param>
    /// <param name="host">From which node.</param>
    /// <param name="time">The clock; null = the system's.</param>
    public EventRecorder(KubernetesClient client, string component, string host, TimeProvider? time = null) =>
        (_client, _component, _host, _time) = (client, component, host, time ?? TimeProvider.System);

    /// <summary>Writes an event, or counts it in one that was written.</summary>
    /// <exception cref="KubernetesException">It could not be written; it counts all the same.</exception>
    public async Task RecordAsync(ObjectEvent happened, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(happened);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var now = _time.GetUtcNow();
            if (!_records.TryGetValue(happened, out var record))
            {
                record = Remember(happened, now);
            }

            record.Count++;
            if (!record.IsWritten)
            {
                await CreateAsync(happened, record, now, cancellationToken);
            }
            else if (now - record.Written >= ShortestGap)
            {
                await CountAsync(happened, record, now, cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private static string PathOf(ObjectEvent happened) => $"/api/v1/namespaces/{Uri.EscapeDataString(happened.About.Namespace ?? DefaultNamespace)}/events";

    private Record Remember(ObjectEvent happened, DateTimeOffset now)
    {
        if (_records.Count == Remembered)
        {
            _records.Remove(_records.MinBy(pair => pair.Value.Written).Key);
        }

        var about = happened.About.Name;
        var stem = about[..Math.Min(about.Length, LongestStem)].TrimEnd('.', '-');
        return _records[happened] = new($"{stem}.{Random.Shared.NextInt64():x16}", now);
    }

    private async Task CreateAsync(ObjectEvent happened, Record record, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (about, isWarning, reason, message) = happened;
        var document = new EventDocument(
            new(record.Name, about.Namespace ?? DefaultNamespace),
            new(about.ApiVersion, about.Kind, about.Name, about.Namespace, about.Uid),
            reason,
            message.Length <= LongestMessage ? message : message[..LongestMessage],
            isWarning ? "Warning" : "Normal",
            new(_component, _host),
            record.First,
            now,
            record.Count,
            _component,
            _host);
        var body = JsonSerializer.SerializeToUtf8Bytes(document, ObjectJsonContext.Default.EventDocument);
        try
        {
            await _client.WriteAsync(new("create", "events", PathOf(happened), [], body), cancellationToken);
        }
        catch (KubernetesException e) when (e.Reason == KubernetesFailure.Conflict)
        {
            // An attempt whose answer was lost had written it: nobody else draws this name.
            await PatchAsync(happened, record, now, cancellationToken);
        }

        (record.IsWritten, record.Written) = (true, now);
    }

    private async Task CountAsync(ObjectEvent happened, Record record, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            await PatchAsync(happened, record, now, cancellationToken);
            record.Written = now;
        }
        catch (KubernetesException e) when (e.Reason == KubernetesFailure.NotFound)
        {
            await CreateAsync(happened, record, now, cancellationToken);
        }
    }

    private Task PatchAsync(ObjectEvent happened, Record record, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new EventCountPatch(record.Count, now), ObjectJsonContext.Default.EventCountPatch);
        return _client.WriteAsync(new("patch", "events", $"{PathOf(happened)}/{record.Name}", [], body), cancellationToken);
    }

    private sealed class Record(string name, DateTimeOffset first)
    {
        public string Name => name;

        public DateTimeOffset First { get; } = first;

        /// <summary>True: the server has had it.</summary>
        public bool IsWritten { get; set; }

        public int Count { get; set; }

        public DateTimeOffset Written { get; set; } = first;
    }
}
