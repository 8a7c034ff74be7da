using Grpc.Core;
using Netplugin.Store.Etcd.Wire;

namespace Netplugin.Store.Etcd;

/// <summary>
/// A lease with the loop that keeps it alive. It counts as lost only when etcd says so: while etcd is away it may live on, since
/// etcd gives every lease its full time again after an election.
/// </summary>
internal sealed class EtcdLease : IStoreLease
{
    // Renewed three times a lifetime, so that two renewals may fail.
    private const int RenewalsPerLife = 3;

    private static readonly TimeSpan RetryAtMost = TimeSpan.FromSeconds(1);

    private readonly EtcdConnection _connection;
    private readonly Lease.LeaseClient _client;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly TimeSpan _renewEvery;
    private readonly Task _keeping;

    private EtcdLease(EtcdConnection connection, Lease.LeaseClient client, LeaseGrantResponse granted)
    {
        (_connection, _client, Id) = (connection, client, granted.ID);
        Lost = _lost.Token;
        _renewEvery = TimeSpan.FromSeconds(granted.TTL) / RenewalsPerLife;
        _keeping = KeepAliveAsync();
    }

    public long Id { get; }

    public CancellationToken Lost { get; }

    public static async Task<EtcdLease> GrantAsync(
        EtcdConnection connection, Lease.LeaseClient client, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        var request = new LeaseGrantRequest { TTL = (long)Math.Ceiling(timeToLive.TotalSeconds) };
        return new(connection, client, await connection.CallAsync("lease", true, call => client.LeaseGrantAsync(request, call), cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed.IsCancellationRequested)
        {
            return;
        }

        await _disposed.CancelAsync();
        await _keeping;
        if (!Lost.IsCancellationRequested)
        {
            await RevokeAsync();
        }

        _lost.Dispose();
        _disposed.Dispose();
    }

    private async Task RevokeAsync()
    {
        try
        {
            var request = new LeaseRevokeRequest { ID = Id };
            await _connection.CallAsync("lease", true, call => _client.LeaseRevokeAsync(request, call), CancellationToken.None);
        }
        catch (Exception e) when (e is StoreException or ObjectDisposedException)
        {
            // Not revoked, since etcd is away or the store was closed first, it runs out by itself: all that is lost is that time.
        }
    }

    private async Task KeepAliveAsync()
    {
        var wait = _renewEvery;
        while (true)
        {
            await Task.Delay(wait, _disposed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_disposed.IsCancellationRequested)
            {
                return;
            }

            try
            {
                if (!await RenewAsync())
                {
                    await _lost.CancelAsync();
                    return;
                }

                wait = _renewEvery;
            }
            catch (ObjectDisposedException)
            {
                // The store was closed before its lease: nobody is left to keep it for.
                return;
            }
            catch (RpcException)
            {
                // The store is away; who reads or writes it hears so. Here it only means to try again soon.
                wait = _renewEvery < RetryAtMost ? _renewEvery : RetryAtMost;
            }
        }
    }

    /// <summary>One renewal on a stream of its own: it is rare, and leaves nothing open that could break in silence.</summary>
    private async Task<bool> RenewAsync()
    {
        using var call = _client.LeaseKeepAlive(
            new CallOptions(deadline: DateTime.UtcNow + _connection.Options.CallTimeout, cancellationToken: _disposed.Token));
        await call.RequestStream.WriteAsync(new LeaseKeepAliveRequest { ID = Id });
        var answered = await call.ResponseStream.MoveNext(CancellationToken.None);
        await call.RequestStream.CompleteAsync();
        return !answered || call.ResponseStream.Current.TTL > 0;
    }
}
