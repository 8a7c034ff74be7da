using Netplugin.Store;
using Netplugin.Store.Embedded;
using Netplugin.Store.Etcd;

namespace Netplugin.Tests.Store;

public class StoreOptionsTests
{
    [Theory]
    [InlineData("http://127.0.0.1:4001", "http://127.0.0.1:4001/")]
    [InlineData("http://a", "http://a:2379/")]
    [InlineData("https://a/", "https://a:2379/")]
    [InlineData("http://a:80", "http://a/")]
    [InlineData("etcd://a:1, b:2,c", "http://a:1/ http://b:2/ http://c:2379/")]
    [InlineData("[fd00::1],[fd00::2]:7", "http://[fd00::1]:2379/ http://[fd00::2]:7/")]
    public void Endpoints_are_read_as_operators_write_them(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', EtcdEndpoint.ParseList(text, tls: false)));

    [Fact]
    public void Plain_hosts_mean_https_when_there_are_certificates() =>
        Assert.Equal("https://a:2379/", new StoreOptions { EtcdEndpoints = "a", CaFile = "ca.pem" }.ToEtcd().Endpoints.Single().ToString());

    [Theory]
    [InlineData("")]
    [InlineData(" , ")]
    [InlineData("consul://a")]
    [InlineData("http://")]
    [InlineData("http://a:99999")]
    [InlineData("http://a/path")]
    [InlineData("http://user@a")]
    public void What_is_no_endpoint_is_refused(string text) =>
        Assert.Throws<FormatException>(() => EtcdEndpoint.ParseList(text, tls: false));

    [Fact]
    public void Contradictions_are_refused()
    {
        Assert.Throws<FormatException>(() => new StoreOptions { EtcdEndpoints = "http://a", CaFile = "ca.pem" }.Open());
        Assert.Throws<FormatException>(() => new StoreOptions { EtcdEndpoints = "https://a", KeyFile = "key.pem" }.Open());
        Assert.Throws<FormatException>(() => new StoreOptions { EmbeddedPath = "/nowhere", CaFile = "ca.pem" }.Open());
        Assert.Throws<FormatException>(() => new StoreOptions().Open());
    }

    [Fact]
    public async Task Without_endpoints_the_embedded_file_is_opened_with_its_folder()
    {
        var directory = Directory.CreateTempSubdirectory("netplugin-store-").FullName;
        try
        {
            await using var store = new StoreOptions { EmbeddedPath = Path.Combine(directory, "deep/er/state.db") }.Open();
            Assert.IsType<EmbeddedStore>(store);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
