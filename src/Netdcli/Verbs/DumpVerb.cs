using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Netdcli.Access;
using Netdcli.Dump;
using Netdcli.Views;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Client;
using Netplugin.NodeApi.Messages;
using Netplugin.Store;

namespace Netdcli.Verbs;

/// <summary><c>netdcli dump</c>: gathers a support bundle. What cannot be had is noted in it and does not stop the rest.</summary>
/// <param name="session">Leads to store and daemon.</param>
/// <param name="choice">Which store.</param>
/// <param name="bundle">What is gathered.</param>
internal sealed class DumpVerb(Session session, StoreChoice choice, SupportBundle bundle)
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal, Session session, StoreSelection store)
    {
        var output = new Option<string?>("--output", "-o") { Description = "File to write, or - for standard output", HelpName = "FILE" };
        var command = new Command("dump", "Write a support bundle, without secrets") { output };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var at = terminal.Clock.GetUtcNow();
            var name = $"netplugin-dump-{at.UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}";
            var path = parsed.GetValue(output) ?? $"{name}.tar.gz";
            if (path == "-" && terminal.OutIsTerminal)
            {
                throw new CliException("a bundle is not for a terminal: give -o FILE, or pipe it");
            }

            await using var file = path == "-" ? null : Create(path);
            await terminal.Out.FlushAsync(cancellationToken);
            await using var bundle = new SupportBundle(file ?? terminal.OutStream, name, at);
            await new DumpVerb(session, store.Choose(parsed, session), bundle).GatherAsync(cancellationToken);
            await bundle.FinishAsync(cancellationToken);
            if (path != "-")
            {
                terminal.Out.Write($"{path}\n");
            }

            if (bundle.Errors > 0)
            {
                terminal.Error.Write($"netdcli: {bundle.Errors} {(bundle.Errors == 1 ? "thing" : "things")} could not be had; errors.txt in the bundle names {(bundle.Errors == 1 ? "it" : "them")}\n");
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static FileStream Create(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,

        // Addresses and names are nobody else's business either.
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    private async Task GatherAsync(CancellationToken cancellationToken)
    {
        var version = new VersionItem(VersionVerb.Text, Netplugin.Core.Model.ClusterRecord.CurrentSchema, NodeCodec.Version);
        await AddAsync("version.json", version, VerbsJsonContext.Default.VersionItem, cancellationToken);
        await bundle.AddTextAsync("host.txt", $"{System.Runtime.InteropServices.RuntimeInformation.OSDescription}\n{choice.Description}\n", cancellationToken);
        var status = await StatusVerb.AskAsync(session, choice, cancellationToken);
        await AddAsync("status.json", status, VerbsJsonContext.Default.StatusReport, cancellationToken);
        if (!status.Store.Reachable)
        {
            bundle.NoteError("store", status.Store.Problem);
        }
        else
        {
            await GatherStoreAsync(cancellationToken);
        }

        await GatherDaemonAsync(status, cancellationToken);
    }

    // The records as they are, one file a subtree: a damaged value must not keep the others out.
    private async Task GatherStoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var cluster = session.OpenCluster(choice);
            var snapshot = await cluster.Store.ListAsync(StoreKeys.Root, cancellationToken);
            foreach (var group in snapshot.Entries.GroupBy(e => e.Key[StoreKeys.Root.Length..].Split('/')[0]))
            {
                await bundle.AddJsonAsync($"store/{group.Key}.json", Records(snapshot.Revision, group), cancellationToken);
            }
        }
        catch (StoreException e)
        {
            bundle.NoteError("store", e.Message);
        }
    }

    private static byte[] Records(long revision, IEnumerable<StoreEntry> entries)
    {
        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteNumber("revision", revision);
            writer.WriteStartArray("records");
            foreach (var entry in entries)
            {
                writer.WriteStartObject();
                writer.WriteString("path", entry.Key);
                writer.WriteNumber("created", entry.CreateRevision);
                writer.WriteNumber("changed", entry.ModRevision);
                writer.WritePropertyName("value");
                WriteValue(writer, entry.Value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return output.ToArray();
    }

    private static void WriteValue(Utf8JsonWriter writer, ReadOnlyMemory<byte> value)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            document.RootElement.WriteTo(writer);
        }
        catch (JsonException)
        {
            writer.WriteStringValue(System.Text.Encoding.UTF8.GetString(value.Span));
        }
    }

    private async Task GatherDaemonAsync(StatusReport status, CancellationToken cancellationToken)
    {
        if (status.Daemon is null)
        {
            bundle.NoteError("this host's netplugin", status.DaemonProblem);
            return;
        }

        var daemon = session.OpenDaemon(choice);
        await AskAsync<NodeReply.Endpoints>(daemon, new NodeRequest.GetEndpoints(), "attachments.json");
        await AskAsync<NodeReply.Counters>(daemon, new NodeRequest.GetCounters(), "counters.json");
        await AskAsync<NodeReply.Metrics>(daemon, new NodeRequest.GetMetrics(), "metrics.txt");

        async Task AskAsync<T>(NodeClient client, NodeRequest request, string name)
            where T : NodeReply
        {
            try
            {
                var reply = await client.AskAsync<T>(request, cancellationToken);
                await (reply is NodeReply.Metrics metrics
                    ? bundle.AddTextAsync(name, metrics.Text, cancellationToken)
                    : bundle.AddJsonAsync(name, NodeCodec.Encode(reply), cancellationToken));
            }
            catch (NodeApiException e)
            {
                bundle.NoteError(name, e.Message);
            }
        }
    }

    private Task AddAsync<T>(string name, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        bundle.AddJsonAsync(name, JsonSerializer.SerializeToUtf8Bytes(value, type), cancellationToken);
}
