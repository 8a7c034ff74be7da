using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Store.Json;

namespace Netplugin.Agent.Cluster;

/// <summary>Whether the store is the one that was followed.</summary>
internal sealed partial class ClusterFollower
{
    private Task FollowIdentityAsync(CancellationToken cancellationToken) => ForEachAsync(StoreKeys.Cluster, async happened =>
    {
        if (happened is StoreEvent.Snapshot || (happened is StoreEvent.Changed { Changes: var changes } && changes.Any(c => c.Key == StoreKeys.Cluster)))
        {
            // The event's own revision is no measure: other prefixes may have been heard of at a later one before this one's turn came.
            var seen = Seen;
            Judge(await ReadIdentityAsync(cancellationToken), seen);
        }
    }, cancellationToken);

    /// <summary>Highest revision and post of the followed content that were heard of. To be read before asking the store: what it answers must not be older.</summary>
    private (long Revision, long Post) Seen
    {
        get
        {
            lock (_gate)
            {
                return (Math.Max(_memory?.Revision ?? 0, _health.Report.Revision), Math.Max(_memory?.Post ?? 0, View.Post ?? 0));
            }
        }
    }

    private async Task<StoreIdentity> ReadIdentityAsync(CancellationToken cancellationToken)
    {
        var snapshot = await _store.ListAsync(StoreKeys.Cluster, cancellationToken);
        var post = await _store.GetAsync(StoreKeys.Post, cancellationToken);
        return new(
            Decode(snapshot.Entries.FirstOrDefault(e => e.Key == StoreKeys.Cluster)), snapshot.Revision,
            post is null ? 0 : RecordCodec.DecodePost(post).Number);
    }

    private static ClusterRecord? Decode(StoreEntry? entry) => entry is null ? null : RecordCodec.DecodeCluster(entry);

    // While nothing is held back, what counts is what was seen before the store was asked, not what was heard while it answered.
    private StoreVerdict Weigh(StoreIdentity found, (long Revision, long Post) seen) => StoreGuard.Judge(
        _memory is { HeldClusterId: null } ? _memory with { Revision = seen.Revision, Post = seen.Post } : _memory, found.Cluster, found.Revision, found.Post);

    private void Judge(StoreIdentity found, (long Revision, long Post) seen)
    {
        var cluster = found.Cluster;
        lock (_gate)
        {
            var verdict = Weigh(found, seen);
            _memory = verdict.Memory;
            Volatile.Write(ref _cluster, cluster);
            if (_memory is not null)
            {
                _memoryFile.Write(_memory);
            }

            if (verdict.Held is { } reason)
            {
                HoldLocked(reason);
                return;
            }

            if (verdict.Accepted)
            {
                Interlocked.Increment(ref _acceptances);
                Interlocked.Exchange(ref _acceptedAt, _time.GetTimestamp());
                FollowerLog.Accepted(_log, cluster?.ClusterId ?? Guid.Empty, cluster?.Generation ?? 0);
                EndEpoch();

                // Nothing may be concluded from the old content, and the new one was not listed yet.
                Volatile.Write(ref _view, ClusterView.Unknown);
                _listed.Clear();
            }

            if (_held is not null || verdict.Accepted)
            {
                // Revisions of what was held back say nothing of what is followed now.
                _health.Restarted(found.Revision);
            }

            Volatile.Write(ref _held, null);
            BeginEpoch();
        }

        _changed(new ClusterChange(true, [], true));
    }

    private void Hold(string reason)
    {
        lock (_gate)
        {
            HoldLocked(reason);
        }
    }

    private void HoldLocked(string reason)
    {
        if (_held != reason)
        {
            FollowerLog.Held(_log, reason);
        }

        Volatile.Write(ref _held, reason);
        EndEpoch();
        _changed(new ClusterChange(true, [], false));
    }

    // A new snapshot may be the first thing heard from a store that was wiped meanwhile, so its identity is read anew before the snapshot counts.
    private async Task<StoreIdentity?> ReadSameStoreAsync(CancellationToken cancellationToken)
    {
        var (acceptances, seen, losses) = (Acceptances, Seen, _health.Losses);
        var found = await ReadIdentityAsync(cancellationToken);
        lock (_gate)
        {
            // What was seen before a reset was accepted is no measure for what is followed since.
            if (_held is not null || acceptances != Acceptances || cancellationToken.IsCancellationRequested)
            {
                return null;
            }

            var verdict = Weigh(found, seen);
            if (verdict.Held is { } reason)
            {
                _memory = verdict.Memory;
                _memoryFile.Write(_memory!);
                HoldLocked(reason);
                return null;
            }

            Volatile.Write(ref _verifiedLosses, losses);

            // An accepted reset is for the identity's own follower to act on: it begins a new epoch.
            return verdict.Accepted ? null : found;
        }
    }
}

/// <summary>What tells one content of a store from another.</summary>
/// <param name="Cluster">Its record; null when it has none.</param>
/// <param name="Revision">The store's revision when it was read.</param>
/// <param name="Post">The number of its last post.</param>
internal sealed record StoreIdentity(ClusterRecord? Cluster, long Revision, long Post);
