using Netplugin.NodeApi;
using Netplugin.NodeApi.Client;
using Netplugin.NodeApi.Messages;
using Netplugin.Store;
using Netplugin.Tests.K8contivnet.Program;

namespace Netplugin.Tests.K8contivnet.NodeApi;

public sealed class NodeClientTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("npclient");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Socket => Path.Combine(_folder.FullName, "s");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task No_daemon_is_told_with_the_path_and_what_to_do()
    {
        var failed = await Assert.ThrowsAsync<NodeApiException>(() => new NodeClient(Socket).AskAsync<NodeReply.Status>(new NodeRequest.GetStatus(), Cancel));

        Assert.Equal("unavailable", failed.Code);
        Assert.Equal($"the daemon is not running at {Socket} (there is no such socket): start netplugin or set NETPLUGIN_SOCKET", failed.Message);
    }

    [Fact]
    public async Task A_path_too_long_for_a_socket_is_told()
    {
        var client = new NodeClient("/" + new string('x', 200));
        var failed = await Assert.ThrowsAsync<NodeApiException>(() => client.AskAsync<NodeReply.Status>(new NodeRequest.GetStatus(), Cancel));

        Assert.Contains("107 bytes", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_thrown_with_its_code()
    {
        using var daemon = FakeDaemon.Replying(Socket, new NodeReply.Refused("version", "of one release"));
        var failed = await Assert.ThrowsAsync<NodeApiException>(() => new NodeClient(Socket).AskAsync<NodeReply.Status>(new NodeRequest.GetStatus(), Cancel));

        Assert.Equal(("version", "of one release"), (failed.Code, failed.Message));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000005")]
    [InlineData("00000000")]
    [InlineData("7fffffff")]
    [InlineData("000000027b7d")]
    [InlineData("00000002ffff")]
    public async Task Nonsense_is_one_kind_of_failure(string hex)
    {
        using var daemon = FakeDaemon.Sending(Socket, Convert.FromHexString(hex));
        await Assert.ThrowsAsync<NodeApiException>(() => new NodeClient(Socket).AskAsync<NodeReply.Status>(new NodeRequest.GetStatus(), Cancel));
    }

    [Fact]
    public async Task Another_answer_than_the_expected_is_refused()
    {
        using var daemon = FakeDaemon.Replying(Socket, new NodeReply.Done());
        await Assert.ThrowsAsync<NodeApiException>(() => new NodeClient(Socket).AskAsync<NodeReply.Status>(new NodeRequest.GetStatus(), Cancel));
    }

    [Fact]
    public async Task A_daemon_that_does_not_answer_is_given_up_after_the_limit()
    {
        using var daemon = FakeDaemon.Silent(Socket);
        var failed = await Assert.ThrowsAsync<NodeApiException>(() =>
            new NodeClient(Socket, TimeSpan.FromMilliseconds(200)).AskAsync<NodeReply.Status>(new NodeRequest.GetStatus(), Cancel));

        Assert.Contains("0.2 s", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stores_failures_keep_their_kind_through_the_socket()
    {
        var store = new NodeApiStore(new NodeClient(Socket));
        using (FakeDaemon.Replying(Socket, new NodeReply.Refused(NodeErrorCode.ForStore(StoreFailure.Denied), "no")))
        {
            Assert.Equal(StoreFailure.Denied, (await Assert.ThrowsAsync<StoreException>(() => store.ListAsync("/", Cancel))).Reason);
        }

        Assert.Equal(StoreFailure.Unreachable, (await Assert.ThrowsAsync<StoreException>(() => store.CommitAsync(new([], []), Cancel))).Reason);
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_may_have_been_carried_out()
    {
        using var daemon = FakeDaemon.Sending(Socket, []);
        var store = new NodeApiStore(new NodeClient(Socket));

        Assert.True((await Assert.ThrowsAsync<StoreException>(() => store.CommitAsync(new([], []), Cancel))).OutcomeUnknown);
    }
}
