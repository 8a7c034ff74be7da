using System.Collections.Immutable;
using System.Text;
using Netplugin.Core.Model;
using Netplugin.Core.Planning;
using Netplugin.Store.Json;

namespace Netplugin.Store.Posts;

/// <summary>
/// Commits a plan, all or nothing, whatever its size and wherever its poster dies. Three facts make it hold:
/// <list type="bullet">
/// <item>Every way to begin changes the <c>post</c> record, so a poster whose loaded state could be stale finds it changed.</item>
/// <item>Whatever is written before the commit is invisible to readers and compares the lock's creation: who lost the lock writes no more.</item>
/// <item>What is too much for the committing transaction was written down before it (the tail), so anyone can finish it after.</item>
/// </list>
/// </summary>
internal sealed class PostWriter(IStateStore store, LoadedCluster loaded, string poster, TimeSpan lockTime)
{
    // Parts in flight at once: etcd syncs them to disk together.
    private const int Concurrency = 4;

    // Nobody else posted, and no node leased addresses that the plan may give.
    private ImmutableArray<StoreCompare> AsLoaded =>
        [StoreCompare.Unchanged(StoreKeys.Post, loaded.PostRevision), StoreCompare.Unchanged(StoreKeys.LastLease, loaded.LeaseRevision)];

    /// <summary>The post's revision; null when someone else changed what the plan was made from.</summary>
    /// <param name="plan">What to commit.</param>
    /// <param name="held">The lock, taken before the state was loaded; null: it is taken when it is needed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<long?> CommitAsync(PostPlan plan, HeldKey? held, CancellationToken cancellationToken)
    {
        var operations = PostOperations.Of(loaded, plan);
        if (held is not null)
        {
            return await StageAsync(plan, operations, held.Revision, cancellationToken);
        }

        if (loaded.Poster is not null)
        {
            return null;
        }

        var commit = Commit(plan, operations, operations.Hidden.AddRange(operations.Seen), operations.Compares.Values);
        commit = commit with { Compares = [StoreCompare.Missing(StoreKeys.PostLock), .. AsLoaded, .. commit.Compares] };
        if (loaded.Remains.IsEmpty && loaded.Unapplied.IsEmpty && Fits(commit))
        {
            var result = await store.CommitAsync(commit, cancellationToken);
            return result.Succeeded ? result.Revision : null;
        }

        await using var taken = await PostLock.TryTakeAsync(store, poster, lockTime, loaded.State.Post, AsLoaded, cancellationToken);
        return taken is null ? null : await StageAsync(plan, operations, taken.Revision, cancellationToken);
    }

    private async Task<long?> StageAsync(PostPlan plan, PostOperations operations, long lockRevision, CancellationToken cancellationToken)
    {
        var held = new StoreCompare(StoreKeys.PostLock, CompareTarget.CreateRevision, lockRevision);
        if (!loaded.Unapplied.IsEmpty)
        {
            // What was loaded will not be as it was read: let the caller load again.
            await ApplyAsync(loaded.Unapplied.Select(part => part.Entry), held, cancellationToken);
            return null;
        }

        var remains = loaded.Remains.Select(key => new StoreOperation.Delete(key));
        var (first, tail) = Split(plan, operations);
        if (!await WriteAsync(remains, ImmutableDictionary<string, StoreCompare>.Empty, held, cancellationToken)
            || !await WriteAsync(operations.Hidden.Concat(tail), operations.Compares, held, cancellationToken))
        {
            return null;
        }

        var commit = Commit(plan, operations, first, operations.Compares.Where(pair => first.Any(operation => operation.Key == pair.Key)).Select(pair => pair.Value));
        commit = commit with
        {
            Compares = [held, StoreCompare.Unchanged(StoreKeys.Post, lockRevision), .. commit.Compares],
        };
        var result = await store.CommitAsync(commit, cancellationToken);
        if (!result.Succeeded)
        {
            return null;
        }

        // From here on the post holds. If this poster does not get to the end, the next one does it first.
        await ApplyAsync(tail.Select(part => new StoreEntry(part.Key, part.Value, 0, 0)), held, cancellationToken);
        return result.Revision;
    }

    private StoreTransaction Commit(PostPlan plan, PostOperations all, ImmutableArray<StoreOperation> operations, IEnumerable<StoreCompare> compares)
    {
        var post = plan.After.Post with { Moved = all.MovedBy(operations) };
        var transaction = new StoreTransaction([.. compares], [new StoreOperation.Put(StoreKeys.Post, RecordCodec.Encode(post)), .. operations]);
        if (loaded.Cluster is not null)
        {
            return transaction;
        }

        return new(
            transaction.Compares.Add(StoreCompare.Missing(StoreKeys.Cluster)),
            transaction.Operations.Add(new StoreOperation.Put(StoreKeys.Cluster, RecordCodec.Encode(ClusterRepository.NewIdentity()))));
    }

