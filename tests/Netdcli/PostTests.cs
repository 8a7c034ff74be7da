using System.Text;
using Netplugin.Store;
using Netplugin.Tests.Netdcli.Fixtures;

namespace Netplugin.Tests.Netdcli;

public sealed class PostTests : IDisposable
{
    private readonly CliRun _cli = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("netdcli-post-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_post_writes_nothing_on_stdout_and_one_log_line_on_stderr()
    {
        var result = _cli.Run("-cfg", Write("late.json", Intents.Late));
        Assert.Equal(0, result.Exit);
        Assert.Empty(result.Out);
        Assert.Equal(
            $"time=\"2026-01-02T03:04:05Z\" level=info msg=\"posted {_folder}/late.json as post 1: 1 tenant new, 2 networks new, 4 endpoints new\"\n",
            result.Error);
    }

    [Fact]
    public void Posting_the_same_again_changes_nothing()
    {
        _cli.Post(Intents.Late);
        var before = _cli.Store.Commits;
        Assert.Contains("nothing to change, post 1 stands", _cli.Post(Intents.Late).Error, StringComparison.Ordinal);
        Assert.Equal(before, _cli.Store.Commits);
    }

    [Fact]
    public void Add_keeps_what_it_does_not_name_and_cfg_removes_it()
    {
        _cli.Post(Intents.Late);
        _cli.Post("""{"Tenants": [{"Name": "tenant-one", "Networks": [{"Name": "green", "Endpoints": [{"Container": "c5"}]}]}]}""", "-add-cfg");
        Assert.Equal(3, Lines(_cli.Run("get", "networks").Out));
        _cli.Post(Intents.Late);
        Assert.Equal(2, Lines(_cli.Run("get", "networks").Out));
    }

    [Fact]
    public void Del_removes_endpoints_listed_and_a_network_only_when_listed_bare()
    {
        _cli.Post(Intents.Late);
        _cli.Post("""{"Tenants": [{"Name": "tenant-one", "Networks": [{"Name": "orange", "Endpoints": [{"Container": "myContainer1"}, {"Container": "myContainer3"}]}]}]}""", "-del-cfg");
        Assert.Equal(0, _cli.Run("-oper", "get", "-construct", "network", "orange").Exit);
        _cli.Post("""{"Tenants": [{"Name": "tenant-one", "Networks": [{"Name": "orange"}]}]}""", "-del-cfg");
        Assert.Equal(1, _cli.Run("-oper", "get", "-construct", "network", "orange").Exit);
    }

    [Theory]
    [InlineData("""[{"Container": "myContainer1", "Host": "host1", "AttachUUID": "u1"}]""")]
    [InlineData("""{"HostBindings": [{"Container": "myContainer1", "Host": "host1", "AttachUUID": "u1"}]}""")]
    public void Host_bindings_home_a_container_and_an_empty_host_unbinds(string bindings)
    {
        _cli.Post(Intents.Late);
        _cli.Post(bindings, "-host-bindings-cfg");
        var bound = _cli.Run("-oper", "get", "-construct", "endpoint", "orange-myContainer1").Out;
        Assert.Contains("\"homingHost\": \"host1\"", bound, StringComparison.Ordinal);
        Assert.Contains("\"attachUUID\": \"u1\"", bound, StringComparison.Ordinal);
        _cli.Post("""[{"Container": "myContainer1", "Host": ""}]""", "-host-bindings-cfg");
        Assert.Contains("\"homingHost\": \"\"", _cli.Run("-oper", "get", "-construct", "endpoint", "orange-myContainer1").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_error_is_told_with_file_line_and_column_and_nothing_is_written()
    {
        var file = Write("bad.json", """
            {
              "Tenants": [
                { "Name": "t", "DefaultNetTypo": "vxlan", "SubnetPool": "11.1.0.0/33" }
              ]
            }
            """);
        var result = _cli.Run("-cfg", file);
        Assert.Equal(1, result.Exit);
        Assert.Contains($"{file}:3:20: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("DefaultNetType", result.Error, StringComparison.Ordinal);
        Assert.Contains($"{file}:3:61: ", result.Error, StringComparison.Ordinal);
        Assert.EndsWith($"netdcli: 2 errors in {file}: nothing was written\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, _cli.Store.Commits);
    }

    [Fact]
    public void An_error_of_planning_has_its_place_too()
    {
        var result = _cli.RunWithInput(
            Encoding.UTF8.GetBytes("""
            {"Tenants": [{"Name": "t", "DefaultNetType": "vxlan", "SubnetPool": "11.1.0.0/24", "AllocSubnetLen": 24, "Vxlans": "100-200",
             "Networks": [{"Name": "a"}, {"Name": "b"}]}]}
            """), "-cfg", "-");
        Assert.Equal(1, result.Exit);
        Assert.Matches(@"^stdin:2:\d+: ", result.Error);
        Assert.Equal(0, _cli.Store.Commits);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"Tenants\": [}")]
    [InlineData("{\"Tenants\": {}}")]
    [InlineData("{\"Tenants\": []} x")]
    [InlineData("\u0000\u0001")]
    public void What_is_not_an_intent_is_refused(string text)
    {
        var result = _cli.RunWithInput(Encoding.UTF8.GetBytes(text), "-add-cfg", "-");
        Assert.Equal(1, result.Exit);
        Assert.Matches(@"^stdin:\d+:\d+: .+", result.Error);
        Assert.Equal(0, _cli.Store.Commits);
    }

    [Theory]
    [InlineData((byte)'x')]
    [InlineData((byte)' ')]
    [InlineData((byte)'[')]
    [InlineData((byte)0)]
    public void Fifty_megabytes_of_junk_are_refused_without_reading_them_all(byte junk)
    {
        using var stream = new Junk(junk, 50 << 20);
        var result = _cli.RunWithInput(stream, "-cfg", "-");
        Assert.Equal(1, result.Exit);
        Assert.Contains("larger than", result.Error, StringComparison.Ordinal);
        Assert.True(stream.Position < 20 << 20, $"{stream.Position} bytes were read");
        Assert.Equal(0, _cli.Store.Commits);
    }

    [Fact]
    public void A_store_that_cannot_be_reached_is_told_and_fails()
    {
        _cli.Store.Failure = new StoreException("list", StoreFailure.Unreachable, "no server at 10.0.0.1 answers");
        var result = _cli.RunWithInput(Encoding.UTF8.GetBytes(Intents.Late), "-cfg", "-");
        Assert.Equal(1, result.Exit);
        Assert.Contains("no server at 10.0.0.1 answers", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_etcd_the_local_daemon_s_store_is_used_for_small_and_large_posts()
    {
        await using var daemon = new FakeDaemon(_ => throw new InvalidOperationException("only the store is asked"), _cli.Store);
        _cli.Socket = daemon.Path;
        _cli.ThroughDaemon = true;
        _cli.Post(Intents.Late);
        Assert.Equal(2, Lines(_cli.Run("get", "networks").Out));

        // More than one transaction of etcd, which the daemon may keep behind its socket.
        var endpoints = string.Join(',', Enumerable.Range(0, 200).Select(i => $"{{\"Container\": \"c{i}\"}}"));
        _cli.Post("{\"Tenants\": [{\"Name\": \"tenant-one\", \"Networks\": [{\"Name\": \"big\", \"Endpoints\": [" + endpoints + "]}]}]}", "-add-cfg");
        Assert.Equal(204, Lines(_cli.Run("get", "endpoints").Out));
        Assert.True(_cli.Store.LargestCommit <= 128, $"a transaction held {_cli.Store.LargestCommit} operations");
    }

    [Fact]
    public void A_post_that_nobody_knows_the_outcome_of_says_how_to_find_out()
    {
        _cli.Store.Failure = new StoreException("commit", StoreFailure.OutcomeUnknown, "the connection broke");
        var result = _cli.RunWithInput(Encoding.UTF8.GetBytes(Intents.Late), "-cfg", "-");
        Assert.Equal(1, result.Exit);
        Assert.Contains("the connection broke; \"netdcli diff\" with the same file tells whether it is posted", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Debug_says_where_a_post_goes()
    {
        var result = _cli.RunWithInput("{}"u8.ToArray(), "-debug", "-etcd-url", "http://user:pw@10.0.0.1:2379", "-cfg", "-");
        Assert.Contains("level=debug msg=\"stdin: 2 bytes, to be posted to etcd http://10.0.0.1:2379\"", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("pw", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_in_a_bad_file_cannot_steer_the_terminal()
    {
        var result = _cli.RunWithInput("{\"Tenants\": [{\"Name\": \"a\\u001b[2J\"}]}"u8.ToArray(), "-cfg", "-");
        Assert.Equal(1, result.Exit);
        Assert.DoesNotContain('\e', result.Error);
    }

    private static int Lines(string table) => table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length - 1;

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>One byte over and over; counts how much was read.</summary>
    private sealed class Junk(byte value, long length) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - _position);
            buffer.AsSpan(offset, read).Fill(value);
            _position += read;
            return read;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
