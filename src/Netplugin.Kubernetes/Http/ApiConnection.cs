using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Netplugin.Kubernetes.Configuration;

namespace Netplugin.Kubernetes.Http;

/// <summary>
/// Requests to one API server, over one HTTP/2 connection where it has TLS, else HTTP/1.1. Certificates and tokens in files rotate: when the server
/// no longer takes what is used, they are read again and the request is sent once more.
/// </summary>
internal sealed class ApiConnection(ClusterAccess access) : IDisposable
{
    // A page of 500 objects takes a busy server seconds.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private Transport? _transport;

    public ClusterAccess Access => access;

    /// <summary>Sends a request and reads its whole answer.</summary>
    public async Task<T> ReadAsync<T>(ApiRequest request, Func<Stream, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        // Ends the answer's reading: the caller's cancellation or the time for a call.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CallTimeout);
        try
        {
            using var response = await SendAsync(request, limit.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
            return await read(stream, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw TimedOut(request, e);
        }
        catch (JsonException e)
        {
            throw ApiErrors.Unreadable(request, e);
        }
        catch (IOException e)
        {
            throw ApiErrors.BrokenOff(request, e);
        }
    }

    /// <summary>Sends a request and reads its answer as one document.</summary>
    public Task<T> ReadAsync<T>(ApiRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken) => ReadAsync(
        request,
        async (stream, token) => await JsonSerializer.DeserializeAsync(stream, type, token) ?? throw new JsonException("null"),
        cancellationToken);

    /// <summary>Sends a request whose answer's content does not matter.</summary>
    public Task WriteAsync(ApiRequest request, CancellationToken cancellationToken) =>
        ReadAsync(request, (_, _) => ValueTask.FromResult(true), cancellationToken);

    /// <summary>Sends a request whose answer goes on for long; the caller reads and disposes it. Only its beginning has a time limit.</summary>
    public async Task<HttpResponseMessage> OpenAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CallTimeout);
        try
        {
            return await SendAsync(request, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw TimedOut(request, e);
        }
    }

    public void Dispose() => _transport?.Dispose();

    private async Task<HttpResponseMessage> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var transport = CurrentTransport();
            var token = access.Token?.Current();
            HttpResponseMessage response;
            try
            {
                using var message = Message(request, token);
                response = await transport.SendAsync(message, cancellationToken);
            }
            catch (HttpRequestException e) when (isFirst && ApiErrors.IsTls(e) && IsReplaced(transport))
            {
                continue;
            }
            catch (HttpRequestException e)
            {
                throw ApiErrors.Of(request, access, e);
            }

            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                if (isFirst && response.StatusCode == HttpStatusCode.Unauthorized
                    && ((token is not null && access.Token!.IsReplaced(token)) || IsReplaced(transport)))
                {
                    continue;
                }

                throw await ApiErrors.OfAsync(request, response, access, cancellationToken);
            }
        }
    }

    private HttpRequestMessage Message(ApiRequest request, string? token)
    {
        var message = new HttpRequestMessage(request.Method, request.UriAt(access.Server))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.Accept.Add(new("application/json"));
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("netplugin", null));
        if (token is not null)
        {
            message.Headers.Authorization = new("Bearer", token);
        }

        if (request.Body is { } body)
        {
            message.Content = new ByteArrayContent(body);
            message.Content.Headers.ContentType = new(request.Verb == "patch" ? "application/merge-patch+json" : "application/json");
        }

        return message;
    }

    private Transport CurrentTransport()
    {
        lock (_lock)
        {
            return _transport ??= new(access, Certificates.Read(access));
        }
    }

    // True when the certificates' files hold something else than what the transport was made from; the next one is then made from that.
    private bool IsReplaced(Transport refused)
    {
        lock (_lock)
        {
            if (_transport != refused)
            {
                return true;
            }

            var certificates = Certificates.Read(access);
            if (certificates == refused.Certificates)
            {
                return false;
            }

            // Whatever still goes on over the old one may end by itself.
            _transport = new(access, certificates);
            return true;
        }
    }

    // The HTTP client says by the inner exception that its own limit, that of connecting, was the one.
    private KubernetesException TimedOut(ApiRequest request, OperationCanceledException e) => new(
        request.Operation,
        KubernetesFailure.Unreachable,
        e.InnerException is TimeoutException
            ? $"no connection to {access.Server.Authority} within {ConnectTimeout.TotalSeconds:0} s."
            : $"no answer from {access.Server.Authority} within {CallTimeout.TotalSeconds:0} s.",
        e);

    /// <summary>The PEM texts that TLS is made with.</summary>
    private sealed record Certificates(string? Authority, string? Certificate, string? Key)
    {
        public static Certificates Read(ClusterAccess access) => new(Read(access.Authority), Read(access.Certificate), Read(access.Key));

        private static string? Read(PemSource? source)
        {
            try
            {
                return source?.Read();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new KubernetesException("configuration", KubernetesFailure.Configuration, $"{source!.Name} cannot be read: {e.Message}", e);
            }
        }
    }

    /// <summary>An HTTP client and the certificates it was made with.</summary>
    private sealed class Transport(ClusterAccess access, Certificates certificates) : HttpMessageInvoker(Handler(access, certificates))
    {
        public Certificates Certificates => certificates;

        private static SocketsHttpHandler Handler(ClusterAccess access, Certificates certificates)
        {
            var tls = new SslClientAuthenticationOptions();
            if (access.ServerName is { } name)
            {
                tls.TargetHost = name;
            }

            if (certificates.Authority is { } authority)
            {
                var policy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,

                    // A cluster's own authority serves no revocation lists.
                    RevocationMode = X509RevocationMode.NoCheck,
                };
                policy.CustomTrustStore.AddRange(Load(access.Authority!, () => Pem(authority)));
                tls.CertificateChainPolicy = policy;
            }

            if (certificates.Certificate is { } certificate)
            {
                tls.ClientCertificateContext = Load(access.Certificate!, () => SslStreamCertificateContext.Create(
                    X509Certificate2.CreateFromPem(certificate, certificates.Key ?? certificate), Pem(certificate), offline: true));
            }

            return new()
            {
                SslOptions = tls,
                UseProxy = false,
                UseCookies = false,

                // Credentials go to the configured server alone.
                AllowAutoRedirect = false,
                ConnectTimeout = ConnectTimeout,

                // Notices a server that stopped answering while only watches are open.
                KeepAlivePingDelay = TimeSpan.FromSeconds(15),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            };
        }

        private static X509Certificate2Collection Pem(string text)
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(text);
            return all.Count > 0 ? all : throw new CryptographicException("it holds no certificate.");
        }

        private static T Load<T>(PemSource source, Func<T> load)
        {
            try
            {
                return load();
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                throw new KubernetesException("configuration", KubernetesFailure.Configuration, $"{source.Name} cannot be used: {e.Message}", e);
            }
        }
    }
}
