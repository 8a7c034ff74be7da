using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Netplugin.Tests.Support.ApiServers;

/// <summary>One request to a <see cref="FakeApiServer"/>, and the way to answer it.</summary>
public sealed class FakeCall
{
    private readonly Stream _stream;
    private readonly Socket _socket;

    private FakeCall(Stream stream, Socket socket, string method, string target, Dictionary<string, string> headers, string body, string? peer, CancellationToken stopped)
    {
        (_stream, _socket, Method, Headers, Body, Peer, Stopped) = (stream, socket, method, headers, body, peer, stopped);
        var parts = target.Split('?', 2);
        Path = parts[0];
        foreach (var pair in parts.Length > 1 ? parts[1].Split('&') : [])
        {
            var (name, value) = (pair.Split('=')[0], pair.Split('=')[1]);
            Query[name] = Uri.UnescapeDataString(value);
        }
    }

    public string Method { get; }

    public string Path { get; }

    public Dictionary<string, string> Query { get; } = [];

    public Dictionary<string, string> Headers { get; }

    public string Body { get; }

    /// <summary>Whom the client's certificate names.</summary>
    public string? Peer { get; }

    /// <summary>The server is being stopped.</summary>
    public CancellationToken Stopped { get; }

    public bool IsWatch => Query.ContainsKey("watch");

    public string? Token => Headers.GetValueOrDefault("Authorization")?["Bearer ".Length..];

    public static async Task<FakeCall?> ReadAsync(Stream stream, Socket socket, string? peer, CancellationToken stopped)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, stopped) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n");
        var headers = lines.Skip(1).Where(line => line.Length > 0).Select(line => line.Split(": ", 2))
            .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.OrdinalIgnoreCase);
        var body = new byte[int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, stopped);
        var start = lines[0].Split(' ');
        return new(stream, socket, start[0], start[1], headers, Encoding.UTF8.GetString(body), peer, stopped);
    }

    /// <summary>Answers whole.</summary>
    public Task ReplyAsync(int status, string json, string headers = "") => WriteAsync(
        $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n{headers}\r\n{json}");

    /// <summary>Answers with an error as the API server words it.</summary>
    public Task RefuseAsync(int status, string message, string headers = "") =>
        ReplyAsync(status, $$"""{"kind":"Status","apiVersion":"v1","status":"Failure","message":"{{message}}","code":{{status}}}""", headers);

    /// <summary>Begins an answer that comes piece by piece.</summary>
    public Task BeginAsync() => WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");

    /// <summary>Sends a piece.</summary>
    public Task SendAsync(string text) => WriteAsync($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    /// <summary>Ends the answer as it should end.</summary>
    public Task EndAsync() => WriteAsync("0\r\n\r\n");

    /// <summary>Sends these lines and waits until the server is stopped.</summary>
    public async Task StreamAsync(params string[] lines)
    {
        await BeginAsync();
        foreach (var line in lines)
        {
            await SendAsync(line + "\n");
        }

        await HangAsync();
    }

    /// <summary>Says nothing until the server is stopped.</summary>
    public async Task HangAsync()
    {
        var never = new TaskCompletionSource();
        await never.Task.WaitAsync(Stopped);
    }

    /// <summary>Ends the connection, not the answer.</summary>
    public void Cut() => _socket.Shutdown(SocketShutdown.Both);

    private async Task WriteAsync(string text)
    {
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(text), Stopped);
        await _stream.FlushAsync(Stopped);
    }
}
