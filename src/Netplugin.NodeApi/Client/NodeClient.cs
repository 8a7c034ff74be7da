using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Netplugin.NodeApi.Messages;

namespace Netplugin.NodeApi.Client;

/// <summary>Asks a daemon over its Unix socket: a connection a request. Safe for use by several callers at once.</summary>
/// <param name="socketPath">The daemon's socket.</param>
/// <param name="timeout">How long one request may take; 30 s when not given.</param>
public sealed class NodeClient(string socketPath, TimeSpan? timeout = null)
{
    private readonly TimeSpan _timeout = timeout ?? TimeSpan.FromSeconds(30);

    /// <summary>The daemon's socket.</summary>
    public string SocketPath { get; } = socketPath;

    /// <summary>The socket that <c>NETPLUGIN_SOCKET</c> names, or the default one.</summary>
    public static string DefaultSocketPath =>
        Environment.GetEnvironmentVariable(NodeProtocol.SocketVariable) is { Length: > 0 } path ? path : NodeProtocol.DefaultSocket;

    /// <summary>Sends a request and waits for its one answer.</summary>
    /// <typeparam name="TReply">The kind of answer the request has.</typeparam>
    /// <exception cref="NodeApiException">No daemon, no answer in time, another answer, or the daemon refused.</exception>
    public async Task<TReply> AskAsync<TReply>(NodeRequest request, CancellationToken cancellationToken = default)
        where TReply : NodeReply
    {
        // Ends by the caller or by the time limit.
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(_timeout);
        try
        {
            await using var connection = await OpenAsync(request, limited.Token);
            return Expect<TReply>(await connection.NextAsync(limited.Token) ?? throw Closed());
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NodeApiException(
                NodeErrorCode.Unavailable, $"the daemon at {SocketPath} did not answer within {_timeout.TotalSeconds:0.#} s: see its log");
        }
    }

    /// <summary>Sends a request that is answered by frame after frame, until the caller stops or the daemon closes.</summary>
    /// <exception cref="NodeApiException">No daemon, or the daemon refused.</exception>
    public async IAsyncEnumerable<NodeReply> StreamAsync(
        NodeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenAsync(request, cancellationToken);
        while (await connection.NextAsync(cancellationToken) is { } reply)
        {
            yield return Expect<NodeReply>(reply);
        }
    }

    internal async Task<NodeConnection> OpenAsync(NodeRequest request, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken);
            var connection = new NodeConnection(socket);
            await connection.SendAsync(request, cancellationToken);
            return connection;
        }
        catch (Exception e) when (e is SocketException or IOException or ArgumentException)
        {
            socket.Dispose();
            throw new NodeApiException(NodeErrorCode.Unavailable, Explain(e), e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal static TReply Expect<TReply>(NodeReply reply)
        where TReply : NodeReply => reply switch
        {
            NodeReply.Refused error => throw new NodeApiException(error.Code, error.Message),
            TReply wanted => wanted,
            _ => throw new NodeApiException(NodeErrorCode.BadRequest, $"the daemon answered with {reply.GetType().Name} instead of {typeof(TReply).Name}"),
        };

    private string Explain(Exception e) => e switch
    {
        SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            $"{SocketPath} may not be opened: the node API is for root",
        // How .NET reports ENOENT for a Unix socket; its own words ("Cannot assign requested address") mislead.
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } =>
            $"the daemon is not running at {SocketPath} (there is no such socket): start netplugin or set {NodeProtocol.SocketVariable}",
        ArgumentException => $"\"{SocketPath}\" is not a socket path: it may have at most 107 bytes ({e.Message})",
        IOException => $"the daemon at {SocketPath} broke the connection off: see its log",
        _ => $"the daemon is not running at {SocketPath}: start netplugin or set {NodeProtocol.SocketVariable} ({e.Message})",
    };

    private NodeApiException Closed() =>
        new(NodeErrorCode.Unavailable, $"the daemon at {SocketPath} closed the connection without an answer: see its log");
}
