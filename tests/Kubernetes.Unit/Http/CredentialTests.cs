using System.Security.Cryptography.X509Certificates;
using Netplugin.Core.Services;
using Netplugin.Kubernetes;
using Netplugin.Kubernetes.Configuration;
using Netplugin.Kubernetes.Follow;
using Netplugin.Tests.Support.ApiServers;
using Netplugin.Tests.Support.Certificates;

namespace Netplugin.Tests.Kubernetes.Unit.Http;

/// <summary>Whom is talked to and as whom, with real TLS.</summary>
public sealed class CredentialTests : IDisposable
{
    private static readonly NamespacedName Name = new("shop", "a");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task A_server_whose_certificate_the_authority_signed_is_shown_the_clients()
    {
        await using var server = new FakeApiServer(call => call.ReplyAsync(200, Texts.Pod("a", "1")), Certificate("server"));
        using var client = new KubernetesClient(new ClusterAccess("the test", server.Url)
        {
            Authority = PemSource.OfFile(_certificates.CaFile),
            Certificate = PemSource.OfFile(_certificates.CertificateOf("client")),
            Key = PemSource.OfFile(_certificates.KeyOf("client")),
        });

        Assert.NotNull(await client.GetAsync(Resource.Pods, Name, Cancel));

        Assert.Equal("CN=client", Assert.Single(server.Calls).Peer);
    }

    [Theory]
    [InlineData("othername", true, null)]
    [InlineData("server", false, null)]
    [InlineData("server", true, "kubernetes")]
    public async Task A_server_that_is_not_who_it_should_be_is_sent_nothing(string certificate, bool isOwnAuthority, string? serverName)
    {
        using var others = new TestCertificates();
        await using var server = new FakeApiServer(call => call.ReplyAsync(200, Texts.Pod("a", "1")), Certificate(certificate));
        using var client = new KubernetesClient(new ClusterAccess("the test", server.Url)
        {
            Authority = PemSource.OfFile((isOwnAuthority ? _certificates : others).CaFile),
            Token = BearerToken.Fixed("s3cret"),
            ServerName = serverName,
        });

        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetAsync(Resource.Pods, Name, Cancel));

        Assert.Equal(KubernetesFailure.Denied, e.Reason);
        Assert.Contains("certificate authority of the test", e.Message, StringComparison.Ordinal);
        Assert.Empty(server.Calls);
    }

    [Fact]
    public async Task An_authority_that_was_exchanged_is_read_again()
    {
        using var others = new TestCertificates();
        var authority = Path.Combine(Path.GetDirectoryName(others.CaFile)!, "current.pem");
        File.Copy(others.CaFile, authority);
        await using var server = new FakeApiServer(call => call.ReplyAsync(200, Texts.Pod("a", "1")), Certificate("server"));
        using var client = new KubernetesClient(new ClusterAccess("the test", server.Url) { Authority = PemSource.OfFile(authority) });
        await Assert.ThrowsAsync<KubernetesException>(() => client.GetAsync(Resource.Pods, Name, Cancel));

        File.Copy(_certificates.CaFile, authority, overwrite: true);

        Assert.NotNull(await client.GetAsync(Resource.Pods, Name, Cancel));
    }

    [Fact]
    public async Task A_token_that_the_server_no_longer_knows_is_read_again_and_a_call_lost_to_nobody()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "old", Cancel);
        var known = "old";
        await using var server = new FakeApiServer(call =>
            call.Token == known ? call.ReplyAsync(200, Texts.Pod("a", "1")) : call.RefuseAsync(401, "Unauthorized"));
        using var client = new KubernetesClient(new ClusterAccess("the test", server.Url) { Token = BearerToken.OfFile(file) });
        Assert.NotNull(await client.GetAsync(Resource.Pods, Name, Cancel));

        known = "new";
        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetAsync(Resource.Pods, Name, Cancel));
        Assert.Equal(KubernetesFailure.Denied, e.Reason);
        Assert.Contains("check the token", e.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, "new", Cancel);
        Assert.NotNull(await client.GetAsync(Resource.Pods, Name, Cancel));
        File.Delete(file);
    }

    [Fact]
    public async Task A_client_certificate_that_the_server_no_longer_knows_is_read_again()
    {
        var folder = Path.GetDirectoryName(_certificates.CaFile)!;
        var (certificate, key) = (Path.Combine(folder, "current.pem"), Path.Combine(folder, "current-key.pem"));
        Use("client");
        await using var server = new FakeApiServer(
            call => call.Peer == "CN=othername" ? call.ReplyAsync(200, Texts.Pod("a", "1")) : call.RefuseAsync(401, "Unauthorized"), Certificate("server"));
        using var client = new KubernetesClient(new ClusterAccess("the test", server.Url)
        {
            Authority = PemSource.OfFile(_certificates.CaFile),
            Certificate = PemSource.OfFile(certificate),
            Key = PemSource.OfFile(key),
        });
        await Assert.ThrowsAsync<KubernetesException>(() => client.GetAsync(Resource.Pods, Name, Cancel));

        Use("othername");

        Assert.NotNull(await client.GetAsync(Resource.Pods, Name, Cancel));

        void Use(string name)
        {
            File.Copy(_certificates.CertificateOf(name), certificate, overwrite: true);
            File.Copy(_certificates.KeyOf(name), key, overwrite: true);
        }
    }

    [Fact]
    public async Task A_certificate_file_that_cannot_be_used_is_named()
    {
        using var client = new KubernetesClient(new ClusterAccess("the test", new("https://127.0.0.1:1")) { Authority = PemSource.OfFile(_certificates.KeyOf("client")) });

        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetAsync(Resource.Pods, Name, Cancel));

        Assert.Equal(KubernetesFailure.Configuration, e.Reason);
        Assert.Contains(_certificates.KeyOf("client"), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirection_is_not_followed()
    {
        await using var server = new FakeApiServer(call => call.ReplyAsync(302, "", "Location: http://127.0.0.1:1/elsewhere\r\n"));
        using var client = server.Client();

        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetAsync(Resource.Pods, Name, Cancel));

        Assert.Equal(KubernetesFailure.Refused, e.Reason);
    }

    [Fact]
    public async Task Nobody_at_the_address_is_said_to_be_nobody()
    {
        using var client = new KubernetesClient(new ClusterAccess("the test", new("http://127.0.0.1:1")));

        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetAsync(Resource.Pods, Name, Cancel));

        Assert.True(e.IsTransient);
        Assert.Contains("GET /api/v1/namespaces/shop/pods/a", e.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_of_a_proxy_in_place_of_an_answer_is_bounded()
    {
        await using var server = new FakeApiServer(call => call.ReplyAsync(502, "<html>" + new string('x', 100_000)));
        using var client = server.Client();

        var e = await Assert.ThrowsAsync<KubernetesException>(() => client.GetAsync(Resource.Pods, Name, Cancel));

        Assert.Contains("HTTP 502", e.Message, StringComparison.Ordinal);
        Assert.InRange(e.Message.Length, 1, 600);
    }

    private X509Certificate2 Certificate(string name)
    {
        using var pem = X509Certificate2.CreateFromPemFile(_certificates.CertificateOf(name), _certificates.KeyOf(name));
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }
}
