using System.Collections.Immutable;
using Google.Protobuf;
using Grpc.Core;
using Netplugin.Store.Etcd.Wire;

namespace Netplugin.Store.Etcd;

/// <summary>
/// The etcd v3 driver. Every call has a deadline; reads are linearizable; all follows share one watch stream.
/// Nothing is sent before the first call, so making one never fails.
/// </summary>
public sealed class EtcdStore : IStateStore
{
    // etcd's default for --max-txn-ops; it counts compares and operations apart.
    private const int ServerOperationLimit = 128;

    // A page: with records of some hundred bytes well under a megabyte, so neither side builds a huge message.
    private const int PageKeys = 1000;

    private readonly EtcdConnection _connection;
    private readonly KV.KVClient _kv;
    private readonly Lease.LeaseClient _leases;
    private readonly EtcdWatchStream _watches;

    /// <summary>Makes the driver.</summary>
    /// <exception cref="ArgumentException">No endpoint, or one that is not <c>http</c> or <c>https</c>.</exception>
    public EtcdStore(EtcdOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Endpoints.IsDefaultOrEmpty || options.Endpoints.Any(endpoint => endpoint.Scheme is not ("http" or "https")))
        {
            throw new ArgumentException("etcd needs at least one http or https URL", nameof(options));
        }

        _connection = new EtcdConnection(options);
        _kv = new KV.KVClient(_connection.Channel);
        _leases = new Lease.LeaseClient(_connection.Channel);
        _watches = new EtcdWatchStream(_connection, new Watch.WatchClient(_connection.Channel));
    }

    /// <inheritdoc/>
    public int MaxOperations => ServerOperationLimit;

    /// <inheritdoc/>
    public async Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        var response = await RangeAsync("get", new RangeRequest { Key = EtcdKeys.Of(key) }, cancellationToken);
        return response.Kvs.Count == 0 ? null : Entry(response.Kvs[0]);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<StoreEntry?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var entries = ImmutableArray.CreateBuilder<StoreEntry?>(keys.Count);
        while (entries.Count < keys.Count)
        {
            entries.Clear();
            long revision = 0;
            foreach (var chunk in keys.Chunk(ServerOperationLimit))
            {
                var request = new TxnRequest();
                foreach (var key in chunk)
                {
                    // The first chunk's revision is everyone's.
                    request.Success.Add(new RequestOp { RequestRange = new RangeRequest { Key = EtcdKeys.Of(key), Revision = revision } });
                }

                TxnResponse response;
                try
                {
                    response = await _connection.CallAsync("get", false, call => _kv.TxnAsync(request, call), cancellationToken);
                }
                catch (StoreException e) when (IsCompacted(e) && revision != 0)
                {
                    // Compacted between two chunks: begin anew at a newer revision.
                    break;
                }

                revision = response.Header.Revision;
                foreach (var range in response.Responses)
                {
                    entries.Add(range.ResponseRange.Kvs.Count == 0 ? null : Entry(range.ResponseRange.Kvs[0]));
                }
            }
        }

        return entries.MoveToImmutable();
    }

    /// <inheritdoc/>
    public async Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return (await ListWithClusterAsync(prefix, cancellationToken)).Snapshot;
    }

    /// <inheritdoc/>
    public async Task<TransactionResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken = default)
    {
        TransactionRules.Check(transaction, MaxOperations);
        var request = new TxnRequest();
        request.Compare.AddRange(transaction.Compares.Select(Wire));
        request.Success.AddRange(transaction.Operations.Select(Wire));
        var response = await _connection.CallAsync("commit", true, call => _kv.TxnAsync(request, call), cancellationToken);
        return new(response.Succeeded, response.Header.Revision);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreEvent> FollowAsync(string prefix, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return new EtcdFollow(this, _watches, prefix).RunAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IStoreLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default) =>
        await EtcdLease.GrantAsync(_connection, _leases, timeToLive, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _watches.DisposeAsync();
        _connection.Dispose();
    }

    internal async Task<(StoreSnapshot Snapshot, ulong ClusterId)> ListWithClusterAsync(string prefix, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (key, end) = EtcdKeys.Range(prefix);
            var request = new RangeRequest { Key = key, RangeEnd = end, Limit = PageKeys };
            var entries = ImmutableArray.CreateBuilder<StoreEntry>();
            try
            {
                while (true)
                {
                    var page = await RangeAsync("list", request, cancellationToken);
                    foreach (var kv in page.Kvs)
                    {
                        entries.Add(Entry(kv));
                    }

                    request.Revision = request.Revision == 0 ? page.Header.Revision : request.Revision;
                    if (!page.More)
                    {
                        return (new(request.Revision, entries.DrainToImmutable()), page.Header.ClusterId);
                    }

                    request.Key = EtcdKeys.After(page.Kvs[^1].Key);
                }
            }
            catch (StoreException e) when (IsCompacted(e) && request.Revision != 0)
            {
                // Compacted between two pages: begin anew at a newer revision.
                continue;
            }
        }
    }

    /// <summary>Reads one key at one revision; null when that revision is not (or no more) in the store's history.</summary>
    internal async Task<RangeResponse?> GetAtAsync(ByteString key, long revision, CancellationToken cancellationToken)
    {
        try
        {
            return await RangeAsync("follow", new RangeRequest { Key = key, Revision = revision }, cancellationToken);
        }
        catch (StoreException e) when (IsCompacted(e))
        {
            return null;
        }
    }

    internal static StoreEntry Entry(KeyValue kv) => new(EtcdKeys.Text(kv.Key), kv.Value.Memory, kv.CreateRevision, kv.ModRevision);

    private static bool IsCompacted(StoreException e) => e.InnerException is RpcException rpc && EtcdErrors.IsOutOfHistory(rpc);

    private Task<RangeResponse> RangeAsync(string operation, RangeRequest request, CancellationToken cancellationToken) =>
        _connection.CallAsync(operation, false, call => _kv.RangeAsync(request, call), cancellationToken);

    private static Compare Wire(StoreCompare compare)
    {
        var wire = new Compare { Key = EtcdKeys.Of(compare.Key) };
        switch (compare.Target)
        {
            case CompareTarget.CreateRevision:
                (wire.Target, wire.CreateRevision) = (Compare.Types.CompareTarget.Create, compare.Revision);
                break;
            case CompareTarget.ModRevision:
                (wire.Target, wire.ModRevision) = (Compare.Types.CompareTarget.Mod, compare.Revision);
                break;
            default:
                (wire.Target, wire.Value) = (Compare.Types.CompareTarget.Value, UnsafeByteOperations.UnsafeWrap(compare.Value));
                break;
        }

        return wire;
    }

    private static RequestOp Wire(StoreOperation operation) => operation switch
    {
        StoreOperation.Put put => new RequestOp
        {
            RequestPut = new PutRequest
            {
                Key = EtcdKeys.Of(put.Key),

                // Not copied: the call is over before the caller gets its buffer back.
                Value = UnsafeByteOperations.UnsafeWrap(put.Value),
                Lease = put.Lease?.Id ?? 0,
            },
        },
        _ => new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = EtcdKeys.Of(operation.Key) } },
    };
}