    private bool Fits(StoreTransaction transaction)
    {
        const long Bytes = 1 << 20;

        return transaction.Operations.Length <= store.MaxOperations && transaction.Compares.Length <= store.MaxOperations
            && (store.MaxOperations == int.MaxValue || transaction.Operations.Sum(operation => (long)PostOperations.Size(operation)) <= Bytes);
    }

    /// <summary>What goes into the committing transaction, and the rest as the tail's parts.</summary>
    private (ImmutableArray<StoreOperation> First, ImmutableArray<StoreOperation.Put> Tail) Split(PostPlan plan, PostOperations operations)
    {
        // The post and the cluster record; the lock and both of those are compared.
        const int Reserved = 3;

        var parts = PostOperations.Parts(operations.Seen, store.MaxOperations, Reserved).ToArray();
        if (parts.Length == 0)
        {
            return ([], []);
        }

        var number = plan.After.Post.Number;
        var tail = parts.Skip(1).Select((part, i) => new StoreOperation.Put(
            StoreKeys.PostTailPart(number, i),
            RecordCodec.Encode(new PostTailDocument(number, [.. part.Select(Written)]))));
        return (parts[0], [.. tail]);

        static TailOperation Written(StoreOperation operation) =>
            new(operation.Key, operation is StoreOperation.Put put ? Encoding.UTF8.GetString(put.Value.Span) : null);
    }

    /// <summary>Writes what readers do not see, in as many transactions as it takes; false when the lock was lost, or a compare does not hold.</summary>
    private async Task<bool> WriteAsync(
        IEnumerable<StoreOperation> operations, ImmutableDictionary<string, StoreCompare> compares, StoreCompare held, CancellationToken cancellationToken)
    {
        const int LockCompare = 1;

        var lost = false;
        await Parallel.ForEachAsync(
            PostOperations.Parts(operations, store.MaxOperations, compares.IsEmpty ? 0 : LockCompare),
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken },
            async (part, cancel) =>
            {
                var known = part.Where(operation => compares.ContainsKey(operation.Key)).Select(operation => compares[operation.Key]);
                if (!Volatile.Read(ref lost) && !(await store.CommitAsync(new([held, .. known], part), cancel)).Succeeded)
                {
                    Volatile.Write(ref lost, true);
                }
            });
        return !lost;
    }

    /// <summary>Carries out a tail part by part, each with its own removal; stops when the lock is lost, since then another does it.</summary>
    private async Task ApplyAsync(IEnumerable<StoreEntry> parts, StoreCompare held, CancellationToken cancellationToken)
    {
        foreach (var part in parts)
        {
            var tail = RecordCodec.DecodePostTail(part);
            while (await store.GetAsync(part.Key, cancellationToken) is { } stored)
            {
                var endpoints = tail.Operations.Where(TailOperations.IsEndpoint).Select(operation => operation.Key).ToArray();
                var current = (await store.GetManyAsync(endpoints, cancellationToken))
                    .Zip(endpoints).ToDictionary(pair => pair.Second, pair => pair.First, StringComparer.Ordinal);
                StoreOperation[] operations =
                [
                    .. tail.Operations.Select<TailOperation, StoreOperation>(operation =>
                        TailOperations.Apply(operation, current.GetValueOrDefault(operation.Key)) is { } value
                            ? new StoreOperation.Put(operation.Key, value)
                            : new StoreOperation.Delete(operation.Key)),
                ];
                var moved = PostOperations.MovedBy(operations, key => current.GetValueOrDefault(key) is { } entry && RecordCodec.DecodeEndpoint(entry) is { Pod: null } posted ? posted : null);
                var compares = current.Select(pair => StoreCompare.Unchanged(pair.Key, pair.Value?.ModRevision ?? 0));
                var result = await store.CommitAsync(
                    new(
                        [held, StoreCompare.Unchanged(part.Key, stored.ModRevision), .. compares],
                        [
                            .. operations, new StoreOperation.Delete(part.Key),
                            .. moved.IsEmpty ? [] : new[] { new StoreOperation.Put(StoreKeys.Post, RecordCodec.Encode(new PostRecord(tail.Post) { Moved = moved })) },
                        ]),
                    cancellationToken);
                if (!result.Succeeded
                    && (await store.GetAsync(StoreKeys.PostLock, cancellationToken))?.CreateRevision != held.Revision)
                {
                    return;
                }
            }
        }
    }
}
