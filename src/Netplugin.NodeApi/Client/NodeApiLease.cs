using System.Net.Sockets;
using Netplugin.Store;

namespace Netplugin.NodeApi.Client;

/// <summary>A lease that a daemon keeps for as long as this end's connection is open.</summary>
internal sealed class NodeApiLease : IStoreLease
{
    // A daemon that does not end the lease in this time ends it when it finds the connection closed.
    private static readonly TimeSpan RevokeLimit = TimeSpan.FromSeconds(10);

    private readonly NodeConnection _connection;
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _watch;
    private int _disposed;

    public NodeApiLease(long id, NodeConnection connection)
    {
        Id = id;
        _connection = connection;
        Lost = _lost.Token;
        _watch = WatchAsync();
    }

    public long Id { get; }

    public CancellationToken Lost { get; }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            // The daemon revokes the lease, then closes: when the watch ends its keys are gone.
            _connection.CompleteSending();
            await _watch.WaitAsync(RevokeLimit);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            // The daemon is gone or stuck: closing below is all that can be done, and it ends the lease.
            _ = e;
        }

        await _connection.DisposeAsync();
        await _watch;
        _lost.Dispose();
    }

    // The daemon sends nothing more unless the lease is lost, and closes only when it stops or was told to end it.
    private async Task WatchAsync()
    {
        try
        {
            await _connection.NextAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NodeApiException or ObjectDisposedException)
        {
            // Whatever ended the connection ended the lease with it; what follows says so.
            _ = e;
        }

        if (Volatile.Read(ref _disposed) == 0)
        {
            await _lost.CancelAsync();
        }
    }
}
