using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Google.Protobuf;
using Netplugin.Store.Etcd.Wire;

namespace Netplugin.Store.Etcd;

/// <summary>
/// Follows one prefix for ever. After a loss it resumes behind the last change it saw of the prefix, not behind the newest
/// revision it heard of: a store that was restored from a backup meanwhile and has since grown past that revision would else hide
/// changes. It resumes only after the store showed, at that revision, that same change; if it cannot, because it was wiped,
/// restored or compacted, a new snapshot comes.
/// </summary>
internal sealed class EtcdFollow(EtcdStore store, EtcdWatchStream watches, string prefix)
{
    private readonly Backoff _backoff = new();
    private bool _lossReported;

    // Where the follow stands: the last change seen of the prefix (or the newest entry of the snapshot), and whether it was a
    // deletion; where a watch begins; the newest revision heard of, and the newest one given to the reader; the cluster it came
    // from. No key: nothing to resume from.
    private ByteString? _lastKey;
    private long _lastRevision;
    private bool _lastWasDeletion;
    private long _watchFrom;
    private long _heardRevision;
    private long _givenRevision;
    private ulong _clusterId;

    public async IAsyncEnumerable<StoreEvent> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        EtcdWatch? watch = null;
        try
        {
            while (true)
            {
                StoreEvent? next = null;
                var failed = false;
                try
                {
                    if (watch is null)
                    {
                        next = await CanResumeAsync(cancellationToken) ? null : await SnapshotAsync(cancellationToken);
                        var (key, end) = EtcdKeys.Range(prefix);
                        watch = watches.Open(key, end, _watchFrom);
                    }
                    else if ((next = await NextAsync(watch.Responses, cancellationToken)) is null)
                    {
                        watch.Dispose();
                        watch = null;
                    }
                }
                catch (StoreException e)
                {
                    watch?.Dispose();
                    watch = null;
                    failed = true;
                    next = _lossReported ? null : new StoreEvent.Disconnected(e.Message);
                    _lossReported = true;
                }

                if (next is not null)
                {
                    yield return next;
                }

                if (failed)
                {
                    await _backoff.WaitAsync(cancellationToken);
                }
            }
        }
        finally
        {
            watch?.Dispose();
        }
    }

    private async Task<StoreEvent> SnapshotAsync(CancellationToken cancellationToken)
    {
        var (snapshot, clusterId) = await store.ListWithClusterAsync(prefix, cancellationToken);
        _clusterId = clusterId;
        _heardRevision = _givenRevision = snapshot.Revision;
        _watchFrom = snapshot.Revision + 1;
        _lastKey = null;
        _lastRevision = 0;
        _lastWasDeletion = false;
        var newest = snapshot.Entries.MaxBy(entry => entry.ModRevision);
        if (newest is not null)
        {
            (_lastKey, _lastRevision) = (EtcdKeys.Of(newest.Key), newest.ModRevision);
        }

        _lossReported = false;
        return new StoreEvent.Snapshot(snapshot);
    }

    /// <summary>True when the store still has the history this follow has seen; sets where the watch goes on.</summary>
    private async Task<bool> CanResumeAsync(CancellationToken cancellationToken)
    {
        if (_lastKey is null
            || await store.GetAtAsync(_lastKey, _lastRevision, cancellationToken) is not { } then
            || then.Header.ClusterId != _clusterId
            || then.Header.Revision < _heardRevision)
        {
            return false;
        }

        if (_lastWasDeletion)
        {
            var before = await store.GetAtAsync(_lastKey, _lastRevision - 1, cancellationToken);
            if (then.Kvs.Count != 0 || before is not { Kvs.Count: 1 })
            {
                return false;
            }
        }
        else if (then.Kvs.Count == 0 || then.Kvs[0].ModRevision != _lastRevision)
        {
            return false;
        }

        _watchFrom = _lastRevision + 1;
        return true;
    }

    /// <summary>The next event; null when the watch ended without a failure: the reader fell behind, or the history was compacted.</summary>
    private async Task<StoreEvent?> NextAsync(ChannelReader<WatchResponse> responses, CancellationToken cancellationToken)
    {
        var changes = ImmutableArray.CreateBuilder<StoreChange>();
        while (await responses.WaitToReadAsync(cancellationToken))
        {
            while (responses.TryRead(out var response))
            {
                if (response.CompactRevision != 0)
                {
                    _lastKey = null;
                    return null;
                }

                if (response.Canceled)
                {
                    throw new StoreException("follow", StoreFailure.Unreachable, $"etcd ended the watch of {prefix}: {response.CancelReason}.");
                }

                _heardRevision = Math.Max(_heardRevision, response.Header.Revision);
                changes.AddRange(response.Events.Select(Change));
                if (response is { Fragment: false, Events.Count: > 0 })
                {
                    var last = response.Events[^1];
                    (_lastKey, _lastRevision) = (last.Kv.Key, last.Kv.ModRevision);
                    _lastWasDeletion = last.Type == Event.Types.EventType.Delete;
                    _lossReported = false;
                    _givenRevision = _lastRevision;
                    return new StoreEvent.Changed(_lastRevision, changes.DrainToImmutable());
                }

                if (response.Created && _lossReported)
                {
                    _lossReported = false;
                    return new StoreEvent.Changed(_givenRevision, []);
                }
            }
        }

        return null;
    }

    private static StoreChange Change(Event change) =>
        new(EtcdKeys.Text(change.Kv.Key), change.Type == Event.Types.EventType.Put ? EtcdStore.Entry(change.Kv) : null, change.Kv.ModRevision);
}
