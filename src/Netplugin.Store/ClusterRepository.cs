using System.Collections.Immutable;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store.Json;
using Netplugin.Store.Posts;

namespace Netplugin.Store;

/// <summary>Loads the cluster's state at one revision and commits posts to it, all or nothing (docs/architecture.md, "State").</summary>
/// <param name="store">Where the state is.</param>
/// <param name="poster">Who posts, for others to see while a large post is under way, e.g. <c>netdcli on host1 (pid 7)</c>.</param>
public sealed class ClusterRepository(IStateStore store, string poster)
{
    // How long a large post's lock outlives a poster that died; others wait this long for it.
    private static readonly TimeSpan DefaultLockTime = TimeSpan.FromSeconds(5);

    // A post that lost to others so often takes the lock before it loads. Leases may come faster than a large state is loaded.
    private const int LockedFromRound = 4;

    // How long to stand back before loading again when another post is under way.
    private static readonly TimeSpan ConflictPause = TimeSpan.FromMilliseconds(20);

    /// <summary>How long <see cref="PostAsync"/> goes on against others that post at the same time before it gives up: 60 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    internal TimeSpan LockTime { get; init; } = DefaultLockTime;

    /// <summary>Reads everything posted, at one revision of the store.</summary>
    /// <exception cref="StoreException">Unreadable: a newer schema, or a damaged record; the message names the key.</exception>
    public async Task<LoadedCluster> LoadAsync(CancellationToken cancellationToken = default) =>
        ClusterReader.Read(await store.ListAsync(StoreKeys.Root, cancellationToken));

    /// <summary>Reads what nodes say of themselves, in the order of their hosts.</summary>
    /// <exception cref="StoreException">As for any read.</exception>
    public async Task<ImmutableArray<NodeView>> LoadNodesAsync(CancellationToken cancellationToken = default)
    {
        var nodes = await store.ListAsync(StoreKeys.Nodes, cancellationToken);
        var alive = await store.ListAsync(StoreKeys.Alive, cancellationToken);
        var statuses = alive.Entries.Select(RecordCodec.DecodeNodeStatus).ToDictionary(status => status.Host, StringComparer.Ordinal);
        return [.. nodes.Entries.Select(RecordCodec.DecodeNode).Select(node => new NodeView(node, statuses.GetValueOrDefault(node.Host)))];
    }

    /// <summary>
    /// Commits a plan made from <paramref name="loaded"/>. Readers see all of it or nothing; a poster that dies on the way leaves
    /// nothing that can be seen, or a post that the next poster completes.
    /// </summary>
    /// <returns>The store's revision of the post; null when others changed what the plan was made from: load and plan again.</returns>
    /// <exception cref="StoreException">After <see cref="StoreException.OutcomeUnknown"/> the post may hold.</exception>
    public async Task<long?> CommitAsync(LoadedCluster loaded, PostPlan plan, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        ArgumentNullException.ThrowIfNull(plan);
        return await CommitAsync(loaded, plan, null, cancellationToken);
    }

    /// <summary>
    /// Loads, plans and commits, again from the start as often as others come in between. Planning is declarative, so a commit
    /// whose outcome is unknown is settled the same way: if it held, planning again finds nothing to change.
    /// </summary>
    /// <param name="plan">Makes the plan, or says why there is none; called once a round.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreException">The store failed, or others kept posting for longer than <see cref="Patience"/>.</exception>
    public async Task<PostOutcome> PostAsync(Func<ClusterState, PlanResult> plan, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var began = TimeProvider.System.GetTimestamp();
        var unsure = false;
        for (var round = 1; ; round++)
        {
            string? other;
            try
            {
                (var outcome, other) = await TryPostAsync(plan, isLocked: round >= LockedFromRound, cancellationToken);
                if (outcome is not null)
                {
                    return outcome;
                }
            }
            catch (StoreException e) when (e.OutcomeUnknown && !unsure)
            {
                unsure = true;
                continue;
            }

            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new StoreException(
                    "post",
                    StoreFailure.Refused,
                    $"others have been posting for {Patience.TotalSeconds:0} s{(other is null ? "" : $" (now: {other})")}; try again later.");
            }

            // A large post takes a while, and a dead poster's lock its time: watch the one key, not the whole state.
            do
            {
                await Task.Delay(ConflictPause, cancellationToken);
            }
            while (await store.GetAsync(StoreKeys.PostLock, cancellationToken) is not null && TimeProvider.System.GetElapsedTime(began) <= Patience);
        }
    }

    /// <summary>One round: the outcome, or null when others came in between, and who posts.</summary>
    private async Task<(PostOutcome? Outcome, string? Other)> TryPostAsync(
        Func<ClusterState, PlanResult> plan, bool isLocked, CancellationToken cancellationToken)
    {
        await using var held = isLocked ? await PostLock.TryTakeAsync(store, poster, LockTime, cancellationToken) : null;
        var loaded = await LoadAsync(cancellationToken);
        var planned = plan(loaded.State);
        if (!planned.Succeeded)
        {
            return (new(planned, null), null);
        }

        return await CommitAsync(loaded, planned.Plan, held, cancellationToken) is { } revision
            ? (new(planned, revision), null)
            : (null, held is null ? loaded.Poster : null);
    }

    private async Task<long?> CommitAsync(LoadedCluster loaded, PostPlan plan, HeldKey? held, CancellationToken cancellationToken) =>
        plan.Changes.IsEmpty ? loaded.Revision : await new PostWriter(store, loaded, poster, LockTime).CommitAsync(plan, held, cancellationToken);

    /// <summary>
    /// Declares the store's content to be the right one after it was wiped or restored: nodes that hold back go on. The new
    /// generation is the time in seconds, so that it is higher than any a node remembers of a history that is gone.
    /// </summary>
    /// <exception cref="StoreException">As for any write.</exception>
    public async Task<ClusterRecord> AcceptResetAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var entry = await store.GetAsync(StoreKeys.Cluster, cancellationToken);
            var old = entry is null ? NewIdentity() : RecordCodec.DecodeCluster(entry);
            var accepted = old with { Generation = Math.Max(old.Generation + 1, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()) };
            var transaction = new StoreTransaction(
                [StoreCompare.Unchanged(StoreKeys.Cluster, entry?.ModRevision ?? 0)],
                [new StoreOperation.Put(StoreKeys.Cluster, RecordCodec.Encode(accepted))]);
            if ((await store.CommitAsync(transaction, cancellationToken)).Succeeded)
            {
                return accepted;
            }
        }
    }

    /// <summary>Draws the identity of a content that begins.</summary>
    internal static ClusterRecord NewIdentity() => new(Guid.NewGuid(), 0, ClusterRecord.CurrentSchema);
}
