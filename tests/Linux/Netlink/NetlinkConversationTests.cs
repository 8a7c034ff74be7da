using System.Runtime.InteropServices;
using Netplugin.Linux;
using Netplugin.Linux.Netlink;

namespace Netplugin.Tests.Linux.Netlink;

public sealed class NetlinkConversationTests : IDisposable
{
    private const int NoDevice = 19;
    private const int Busy = 16;
    private const int NoBuffers = 105;

    private readonly FakeKernel _kernel = new();
    private readonly NetlinkConversation _conversation;

    public NetlinkConversationTests() => _conversation = new(_kernel);

    public void Dispose()
    {
        _conversation.Dispose();
        _kernel.Dispose();
    }

    [Fact]
    public void Only_the_last_message_of_a_batch_asks_for_an_acknowledgement_and_all_are_numbered()
    {
        _kernel.Answers(FakeKernel.Error(2, 0));

        Assert.Empty(_conversation.Try(Batch(3)));

        var headers = Headers(Assert.Single(_kernel.Sent));
        Assert.Equal([NetlinkFlags.Request, NetlinkFlags.Request, NetlinkFlags.Request | NetlinkFlags.Acknowledge], headers.Select(header => header.Flags));
        Assert.Equal([1u, 2u, 3u], headers.Select(header => header.Sequence));
    }

    [Fact]
    public void Every_error_is_reported_with_its_step_and_the_kernels_words()
    {
        _kernel.Answers(FakeKernel.Error(0, NoDevice, "no such thing")).Answers(FakeKernel.Error(1, Busy, "come back", capped: false), FakeKernel.Error(2, 0));

        var failures = _conversation.Try(Batch(3));

        Assert.Equal([0, 1], failures.Select(failure => failure.Step));
        Assert.Equal("cannot do step 0: no such thing (No such device, ENODEV)", failures[0].Error.Message);
        Assert.Equal("cannot do step 1: come back (Device or resource busy, EBUSY)", failures[1].Error.Message);
        Assert.True(failures[1].Error.IsTransient);
    }

    [Fact]
    public void Several_errors_are_thrown_as_the_first_with_the_others_text()
    {
        _kernel.Answers(FakeKernel.Error(0, NoDevice), FakeKernel.Error(1, Busy));

        var error = Assert.Throws<KernelException>(() => _conversation.Execute(Batch(2)));

        Assert.Equal(KernelErrorKind.NotFound, error.Kind);
        Assert.Contains("cannot do step 1: Device or resource busy", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Answers_to_older_requests_are_passed_over()
    {
        _kernel.Fails(NoBuffers);
        Assert.Throws<KernelException>(() => _conversation.Execute(Batch(1)));
        _kernel.Answers(FakeKernel.Error(-1, Busy), FakeKernel.Data(-1, 7)).Answers(FakeKernel.Data(0, 8), FakeKernel.Error(0, 0));
        var seen = new List<uint>();

        _conversation.Execute(Batch(1), (_, message) => seen.Add(message.Read<uint>()));

        Assert.Equal([8u], seen);
    }

    [Fact]
    public void A_dump_that_a_change_interrupted_is_read_again()
    {
        _kernel.Answers(FakeKernel.Data(0, 1), FakeKernel.Data(0, 2, NetlinkFlags.DumpInterrupted), FakeKernel.Done())
            .Answers(FakeKernel.Data(0, 3)).Answers(FakeKernel.Data(0, 4), FakeKernel.Done());

        Assert.Equal(["3", "4"], Dump());
        Assert.Equal(2, _kernel.Sent.Count);
    }

    [Fact]
    public void An_interruption_told_only_at_the_end_counts_too()
    {
        _kernel.Answers(FakeKernel.Data(0, 1), FakeKernel.Done(0, NetlinkFlags.Multi | NetlinkFlags.DumpInterrupted)).Answers(FakeKernel.Done());

        Assert.Empty(Dump());
    }

    [Fact]
    public void A_dump_that_is_always_interrupted_fails_as_transient()
    {
        for (var i = 0; i < NetlinkConversation.DumpAttempts; i++)
        {
            _kernel.Answers(FakeKernel.Data(0, 1, NetlinkFlags.DumpInterrupted), FakeKernel.Done());
        }

        Assert.True(Assert.Throws<KernelException>(Dump).IsTransient);
    }

    [Fact]
    public void A_dump_that_is_refused_or_ends_in_an_error_throws()
    {
        _kernel.Answers(FakeKernel.Error(0, NoDevice));
        Assert.Equal(KernelErrorKind.NotFound, Assert.Throws<KernelException>(Dump).Kind);

        _kernel.Answers(FakeKernel.Data(0, 1)).Answers(FakeKernel.Done(Busy));
        Assert.Equal(KernelErrorKind.Busy, Assert.Throws<KernelException>(Dump).Kind);
    }

    [Fact]
    public void A_transaction_ends_with_the_message_before_its_end_or_an_error_of_its_begin()
    {
        _kernel.Answers(FakeKernel.Error(1, 0));
        _conversation.Execute(Batch(3, isTransaction: true));
        Assert.Equal(
            [NetlinkFlags.Request, NetlinkFlags.Request | NetlinkFlags.Acknowledge, NetlinkFlags.Request],
            Headers(_kernel.Sent[0]).Select(header => header.Flags));

        _kernel.Answers(FakeKernel.Error(0, Busy));
        Assert.Throws<KernelException>(() => _conversation.Execute(Batch(3, isTransaction: true)));
    }

    [Fact]
    public void A_batch_of_many_messages_outgrows_its_first_buffer_and_stays_whole()
    {
        _kernel.Answers(FakeKernel.Error(499, 0));

        _conversation.Execute(Batch(500));

        Assert.Equal(500, Headers(_kernel.Sent[0]).Count);
    }

    [Fact]
    public void An_empty_batch_is_not_sent()
    {
        Assert.Empty(_conversation.Try(new NetlinkBatch()));
        Assert.Empty(_kernel.Sent);
    }

    [Fact]
    public void Disposing_the_conversation_closes_its_socket()
    {
        _conversation.Dispose();

        Assert.True(_kernel.IsDisposed);
    }

    private static NetlinkBatch Batch(int count, bool isTransaction = false)
    {
        var batch = new NetlinkBatch { IsTransaction = isTransaction };
        for (var i = 0; i < count; i++)
        {
            var writer = batch.Begin("do", $"step {i}", NetlinkType.SetLink);
            writer.Put(new LinkHeader { Index = i });
            batch.End(writer);
        }

        return batch;
    }

    private static List<NetlinkHeader> Headers(byte[] datagram)
    {
        var headers = new List<NetlinkHeader>();
        foreach (var message in new NetlinkMessages(datagram))
        {
            Assert.Equal(headers.Count, message.Read<LinkHeader>().Index);
            headers.Add(message.Header);
        }

        return headers;
    }

    private List<string> Dump() => _conversation.Dump("list", batch =>
    {
        var writer = batch.Begin("list", string.Empty, NetlinkType.GetLink, NetlinkFlags.Dump);
        writer.Put(new LinkHeader());
        batch.End(writer);
        Assert.Equal(NetlinkFlags.Request | NetlinkFlags.Dump, MemoryMarshal.Read<NetlinkHeader>(batch.Seal(1)).Flags);
    }, message => message.Read<uint>().ToString(System.Globalization.CultureInfo.InvariantCulture));
}
