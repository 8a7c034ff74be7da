using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;

namespace Netplugin.Store.Etcd;

/// <summary>
/// One HTTP/2 connection to whichever member answers, and the unary calls over it. The HTTP client is told a fixed name in clear
/// text; who is really connected to, and TLS, are decided here in the connect callback: so failing over needs no resolver and no
/// load balancer, and the certificate is checked against the member's own name.
/// </summary>
internal sealed class EtcdConnection : IDisposable
{
    // A page of 1000 keys is far smaller; a single value of etcd's largest request (1.5 MB) fits many times.
    private const int MaxResponseBytes = 64 << 20;

    private readonly Lock _lock = new();
    private Stream? _stream;
    private int _member;

    public EtcdConnection(EtcdOptions options)
    {
        Options = options;
        Channel = GrpcChannel.ForAddress("http://etcd", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = ConnectAsync,
                UseProxy = false,

                // Notices a member that stopped answering while only a watch is open; etcd closes connections that ping
                // more often than every 5 s (grpc-keepalive-min-time).
                KeepAlivePingDelay = TimeSpan.FromSeconds(10),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            },
            MaxReceiveMessageSize = MaxResponseBytes,
            DisposeHttpClient = true,
        });
    }

    public EtcdOptions Options { get; }

    public GrpcChannel Channel { get; }

    /// <summary>Carries out one call within the call timeout, mapping failures; a read is tried once more when its connection broke.</summary>
    public async Task<T> CallAsync<T>(string operation, bool isWrite, Func<CallOptions, AsyncUnaryCall<T>> start, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var call = start(new CallOptions(deadline: DateTime.UtcNow + Options.CallTimeout, cancellationToken: cancellationToken));
                return await call;
            }
            catch (RpcException e)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var failure = EtcdErrors.Map(operation, isWrite, e, Options);
                var connected = !EtcdErrors.NeverConnected(e);
                if (failure.IsTransient && connected)
                {
                    NextMember();
                }

                // A write that surely was not carried out may be repeated too; when no member could be connected to, all were tried.
                if (attempt == 2 || failure.Reason != StoreFailure.Unreachable || !connected || e.StatusCode == StatusCode.DeadlineExceeded)
                {
                    throw failure;
                }
            }
        }
    }

    /// <summary>Leaves the member for the next one, if there is another: it answers, but cannot serve.</summary>
    public void NextMember()
    {
        Stream? old = null;
        lock (_lock)
        {
            if (Options.Endpoints.Length > 1 && _stream is not null)
            {
                (old, _stream) = (_stream, null);
                _member = (_member + 1) % Options.Endpoints.Length;
            }
        }

        old?.Dispose();
    }

    public void Dispose() => Channel.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var first = Volatile.Read(ref _member);
        var failures = new List<EtcdConnectException>();
        for (var i = 0; i < Options.Endpoints.Length; i++)
        {
            var member = (first + i) % Options.Endpoints.Length;
            try
            {
                var stream = await ConnectAsync(Options.Endpoints[member], cancellationToken);
                lock (_lock)
                {
                    (_stream, _member) = (stream, member);
                }

                return stream;
            }
            catch (EtcdConnectException e)
            {
                failures.Add(e);
            }
        }

        throw new EtcdConnectException(
            failures.Exists(failure => failure.Denied), string.Join("; ", failures.Select(failure => failure.Message)), failures[0]);
    }

    private async ValueTask<Stream> ConnectAsync(Uri endpoint, CancellationToken cancellationToken)
    {
        // Ends this member's attempt: the caller's cancellation or the time for one member.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Options.ConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(endpoint.IdnHost, endpoint.Port), limit.Token);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return endpoint.Scheme == Uri.UriSchemeHttps ? await EtcdTls.HandshakeAsync(stream, endpoint, Options, limit.Token) : stream;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new EtcdConnectException(false, $"{endpoint.Authority}: no connection within {Options.ConnectTimeout.TotalSeconds:0.#} s", e);
        }
        catch (Exception e) when (e is SocketException or IOException and not EtcdConnectException)
        {
            socket.Dispose();
            throw new EtcdConnectException(false, $"{endpoint.Authority}: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
