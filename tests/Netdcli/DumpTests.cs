using System.Collections.Immutable;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using CsCheck;
using Netdcli.Dump;
using Netplugin.NodeApi.Messages;
using Netplugin.Tests.Netdcli.Fixtures;

namespace Netplugin.Tests.Netdcli;

public sealed class DumpTests
{
    private const string Pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----";
    private readonly CliRun _cli = new();

    [Fact]
    public void A_bundle_holds_state_status_counters_and_metrics()
    {
        _cli.Post(Intents.Late);
        var files = DumpWithDaemon();
        Assert.Equal(
            [
                "attachments.json", "counters.json", "host.txt", "metrics.txt", "status.json", "store/cluster.json", "store/containers.json",
                "store/endpoints.json", "store/intent.json", "store/tenants.json", "version.json",
            ],
            files.Keys.Order(StringComparer.Ordinal));
        Assert.Contains("11.1.1.2", files["store/endpoints.json"], StringComparison.Ordinal);
        Assert.Contains("\"spoofed_source\": 7", files["counters.json"], StringComparison.Ordinal);
        Assert.Contains("netplugin_adds_total 3", files["metrics.txt"], StringComparison.Ordinal);
    }

    [Fact]
    public void No_secret_gets_into_a_bundle_from_anywhere()
    {
        _cli.Post(Intents.Late);
        _cli.Store.Put("/netplugin/v1/extra/one", Encoding.UTF8.GetBytes($$"""{"password":"s3cr3t","nested":{"clientKey":"s3cr3t"},"note":"see {{Pem.Replace("\n", "\\n", StringComparison.Ordinal)}}"}"""));
        _cli.Store.Put("/netplugin/v1/extra/damaged", Encoding.UTF8.GetBytes("{ token=s3cr3t " + Pem));
        var files = DumpWithDaemon("--etcd-url", "https://root:s3cr3t@10.0.0.1:2379");
        foreach (var (name, text) in files)
        {
            Assert.False(text.Contains("s3cr3t", StringComparison.Ordinal) || text.Contains("MIIEvQ", StringComparison.Ordinal), $"{name}: {text}");
        }

        Assert.Contains("[redacted]", files["store/extra.json"], StringComparison.Ordinal);
        Assert.Contains("[redacted]", files["status.json"], StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_had_is_named_and_the_rest_is_there()
    {
        _cli.Post(Intents.Late);
        var result = _cli.Run("dump", "-o", "-");
        Assert.Equal(0, result.Exit);
        Assert.Contains("errors.txt", result.Error, StringComparison.Ordinal);
        var files = Read(new MemoryStream(result.Bytes));
        Assert.Contains("this host's netplugin: the daemon is not running", files["errors.txt"], StringComparison.Ordinal);
        Assert.Contains("store/endpoints.json", files.Keys);
    }

    [Fact]
    public void A_bundle_in_a_file_is_for_its_owner_only()
    {
        var path = Path.Combine(Path.GetTempPath(), $"netdcli-dump-{Environment.ProcessId}.tar.gz");
        try
        {
            var result = _cli.Run("dump", "-o", path);
            Assert.Equal((0, path + "\n"), (result.Exit, result.Out));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            using var file = File.OpenRead(path);
            Assert.Contains("version.json", Read(file).Keys);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_bundle_is_not_written_to_a_terminal()
    {
        _cli.OutIsTerminal = true;
        Assert.Equal(1, _cli.Run("dump", "-o", "-").Exit);
    }

    [Theory]
    [InlineData("""{"password":"x1y2"}""")]
    [InlineData("""{"etcdKey":["x1y2"]}""")]
    [InlineData("""{"key":{"a":"x1y2"}}""")]
    [InlineData("""{"tlsCertificate":"x1y2"}""")]
    [InlineData("""{"authToken":12341234,"a":"bearer x1y2x1y2"}""")]
    [InlineData("""{"a":"https://u:x1y2@h/"}""")]
    [InlineData("""{"a":"password = x1y2 rest"}""")]
    [InlineData("""["api_key: x1y2"]""")]
    [InlineData("""not json, secret=x1y2""")]
    [InlineData("""{"-----BEGIN X-----x1y2-----END X-----":1}""")]
    public void Each_form_of_a_secret_is_taken_out(string text)
    {
        var clean = Encoding.UTF8.GetString(Redaction.Json(Encoding.UTF8.GetBytes(text)));
        Assert.DoesNotContain("x1y2", clean, StringComparison.Ordinal);
        Assert.DoesNotContain("12341234", clean, StringComparison.Ordinal);
        Assert.Contains(Redaction.Mark, clean, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"container":"monkey1","keyspace":"a","address":"10.0.0.1"}""")]
    [InlineData("""{"path":"/netplugin/v1/hosts/token-1"}""")]
    public void What_is_no_secret_stays(string text) =>
        Assert.DoesNotContain(Redaction.Mark, Encoding.UTF8.GetString(Redaction.Json(Encoding.UTF8.GetBytes(text))), StringComparison.Ordinal);

    [Fact]
    public void Redacting_never_throws_whatever_the_bytes() =>
        Gen.Byte.Array.Sample(bytes => _ = Redaction.Json(bytes), iter: 2000);

    private static Dictionary<string, string> Read(Stream bundle)
    {
        using var zip = new GZipStream(bundle, CompressionMode.Decompress);
        using var tar = new TarReader(zip);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        while (tar.GetNextEntry() is { } entry)
        {
            using var reader = new StreamReader(entry.DataStream ?? Stream.Null);
            var name = entry.Name;
            Assert.StartsWith("netplugin-dump-20260102-030405/", name, StringComparison.Ordinal);
            files.Add(name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..], reader.ReadToEnd());
        }

        return files;
    }

    private static NodeReply Answer(NodeRequest request) => request switch
    {
        NodeRequest.GetStatus => new NodeReply.Status(new DaemonStatus(
            "host1", "0.1.0", "ready", FixedClock.Now, new StoreConnection("etcd", "https://root:s3cr3t@10.0.0.1:2379", true, "", FixedClock.Now, 1),
            "192.168.2.10", 1500, 1450, 0, 0, 0, null, 0, 0, ["login with password=s3cr3t failed"])),
        NodeRequest.GetEndpoints => new NodeReply.Endpoints([]),
        NodeRequest.GetCounters => new NodeReply.Counters(
            ImmutableSortedDictionary<string, long>.Empty.Add("spoofed_source", 7), ImmutableSortedDictionary<string, long>.Empty),
        NodeRequest.GetMetrics => new NodeReply.Metrics("netplugin_adds_total 3\n"),
        _ => new NodeReply.Refused(NodeErrorCode.BadRequest, "not in this test"),
    };

    private Dictionary<string, string> DumpWithDaemon(params string[] more)
    {
        var daemon = new FakeDaemon(Answer);
        try
        {
            _cli.Socket = daemon.Path;
            var result = _cli.Run(["dump", "-o", "-", .. more]);
            Assert.True(result.Exit == 0 && result.Error.Length == 0, result.Error);
            return Read(new MemoryStream(result.Bytes));
        }
        finally
        {
            daemon.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
