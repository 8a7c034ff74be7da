using Netplugin.Store;
using Netplugin.Store.Etcd;
using Netplugin.Tests.Store.Fixtures;
using Netplugin.Tests.Support.Certificates;

namespace Netplugin.Tests.Store.Etcd;

/// <summary>An etcd that wants client certificates.</summary>
public sealed class EtcdTlsTests : IAsyncLifetime
{
    private readonly TestCertificates _certificates = new();
    private readonly EtcdServer _server;

    public EtcdTlsTests() => _server = new EtcdServer(
        "https", "--cert-file", _certificates.CertificateOf("server"), "--key-file", _certificates.KeyOf("server"),
        "--trusted-ca-file", _certificates.CaFile, "--client-cert-auth");

    private EtcdOptions Good => _server.Options with
    {
        CaFile = _certificates.CaFile,
        CertificateFile = _certificates.CertificateOf("client"),
        KeyFile = _certificates.KeyOf("client"),
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server.Start();
        await _server.ServesAsync(Good);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _certificates.Dispose();
    }

    [Fact]
    public async Task With_a_client_certificate_it_reads_writes_and_follows()
    {
        await using var store = new EtcdStore(Good);
        await using var follower = new Follower(store, "/t/");
        await follower.NextAsync<StoreEvent.Snapshot>();
        await store.CommitAsync(new([], [new StoreOperation.Put("/t/a", "1"u8.ToArray())]), Cancel);
        await follower.UntilAsync(f => f.State.ContainsKey("/t/a"));
        Assert.NotNull(await store.GetAsync("/t/a", Cancel));
    }

    [Fact]
    public async Task Certificate_and_key_may_be_in_one_file()
    {
        var both = _certificates.CertificateOf("both");
        await File.WriteAllTextAsync(
            both, await File.ReadAllTextAsync(_certificates.CertificateOf("client"), Cancel) + "\n" + await File.ReadAllTextAsync(_certificates.KeyOf("client"), Cancel), Cancel);
        await using var store = new EtcdStore(Good with { CertificateFile = both, KeyFile = null });
        Assert.Null(await store.GetAsync("/t/a", Cancel));
    }

    [Fact]
    public Task Without_a_client_certificate_it_is_denied() => IsDeniedAsync(Good with { CertificateFile = null, KeyFile = null }, "certificate");

    [Fact]
    public async Task With_another_authoritys_client_certificate_it_is_denied()
    {
        using var other = new TestCertificates();
        await IsDeniedAsync(Good with { CertificateFile = other.CertificateOf("client"), KeyFile = other.KeyOf("client") }, "certificate");
    }

    // The server's refusal meets what the client sends: whoever comes first, the write surely was not carried out.
    [Fact]
    public async Task However_often_it_is_denied_no_write_is_in_doubt()
    {
        using var other = new TestCertificates();
        var refused = Good with { CertificateFile = other.CertificateOf("client"), KeyFile = other.KeyOf("client") };
        var reasons = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => WriteOftenAsync(refused, 25)));
        Assert.Equal([StoreFailure.Denied], reasons.SelectMany(reason => reason).Distinct());
    }

    [Fact]
    public async Task A_server_of_another_authority_is_refused()
    {
        using var other = new TestCertificates();
        await IsDeniedAsync(Good with { CaFile = other.CaFile }, "CA file");
    }

    [Fact]
    public async Task A_server_whose_certificate_names_another_is_refused()
    {
        await using var server = new EtcdServer(
            "https", "--cert-file", _certificates.CertificateOf("othername"), "--key-file", _certificates.KeyOf("othername"));
        server.Start();
        await Wait.UntilAsync("the name is refused", async () =>
        {
            await using var store = new EtcdStore(Good with { Endpoints = [server.Url] });
            var thrown = await Assert.ThrowsAsync<StoreException>(() => store.GetAsync("/", Cancel));
            return thrown.Reason == StoreFailure.Denied;
        });
    }

    [Fact]
    public Task A_missing_file_is_named() => IsDeniedAsync(Good with { KeyFile = "/nowhere/key.pem" }, "/nowhere/key.pem");

    [Fact]
    public async Task Talking_clear_text_to_it_is_unreachable_and_not_a_hang()
    {
        await using var store = new EtcdStore(new([new UriBuilder(_server.Url) { Scheme = "http" }.Uri]));
        var thrown = await Assert.ThrowsAsync<StoreException>(() => store.GetAsync("/", Cancel));
        Assert.Equal(StoreFailure.Unreachable, thrown.Reason);
    }

    [Fact]
    public async Task A_renewed_certificate_needs_no_restart()
    {
        using var other = new TestCertificates();
        var file = _certificates.CertificateOf("renewed");
        var key = _certificates.KeyOf("renewed");
        File.Copy(other.CertificateOf("client"), file);
        File.Copy(other.KeyOf("client"), key);
        await using var store = new EtcdStore(Good with { CertificateFile = file, KeyFile = key });
        await Assert.ThrowsAsync<StoreException>(() => store.GetAsync("/", Cancel));
        File.Copy(_certificates.CertificateOf("client"), file, overwrite: true);
        File.Copy(_certificates.KeyOf("client"), key, overwrite: true);
        Assert.Null(await store.GetAsync("/", Cancel));
    }

    private static async Task<List<StoreFailure>> WriteOftenAsync(EtcdOptions options, int times)
    {
        var reasons = new List<StoreFailure>();
        for (var i = 0; i < times; i++)
        {
            await using var store = new EtcdStore(options);
            reasons.Add((await Assert.ThrowsAsync<StoreException>(
                () => store.CommitAsync(new([], [new StoreOperation.Put("/t/a", "1"u8.ToArray())]), Cancel))).Reason);
        }

        return reasons;
    }

    private static async Task IsDeniedAsync(EtcdOptions options, string said)
    {
        await using var store = new EtcdStore(options);
        var thrown = await Assert.ThrowsAsync<StoreException>(() => store.GetAsync("/", Cancel));
        Assert.True(thrown.Reason == StoreFailure.Denied, thrown.ToString());
        Assert.Contains(said, thrown.Message, StringComparison.Ordinal);
        var write = await Assert.ThrowsAsync<StoreException>(
            () => store.CommitAsync(new([], [new StoreOperation.Put("/t/a", "1"u8.ToArray())]), Cancel));
        Assert.Equal(StoreFailure.Denied, write.Reason);
    }
}
