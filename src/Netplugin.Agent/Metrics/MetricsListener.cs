using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Netplugin.Agent.Metrics;

/// <summary>
/// Serves <c>GET /metrics</c>. One small page needs no web server: a connection gets one answer and is closed; one at a time, so that a flood
/// costs the daemon nothing but the page.
/// </summary>
internal sealed class MetricsListener : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private const int LongestRequest = 8 << 10;
    private readonly TcpListener _listener;
    private readonly Func<Task<string>> _text;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _worker;

    /// <summary>Listens and serves until disposed.</summary>
    /// <param name="address">Where.</param>
    /// <param name="text">Makes the page.</param>
    /// <param name="log">The log.</param>
    /// <exception cref="SocketException">The address cannot be listened on.</exception>
    public MetricsListener(IPEndPoint address, Func<Task<string>> text, ILogger log)
    {
        _text = text;
        _log = log;
        _listener = new TcpListener(address);
        _listener.Start(16);
        _worker = Task.Run(ServeAsync);
    }

    /// <summary>Where it listens, with the port that was chosen when 0 was asked for.</summary>
    public EndPoint Address => _listener.LocalEndpoint;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _worker;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                patience.CancelAfter(Patience);
                await AnswerAsync(client.GetStream(), patience.Token);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                if (!_stop.IsCancellationRequested)
                {
                    MetricsLog.ClientFailed(_log, e.Message);
                }
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestRequest];
        var length = 0;
        while (length < buffer.Length && !EndOfHead(buffer.AsSpan(0, length)))
        {
            var got = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (got == 0)
            {
                return;
            }

            length += got;
        }

        var line = Encoding.ASCII.GetString(buffer, 0, Math.Max(0, buffer.AsSpan(0, length).IndexOf((byte)'\r')));
        var found = line.StartsWith("GET /metrics ", StringComparison.Ordinal) || line.StartsWith("GET /metrics?", StringComparison.Ordinal);
        var body = Encoding.UTF8.GetBytes(found ? await _text() : "netplugin serves GET /metrics\n");
        var head = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {(found ? "200 OK" : "404 Not Found")}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        await stream.WriteAsync(head, cancellationToken);
        await stream.WriteAsync(body, cancellationToken);
    }

    private static bool EndOfHead(ReadOnlySpan<byte> received) => received.IndexOf("\r\n\r\n"u8) >= 0;
}
