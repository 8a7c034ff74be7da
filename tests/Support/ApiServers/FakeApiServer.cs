using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Configuration;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.Support.ApiServers;

/// <summary>
/// An API server that does what a real one cannot be made to do: it speaks HTTP/1.1 over its own sockets, so that an answer can stop within a line.
/// </summary>
public sealed class FakeApiServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _listener;
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Func<FakeCall, Task> _answer;
    private readonly X509Certificate2? _certificate;
    private readonly Task _accepting;

    /// <summary>Starts it.</summary>
    /// <param name="answer">Answers each call; calls of different connections at the same time.</param>
    /// <param name="certificate">Its certificate; null: no TLS.</param>
    /// <param name="networkNamespace">The network whose loopback it serves at; null: this process's.</param>
    public FakeApiServer(Func<FakeCall, Task> answer, X509Certificate2? certificate = null, string? networkNamespace = null)
    {
        (_answer, _certificate) = (answer, certificate);
        _listener = networkNamespace is null ? Listen() : InNamespace.Open(networkNamespace, Listen);
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"{(_certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>A kubeconfig that leads to it, without credentials.</summary>
    public string Kubeconfig => $$"""
        {"clusters":[{"name":"fake","cluster":{"server":"{{Url}}"} }],"contexts":[{"name":"fake","context":{"cluster":"fake"} }],"current-context":"fake"}
        """;

    /// <summary>The calls so far, in order.</summary>
    public ConcurrentQueue<FakeCall> Calls { get; } = new();

    /// <summary>A client without credentials.</summary>
    public KubernetesClient Client() => new(new ClusterAccess("the test", Url));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var _ = socket;

        // Ends what waits for a client that says no more.
        await using var closing = _stop.Token.Register(socket.Dispose);
        try
        {
            await using Stream stream = new NetworkStream(socket);
            await using var secured = _certificate is null ? stream : await SecureAsync(stream);
            var peer = (secured as SslStream)?.RemoteCertificate;
            while (await FakeCall.ReadAsync(secured, socket, peer?.Subject, _stop.Token) is { } call)
            {
                Calls.Enqueue(call);
                await _answer(call);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The client left, or the test cut the connection.
            socket.Close();
        }
    }

    private async Task<SslStream> SecureAsync(Stream stream)
    {
        var tls = new SslStream(stream, false, (_, client, _, _) => client is null || client.Issuer == _certificate!.Issuer);
        await tls.AuthenticateAsServerAsync(_certificate!, clientCertificateRequired: true, checkCertificateRevocation: false);
        return tls;
    }
}
