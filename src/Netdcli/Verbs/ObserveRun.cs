using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Netdcli.Output;
using Netdcli.Views;
using Netplugin.NodeApi;
using Netplugin.NodeApi.Client;
using Netplugin.NodeApi.Messages;

namespace Netdcli.Verbs;

/// <summary>Prints packets as a daemon shows them, until it is enough.</summary>
/// <param name="terminal">Where to.</param>
/// <param name="daemon">The daemon.</param>
/// <param name="asJson">One JSON object a line, instead of text.</param>
/// <param name="count">How many; null: no end.</param>
internal sealed class ObserveRun(Terminal terminal, NodeClient daemon, bool asJson, int? count)
{
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private int _printed;
    private long _lost;

    /// <summary>Observes, and returns the exit code: an end that was asked for is a good one.</summary>
    /// <param name="request">What to observe.</param>
    /// <param name="timeout">For how long; null: no end.</param>
    /// <param name="cancellationToken">Ends it, as by Ctrl-C.</param>
    public async Task<int> RunAsync(NodeRequest.Observe request, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        // Ends by Ctrl-C or by the time limit.
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (timeout is { } time)
        {
            limited.CancelAfter(time);
        }

        try
        {
            await foreach (var reply in daemon.StreamAsync(request, limited.Token))
            {
                if (reply is NodeReply.Observed(var packets, var lost) && await PrintAsync(packets, lost))
                {
                    return Finish(ExitCode.Ok);
                }
            }
        }
        catch (OperationCanceledException) when (limited.IsCancellationRequested)
        {
            return Finish(count is not null && !cancellationToken.IsCancellationRequested ? ExitCode.Failed : ExitCode.Ok);
        }

        throw new NodeApiException(NodeErrorCode.Unavailable, $"the daemon at {daemon.SocketPath} ended the connection: was it stopped?");
    }

    private async Task<bool> PrintAsync(IEnumerable<ObservedPacket> packets, long lost)
    {
        foreach (var packet in packets)
        {
            terminal.Out.Write(asJson ? Json(packet) : Printable.Clean(PacketLine.Of(packet)));
            terminal.Out.Write('\n');
            if (++_printed == count)
            {
                Lose(lost);
                return true;
            }
        }

        await terminal.Out.FlushAsync();
        Lose(lost);
        return false;
    }

    private void Lose(long lost)
    {
        if (lost > _lost)
        {
            terminal.Out.Flush();
            terminal.Error.Write(string.Create(CultureInfo.InvariantCulture, $"{lost - _lost} packets were not shown, for there were too many: the counters have them all (\"netdcli policy list\", netplugin_drops_total)\n"));
            _lost = lost;
        }
    }

    private int Finish(int exit)
    {
        terminal.Out.Flush();
        if (terminal.ErrorIsTerminal)
        {
            terminal.Error.Write(string.Create(CultureInfo.InvariantCulture, $"{_printed} packets shown, {_lost} not shown\n"));
        }

        return exit;
    }

    private static string Json(ObservedPacket packet)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, OneLine))
        {
            JsonSerializer.Serialize(writer, packet, ItemsJsonContext.Default.ObservedPacket);
        }

        return Printable.Clean(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
