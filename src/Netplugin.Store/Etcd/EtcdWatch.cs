using System.Threading.Channels;
using Netplugin.Store.Etcd.Wire;

namespace Netplugin.Store.Etcd;

/// <summary>One watch on the shared stream: a queue of the server's responses, ended with the reason when the stream breaks.</summary>
internal sealed class EtcdWatch(EtcdWatchStream stream, EtcdWatchStream.Session session, long id) : IDisposable
{
    // A reader this far behind is cut off and resumes from its position: the server keeps the history, this side need not.
    private const int QueuedResponses = 256;

    private readonly Channel<WatchResponse> _responses = Channel.CreateBounded<WatchResponse>(
        new BoundedChannelOptions(QueuedResponses) { SingleReader = true, SingleWriter = true });

    public long Id { get; } = id;

    public EtcdWatchStream.Session Session { get; } = session;

    /// <summary>Completes without an error when the reader fell behind, with a <see cref="StoreException"/> when the stream broke.</summary>
    public ChannelReader<WatchResponse> Responses => _responses.Reader;

    public void Dispose() => stream.Close(this);

    /// <summary>Queues a response; false when the reader fell behind, which ends the watch.</summary>
    internal bool Offer(WatchResponse response) => _responses.Writer.TryWrite(response) || !_responses.Writer.TryComplete();

    internal void End(StoreException failure) => _responses.Writer.TryComplete(failure);
}
