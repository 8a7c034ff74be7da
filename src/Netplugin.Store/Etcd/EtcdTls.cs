using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Netplugin.Store.Etcd;

/// <summary>TLS to one etcd member, from PEM files.</summary>
internal static class EtcdTls
{
    /// <summary>Carries out the handshake; owns <paramref name="transport"/> from here on.</summary>
    /// <exception cref="EtcdConnectException">Denied: a file cannot be used, or one side does not trust the other's certificate. Not denied: the member closed the connection.</exception>
    public static async ValueTask<Stream> HandshakeAsync(Stream transport, Uri endpoint, EtcdOptions options, CancellationToken cancellationToken)
    {
        var tls = new SslStream(transport, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(ClientOptions(endpoint.IdnHost, options), cancellationToken);
            return await EtcdTlsStream.OpenAsync(tls, endpoint, cancellationToken);
        }
        catch (AuthenticationException e)
        {
            await tls.DisposeAsync();
            throw new EtcdConnectException(true, $"{endpoint.Authority}: TLS failed: {Innermost(e)} Check the CA file and the name in the server's certificate.", e);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    private static SslClientAuthenticationOptions ClientOptions(string host, EtcdOptions options)
    {
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
        };
        if (options.CaFile is { } ca)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,

                // A private authority seldom serves revocation lists.
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.AddRange(Load(ca, "CA", path =>
            {
                var authorities = new X509Certificate2Collection();
                authorities.ImportFromPemFile(path);
                return authorities.Count > 0 ? authorities : throw new CryptographicException("it holds no certificate");
            }));
            tls.CertificateChainPolicy = policy;
        }

        if (options.CertificateFile is { } certificate)
        {
            tls.ClientCertificateContext = Load(certificate, "client certificate", path =>
            {
                var chain = new X509Certificate2Collection();
                chain.ImportFromPemFile(path);
                return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(path, options.KeyFile), chain, offline: true);
            });
        }

        return tls;
    }

    private static T Load<T>(string path, string what, Func<string, T> load)
    {
        try
        {
            return load(path);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new EtcdConnectException(true, $"the {what} file {path} cannot be used: {e.Message}", e);
        }
    }

    private static string Innermost(Exception e) => e.InnerException is { } inner ? $"{e.Message} {Innermost(inner)}" : e.Message;
}
